using System.Collections.Immutable;

namespace ImageKitFs.Crash.Tests.Support;

/// <summary>A file or folder that was acknowledged.</summary>
/// <param name="Content">Null for a folder.</param>
/// <param name="Commits">How many versions the library may have of it at most: acknowledged commits, one for each kill that may have lost a reply.</param>
internal sealed record Node(byte[]? Content, int Commits)
{
    public bool IsFolder => Content is null;
}

/// <summary>
/// What was acknowledged: every path (no leading slash) with what is there, and how many versions a file that was there may have left to the next one of
/// its name: a delete and a create before it is sent are one overwrite. Immutable, so that the state before an operation stays at hand.
/// </summary>
internal sealed record World(ImmutableSortedDictionary<string, Node> Nodes, ImmutableSortedDictionary<string, int> Heritage)
{
    public static readonly World Empty = new(
        ImmutableSortedDictionary.Create<string, Node>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal));

    public IEnumerable<string> Files => Nodes.Where(node => !node.Value.IsFolder).Select(node => node.Key);

    public IEnumerable<string> Folders => Nodes.Where(node => node.Value.IsFolder).Select(node => node.Key);

    public byte[] Content(string path) => Nodes[path].Content!;

    public bool Has(string path) => path.Length == 0 || Nodes.ContainsKey(path);

    public World Put(string path, byte[] content) => this with { Nodes = Nodes.SetItem(path, new Node(content, VersionsAt(path) + 1)) };

    public World Mkdir(string path) => path.Length == 0 || Nodes.ContainsKey(path) ? this : this with { Nodes = Nodes.SetItem(path, new Node(null, 0)) };

    /// <summary>A file, or a folder with all below it.</summary>
    public World Remove(string path)
    {
        string[] gone = [.. Nodes.Keys.Where(key => IsAtOrBelow(key, path))];
        return new(Nodes.RemoveRange(gone), Heritage.SetItems(gone.Select(key => KeyValuePair.Create(key, VersionsAt(key)))));
    }

    /// <summary>rename(2) of a file or folder.</summary>
    public World Move(string from, string to)
    {
        KeyValuePair<string, Node>[] moved =
        [
            .. Nodes.Where(node => IsAtOrBelow(node.Key, from)).Select(node => (At: to + node.Key[from.Length..], Node: node.Value))
                .Select(node => KeyValuePair.Create(node.At, node.Node with { Commits = node.Node.Commits + VersionsAt(node.At) })),
        ];
        KeyValuePair<string, int>[] inherited = [.. Heritage.Where(left => IsAtOrBelow(left.Key, from)).Select(left => KeyValuePair.Create(to + left.Key[from.Length..], left.Value))];
        World rest = Remove(from).Remove(to);
        return new(rest.Nodes.SetItems(moved), rest.Heritage.SetItems(inherited));
    }

    /// <summary>A kill may have swallowed a reply: one more version of anything that was not known to be in the library.</summary>
    public World AfterKill() => new(
        Nodes.SetItems(Nodes.Select(node => KeyValuePair.Create(node.Key, node.Value with { Commits = node.Value.Commits + 1 }))),
        Heritage.SetItems(Heritage.Select(left => KeyValuePair.Create(left.Key, left.Value + 1))));

    /// <summary>All of it is in the library, with so many versions; what was deleted is gone for good.</summary>
    public World Stored(Func<string, int> versions) => new(
        Nodes.SetItems(Nodes.Where(node => !node.Value.IsFolder).Select(node => KeyValuePair.Create(node.Key, node.Value with { Commits = versions(node.Key) }))),
        Empty.Heritage);

    private int VersionsAt(string path) => Nodes.GetValueOrDefault(path)?.Commits ?? Heritage.GetValueOrDefault(path);

    public static bool IsAtOrBelow(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);

    public static bool IsSame(Node? a, Node? b) =>
        a is null || b is null ? a is null && b is null : a.IsFolder == b.IsFolder && (a.IsFolder || a.Content.AsSpan().SequenceEqual(b.Content));

    public static string Show(Node? node) =>
        node is null ? "nothing" : node.IsFolder ? "a folder" : $"{node.Content!.Length} bytes ({Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(node.Content))[..8]})";
}
