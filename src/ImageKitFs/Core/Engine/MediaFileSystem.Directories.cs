using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

internal sealed partial class MediaFileSystem
{
    /// <summary>A new folder waits this long for an upload that makes it on the way.</summary>
    private static readonly TimeSpan MkdirDelay = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public ValueTask<FsResult<Entry>> LookupAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        if (virtuals.TryLookup(parent, name, out Entry shown))
            return new(shown);
        volume.ReleaseOld();
        FsError error = TryFolder(parent, out FolderInode folder);
        if (error != FsError.None)
            return new(error);
        lock (volume.Lock)
        {
            if (TryFindNow(folder, name, out Inode? known))
                return new(known is null ? FsError.NotFound : volume.Acquire(known, volume.TtlIn(folder)));
        }

        return LookupSlowAsync(folder, name, ct);
    }

    // Apart, so that a lookup that memory answers allocates no closure.
    private ValueTask<FsResult<Entry>> LookupSlowAsync(FolderInode folder, EntryName name, CancellationToken ct) => Interruptible<Entry>(async () =>
    {
        if (volume.TryShow(folder, out Listing listing))
        {
            lock (volume.Lock)
            {
                if (volume.Names.Find(folder, name.Value, listing) is { } shown)
                    return volume.Acquire(shown, volume.TtlIn(folder));
            }
        }

        FsResult<Inode?> found = await FindAsync(folder, name, ct);
        if (!found.Ok)
            return found.Error;
        lock (volume.Lock)
            return found.Value is { } inode ? volume.Acquire(inode, volume.TtlIn(folder)) : FsError.NotFound;
    });

    /// <inheritdoc/>
    public ValueTask<FsResult<Entry>> MkdirAsync(InodeId parent, EntryName name, uint mode, Caller caller, CancellationToken ct) => Interruptible<Entry>(async () =>
    {
        FsError error = TryNewName(parent, name, isFolder: true, out FolderInode folder, out string remoteName);
        if (error != FsError.None)
            return error;
        FsResult<Inode?> found = await FindAsync(folder, name, ct);
        if (!found.Ok)
            return found.Error;
        if (found.Value is not null)
            return FsError.Exists;
        JournalBatch batch = new();
        FolderInode inode;
        MkdirOp op;
        Entry entry;
        Task<FsError> stored;
        lock (volume.Lock)
        {
            if (!folder.IsLinked && folder != volume.Names.Root)
                return FsError.NotFound;
            if (folder.Dentries.TryGetValue(name.Value, out Inode? raced) && raced.Overlay != OverlayState.Listed)
                return FsError.Exists;
            string path = RemotePath.Combine(folder.RemotePath, remoteName);
            inode = volume.Names.NewFolder(path);
            inode.IsLocalOnly = true;
            inode.IsFresh = true;
            inode.Mode = mode & ~0xF000u;
            inode.Uid = caller.Uid;
            inode.Gid = caller.Gid;
            inode.Born = inode.Modified = inode.Changed = volume.Now;
            volume.Names.Bind(folder, name.Value, remoteName, inode, OverlayState.Pending);
            folder.Hidden.Remove(new HiddenKey("", remoteName));
            Touch(folder);
            op = new MkdirOp(volume.Journal.NextSeq(), path, inode) { NotBefore = volume.After(MkdirDelay), MadeAt = volume.Time.GetTimestamp() };
            volume.LastMade = op.MadeAt;
            volume.Queue.Add(op);
            batch.Put(op.ToRecord());
            entry = volume.Acquire(inode, volume.TtlIn(folder));
            stored = volume.Store(batch);
        }

        error = await stored;
        lock (volume.Lock)
        {
            op.IsJournaled = true;
            if (error != FsError.None)
            {
                JournalBatch undo = new();
                undo.Remove(op.Seq);
                _ = volume.Store(undo); // The journal stores what was refused once it can: this comes after it.
                volume.Queue.Remove(op);
                inode.Lookups--;
                volume.Names.Unbind(inode);
                return error;
            }
        }

        volume.Wake();
        return entry;
    });

    /// <inheritdoc/>
    public ValueTask<FsError> RmdirAsync(InodeId parent, EntryName name, CancellationToken ct) => Interruptible(async () =>
    {
        FsResult<(FolderInode Folder, Inode Inode)> found = await FindToRemoveAsync(parent, name, ct);
        if (!found.Ok)
            return found.Error;
        if (found.Value.Inode is not FolderInode folder)
            return FsError.NotDirectory;
        FsError error = await remover.RemoveAsync(folder, ct);
        if (error == FsError.None)
        {
            lock (volume.Lock)
                Touch(found.Value.Folder);
        }

        return error;
    });

    /// <inheritdoc/>
    public ValueTask<FsResult<Opened>> OpenDirAsync(InodeId inode, CancellationToken ct)
    {
        if (virtuals.TryOpenFolder(inode, _open, out Opened shown))
            return new(shown);
        FsError error = TryFolder(inode, out FolderInode folder);
        if (error == FsError.NotFound)
            return new(new Opened(_open.Add(new OpenFolder(folder) { Snapshot = [] }), PagePolicy.Fresh));
        if (error != FsError.None)
            return new(error);
        return Interruptible<Opened>(async () =>
        {
            await volume.MakeRoomAsync(ct);
            OpenFolder open = new(folder);
            FsError taken = await TakeSnapshotAsync(open, ct);
            if (taken != FsError.None)
                return taken;
            lock (volume.Lock)
                folder.Handles++;
            return new Opened(_open.Add(open), PagePolicy.Fresh);
        });
    }

    /// <inheritdoc/>
    public async ValueTask<FsError> ReadDirAsync(InodeId inode, HandleId handle, ulong cookie, IDirectorySink sink, CancellationToken ct)
    {
        if (virtuals.TryReadFolder(inode, cookie, sink))
            return FsError.None;
        if (!_open.TryGet(handle, out OpenFolder? open))
            return FsError.BadHandle;
        // Reading from the start once more (rewinddir) takes a new snapshot.
        if (cookie == 0 && open.WasRead && open.Inode.IsLinked)
        {
            FsError taken = await Interruptible(() => TakeSnapshotAsync(open, ct));
            if (taken != FsError.None)
                return taken;
        }

        open.WasRead = true;
        List<OpenFolder.Seen> snapshot = open.Snapshot;
        lock (volume.Lock)
        {
            FolderInode folder = open.Inode;
            Listing? listing = null;
            if (!folder.IsLocalOnly)
                volume.Tree.TryPeek(folder.RemotePath, out listing, out _);
            TimeSpan ttl = volume.TtlIn(folder);
            for (int index = (int)Math.Min(cookie, (ulong)snapshot.Count + 2); index < snapshot.Count + 2; index++)
            {
                if (index < 2)
                {
                    DirEntry dots = new(index == 0 ? "." : "..", FileKind.Directory, (index == 0 ? folder : folder.Parent ?? folder).Ino, (ulong)index + 1);
                    if (!sink.TryAdd(dots, null))
                        break;
                    continue;
                }

                OpenFolder.Seen seen = snapshot[index - 2];
                DirEntry entry = new(seen.Name, seen.Kind, seen.Ino, (ulong)index + 1);
                if (!sink.WantsEntries)
                {
                    if (!sink.TryAdd(entry, null))
                        break;
                    continue;
                }

                if (volume.Names.Find(folder, seen.Name, listing) is not { } child)
                    continue; // Gone since the snapshot.
                Entry node = volume.Acquire(child, ttl);
                if (!sink.TryAdd(new DirEntry(seen.Name, child.Kind, child.Ino, (ulong)index + 1), node))
                {
                    child.Lookups--;
                    break;
                }
            }
        }

        volume.ReleaseOld();
        return FsError.None;
    }

    /// <inheritdoc/>
    public void ReleaseDir(InodeId inode, HandleId handle)
    {
        if (!_open.TryRemove(handle, out OpenFolder? open))
            return;
        lock (volume.Lock)
        {
            if (open.Inode.Handles > 0)
                open.Inode.Handles--;
            volume.Names.DropIfUnused(open.Inode);
        }
    }

    /// <summary>Checks that a name may be made in a folder.</summary>
    private FsError TryNewName(InodeId parent, EntryName name, bool isFolder, out FolderInode folder, out string remoteName)
    {
        folder = null!;
        remoteName = "";
        if (volume.IsReadOnly)
            return FsError.ReadOnly;
        if (VirtualFolder.Owns(parent, name) || NameRules.IsTrash(name.Value))
            return FsError.NotPermitted;
        FsError error = TryFolder(parent, out folder);
        return error != FsError.None ? error : volume.TryRemoteName(folder, name, isFolder, out remoteName);
    }

    private async ValueTask<FsError> TakeSnapshotAsync(OpenFolder open, CancellationToken ct)
    {
        FsResult<Listing?> listed = await volume.ListAsync(open.Inode, proof: false, ct, browse: true);
        if (!listed.Ok)
            return listed.Error;
        Listing? listing = listed.Value;
        FolderInode folder = open.Inode;
        lock (volume.Lock)
        {
            List<OpenFolder.Seen> seen = new((listing?.Count ?? 0) + folder.OverlayChildren.Count);
            for (int i = 0; i < (listing?.Count ?? 0); i++)
            {
                Row row = listing![i];
                if (Namespace.IsHidden(folder, row))
                    continue;
                string name = row.Name;
                if (folder.OverlayChildren.Count > 0 && folder.Dentries.TryGetValue(name, out Inode? over) && over.Overlay != OverlayState.Listed)
                    continue;
                seen.Add(new OpenFolder.Seen(name, row.Kind, volume.Names.InoOf(row)));
            }

            foreach (Inode child in folder.OverlayChildren)
                seen.Add(new OpenFolder.Seen(child.Name, child.Kind, child.Ino));
            open.Snapshot = seen;
        }

        return FsError.None;
    }
}
