using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Removes folders that are proved empty. The service deletes whatever is inside without asking, so the proof is ours.</summary>
internal sealed class FolderRemover(Volume volume)
{
    /// <summary>A listing that still shows what the service said is deleted lags; it is asked again this often, this far apart.</summary>
    private const int ProofAttempts = 10;

    /// <summary>A delete that failed for now is sent again, each time after a new proof: a user waits, and `rm -r` does not try twice.</summary>
    private const int DeleteAttempts = 4;

    private static readonly TimeSpan ProofPause = TimeSpan.FromMilliseconds(500);

    public async ValueTask<FsError> RemoveAsync(FolderInode folder, CancellationToken ct)
    {
        FsError settled = await SettleRenamesAsync(folder.RemotePath, ct);
        if (settled == FsError.None)
            settled = await SettleMakingAsync(folder, ct);
        if (settled != FsError.None)
            return settled;
        PathGates.Gate gate;
        while (true)
        {
            Task busy;
            lock (volume.Lock)
            {
                if (!folder.IsLinked)
                    return FsError.NotFound;
                if (HasVisibleWork(folder))
                    return FsError.NotEmpty;
                if (volume.Gates.TryClose(folder.RemotePath) is { } closed)
                {
                    gate = closed;
                    break;
                }

                busy = volume.Gates.WaitForRelated(folder.RemotePath);
            }

            await busy.WaitAsync(ct);
        }

        try
        {
            await SettleBelowAsync(folder.RemotePath, ct);
            return await RemoveClosedAsync(folder, ct);
        }
        finally
        {
            lock (volume.Lock)
                gate.Open();
            volume.Wake();
        }
    }

    /// <summary>
    /// Waits for files that are being renamed out of the folder or into it. The service still has the one that was moved out: it would be deleted with the folder.
    /// Busy when that does not end within the commit deadline.
    /// </summary>
    public async ValueTask<FsError> SettleRenamesAsync(string folder, CancellationToken ct)
    {
        long begun = volume.Time.GetTimestamp();
        while (true)
        {
            RenameOp? rename;
            Task outcome;
            lock (volume.Lock)
            {
                rename = FindRename(folder);
                if (rename is null)
                    return FsError.None;
                if (rename.State == OpState.Failed)
                    return FsError.Busy;
                if (rename.IsHeld)
                    rename.NotBefore = 0;
                outcome = rename.Outcome.Task;
            }

            volume.Wake();

            TimeSpan left = volume.Options.CommitDeadline - volume.Time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                return FsError.Busy;
            try
            {
                await outcome.WaitAsync(left, volume.Time, ct);
            }
            catch (TimeoutException)
            {
                return FsError.Busy;
            }
        }
    }

    /// <summary>
    /// A folder that is made and not known to be there: after a restart, or a lost reply, the service may have it all the same. It is made (which changes nothing
    /// then) before it is removed or renamed, or it would come back with the next listing.
    /// </summary>
    public ValueTask<FsError> SettleMakingAsync(FolderInode folder, CancellationToken ct)
    {
        return MakeNowAsync(
            () => folder.IsLocalOnly && volume.Queue.FindMkdir(folder.RemotePath) is { } making
                && !(folder.IsFresh && making is { IsRunning: false, Attempts: 0 } && !MayBeMadeFromBelow(folder))
                ? making
                : null,
            ct);
    }

    /// <summary>Has a folder made without waiting for what may be written into it, and waits until it is. Busy when that does not end within the commit deadline.</summary>
    /// <param name="find">Its operation, looked up under the lock; null where there is nothing to make.</param>
    public async ValueTask<FsError> MakeNowAsync(Func<MkdirOp?> find, CancellationToken ct)
    {
        Task outcome;
        lock (volume.Lock)
        {
            if (find() is not { } making)
                return FsError.None;
            if (making.State == OpState.Failed)
                making.Rearm();
            making.IsNeeded = true;
            making.NotBefore = 0;
            outcome = making.Outcome.Task;
        }

        volume.Wake();
        try
        {
            await outcome.WaitAsync(volume.Options.CommitDeadline, volume.Time, ct);
            return FsError.None;
        }
        catch (TimeoutException)
        {
            return FsError.Busy;
        }
    }

