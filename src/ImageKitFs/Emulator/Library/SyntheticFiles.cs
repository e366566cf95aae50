using System.Globalization;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Library;

/// <summary>
/// The files of a <see cref="SyntheticLibrary"/> that nobody has changed: numbers, turned into nodes for the rows of a page. A change makes
/// one a real node, with the same id and the same place in creation order, and its number is gone from here.
/// </summary>
internal sealed class SyntheticFiles(SyntheticLibrary shape, DateTimeOffset epoch)
{
    /// <summary>Before any real id, which starts with the time.</summary>
    private const string FileIdPrefix = "0000f11e";
    private const string FolderIdPrefix = "0000f01d";
    private const string ParentIdPrefix = "0000f0ad";

    private readonly List<FolderNode> _folders = [];
    private readonly List<int> _gone = []; // sorted

    /// <summary>Where sequences of real nodes start.</summary>
    public long FirstFreeSequence => shape.Folders + Total;

    /// <summary>All files, without those gone.</summary>
    public IRowSource All => new Slice(this, 0, (int)Total);

    /// <summary>Bytes of each file.</summary>
    public long FileSize => shape.FileSize;

    private long FirstFile => shape.Folders;

    private long Total => (long)shape.Folders * shape.FilesPerFolder;

    /// <summary>Makes the folder nodes, and those of the path that holds them, each with its parent set.</summary>
    public IEnumerable<FolderNode> MakeFolders(FolderNode root)
    {
        FolderNode parent = root;
        string[] path = NameRules.Split(shape.Parent);
        for (int depth = 0; depth < path.Length; depth++)
            yield return parent = MakeFolder(ParentIdPrefix, depth, path[depth], parent, depth - path.Length, block: -1);
        for (int i = 0; i < shape.Folders; i++)
        {
            FolderNode folder = MakeFolder(FolderIdPrefix, i, "folder-" + i.ToString("d5", CultureInfo.InvariantCulture), parent, i, block: i);
            _folders.Add(folder);
            yield return folder;
        }
    }

    /// <summary>The files of a folder, without those gone.</summary>
    public IRowSource Of(FolderNode folder) => new Slice(this, folder.SyntheticIndex * shape.FilesPerFolder, shape.FilesPerFolder);

    /// <summary>The number behind an id, or -1.</summary>
    public int FindId(string id) =>
        id.Length == 24 && id.StartsWith(FileIdPrefix, StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long index)
        && index < Total && IsHere((int)index)
            ? (int)index
            : -1;

    /// <summary>The number behind a name in a folder, or -1.</summary>
    public int FindName(FolderNode folder, string name)
    {
        if (folder.SyntheticIndex < 0 || !name.StartsWith("image-", StringComparison.Ordinal) || !name.EndsWith(".png", StringComparison.Ordinal)
            || !int.TryParse(name.AsSpan(6, name.Length - 10), NumberStyles.None, CultureInfo.InvariantCulture, out int within) || within >= shape.FilesPerFolder)
            return -1;
        int index = (folder.SyntheticIndex * shape.FilesPerFolder) + within;
        return IsHere(index) && NameOf(index) == name ? index : -1;
    }

    /// <summary>A node for a number; nothing remembers it.</summary>
    public FileNode Make(int index)
    {
        string id = FileIdPrefix + index.ToString("x16", CultureInfo.InvariantCulture);
        DateTimeOffset created = epoch.AddMilliseconds(index);
        var blob = new SyntheticBlob((ulong)index << 32, shape.FileSize);
        var version = new FileVersion
        {
            Id = id,
            Number = 1,
            Blob = blob,
            Media = MediaTypes.OfSynthetic(shape.FileSize),
            UploadedAt = created,
            UpdatedAt = created,
        };
        return new FileNode
        {
            Id = id,
            Sequence = shape.Folders + index,
            Name = NameOf(index),
            CreatedAt = created,
            Parent = _folders[index / shape.FilesPerFolder],
            Versions = [version],
            Current = version,
            LastNumber = 1,
        };
    }

    /// <summary>Takes a number out for good.</summary>
    public void Remove(int index)
    {
        int at = _gone.BinarySearch(index);
        if (at < 0)
            _gone.Insert(~at, index);
    }

    /// <summary>Takes all numbers of a deleted folder out.</summary>
    public void RemoveFolder(FolderNode folder)
    {
        int start = folder.SyntheticIndex * shape.FilesPerFolder;
        int from = GoneBelow(start);
        _gone.RemoveRange(from, GoneBelow(start + shape.FilesPerFolder) - from);
        _gone.InsertRange(from, Enumerable.Range(start, shape.FilesPerFolder));
    }

    private FolderNode MakeFolder(string idPrefix, int number, string name, FolderNode parent, long sequence, int block)
    {
        var folder = new FolderNode
        {
            Id = idPrefix + number.ToString("x16", CultureInfo.InvariantCulture),
            Sequence = sequence,
            Name = name,
            CreatedAt = epoch,
            Parent = parent,
            SyntheticIndex = block,
        };
        folder.Touch(epoch);
        return folder;
    }

    private static string Digits(int value) => value.ToString("d6", CultureInfo.InvariantCulture);

    private string NameOf(int index) => "image-" + Digits(index % shape.FilesPerFolder) + ".png";

    private bool IsHere(int index) => _gone.BinarySearch(index) < 0;

    private int GoneBelow(int index)
    {
        int at = _gone.BinarySearch(index);
        return at < 0 ? ~at : at;
    }

    private sealed class Slice(SyntheticFiles files, int start, int length) : IRowSource
    {
        private readonly int _firstGone = files.GoneBelow(start);

        public int Count => length - (files.GoneBelow(start + length) - _firstGone);

        public int CountBelow(long sequence)
        {
            int index = (int)Math.Clamp(sequence - files.FirstFile, start, start + (long)length);
            return index - start - (files.GoneBelow(index) - _firstGone);
        }

        // The smallest number with `index` present ones before it, itself present.
        public Node At(int index)
        {
            int low = start + index;
            int high = start + length - 1;
            while (low < high)
            {
                int middle = low + ((high - low) / 2);
                if (middle + 1 - start - (files.GoneBelow(middle + 1) - _firstGone) <= index)
                    low = middle + 1;
                else
                    high = middle;
            }

            return files.Make(low);
        }
    }
}
