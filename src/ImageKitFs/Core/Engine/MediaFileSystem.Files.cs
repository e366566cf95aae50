using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

internal sealed partial class MediaFileSystem
{
    /// <inheritdoc/>
    public ValueTask<FsResult<Created>> CreateAsync(InodeId parent, EntryName name, uint mode, OpenMode open, Caller caller, CancellationToken ct) =>
        Interruptible<Created>(async () =>
        {
            FsError error = TryNewName(parent, name, isFolder: false, out FolderInode folder, out string remoteName);
            if (error != FsError.None)
                return error;
            FsResult<Inode?> found = await FindAsync(folder, name, ct);
            if (!found.Ok)
                return found.Error;
            if (found.Value is not null)
                return await OpenFoundAsync(folder, found.Value, open, ct);

            lock (volume.Lock)
            {
                if (!folder.IsLinked && folder != volume.Names.Root)
                    return FsError.NotFound;
                if (!folder.Dentries.TryGetValue(name.Value, out Inode? raced) || raced.Overlay == OverlayState.Listed)
                {
                    FileInode inode = NewFile(folder, name, remoteName, mode, open, caller);
                    return new Created(volume.Acquire(inode, volume.TtlIn(folder)), AddHandle(inode, open, PagePolicy.Fresh));
                }

                found = raced;
            }

            return await OpenFoundAsync(folder, found.Value!, open, ct);
        });

