using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>One live file or folder, however often it is open: what all its descriptors must agree about. Made and changed by <see cref="OpenNodeTable"/>.</summary>
/// <remarks>
/// All descriptors that may write share one handle of the port, <see cref="Writer"/>. Its release is what commits at last, so a program that opens a
/// document twice makes one version of it and not two.
/// </remarks>
internal sealed class OpenNode
{
    private readonly Lock _lock = new();
    private readonly List<HandleId> _spareWriters = [];
    private volatile string _path;
    private volatile DirectoryPager? _seen;
    private ulong _reserved;
    private int _writers;
    private int _dirtyOpens;

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

    internal bool IsFolder => Kind == FileKind.Directory;

    /// <summary>Where it is now, in stored case: follows renames of it and of folders above.</summary>
    internal string Path
    {
        get => _path;
        set => _path = value;
    }

    /// <summary>How many descriptors share it. Guarded by the table.</summary>
    internal int Opens { get; set; }

    /// <summary>Appends happen one after another: the end of the file is read and written as one.</summary>
    internal Lock AppendLock { get; } = new();

    /// <summary>Bytes that a program reserved beyond the size; shown as allocation while the file is open.</summary>
    internal ulong Reserved
    {
        get => Volatile.Read(ref _reserved);
        set => Volatile.Write(ref _reserved, value);
    }

    /// <summary>How a folder was when somebody who has it open was last told of it; null until then.</summary>
    internal DirectoryPager? Seen
    {
        get => _seen;
        set => _seen = value;
    }

    /// <summary>The handle that writes go through, or none.</summary>
    internal HandleId Writer { get; private set; }

    /// <summary>Counts one writing descriptor; the first opens the handle.</summary>
    internal async ValueTask<FsError> AddWriterAsync(IFileSystem fileSystem, CancellationToken ct)
    {
        lock (_lock)
        {
            if (_writers > 0)
            {
                _writers++;
                return FsError.None;
            }
        }

        FsResult<Opened> opened = await fileSystem.OpenAsync(Inode, OpenMode.Read | OpenMode.Write, ct);
        if (opened.Ok)
            AddWriter(opened.Value.Handle);
        return opened.Error;
    }

    /// <summary>Counts a writing descriptor that came with a handle: the file was just created. Of two opened at once one is spare.</summary>
    internal void AddWriter(HandleId handle)
    {
        lock (_lock)
        {
            _writers++;
            if (Writer.IsNone)
                Writer = handle;
            else
                _spareWriters.Add(handle);
        }
    }

    /// <summary>Ends one writing descriptor; the last releases the handle, which commits what is still dirty.</summary>
    internal void RemoveWriter(IFileSystem fileSystem)
    {
        lock (_lock)
        {
            if (_writers == 0 || --_writers > 0)
                return;
        }

        ReleaseWriters(fileSystem);
    }

    /// <summary>The mount is gone and no close will come: commits what was written, or has it in the journal when the wait is cut short.</summary>
    internal async Task AbandonWritersAsync(IFileSystem fileSystem, CancellationToken ct)
    {
        if (!Writer.IsNone)
            await fileSystem.FlushAsync(Inode, Writer, ct);
        lock (_lock)
            _writers = 0;
        ReleaseWriters(fileSystem);
    }

    /// <summary>The descriptor has written something that was not committed.</summary>
    internal void MarkDirty(OpenDescriptor descriptor)
    {
        lock (_lock)
        {
            if (descriptor.IsDirty)
                return;
            descriptor.IsDirty = true;
            _dirtyOpens++;
        }
    }

    /// <summary>The descriptor's changes are committed, or are another's to commit.</summary>
    /// <returns>True when it was the last one that had any.</returns>
    internal bool MarkClean(OpenDescriptor descriptor)
    {
        lock (_lock)
        {
            if (!descriptor.IsDirty)
                return false;
            descriptor.IsDirty = false;
            return --_dirtyOpens == 0;
        }
    }

    private void ReleaseWriters(IFileSystem fileSystem)
    {
        List<HandleId> released;
        lock (_lock)
        {
            if (_writers > 0)
                return; // Opened again meanwhile.
            released = [.. _spareWriters, .. Writer.IsNone ? Array.Empty<HandleId>() : [Writer]];
            _spareWriters.Clear();
            Writer = HandleId.None;
        }

        foreach (HandleId handle in released)
            fileSystem.Release(Inode, handle);
    }
}
