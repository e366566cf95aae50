using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

internal sealed partial class MediaFileSystem
{
    /// <inheritdoc/>
    public ValueTask<FsError> UnlinkAsync(InodeId parent, EntryName name, CancellationToken ct) => Interruptible(async () =>
    {
        FsResult<(FolderInode Folder, Inode Inode)> found = await FindToRemoveAsync(parent, name, ct);
        if (!found.Ok)
            return found.Error;
        FolderInode folder = found.Value.Folder;
        if (found.Value.Inode is not FileInode file)
            return FsError.IsDirectory;
        JournalBatch batch = new();
        List<PendingOp> added = [];
        Task<FsError> stored;
        lock (volume.Lock)
        {
            if (file.Parent != folder || file.Name != name.Value)
                return FsError.NotFound;
            Drop(file, batch, added);
            Touch(folder);
            stored = volume.Store(batch);
        }

        FsError error = await stored;
        lock (volume.Lock)
        {
            foreach (PendingOp op in added)
                op.IsJournaled = true;
        }

        volume.Wake();
        return error;
    });

    private async ValueTask<FsResult<(FolderInode Folder, Inode Inode)>> FindToRemoveAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        if (volume.IsReadOnly)
            return FsError.ReadOnly;
        if (VirtualFolder.Owns(parent, name))
            return FsError.NotPermitted;
        FsError error = TryFolder(parent, out FolderInode folder);
        if (error != FsError.None)
            return error;
        FsResult<Inode?> found = await FindAsync(folder, name, ct);
        if (!found.Ok)
            return found.Error;
        return found.Value is { } inode ? (folder, inode) : FsError.NotFound;
    }

    /// <summary>Takes a file's name away and sees to what the library and the spool have of it; with the lock held, the caller journals.</summary>
    private void Drop(FileInode file, JournalBatch batch, List<PendingOp> added)
    {
        FolderInode parent = file.Parent!;
        string path = Namespace.RemotePathOf(file);
        bool uploading = false;
        volume.Tunnels.DropView(file, batch);
        volume.Details.Forget(file, batch);
        if (file.Dirty is { } dirty)
        {
            if (dirty.IsDoubtful)
                dirty.Doubt();
            uploading = dirty.InFlight is not null;
            if (dirty.Queued is { } queued)
            {
                dirty.Queued = null;
                volume.Queue.Remove(queued);
                batch.Remove(queued.Seq);
                queued.Outcome.TrySetResult(FsError.None);
                batch.AfterCommit.Add(() => volume.Spool.Release(queued.Layer));
            }

            if (dirty.Replaces is not null)
                file.Base = null; // What it would have replaced is deleted after all.
            DropReplaced(dirty);
            volume.Tunnels.Leave(file, dirty, batch);
            if (dirty.Supersedes is { } view)
                batch.Remove(view.Seq);
            dirty.Supersedes = null;
            if (file.Handles == 0 && !uploading)
                batch.AfterCommit.Add(() => DiscardUnlinked(file, dirty));
        }

        if (file.Base is not null || uploading)
        {
            DeleteOp delete = new(volume.Journal.NextSeq(), path, file.Base?.FileId, file)
            {
                NotBefore = volume.After(volume.Options.UnlinkQuiet),
                UnlinkedAt = volume.Time.GetTimestamp(),
            };
            volume.LastUnlink = delete.UnlinkedAt;
            volume.Queue.Add(delete);
            batch.Put(delete.ToRecord());
            added.Add(delete);
            if (file.Base is null || uploading || file.IsIdUnconfirmed || file.ServerPath is not null)
                parent.Hidden[HiddenKey.AnyFile(RemotePath.Name(path))] = new HiddenRow();
            if (file.Base is { } gone)
                volume.Times.Forget(gone.FileId, batch);
            if (file.Base is not null)
                Volume.Hide(parent, file.Base.FileId, RemotePath.Name(delete.Path), delete.Seq).IsUnseen = file.Overlay != OverlayState.Listed;
        }

        if (file.EvidenceSeq != 0)
        {
            batch.Remove(file.EvidenceSeq);
            file.EvidenceSeq = 0;
        }

        volume.Names.Unbind(file);
        publisher.CloseIfClean(file);
    }

    /// <summary>The journal no longer names any bytes of the file: they go, unless it was opened meanwhile.</summary>
    private void DiscardUnlinked(FileInode file, DirtyState dirty)
    {
        lock (volume.Lock)
        {
            if (file.IsLinked || file.Handles > 0 || file.Dirty != dirty || dirty.HasOps)
                return;
            dirty.Stack.Discard();
            dirty.IsNew = false;
            publisher.CloseIfClean(file);
        }
    }

    private static void DropReplaced(DirtyState dirty)
    {
        if (dirty.Replaces is { } replaced)
        {
            replaced.IsSuperseded = false;
            replaced.SupersededBy = null;
        }

        dirty.Replaces = null;
    }
}