    /// <summary>Something below was sent and is not known to be there: had it arrived, it brought the folder with it.</summary>
    private bool MayBeMadeFromBelow(FolderInode folder)
    {
        foreach (PendingOp op in volume.Queue.Below(folder.RemotePath))
        {
            if (op.IsRunning || op is ContentOp { AmbiguousSince: not null } or MkdirOp { Attempts: > 0 })
                return true;
        }

        return false;
    }

    private RenameOp? FindRename(string folder) => volume.Queue.Below(folder).OfType<RenameOp>().FirstOrDefault();

    /// <summary>Waits for what runs at or below a closed folder.</summary>
    public async ValueTask SettleBelowAsync(string folder, CancellationToken ct)
    {
        while (true)
        {
            List<Task> running = [];
            lock (volume.Lock)
            {
                foreach (PendingOp op in volume.Queue.All)
                {
                    bool isBelow = op.Path == folder || RemotePath.IsBelow(op.Path, folder)
                        || (op.Path2 is { } second && (second == folder || RemotePath.IsBelow(second, folder)));
                    if (op.IsRunning && isBelow)
                        running.Add(op.Run);
                }
            }

            if (running.Count == 0)
                return;
            await Task.WhenAll(running).WaitAsync(ct);
        }
    }

    /// <summary>The folder is closed and nothing runs below: proves that it is empty, and deletes it.</summary>
    public async ValueTask<FsError> RemoveClosedAsync(FolderInode folder, CancellationToken ct)
    {
        lock (volume.Lock)
        {
            if (!folder.IsLinked)
                return FsError.NotFound;
            if (HasVisibleWork(folder))
                return FsError.NotEmpty;
            if (FindRename(folder.RemotePath) is not null)
                return FsError.Busy;
        }

        if (!folder.IsLocalOnly)
        {
            for (int attempt = 1; ; attempt++)
            {
                FsError error = await ProveEmptyAsync(folder, ct);
                if (error != FsError.None)
                    return error;
                ApiResult<Nothing> deleted = await DeleteAsync(folder, ct);
                if (deleted.Ok || deleted.Error.Kind == ApiErrorKind.NotFound)
                    break;
                bool isForNow = deleted.Error.Kind is ApiErrorKind.Server or ApiErrorKind.Network;
                if (!isForNow || attempt == DeleteAttempts)
                    return deleted.Error.ToFsError();
                await Task.Delay(ProofPause, volume.Time, ct);
            }

            volume.Passed(Step.FolderDeleted);
        }

        return await ForgetAsync(folder);
    }

    /// <summary>Junk alone does not keep a folder: the library knows nothing of it.</summary>
    private static bool HasVisibleWork(FolderInode folder)
    {
        foreach (Inode child in folder.OverlayChildren)
        {
            if (child is not FileInode { Dirty.NameClass: NameClass.Junk })
                return true;
        }

        return false;
    }

    private async ValueTask<FsError> ProveEmptyAsync(FolderInode folder, CancellationToken ct)
    {
        string path = folder.RemotePath;
        for (int attempt = 1; ; attempt++)
        {
            TreeResult listed = await volume.Tree.FetchAsync(path, ct);
            if (!listed.Ok || listed.IsStale)
                return listed.Error!.ToFsError();
            bool contradicts = false;
            lock (volume.Lock)
            {
                for (int i = 0; i < listed.Listing.Count; i++)
                {
                    Row row = listed.Listing[i];
                    if (!Namespace.IsHidden(folder, row))
                        return FsError.NotEmpty;
                    contradicts |= folder.Hidden.TryGetValue(new HiddenKey(row.Id, row.RemoteName), out HiddenRow? hidden) && hidden.DoneAt is not null;
                }
            }

            if (!contradicts)
                return FsError.None;
            if (attempt == ProofAttempts)
                return FsError.Busy;
            await Task.Delay(ProofPause, volume.Time, ct);
        }
    }

