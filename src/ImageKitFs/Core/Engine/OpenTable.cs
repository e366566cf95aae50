using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>One open of a file.</summary>
internal sealed class OpenFile(FileInode inode, OpenMode mode)
{
    public FileInode Inode { get; } = inode;

    public OpenMode Mode { get; } = mode;

    public bool IsWritable => Mode.HasFlag(OpenMode.Write);

    /// <summary>Reads come as programs make them, without the kernel's readahead.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Each handle reads in a pattern of its own.</summary>
    public ReadaheadWindow Window { get; } = new();
}

/// <summary>One open of a virtual file: its text as of the open, and what was written to it.</summary>
internal sealed class OpenVirtual(FileInode inode, byte[] text)
{
    public FileInode Inode { get; } = inode;

    public byte[] Text { get; } = text;
}

/// <summary>One open of a folder: a snapshot of its names.</summary>
internal sealed class OpenFolder(FolderInode inode)
{
    public FolderInode Inode { get; } = inode;

    public List<Seen> Snapshot { get; set; } = [];

    /// <summary>The kernel has read from it: a read from the start is a rewind.</summary>
    public bool WasRead { get; set; }

    /// <summary>A name as it was when the folder was opened.</summary>
    public readonly record struct Seen(string Name, FileKind Kind, ulong Ino);
}

/// <summary>Handles: numbers for what is open. Never reused.</summary>
internal sealed class OpenTable
{
    private readonly ConcurrentDictionary<ulong, object> _open = new();
    private ulong _next;

    public int Count => _open.Count;

    public HandleId Add(object open)
    {
        ulong id = Interlocked.Increment(ref _next);
        _open[id] = open;
        return new HandleId(id);
    }

    public bool TryGet<T>(HandleId handle, [NotNullWhen(true)] out T? open)
        where T : class
    {
        open = _open.TryGetValue(handle.Value, out object? found) ? found as T : null;
        return open is not null;
    }

    public bool TryRemove<T>(HandleId handle, [NotNullWhen(true)] out T? open)
        where T : class
    {
        open = null;
        if (!TryGet(handle, out open))
            return false;
        _open.TryRemove(handle.Value, out _);
        return true;
    }
}
