using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>What happens when the service has acknowledged something: journal the reply, move the bytes into the cache, show it.</summary>
internal sealed class Publisher(Volume volume)
{
    /// <summary>The library has a generation.</summary>
    /// <remarks>
    /// Crash before the journal has the reply: the row says "sent", recovery asks the service and finds it. Crash after it, before the rename into the cache:
    /// the bytes are still in the spool folder; recovery takes them from either place. Crash after the rename: only the row is left, until a listing agrees.
    /// </remarks>
    /// <param name="op">The generation.</param>
    /// <param name="path">Where the library has it.</param>
    /// <param name="version">As what.</param>
    /// <param name="over">The version that this one, and nobody else's, took the place of; null when there was none, or that is not known.</param>
    public async Task<FsError> CommittedAsync(ContentOp op, string path, RemoteVersion version, string? over = null)
    {
        FileInode inode = op.Inode;
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            op.State = OpState.Replied;
            op.Committed = version;
            op.Resolve();
            if (path != op.Path)
                Respell(op, path, batch);
            batch.AddOwnVersion(version.FileId, version.VersionId, over);
            volume.Times.Committed(inode, version, inode.Base, batch);
            volume.Details.Committed(inode, version, batch);
            inode.Base = version;
            inode.IsIdUnconfirmed = false;
            inode.Changed = volume.Now;
            if (inode.Born == default)
                inode.Born = inode.Changed;
            if (inode.EvidenceSeq != 0 && inode.EvidenceSeq != op.Seq)
                batch.Remove(inode.EvidenceSeq);
            if (inode.IsLinked)
            {
                inode.EvidenceSeq = op.Seq;
                batch.Put(op.ToRecord());
            }
            else
            {
                AddressDeletes(inode, version.FileId, batch);
                batch.Remove(op.Seq);
            }

            AddressRenames(inode, version, batch);
            // With the reply, not after it: a newer generation that still names the old base would be taken for a conflict with our own version.
            if (inode.Dirty?.Queued is { IsJournaled: true } newer && newer != op)
                batch.Put(newer.ToRecord());
            if (volume.Names.RememberAttr(inode) is { } attr)
                batch.Put(attr);
            // By the path that was sent: the file itself may have been renamed or unlinked meanwhile.
            for (FolderInode? folder = volume.Names.FindFolder(RemotePath.Parent(path)); folder is { IsLocalOnly: true }; folder = folder.Parent)
                Made(folder, batch);
            stored = volume.Store(batch);
        }

        FsError error = await stored;
        if (error != FsError.None)
            return error;
        volume.Passed(Step.ReplyJournaled);
        volume.Content.Adopt(version.Key, op.Layer.Size, volume.Spool.PathOf(op.Layer), op.Layer.Hash, op.Layer.Blocks?.Values);
        volume.Passed(Step.Adopted);
        CachedContent clean = volume.Content.Acquire(version.Key, version.Size, new VersionLocator(volume, inode, version));
        JournalBatch rest = new();
        lock (volume.Lock)
        {
            volume.Queue.Remove(op);
            if (inode.Dirty is { } dirty)
            {
                dirty.Stack.Committed(op.Layer, new CleanBase(clean));
                if (dirty.InFlight == op)
                    dirty.InFlight = null;
                if (dirty.Queued == op)
                    dirty.Queued = null;
                if (dirty.Queued is { } next)
                    rest.Put(next.ToRecord());
                // A listing may have shown our own version before its reply came.
                if (dirty.Foreign is { } seen && seen.FileId == version.FileId && seen.Number <= version.Number)
                    dirty.Foreign = null;
                if (!inode.IsLinked && inode.Handles == 0 && !dirty.HasOps)
                    dirty.Stack.Discard();
            }
            else
            {
                clean.Dispose();
            }

            volume.UpdateOverlay(inode);
            CloseIfClean(inode);
            _ = volume.Store(rest);
        }

