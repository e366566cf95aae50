using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

internal sealed partial class MediaFileSystem
{
    /// <inheritdoc/>
    public ValueTask<FsError> RenameAsync(
        InodeId oldParent, EntryName oldName, InodeId newParent, EntryName newName, RenameMode mode, CancellationToken ct) => Interruptible(async () =>
    {
        if (VirtualFolder.Owns(oldParent, oldName))
            return FsError.NotPermitted;
        FsError error = TryFolder(oldParent, out FolderInode from);
        if (error != FsError.None)
            return error;
        FsResult<Inode?> source = await FindAsync(from, oldName, ct);
        if (!source.Ok)
            return source.Error;
        if (source.Value is not { } moving)
            return FsError.NotFound;
        error = TryNewName(newParent, newName, moving.Kind == FileKind.Directory, out FolderInode to, out string newRemoteName);
        if (error != FsError.None)
            return error;
        FsResult<Inode?> target = await FindAsync(to, newName, ct);
        if (!target.Ok)
            return target.Error;
        if (target.Value == moving)
            return FsError.None;
        if (target.Value is not null && mode == RenameMode.NoReplace)
            return FsError.Exists;

        switch (moving, target.Value)
        {
            case (FolderInode, FileInode):
                return FsError.NotDirectory;
            case (FileInode, FolderInode):
                return FsError.IsDirectory;
            case (FolderInode folder, _):
                if (IsAtOrBelow(to, folder))
                    return FsError.InvalidArgument;
                if (target.Value is FolderInode above && IsAtOrBelow(from, above))
                    return FsError.NotEmpty; // It holds what would replace it.
                error = await mover.MoveAsync(folder, to, newName, newRemoteName, ct);
                break;
            case (FileInode file, _):
                error = await RenameFileAsync(from, oldName, file, (FileInode?)target.Value, to, newName, newRemoteName, ct);
                break;
        }

        if (error == FsError.None)
        {
            lock (volume.Lock)
            {
                Touch(from);
                Touch(to);
            }
        }

        return error;
    });

