using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>One live file or folder, however often it is open: what all its descriptors must agree about. Made and changed by <see cref="OpenNodeTable"/>.</summary>
internal sealed class OpenNode
{
    private volatile string _path;

    internal OpenNode(InodeId inode, FileKind kind, string path)
    {
        Inode = inode;
        Kind = kind;
        _path = path;
    }

    /// <summary>The inode; the table holds its lookups.</summary>
    internal InodeId Inode { get; }

    /// <summary>File or folder.</summary>
    internal FileKind Kind { get; }

    /// <summary>Where it is now, in stored case: follows renames of it and of folders above.</summary>
    internal string Path
    {
        get => _path;
        set => _path = value;
    }

    /// <summary>How many descriptors share it. Guarded by the table.</summary>
    internal int Opens { get; set; }
}
