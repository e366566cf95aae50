using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// Saves by way of a backup name (vim, Office, ReplaceFile): the file is renamed aside, a new one is written under its name, the backup is deleted.
/// The rename is held for a moment. A file that takes the old name meanwhile is committed as the next version of the same file, so its id, tags and privacy
/// stay and the save is one upload; the backup name is then a view of the version before, here only.
/// </summary>
internal sealed class Tunnels(Volume volume)
{
    /// <summary>How long a rename onto a free name of the same folder waits for a new file under the old name.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(3);

    /// <summary>A backup that is still there after this long is kept on purpose.</summary>
    private static readonly TimeSpan KeepAfter = TimeSpan.FromSeconds(60);

    private const int CopyBytes = 1 << 20;

    /// <summary>A new file takes the name that a held rename vacated; with the lock held. Its commit decides.</summary>
    public bool TryEnter(FileInode file, string path)
    {
        if (file.Dirty is not { Tunnel: null } dirty || volume.Queue.FindHeldRename(path) is not { } rename || rename.Inode.Dirty is not null)
            return false;
        volume.Queue.Remove(rename);
        dirty.Tunnel = rename;
        rename.Inode.TunnelTo = file;
        file.Base = rename.Version;
        return true;
    }

    /// <summary>The new file is about to be journaled as the next version: the rename is off, the backup becomes a view. With the lock held.</summary>
    public void Commit(FileInode file, DirtyState dirty, JournalBatch batch)
    {
        if (dirty.Tunnel is not { } rename)
            return;
        dirty.Tunnel = null;
        FileInode backup = rename.Inode;
        backup.TunnelTo = null;
        batch.Remove(rename.Seq);
        rename.Outcome.TrySetResult(FsError.None);
        file.Parent?.Hidden.Remove(new HiddenKey(rename.Version.FileId, file.RemoteName));
        if (!backup.IsLinked)
            return;
        BackupOp op = new(volume.Journal.NextSeq(), Namespace.RemotePathOf(backup), backup, rename.Version)
        {
            NotBefore = volume.After(KeepAfter),
            IsJournaled = true, // In the batch that ends the rename; it is not due before that is stored.
        };
        backup.Backup = op;
        backup.IsSuperseded = true;
        backup.ServerPath = null;
        if (backup.EvidenceSeq != 0)
            batch.Remove(backup.EvidenceSeq);
        backup.EvidenceSeq = 0;
        volume.Queue.Add(op);
        batch.Put(op.ToRecord());
        volume.UpdateOverlay(backup);
    }

    /// <summary>The file that was renamed aside is changed or renamed again: no tunnel. With the lock held.</summary>
    public void Close(FileInode backup)
    {
        if (backup.TunnelTo is { Dirty: { } dirty } file)
            Leave(file, dirty, new JournalBatch());
    }

    /// <summary>The new file will not be committed under that name: the rename goes its way. With the lock held.</summary>
    public void Leave(FileInode file, DirtyState dirty, JournalBatch batch)
    {
        if (dirty.Tunnel is not { } rename)
            return;
        dirty.Tunnel = null;
        file.Base = null;
        FileInode backup = rename.Inode;
        backup.TunnelTo = null;
        if (backup.IsLinked)
        {
            rename.NotBefore = 0;
            volume.Queue.Add(rename);
            return;
        }

        // Backup and original were both unlinked: the file itself goes.
        batch.Remove(rename.Seq);
        DeleteOp delete = new(volume.Journal.NextSeq(), rename.Path, rename.Version.FileId, backup)
        {
            NotBefore = volume.After(volume.Options.UnlinkQuiet),
            IsJournaled = true, // In the batch at hand; not due before that is stored.
        };
        volume.Queue.Add(delete);
        batch.Put(delete.ToRecord());
    }

    /// <summary>A backup view is unlinked, or replaced: nothing is sent. With the lock held.</summary>
    public void DropView(FileInode backup, JournalBatch batch)
    {
        if (backup.TunnelTo is not null)
        {
            backup.Base = null; // The file that took the old name has the id now, or Leave deletes it.
            return;
        }

        if (backup.Backup is not { } view)
            return;
        backup.Backup = null;
        backup.Base = null;
        volume.Queue.Remove(view);
        batch.Remove(view.Seq);
        view.Outcome.TrySetResult(FsError.None);
    }

    /// <summary>The view is about to be changed, or to be kept: it becomes a file of its own over the old version's bytes. With the lock held.</summary>
    public void Detach(FileInode backup, DirtyState dirty)
    {
        if (backup.Backup is not { } view)
            return;
        backup.Backup = null;
        backup.Base = null;
        dirty.Supersedes = view;
        volume.Queue.Remove(view);
        volume.UpdateOverlay(backup);
    }

    /// <summary>Copies the old version's bytes into the spool, so that the view can be renamed or committed like any file that is only here.</summary>
    public async Task<FsError> MaterializeAsync(FileInode backup, CancellationToken ct)
    {
        BackupOp? view;
        lock (volume.Lock)
            view = backup.Backup;
        if (view is null)
            return FsError.None;
        ContentStack stack = new(volume.Spool, null, volume.Time, volume.Log, volume.LayerNote(backup));
        FsError error = await CopyAsync(backup, view, stack, ct);
        lock (volume.Lock)
        {
            if (error == FsError.None && backup.Backup == view && backup.Dirty is null)
            {
                backup.Dirty = new DirtyState(stack) { IsNew = true };
                Detach(backup, backup.Dirty);
                return FsError.None;
            }
        }

        stack.Discard();
        stack.Dispose();
        return error;
    }

    private async Task<FsError> CopyAsync(FileInode backup, BackupOp view, ContentStack stack, CancellationToken ct)
    {
        using CachedContent content = volume.Content.Acquire(view.Version.Key, view.Version.Size, new VersionLocator(volume, backup, view.Version));
        using ReadaheadWindow window = new();
        byte[] buffer = new byte[(int)Math.Min(CopyBytes, Math.Max(view.Version.Size, 1))];
        for (long offset = 0; offset < view.Version.Size;)
        {
            FsResult<int> read = await content.ReadAsync(offset, buffer, window, ct);
            if (!read.Ok)
                return read.Error;
            if (read.Value == 0)
                return FsError.Stale;
            FsResult<int> written = stack.Write(offset, buffer.AsSpan(0, read.Value));
            if (!written.Ok)
                return written.Error;
            offset += read.Value;
        }

        return FsError.None;
    }
}