    private bool IsAtOrBelow(FolderInode folder, FolderInode ancestor)
    {
        lock (volume.Lock)
        {
            for (FolderInode? at = folder; at is not null; at = at.Parent)
            {
                if (at == ancestor)
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// A file that the library does not have under its old name changes its name here and is committed under the new one: over a committed file as its next
    /// version. One that the library has is renamed or moved there.
    /// </summary>
    private async ValueTask<FsError> RenameFileAsync(
        FolderInode from, EntryName oldName, FileInode file, FileInode? target, FolderInode to, EntryName newName, string newRemoteName, CancellationToken ct)
    {
        // A view of an older version has no file at the service that could be renamed.
        FsError own = await volume.Tunnels.MaterializeAsync(file, ct);
        if (own != FsError.None)
            return own;
        DirtyState? dirty;
        lock (volume.Lock)
        {
            volume.Tunnels.Close(file);
            dirty = file.Dirty;
            if (dirty is not null)
                dirty.Users++;
        }

        JournalBatch batch = new();
        List<PendingOp> added = [];
        RenameOp? rename = null;
        bool commit = false;
        bool isLocked = false;
        try
        {
            if (dirty is not null)
            {
                await dirty.CommitLock.WaitAsync(ct); // No generation is being journaled under the old name.
                isLocked = true;
            }

            Task<FsError> stored;
            lock (volume.Lock)
            {
                if (file.Parent != from || file.Name != oldName.Value || (target is not null && (target.Parent != to || target.Name != newName.Value)))
                    return FsError.NotFound;
                if (IsOnlyHere(file))
                    commit = RenameHere(file, target, to, newName, newRemoteName, batch, added);
                else
                    rename = RenameThere(file, target, to, newName, newRemoteName, batch, added);
                stored = volume.Store(batch);
            }

            FsError error = await stored;
            if (error != FsError.None)
                return error;
            lock (volume.Lock)
            {
                foreach (PendingOp op in added)
                    op.IsJournaled = true;
            }
        }
        finally
        {
            if (isLocked)
                dirty!.CommitLock.Release();
            if (dirty is not null)
            {
                lock (volume.Lock)
                {
                    dirty.Users--;
                    publisher.CloseIfClean(file);
                }
            }
        }

        volume.Wake();
        if (rename is not null)
            return rename.IsHeld ? FsError.None : await AwaitRenameAsync(rename, ct);
        return commit ? await AwaitCommitAsync(file, ct) : FsError.None;
    }

    /// <summary>The library has nothing under the file's own name: a temporary, a placeholder, bytes that wait; with the lock held.</summary>
    private static bool IsOnlyHere(FileInode file) =>
        file.Dirty is { InFlight: null } dirty && dirty.Queued is not { AmbiguousSince: not null }
        && (file.Base is null || dirty.Replaces is not null || dirty.Tunnel is not null) && file.ServerPath is null;

    private bool RenameHere(
        FileInode file, FileInode? target, FolderInode to, EntryName newName, string newRemoteName, JournalBatch batch, List<PendingOp> added)
    {
        DirtyState dirty = file.Dirty!;
        if (dirty.Replaces is not null)
        {
            DropReplaced(dirty);
            file.Base = null;
        }

        volume.Tunnels.Leave(file, dirty, batch);
        string path = RemotePath.Combine(to.RemotePath, newRemoteName);
        if (target is not null)
            TakeOver(file, target, batch, added);
        else if (volume.Queue.FindWaiting<DeleteOp>(path) is { IsSuperseded: false, IsParked: false, Inode: not null } delete)
            Volume.Supersede(file, delete);
        volume.Names.Bind(to, newName.Value, newRemoteName, file, OverlayState.Pending);
        file.ServerPath = null;
        bool isOrdinary = NameRules.Classify(newName.Value, isExclusiveReadWrite: false) == NameClass.Ordinary;
        if (target is null && isOrdinary && dirty.Replaces is null && volume.Tunnels.TryEnter(file, path) && dirty.Queued is { Layer.Size: > 0 })
            volume.Tunnels.Commit(file, dirty, batch); // What is queued is journaled under its new name below.
        MoveQueued(file, dirty, newName, path, batch, added);
        if (dirty.Queued is { } queued)
        {
            volume.TakeOverReplaced(queued, batch);
            batch.Put(queued.ToRecord());
        }

        return dirty.NameClass == NameClass.Ordinary;
    }

    /// <summary>What waits under the old name waits under the new one; with the lock held.</summary>
    private void MoveQueued(FileInode file, DirtyState dirty, EntryName newName, string path, JournalBatch batch, List<PendingOp> added)
    {
        bool wasJunk = dirty.NameClass == NameClass.Junk;
        if (NameRules.Classify(newName.Value, isExclusiveReadWrite: false) is var name && (name == NameClass.Ordinary || !wasJunk))
            dirty.NameClass = name == NameClass.Junk ? NameClass.Ordinary : name;
        if (dirty.Queued is { } queued)
        {
            // A new place in the order: after whatever the target's name still waits for.
            bool released = queued.Hold is HoldReason.Transient or HoldReason.Junk && dirty.NameClass == NameClass.Ordinary;
            HoldReason hold = !released ? queued.Hold : queued.Layer.Size == 0 ? HoldReason.Empty : HoldReason.None;
            ContentOp op = new(volume.Journal.NextSeq(), path, file, queued.Layer, hold) { LocalName = newName.Value, NotBefore = released ? 0 : queued.NotBefore };
            volume.Queue.Remove(queued);
            batch.Remove(queued.Seq);
            volume.Queue.Add(op);
            dirty.Queued = op;
            queued.Forward(op);
            added.Add(op);
            batch.Put(op.ToRecord());
        }
    }

    /// <summary>Save by rename: the new bytes are the next version of the file that had the name; its id, tags and history stay. With the lock held.</summary>
    private void TakeOver(FileInode file, FileInode target, JournalBatch batch, List<PendingOp> added)
    {
        bool isRemote = target.Base is not null && target.Backup is null && target.ServerPath is null && target.Dirty is not { HasOps: true };
        RemoteVersion? old = target.Base;
        FileDetails.TakeOver(target, file, batch);
        if (target.Dirty is { Replaces: { } replaced })
        {
            Drop(target, batch, added);
            Volume.Supersede(file, replaced);
            return;
        }

        if (!isRemote)
        {
            // Something of the target is under way. When it is over, ours replaces what came of it.
            Drop(target, batch, added);
            if (added is [.., DeleteOp delete] && delete.Inode == target)
            {
                target.IsSuperseded = true;
                Volume.Supersede(file, delete);
            }

            return;
        }

        if (target.EvidenceSeq != 0)
        {
            batch.Remove(target.EvidenceSeq);
            target.EvidenceSeq = 0;
        }

        if (target.Dirty is { } stale && target.Handles == 0)
        {
            stale.Stack.Discard();
            stale.IsNew = false;
        }

        target.IsSuperseded = true;
        volume.Names.Unbind(target);
        publisher.CloseIfClean(target);
        file.Base = old;
    }

    private RenameOp RenameThere(
        FileInode file, FileInode? target, FolderInode to, EntryName newName, string newRemoteName, JournalBatch batch, List<PendingOp> added)
    {
        FolderInode from = file.Parent!;
        string oldPath = Namespace.RemotePathOf(file);
        string newPath = RemotePath.Combine(to.RemotePath, newRemoteName);
        FileInode? replaced = null;
        string? replacedId = null;
        bool isUnseen = target is not { Overlay: OverlayState.Listed };
        if (target is not null)
        {
            if (target is { Base: null, Dirty: { IsDoubtful: true } doubtful })
                doubtful.Doubt();
            bool isView = target.Backup is not null || target.TunnelTo is not null;
            bool isKnown = target.Base is not null && !isView && target.Dirty is not { Replaces: not null } and not { Tunnel: not null };
            if (isKnown || target.Dirty is { InFlight: not null })
            {
                replaced = target;
                replacedId = isKnown ? target.Base!.FileId : null;
            }

            DropReplacedTarget(target, batch, added, keepRemote: replaced is not null);
        }

        RenameOp op = new(volume.Journal.NextSeq(), oldPath, file, file.Base ?? UnknownVersion(file))
        {
            LocalName = newName.Value,
            Path2 = newPath,
            ReplacedFileId = replacedId,
            ReplacedInode = replaced,
        };
        if (RenameOp.StopoverOf(oldPath, newPath) is { } stopover && !volume.Queue.HasOpsOn(stopover) && !from.Dentries.ContainsKey(newName.Value))
            op.Stopover = stopover;
        bool isPlain = file is { Dirty: null, Base: not null, ServerPath: null, IsIdUnconfirmed: false };
        if (target is null && from == to && isPlain && !volume.Queue.HasOpsOn(oldPath) && !volume.Queue.HasOpsOn(newPath))
        {
            op.IsHeld = true;
            op.NotBefore = volume.After(Tunnels.Hold);
        }

        volume.Queue.Add(op);
        added.Add(op);
        if (file.Base is { } version)
            Volume.Hide(from, version.FileId, file.RemoteName, op.Seq).IsUnseen = file.Overlay != OverlayState.Listed;
        else
            from.Hidden[HiddenKey.AnyFile(file.RemoteName)] = new HiddenRow();
        if (replacedId is not null)
            Volume.Hide(to, replacedId, newRemoteName, op.Seq).IsUnseen = isUnseen;
        if (file.Base is { } known)
            to.Hidden.Remove(new HiddenKey(known.FileId, newRemoteName));
        file.ServerPath ??= oldPath;
        string serverPath = file.ServerPath;
        volume.Names.Bind(to, newName.Value, newRemoteName, file, OverlayState.Pending);
        file.ServerPath = serverPath;
        batch.Put(op.ToRecord());
        // What is held here goes along with the name, behind the rename; what is on its way goes first, under the old one.
        if (file.Dirty is { Queued: { Hold: not HoldReason.None } } held)
            MoveQueued(file, held, newName, newPath, batch, added);
        else if (file.Dirty?.Queued is { State: OpState.Failed } failed)
            failed.Rearm();
        return op;
    }

    /// <summary>The first upload has no reply yet; the op learns the id from the inode when it runs.</summary>
    private static RemoteVersion UnknownVersion(FileInode file) => new("", "", 0, file.Size, IsPrivate: false);

    /// <summary>The target's name goes to another file. Its remote part is the rename's to delete, in the right order; what is only here is dropped.</summary>
    private void DropReplacedTarget(FileInode target, JournalBatch batch, List<PendingOp> added, bool keepRemote)
    {
        if (!keepRemote)
        {
            Drop(target, batch, added);
            return;
        }

        volume.Details.Forget(target, batch);

        if (target.Dirty is { } dirty)
        {
            if (dirty.Queued is { } queued)
            {
                dirty.Queued = null;
                volume.Queue.Remove(queued);
                batch.Remove(queued.Seq);
                queued.Outcome.TrySetResult(FsError.None);
                batch.AfterCommit.Add(() => volume.Spool.Release(queued.Layer));
            }

            if (target.Handles == 0 && dirty.InFlight is null)
                batch.AfterCommit.Add(() => DiscardUnlinked(target, dirty));
        }

        if (target.EvidenceSeq != 0)
        {
            batch.Remove(target.EvidenceSeq);
            target.EvidenceSeq = 0;
        }

        volume.Names.Unbind(target);
        publisher.CloseIfClean(target);
    }

    /// <summary>Waits a little for the service; then the journal's word is enough. A refusal within that time is undone and told.</summary>
    private async ValueTask<FsError> AwaitRenameAsync(RenameOp op, CancellationToken ct)
    {
        Task<FsError> outcome;
        lock (volume.Lock)
            outcome = op.Outcome.Task;
        try
        {
            FsError error = await outcome.WaitAsync(volume.Options.RenameWait, volume.Time, ct);
            if (error == FsError.None)
                return FsError.None;
            await UndoRenameAsync(op);
            return error;
        }
        catch (TimeoutException)
        {
            return FsError.None;
        }
        catch (OperationCanceledException)
        {
            return FsError.None; // The journal has it; an interrupt after that cannot take it back.
        }
    }

    private async ValueTask UndoRenameAsync(RenameOp op)
    {
        JournalBatch batch = new();
        FolderInode? from;
        FolderInode? to;
        Task<FsError> stored;
        lock (volume.Lock)
        {
            if (!volume.Queue.Contains(op) || op.State != OpState.Failed || op.ParkedPath is not null)
                return;
            volume.Queue.Remove(op);
            batch.Remove(op.Seq);
            from = volume.Names.FindFolder(RemotePath.Parent(op.Path));
            to = op.Inode.Parent;
            if (from is not null && to is not null)
            {
                from.Hidden.Remove(new HiddenKey(op.Version.FileId, RemotePath.Name(op.Path)));
                from.Hidden.Remove(HiddenKey.AnyFile(RemotePath.Name(op.Path)));
                if (op.ReplacedFileId is { } replaced)
                    to.Hidden.Remove(new HiddenKey(replaced, RemotePath.Name(op.Path2!)));
                op.Inode.ServerPath = null;
                volume.Names.Unbind(op.Inode);
                volume.Tree.Expire(from.RemotePath);
                volume.Tree.Expire(to.RemotePath);
            }
            stored = volume.Store(batch);
        }

        await stored;
    }

    /// <summary>rename that commits data: what could be refused was refused when the temporary was closed; a later failure shows in status and at the next fsync.</summary>
    private async ValueTask<FsError> AwaitCommitAsync(FileInode file, CancellationToken ct)
    {
        FsError staged = await committer.CommitAsync(file, wait: false, CancellationToken.None);
        if (staged != FsError.None)
            return staged;
        ContentOp? op;
        lock (volume.Lock)
            op = file.Dirty?.Queued ?? file.Dirty?.InFlight;
        if (op is not { Hold: HoldReason.None })
            return FsError.None;
        FsError error = await committer.WaitAsync(op, volume.Options.RenameWait, ct);
        lock (volume.Lock)
        {
            // Refused for good within the wait: the program can still be told. Otherwise the journal has bytes and name.
            return op.State == OpState.Failed ? error : FsError.None;
        }
    }
}
