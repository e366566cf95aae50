using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Direct;

/// <summary>A file or folder of the library as a listing showed it, under the name that a mount shows.</summary>
public sealed class LibraryEntry
{
    internal LibraryEntry(string path, string remotePath, LibraryRow? row, Timestamp modified, bool hasStoredTime)
    {
        Path = path;
        RemotePath = remotePath;
        Row = row;
        Modified = modified;
        HasStoredTime = hasStoredTime;
    }

    /// <summary>Absolute, "/" or "/a/b".</summary>
    public string Path { get; }

    /// <summary>The last part of <see cref="Path"/>; empty for the root.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>False for a file.</summary>
    public bool IsFolder => Row is not { Kind: not RowKind.Folder };

    /// <summary>Bytes; 0 for a folder.</summary>
    public long Size => Row is { Kind: not RowKind.Folder } file ? file.Size : 0;

    /// <summary>
    /// When the bytes were written last: what the account stores for this version, else what this machine remembers of it, else when the library last saw a change.
    /// </summary>
    public Timestamp Modified { get; }

    /// <summary>fileId or folderId; null where no listing gave one (the root, and a folder that was listed by its own path).</summary>
    public string? Id => Row?.Id;

    /// <summary>versionInfo.id of the current version; null for a folder.</summary>
    public string? VersionId => IsFolder ? null : Row!.VersionId;

    /// <summary>Media type that the service found; null for a folder.</summary>
    public string? Mime => Row?.Mime;

    /// <summary>Pixels, where the service gave any.</summary>
    public int? Width => Row?.Width;

    /// <summary>Pixels, where the service gave any.</summary>
    public int? Height => Row?.Height;

    /// <summary>Tags; empty when there are none.</summary>
    public IReadOnlyList<string> Tags => Row?.Tags ?? [];

    /// <summary>The account stores <see cref="Modified"/>.</summary>
    internal bool HasStoredTime { get; }

    /// <summary>Where the service has it.</summary>
    internal string RemotePath { get; }

    internal LibraryRow? Row { get; }

    /// <summary>The row of a file.</summary>
    internal LibraryRow File => IsFolder ? throw new InvalidOperationException($"{Path} is a folder") : Row!;
}

/// <summary>One folder of the library, whole.</summary>
public sealed class FolderView
{
    private readonly Dictionary<string, LibraryEntry> _byName;

    internal FolderView(string path, string remotePath, IEnumerable<LibraryEntry> entries)
    {
        Path = path;
        RemotePath = remotePath;
        Entries = [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        _byName = Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    /// <summary>Absolute, "/" or "/a/b".</summary>
    public string Path { get; }

    /// <summary>In ordinal order of their names, which are all different.</summary>
    public IReadOnlyList<LibraryEntry> Entries { get; }

    internal string RemotePath { get; }

    /// <summary>Null when there is none of that name.</summary>
    public LibraryEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>True when a file is stored under this name.</summary>
    internal bool HasRemoteFile(string remoteName) => Entries.Any(entry => entry.Row is { Kind: RowKind.File } row && row.Name == remoteName);

    internal bool HasRemoteFolder(string remoteName) => Entries.Any(entry => entry.Row is { Kind: RowKind.Folder } row && row.Name == remoteName);
}