    /// <inheritdoc/>
    public ValueTask<FsResult<Opened>> OpenAsync(InodeId inode, OpenMode open, CancellationToken ct)
    {
        FileInode file;
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(inode, out Inode? found))
                return new(FsError.Stale);
            if (found is not FileInode isFile)
                return new(FsError.IsDirectory);
            file = isFile;
        }

        if (file.IsVirtual)
            return new(new Opened(_open.Add(new OpenVirtual(file, virtuals.Opened(file))), PagePolicy.Direct));
        return new(OpenFile(file, open));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<int>> ReadAsync(InodeId inode, HandleId handle, long offset, Memory<byte> buffer, CancellationToken ct)
    {
        if (!_open.TryGet(handle, out OpenFile? open))
            return _open.TryGet(handle, out OpenVirtual? text) ? new(ReadText(text.Text, offset, buffer.Span)) : new(FsError.BadHandle);
        FileInode file = open.Inode;
        if (file.Dirty is { } dirty)
            return dirty.Stack.ReadAsync(offset, buffer, ct);
        CachedContent? clean = file.Clean ?? EnsureClean(file);
        if (clean is null)
            return new(0);
        ValueTask<FsResult<int>> read = clean.ReadAsync(offset, buffer, open.Window, ct);
        if (open.IsDirect && open.Window.TryFinish(clean.Size))
            volume.Siblings.ReadWhole(file, clean.Size);
        return read;
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<int>> WriteAsync(InodeId inode, HandleId handle, long offset, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        if (!_open.TryGet(handle, out OpenFile? open))
            return _open.TryGet(handle, out OpenVirtual? text) ? ControlAsync(text, data, ct) : new(FsError.BadHandle);
        if (!open.IsWritable)
            return new(FsError.BadHandle);
        if (data.IsEmpty)
            return new(0); // Changes nothing, not even the times.
        if (volume.Options.MaxFileBytes is { } limit && offset + data.Length > limit)
            return new(FsError.TooLarge);
        FileInode file = open.Inode;
        DirtyState dirty = file.Dirty ?? EnsureDirty(file);
        FsResult<int> written = dirty.Stack.Write(offset, data.Span);
        if (written.Ok)
            Modified(file);
        return new(written);
    }

    /// <inheritdoc/>
    public ValueTask<FsError> FlushAsync(InodeId inode, HandleId handle, CancellationToken ct)
    {
        if (!_open.TryGet(handle, out OpenFile? open) || !open.IsWritable)
            return new(FsError.None);
        return CommitOpenAsync(open.Inode, ct);
    }

    /// <inheritdoc/>
    public ValueTask<FsError> FsyncAsync(InodeId inode, HandleId handle, CancellationToken ct) =>
        _open.TryGet(handle, out OpenFile? open) ? CommitOpenAsync(open.Inode, ct) : new(FsError.None);

    /// <inheritdoc/>
    public void Release(InodeId inode, HandleId handle)
    {
        if (!_open.TryRemove(handle, out OpenFile? open))
        {
            if (_open.TryRemove(handle, out OpenVirtual? text))
                virtuals.Closed(text.Inode);
            return;
        }

        open.Window.Dispose();
        FileInode file = open.Inode;
        if (open.IsDirect)
            volume.Siblings.Closed(file, open.Window.AskedBytes);
        bool commit = false;
        lock (volume.Lock)
        {
            file.Handles--;
            if (file.Dirty is { } dirty)
            {
                if (!file.IsLinked && file.Handles == 0 && !dirty.HasOps)
                {
                    dirty.Stack.Discard();
                    dirty.IsNew = false;
                    DropReplaced(dirty);
                }
                else if (open.IsWritable && file.IsLinked && (dirty.Stack.IsDirty || dirty.IsNew))
                {
                    commit = true; // Stores through a mapping come after the last close; an error can only be seen in status.
                }
                else if (file.Handles == 0 && dirty.Queued is { Hold: HoldReason.Transient } held)
                {
                    held.NotBefore = volume.After(volume.Options.TransientDelay);
                }
                else if (file is { Handles: 0, IsLinked: true } && dirty is { Queued.Hold: HoldReason.Empty } and ({ Replaces: not null } or { Tunnel: not null }))
                {
                    StayEmpty(file, dirty);
                }
            }

            publisher.CloseIfClean(file);
        }

        if (commit)
            _ = committer.CommitAsync(file, wait: false, CancellationToken.None).AsTask();
        volume.Wake();
    }

    /// <summary>Nothing was written after all: what the new file would have taken the place of goes its own way. With the lock held.</summary>
    private void StayEmpty(FileInode file, DirtyState dirty)
    {
        ContentOp op = dirty.Queued!;
        JournalBatch batch = new();
        volume.TakeOverReplaced(op, batch);
        volume.Tunnels.Leave(file, dirty, batch);
        batch.Put(op.ToRecord());
        _ = volume.Store(batch);
    }

    /// <inheritdoc/>
    public ValueTask<FsError> AllocateAsync(InodeId inode, HandleId handle, long offset, long length, bool keepSize, CancellationToken ct)
    {
        if (!_open.TryGet(handle, out OpenFile? open) || !open.IsWritable)
            return new(FsError.BadHandle);
        if (offset < 0 || length <= 0)
            return new(FsError.InvalidArgument);
        if (!keepSize && volume.Options.MaxFileBytes is { } limit && offset + length > limit)
            return new(FsError.TooLarge);
        FsError error = EnsureDirty(open.Inode).Stack.Allocate(offset, length, keepSize);
        if (error == FsError.None)
            Modified(open.Inode);
        return new(error);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<AttrReply>> SetAttrAsync(InodeId inode, HandleId handle, AttrChange change, CancellationToken ct) =>
        Interruptible<AttrReply>(async () =>
        {
            if (volume.IsReadOnly)
                return FsError.ReadOnly;
            Inode? found;
            lock (volume.Lock)
            {
                if (!volume.Names.TryGet(inode, out found))
                    return FsError.Stale;
            }

            if (found is FileInode { IsVirtual: true } shown)
                return new AttrReply(virtuals.AttrOf(shown), TimeSpan.Zero);
            if (change.Size is { } size)
            {
                FsError resized = await ResizeAsync(found, handle, size, ct);
                if (resized != FsError.None)
                    return resized;
            }

            FsError stored = await StoreAttrAsync(found, change);
            if (stored != FsError.None)
                return stored;
            lock (volume.Lock)
                return new AttrReply(volume.AttrOf(found), volume.TtlIn(found.Parent ?? found as FolderInode));
        });

    private ValueTask<FsError> CommitOpenAsync(FileInode file, CancellationToken ct) =>
        file.Dirty is null ? new(FsError.None) : committer.CommitAsync(file, wait: true, ct);

    private async ValueTask<FsError> ResizeAsync(Inode found, HandleId handle, long size, CancellationToken ct)
    {
        if (found is not FileInode file)
            return FsError.IsDirectory;
        if (size < 0)
            return FsError.InvalidArgument;
        if (volume.Options.MaxFileBytes is { } limit && size > limit)
            return FsError.TooLarge;
        if (file.Size == size && file.Dirty is null)
            return FsError.None;
        DirtyState dirty = EnsureDirty(file, use: true);
        FsError error = dirty.Stack.Truncate(size);
        if (error == FsError.None)
            Modified(file);
        lock (volume.Lock)
        {
            dirty.Users--;
            publisher.CloseIfClean(file);
        }

        if (error != FsError.None)
            return error;
        // truncate(2) by name has no close to report through: it commits itself.
        return handle.IsNone || !_open.TryGet(handle, out OpenFile? _) ? await committer.CommitAsync(file, wait: true, ct) : FsError.None;
    }

    /// <summary>chmod, chown and utimens: stored with the object, or in its pending operation until the library knows it.</summary>
    private async ValueTask<FsError> StoreAttrAsync(Inode inode, AttrChange change)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            Timestamp now = volume.Now;
            inode.Mode = change.Mode & 0xFFFu ?? inode.Mode;
            inode.Uid = change.Uid ?? inode.Uid;
            inode.Gid = change.Gid ?? inode.Gid;
            if (change.Modified.Kind != TimeChangeKind.Keep)
                inode.Modified = change.Modified.Kind == TimeChangeKind.Now ? now : change.Modified.Time;
            if (change.Accessed.Kind != TimeChangeKind.Keep)
                inode.Accessed = change.Accessed.Kind == TimeChangeKind.Now ? now : change.Accessed.Time;
            inode.Changed = now;
            if (change with { Size = null } == default || (!inode.IsLinked && inode != volume.Names.Root))
                return FsError.None;
            if (change.Modified.Kind != TimeChangeKind.Keep && inode is FileInode timed)
                volume.Times.Changed(timed, batch);
            switch (inode)
            {
                case FileInode { Dirty: { HasOps: true } dirty } file:
                    foreach (ContentOp? op in (ContentOp?[])[dirty.InFlight, dirty.Queued])
                    {
                        if (op is not null)
                            batch.Put(op.ToRecord());
                    }

                    break;
                case FileInode { Backup: { } view }:
                    batch.Put(view.ToRecord());
                    break;
                case FileInode { Dirty: not null }:
                    break; // The commit takes them along.
                case FolderInode folder when volume.Queue.FindMkdir(folder.RemotePath) is { } mkdir:
                    batch.Put(mkdir.ToRecord());
                    break;
                case FolderInode { EvidenceSeq: not 0 } folder:
                    batch.Put(MkdirOp.EvidenceOf(folder));
                    break;
            }

            if (inode.ObjectId is not null && inode is not FileInode { Dirty.Stack.IsDirty: true } && volume.Names.RememberAttr(inode) is { } attr)
                batch.Put(attr);
            stored = volume.Store(batch);
        }

        return await stored;
    }

    private void Modified(FileInode file)
    {
        lock (volume.Lock)
        {
            file.Modified = file.Changed = volume.Now;
            if (file.Overlay != OverlayState.Pending)
                volume.UpdateOverlay(file);
        }
    }

    private async ValueTask<FsResult<Created>> OpenFoundAsync(FolderInode folder, Inode found, OpenMode open, CancellationToken ct)
    {
        if (open.HasFlag(OpenMode.Exclusive))
            return FsError.Exists;
        if (found is not FileInode file)
            return FsError.IsDirectory;
        FsResult<Opened> opened = await OpenAsync(file.Id, open, ct);
        if (!opened.Ok)
            return opened.Error;
        lock (volume.Lock)
            return new Created(volume.Acquire(file, volume.TtlIn(folder)), opened.Value);
    }

    private FsResult<Opened> OpenFile(FileInode file, OpenMode open)
    {
        bool writes = open.HasFlag(OpenMode.Write) || open.HasFlag(OpenMode.Truncate);
        if (writes && volume.IsReadOnly)
            return FsError.ReadOnly;
        if (open.HasFlag(OpenMode.Truncate) && file.Size > 0)
        {
            FsError error = EnsureDirty(file).Stack.Truncate(0);
            if (error != FsError.None)
                return error;
            Modified(file);
        }

        PagePolicy pages = PagePolicy.Fresh;
        if (!writes && file.Dirty is null && EnsureClean(file) is { } clean)
        {
            bool wasAhead = volume.Siblings.Opened(file);
            pages = clean.IsComplete && !wasAhead ? PagePolicy.Keep : PagePolicy.Direct;
        }

        lock (volume.Lock)
            return AddHandle(file, open, pages);
    }

    private Opened AddHandle(FileInode file, OpenMode open, PagePolicy pages)
    {
        file.Handles++;
        if (file.Dirty is { Queued: { Hold: HoldReason.Transient, IsRunning: false } held } && open.HasFlag(OpenMode.Write))
            held.NotBefore = long.MaxValue; // Open again: its 60 s begin at the last close.
        return new Opened(_open.Add(new OpenFile(file, open) { IsDirect = pages == PagePolicy.Direct }), pages);
    }

    private FileInode NewFile(FolderInode folder, EntryName name, string remoteName, uint mode, OpenMode open, Caller caller)
    {
        const OpenMode temporary = OpenMode.Exclusive | OpenMode.Read | OpenMode.Write;
        FileInode inode = volume.Names.NewFile();
        inode.Mode = mode & 0xFFFu;
        inode.Uid = caller.Uid;
        inode.Gid = caller.Gid;
        inode.Born = inode.Modified = inode.Changed = volume.Now;
        inode.Dirty = new DirtyState(new ContentStack(volume.Spool, null, volume.Time, volume.Log, volume.LayerNote(inode)))
        {
            IsNew = true,
            NameClass = NameRules.Classify(name.Value, (open & temporary) == temporary),
        };
        volume.Names.Bind(folder, name.Value, remoteName, inode, OverlayState.Pending);
        Touch(folder);
        string path = RemotePath.Combine(folder.RemotePath, remoteName);
        if (inode.Dirty.NameClass == NameClass.Ordinary)
        {
            if (volume.Queue.FindWaiting<DeleteOp>(path) is { Inode: not null, IsSuperseded: false, IsParked: false } delete)
                Volume.Supersede(inode, delete);
            else
                volume.Tunnels.TryEnter(inode, path);
        }

        return inode;
    }

    private ValueTask<FsResult<int>> ControlAsync(OpenVirtual text, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        if (!virtuals.IsControl(text.Inode))
            return new(FsError.BadHandle);
        int length = data.Length;
        return Finish(virtuals.RunAsync(data.Span, ct), length);

        static async ValueTask<FsResult<int>> Finish(ValueTask<FsError> command, int length)
        {
            FsError error = await command;
            return error == FsError.None ? length : error;
        }
    }

    private static int ReadText(byte[] text, long offset, Span<byte> buffer)
    {
        if (offset >= text.Length)
            return 0;
        int count = (int)Math.Min(buffer.Length, text.Length - offset);
        text.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }
}
