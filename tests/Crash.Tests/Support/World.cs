using System.Collections.Immutable;

namespace ImageKitFs.Crash.Tests.Support;

/// <summary>A file or folder that was acknowledged.</summary>
/// <param name="Content">Null for a folder.</param>
/// <param name="Commits">How many versions the library may have of it at most: acknowledged commits, one for each kill that may have lost a reply.</param>
internal sealed record Node(byte[]? Content, int Commits)
{
    public bool IsFolder => Content is null;
}

/// <summary>What was acknowledged: every path (no leading slash) with what is there. Immutable, so that the state before an operation stays at hand.</summary>
internal sealed record World(ImmutableSortedDictionary<string, Node> Nodes)
{
    public static readonly World Empty = new(ImmutableSortedDictionary.Create<string, Node>(StringComparer.Ordinal));

    public IEnumerable<string> Files => Nodes.Where(node => !node.Value.IsFolder).Select(node => node.Key);

    public IEnumerable<string> Folders => Nodes.Where(node => node.Value.IsFolder).Select(node => node.Key);

    public byte[] Content(string path) => Nodes[path].Content!;

    public bool Has(string path) => path.Length == 0 || Nodes.ContainsKey(path);

    public World Put(string path, byte[] content) => new(Nodes.SetItem(path, new Node(content, (Nodes.GetValueOrDefault(path)?.Commits ?? 0) + 1)));

    public World Mkdir(string path) => path.Length == 0 || Nodes.ContainsKey(path) ? this : new(Nodes.SetItem(path, new Node(null, 0)));

    /// <summary>A file, or a folder with all below it.</summary>
    public World Remove(string path) => new(Nodes.RemoveRange(Nodes.Keys.Where(key => IsAtOrBelow(key, path))));

    /// <summary>rename(2) of a file or folder.</summary>
    public World Move(string from, string to)
    {
        int replaced = Nodes.GetValueOrDefault(to)?.Commits ?? 0;
        KeyValuePair<string, Node>[] moved =
        [
            .. Nodes.Where(node => IsAtOrBelow(node.Key, from)).Select(node => KeyValuePair.Create(
                to + node.Key[from.Length..], node.Value with { Commits = node.Value.Commits + replaced })),
        ];
        return new(Remove(from).Remove(to).Nodes.SetItems(moved));
    }

    /// <summary>A kill may have swallowed a reply: one more version of anything that was not known to be in the library.</summary>
    public World AfterKill() => new(Nodes.SetItems(Nodes.Select(node => KeyValuePair.Create(node.Key, node.Value with { Commits = node.Value.Commits + 1 }))));

    public static bool IsAtOrBelow(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);

    public static bool IsSame(Node? a, Node? b) =>
        a is null || b is null ? a is null && b is null : a.IsFolder == b.IsFolder && (a.IsFolder || a.Content.AsSpan().SequenceEqual(b.Content));

    public static string Show(Node? node) =>
        node is null ? "nothing" : node.IsFolder ? "a folder" : $"{node.Content!.Length} bytes ({Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(node.Content))[..8]})";
}
