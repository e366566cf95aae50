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
        return World.Empty with { Nodes = nodes.ToImmutable() };
    }

    /// <summary>The acknowledged state, with what was under way either done or not, as the tree shows it.</summary>
    public static World Resolve(World before, InFlight? pending, World seen)
    {
        World after = pending?.After ?? before;
        World named = seen with { Nodes = seen.Nodes.RemoveRange(seen.Nodes.Keys.Where(LocalNames.IsTemporary)) };
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
        return new World(
            named.Nodes.ToImmutableSortedDictionary(
                node => node.Key,
                node => node.Value with { Commits = Math.Max(before.Nodes.GetValueOrDefault(node.Key)?.Commits ?? 0, after.Nodes.GetValueOrDefault(node.Key)?.Commits ?? 0) },
                StringComparer.Ordinal),
            after.Heritage);
    }

    /// <summary>The library holds the same, but for what it cannot hold; and no more versions than there were commits. Gives back the state as it is known from here on.</summary>
    public static World CheckLibrary(World expected, EmulatorServer emulator)
    {
        Dictionary<string, LibraryEntry> library = List(emulator);
        List<string> wrong = Missing(expected, expected, library, emulator);
        foreach ((string path, Node node) in expected.Nodes)
        {
            if (!node.IsFolder && Versions(path) is var versions && versions > Math.Max(1, node.Commits))
                wrong.Add($"{path}: {versions} versions for {node.Commits} commits");
        }

        Assert.True(wrong.Count == 0, Explain("the library", wrong));
        return expected.Stored(Versions);

        int Versions(string path) => library.TryGetValue(path, out LibraryEntry? entry) && !entry.IsFolder ? emulator.Store.VersionsOf(entry.Path).Count : 0;
    }

    /// <summary>What was acknowledged, whether the call that was under way happened or not, and the library does not have.</summary>
    public static List<string> NotStored(World before, InFlight? pending, EmulatorServer emulator) =>
        Missing(before, pending?.After ?? before, List(emulator), emulator);

    private static Dictionary<string, LibraryEntry> List(EmulatorServer emulator) =>
        emulator.Store.List().Where(entry => entry.Path != "/").ToDictionary(entry => Decode(entry.Path[1..]));

    private static List<string> Missing(World one, World other, Dictionary<string, LibraryEntry> library, EmulatorServer emulator)
    {
        List<string> wrong = [];
        foreach (string path in one.Nodes.Keys.Union(other.Nodes.Keys).Union(library.Keys))
        {
            Node? wanted = one.Nodes.GetValueOrDefault(path);
            bool isLocalOnly = wanted is { Content: { Length: 0 } } || (wanted is null && LocalNames.IsTemporary(path));
            if (isLocalOnly || !World.IsSame(wanted, other.Nodes.GetValueOrDefault(path)))
                continue;
            Node? held = library.TryGetValue(path, out LibraryEntry? entry) ? new Node(entry.IsFolder ? null : emulator.Store.Read(entry.Path), 0) : null;
            if (!World.IsSame(wanted, held))
                wrong.Add($"{path}: {World.Show(held)} instead of {World.Show(wanted)}");
        }

        return wrong;
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