        // Also when the cache has taken the file: it counts no more. When it had no room, the library has the bytes.
        volume.Spool.Release(op.Layer);
        volume.Passed(Step.Published);
        op.Outcome.TrySetResult(FsError.None);
        return FsError.None;
    }

    /// <summary>The library has a generation under a conflict name: the inode and its handles move there, the old name shows what the library has.</summary>
    public async Task<FsError> CommittedBesideAsync(ContentOp op, EntryName name, string remoteName, RemoteVersion version)
    {
        FileInode inode = op.Inode;
        string path;
        FolderInode? parent;
        string oldName;
        lock (volume.Lock)
        {
            parent = inode.Parent;
            oldName = inode.Name;
            path = RemotePath.Combine(RemotePath.Parent(op.Path), remoteName);
            volume.Log.ConflictKept(parent is null ? op.Path : volume.Names.LocalPathOf(inode), name.Value);
            if (inode.Dirty is { } dirty)
            {
                dirty.Foreign = null;
                if (dirty.Queued is { } queued && queued != op)
                {
                    volume.Queue.Retarget(queued, path);
                    queued.LocalName = name.Value;
                }
            }

            volume.Queue.Retarget(op, path);
            op.LocalName = name.Value;
            op.BesideName = null;
            if (parent is not null)
            {
                volume.Names.Bind(parent, name.Value, remoteName, inode, OverlayState.Pending);
                volume.Tree.Expire(parent.RemotePath);
            }
        }

        FsError error = await CommittedAsync(op, path, version);
        if (parent is not null)
        {
            volume.Kernel.InvalidateEntry(parent.Id, EntryName.Of(oldName));
            volume.Kernel.InvalidateEntry(parent.Id, name);
        }

        return error;
    }

    /// <summary>The library has a folder that was ours alone; with the lock held. The caller journals the batch.</summary>
    public void Made(FolderInode folder, JournalBatch batch)
    {
        folder.IsLocalOnly = false;
        if (volume.Queue.FindMkdir(folder.RemotePath) is { } mkdir && mkdir.Inode == folder)
        {
            mkdir.State = OpState.Replied;
            batch.Put(mkdir.ToRecord());
            // Its own request may still be repeated, and would bring back a folder that is renamed or removed meanwhile: those wait for it.
            if (!mkdir.IsRunning)
                volume.Queue.Remove(mkdir);
            folder.EvidenceSeq = mkdir.Seq;
            mkdir.Outcome.TrySetResult(FsError.None);
        }

        folder.PublishedAt = volume.Time.GetTimestamp();
        Namespace.SetOverlay(folder, OverlayState.Published);
        // At once: a listing taken in between would be replaced by this one.
        if (folder.IsFresh && folder.Dentries.Values.All(child => child.Overlay != OverlayState.Listed))
            volume.Tree.Seed(Listing.Empty(folder.RemotePath, volume.Time.GetTimestamp()));
    }

    /// <summary>Lets go of the writing side when nothing is left to write and nobody has the file open; with the lock held.</summary>
    public void CloseIfClean(FileInode inode)
    {
        if (inode.Handles > 0)
            return;
        // No layer at all: one that is sealed and not yet in the queue is still to be committed.
        if (inode.Dirty is { IsNew: false, HasOps: false, Users: 0, Stack.IsClean: true } dirty)
        {
            inode.Dirty = null;
            dirty.Dispose();
        }

        if (inode.Dirty is null)
        {
            inode.Clean?.Dispose();
            inode.Clean = null;
        }

        volume.Names.DropIfUnused(inode);
    }

    /// <summary>Unlinked while it was on its way: the delete that waits for it learns what to delete.</summary>
    private void AddressDeletes(FileInode inode, string fileId, JournalBatch batch)
    {
        foreach (PendingOp pending in volume.Queue.All)
        {
            if (pending is not DeleteOp delete || delete.Inode != inode)
                continue;
            delete.FileId = fileId;
            batch.Put(delete.ToRecord());
            if (volume.Names.FindFolder(RemotePath.Parent(delete.Path)) is { } folder)
            {
                Volume.Hide(folder, fileId, RemotePath.Name(delete.Path), delete.Seq);
            }
        }
    }

    /// <summary>Renamed, or replaced by a rename, while it was on its way: the journal learns which file the rename is about.</summary>
    private void AddressRenames(FileInode inode, RemoteVersion version, JournalBatch batch)
    {
        foreach (PendingOp pending in volume.Queue.All)
        {
            if (pending is not RenameOp rename || (rename.Inode != inode && rename.ReplacedInode != inode))
                continue;
            if (rename.Inode == inode)
                rename.Version = version;
            else
                rename.ReplacedFileId = version.FileId;
            FolderInode? folder = volume.Names.FindFolder(RemotePath.Parent(rename.Inode == inode ? rename.Path : rename.Path2!));
            if (folder is not null)
                Volume.Hide(folder, version.FileId, RemotePath.Name(rename.Inode == inode ? rename.Path : rename.Path2!), rename.Seq);
            batch.Put(rename.ToRecord());
        }
    }

    /// <summary>A file stored by a v2 client under a name that v1 would change is written under the escaped name from now on; the old one is deleted.</summary>
    private void Respell(ContentOp op, string path, JournalBatch batch)
    {
        string oldPath = op.Path;
        volume.Queue.Retarget(op, path);
        if (op.Inode.Parent is not { } parent)
            return;
        string before = op.Inode.RemoteName;
        op.Inode.RemoteName = RemotePath.Name(path);
        if (op.Inode.Base is not { } old)
            return;
        DeleteOp delete = new(volume.Journal.NextSeq(), oldPath, old.FileId, inode: null) { IsJournaled = true };
        volume.Queue.Add(delete);
        batch.Put(delete.ToRecord());
        Volume.Hide(parent, old.FileId, before, delete.Seq);
    }
}
