using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Platform.Windows;

/// <summary>A snapshot of one folder, given out in pages: each page goes on strictly after a marker, the last name that fitted the page before.</summary>
/// <remarks>
/// The order is ours and total (<see cref="CaseFolding.Compare"/>), and a marker is found by comparison, so it need not exist any more. Folders other than the
/// root show "." and ".." first, which may be markers too. Source: winfsp.md section 6, rule 12.
/// </remarks>
internal sealed class DirectoryPager
{
    private readonly List<DirectoryRow> _rows;
    private readonly int _dots;

    private DirectoryPager(List<DirectoryRow> rows, int dots)
    {
        _rows = rows;
        _dots = dots;
    }

    /// <summary>How many entries the snapshot has, "." and ".." included.</summary>
    internal int Count => _rows.Count;

    /// <summary>Takes the snapshot.</summary>
    /// <param name="fileSystem">The port.</param>
    /// <param name="names">Decides how names are shown, and learns them.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="parent">Attributes of the folder above it; null for the root, which shows no "." and "..".</param>
    /// <param name="pattern">Search pattern, or null for all.</param>
    /// <param name="ct">Ends the wait.</param>
    internal static async ValueTask<FsResult<DirectoryPager>> OpenAsync(
        IFileSystem fileSystem, NameIndex names, Entry folder, Attr? parent, string? pattern, CancellationToken ct)
    {
        ulong version = names.VersionOf(folder.Attr.Ino);
        FsResult<List<FolderRow>> read = await FolderReader.ReadAsync(fileSystem, folder.Inode, withAttributes: true, ct);
        if (!read.Ok)
            return read.Error;

        List<string> shown = names.Show(folder, read.Value, version);
        List<DirectoryRow> rows = new(shown.Count + 2);
        if (parent is { } above)
        {
            Add(".", folder.Attr);
            Add("..", above);
        }

        int dots = rows.Count;
        for (int i = 0; i < shown.Count; i++)
            Add(shown[i], read.Value[i].Attr);
        rows.Sort(dots, rows.Count - dots, Comparer<DirectoryRow>.Create((left, right) => CaseFolding.Compare(left.Name, right.Name)));
        return new DirectoryPager(rows, dots);

        void Add(string name, Attr attr)
        {
            if (NamePattern.Matches(pattern, name))
                rows.Add(new DirectoryRow(name, attr));
        }
    }

    /// <summary>Where a page begins: at the first entry strictly after <paramref name="marker"/>, or at the start when it is null.</summary>
    internal int IndexAfter(string? marker)
    {
        if (marker is null)
            return 0;
        int low = 0;
        int high = _rows.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (Compare(middle, marker) <= 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>The entry at an index; false past the end.</summary>
    internal bool TryGet(int index, out DirectoryRow row)
    {
        bool isThere = (uint)index < (uint)_rows.Count;
        row = isThere ? _rows[index] : default;
        return isThere;
    }

    /// <summary>The files that an earlier snapshot of the same folder has too, with another size or time.</summary>
    internal IEnumerable<DirectoryRow> ChangedSince(DirectoryPager before)
    {
        // Both are in the same order.
        int other = before._dots;
        for (int index = _dots; index < _rows.Count; index++)
        {
            DirectoryRow now = _rows[index];
            while (other < before._rows.Count && CaseFolding.Compare(before._rows[other].Name, now.Name) < 0)
                other++;
            if (other == before._rows.Count)
                yield break;
            DirectoryRow then = before._rows[other];
            bool isSame = then.Name == now.Name && then.Attr.Size == now.Attr.Size && then.Attr.Modified == now.Attr.Modified;
            if (!isSame && then.Name == now.Name && now.Attr.Kind == FileKind.File)
                yield return now;
        }
    }

    /// <summary>The order of entries: "." and ".." before all names, also before those that sort below a dot.</summary>
    private int Compare(int index, string marker)
    {
        int byRank = Rank(_rows[index].Name).CompareTo(Rank(marker));
        return byRank != 0 ? byRank : index < _dots ? 0 : CaseFolding.Compare(_rows[index].Name, marker);
    }

    private static int Rank(string name) => name switch
    {
        "." => 0,
        ".." => 1,
        _ => 2,
    };
}

/// <summary>One entry of a listing as Windows sees it.</summary>
internal readonly record struct DirectoryRow(string Name, Attr Attr);
