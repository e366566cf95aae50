using System.Collections.Immutable;
using ImageKitFs.Emulator;

namespace ImageKitFs.Crash.Tests.Support;

/// <summary>Compares what is there after a crash with what had been acknowledged.</summary>
internal static class Verdict
{
    /// <summary>Reads a whole tree.</summary>
    public static World Read(string root)
    {
        ImmutableSortedDictionary<string, Node>.Builder nodes = World.Empty.Nodes.ToBuilder();
        foreach (string found in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories))
            nodes[Path.GetRelativePath(root, found)] = new Node(Directory.Exists(found) ? null : File.ReadAllBytes(found), 0);
        return new World(nodes.ToImmutable());
    }

    /// <summary>The acknowledged state, with what was under way either done or not, as the tree shows it.</summary>
    public static World Resolve(World before, InFlight? pending, World seen)
    {
        World after = pending?.After ?? before;
        World named = new(seen.Nodes.RemoveRange(seen.Nodes.Keys.Where(LocalNames.IsTemporary)));
        bool isAtomic = pending?.IsAtomic ?? true;
        if (isAtomic)
        {
            List<string> fromBefore = Differences(before, before, named);
            List<string> fromAfter = Differences(after, after, named);
            Assert.True(fromBefore.Count == 0 || fromAfter.Count == 0, Explain("the mount", pending is null ? fromBefore : [.. fromBefore, "or, had the last call happened:", .. fromAfter]));
            return fromAfter.Count == 0 ? after : before;
        }

        List<string> differences = Differences(before, after, named);
        Assert.True(differences.Count == 0, Explain("the mount", differences));
        return new World(named.Nodes.ToImmutableSortedDictionary(
            node => node.Key,
            node => node.Value with { Commits = Math.Max(before.Nodes.GetValueOrDefault(node.Key)?.Commits ?? 0, after.Nodes.GetValueOrDefault(node.Key)?.Commits ?? 0) },
            StringComparer.Ordinal));
    }

    /// <summary>The library holds the same, but for what it cannot hold; and no more versions than there were commits.</summary>
    public static void CheckLibrary(World expected, EmulatorServer emulator)
    {
        List<string> wrong = [];
        Dictionary<string, LibraryEntry> library = emulator.Store.List().Where(entry => entry.Path != "/").ToDictionary(entry => Decode(entry.Path[1..]));
        foreach ((string path, Node node) in expected.Nodes)
        {
            bool isEmpty = node.Content is { Length: 0 };
            if (isEmpty)
                continue;
            Node? held = library.TryGetValue(path, out LibraryEntry? entry) ? new Node(entry.IsFolder ? null : emulator.Store.Read(entry.Path), 0) : null;
            if (!World.IsSame(node, held))
                wrong.Add($"{path}: {World.Show(held)} instead of {World.Show(node)}");
            else if (!node.IsFolder && emulator.Store.VersionsOf(entry!.Path).Count is var versions && versions > node.Commits)
                wrong.Add($"{path}: {versions} versions for {node.Commits} commits");
        }

        foreach (string path in library.Keys)
        {
            if (!expected.Has(path) && !LocalNames.IsTemporary(path))
                wrong.Add($"{path}: {World.Show(new Node(library[path].IsFolder ? null : emulator.Store.Read(library[path].Path), 0))} instead of nothing");
        }

        Assert.True(wrong.Count == 0, Explain("the library", wrong));
    }

    private static List<string> Differences(World one, World other, World seen)
    {
        List<string> wrong = [];
        foreach (string path in one.Nodes.Keys.Union(other.Nodes.Keys).Union(seen.Nodes.Keys))
        {
            Node? found = seen.Nodes.GetValueOrDefault(path);
            Node? first = one.Nodes.GetValueOrDefault(path);
            Node? second = other.Nodes.GetValueOrDefault(path);
            if (World.IsSame(found, first) || World.IsSame(found, second))
                continue;
            string wanted = World.IsSame(first, second) ? World.Show(first) : $"{World.Show(first)} or {World.Show(second)}";
            wrong.Add($"{path}: {World.Show(found)} instead of {wanted}");
        }

        return wrong;
    }

    // The workload's own few special characters, decoded by their documented spelling.
    private static string Decode(string path) => System.Text.RegularExpressions.Regex.Replace(
        path, "_x(?<unit>[0-9A-F]{4})_", match => ((char)Convert.ToInt32(match.Groups["unit"].Value, 16)).ToString(), System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));

    private static string Explain(string where, List<string> wrong) => $"in {where}:\n  {string.Join("\n  ", wrong.Take(20))}";
}