    private async ValueTask<ApiResult<Nothing>> DeleteAsync(FolderInode folder, CancellationToken ct)
    {
        // Not cancelled by a signal: whether it happened would not be known.
        ApiResult<Nothing> deleted = await volume.Library.DeleteFolderAsync(folder.RemotePath, CancellationToken.None);
        if (deleted.Ok || deleted.Error.Kind != ApiErrorKind.TooManyObjects)
            return deleted;
        ApiError? failure = await DeleteByIdAsync(folder, ct);
        return failure is null ? await volume.Library.DeleteFolderAsync(folder.RemotePath, CancellationToken.None) : failure;
    }

    /// <summary>Versions count towards the limit of one folder delete; deletes by id take them along in batches.</summary>
    private async ValueTask<ApiError?> DeleteByIdAsync(FolderInode folder, CancellationToken ct)
    {
        List<DeleteOp> deletes = [];
        lock (volume.Lock)
        {
            foreach (PendingOp op in volume.Queue.Below(folder.RemotePath))
            {
                if (op is DeleteOp { FileId: not null, IsRunning: false } delete)
                    deletes.Add(delete);
            }
        }

        foreach (DeleteOp[] batch in deletes.Chunk(100))
        {
            ApiResult<BulkDeleteReply> reply = await volume.Library.DeleteFilesAsync([.. batch.Select(op => op.FileId!)], ct);
            if (!reply.Ok && reply.Error.Kind != ApiErrorKind.NotFound)
                return reply.Error;
        }

        return null;
    }

    private void Forget(string objectId, JournalBatch batch)
    {
        volume.Names.ForgetAttr(objectId);
        batch.RemoveAttr(objectId);
    }

    /// <summary>The folder is gone at the service, or never was there: so is what waited below it.</summary>
    private async ValueTask<FsError> ForgetAsync(FolderInode folder)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            string path = folder.RemotePath;
            foreach (PendingOp op in volume.Queue.All.ToArray())
            {
                bool isOwn = op is MkdirOp mkdir && mkdir.Inode == folder;
                if (!isOwn && !RemotePath.IsBelow(op.Path, path))
                    continue;
                volume.Queue.Remove(op);
                batch.Remove(op.Seq);
                op.Outcome.TrySetResult(FsError.None);
                if (op is DeleteOp { FileId: { } gone })
                    Forget(gone, batch);
                if (op is not ContentOp junk)
                    continue;
                batch.AfterCommit.Add(() => volume.Spool.Release(junk.Layer));
                if (junk.Inode.Dirty is { } dirty && dirty.Queued == junk)
                    dirty.Queued = null; // Who still has it open may write on: what comes then is thrown away with the last handle.
            }

            foreach (HiddenRow below in folder.Hidden.Values)
            {
                if (below.JournalSeq != 0)
                    batch.Remove(below.JournalSeq);
            }

            foreach (Inode child in folder.Dentries.Values.ToArray())
            {
                if (child.ObjectId is { } gone)
                    Forget(gone, batch);
                volume.Names.Unbind(child);
            }

            if (folder.EvidenceSeq != 0)
                batch.Remove(folder.EvidenceSeq);
            if (folder.Parent is { } parent)
            {
                if (!folder.IsLocalOnly)
                {
                    long seq = volume.Journal.NextSeq();
                    HiddenRow hidden = Volume.Hide(parent, folder.FolderId ?? "", folder.RemoteName, seq);
                    hidden.IsUnseen = folder.Overlay != OverlayState.Listed;
                    hidden.DoneAt = volume.Time.GetTimestamp();
                    batch.Put(new OpRecord { Seq = seq, Kind = OpKind.Rmdir, State = OpState.Replied, Path = path, Ino = folder.Ino, FileId = folder.FolderId, Data = "" });
                }

                if (folder.FolderId is { } id)
                    Forget(id, batch);
            }

            volume.Names.Unbind(folder);
            volume.Tree.Forget(path);
            volume.Tree.ForgetBelow(path);
            stored = volume.Store(batch);
        }

        FsError forgotten = await stored;
        volume.Passed(Step.FolderDeleteJournaled);
        return forgotten;
    }
}
