using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Renames and moves a committed file at the service, in steps that a crash can resume.</summary>
/// <remarks>
/// Order, each step journaled before the next: park what has the new name, give ours the new name, delete what was parked. At no instant are both gone.
/// A move keeps the base name, so another base name is taken at the source first; a move merges silently, so the target was seen free (or parked) before.
/// </remarks>
internal sealed class RenamePusher(Volume volume)
{
    public async Task<PushResult> PushAsync(RenameOp op, CancellationToken ct)
    {
        string? replaced;
        lock (volume.Lock)
        {
            if (op.ReplacedInode is { } inode)
                op.ReplacedFileId ??= inode.Base?.FileId;
            if (op.Inode.Base is { } current)
                op.Version = current;
            replaced = op.ReplacedFileId;
        }

        if (replaced is not null && op.ParkedPath is null && !op.IsInPlace)
        {
            PushResult parked = await ParkAsync(op, ct);
            if (parked.Verdict != PushVerdict.Done)
                return parked;
        }

        if (!op.IsInPlace)
        {
            PushResult moved = await MoveAsync(op, ct);
            if (moved.Verdict != PushVerdict.Done)
                return moved;
        }

        if (op.ReplacedFileId is { } id && op.ParkedPath is not null)
        {
            ApiResult<Nothing> deleted = await volume.Library.DeleteFileAsync(id, ct);
            if (!deleted.Ok && deleted.Error.Kind != ApiErrorKind.NotFound)
                return PushResult.From(deleted.Error);
            volume.Passed(Step.RenameCleaned);
        }

        return await FinishAsync(op);
    }

    private async Task<PushResult> ParkAsync(RenameOp op, CancellationToken ct)
    {
        string target = op.Path2!;
        // The parked name is journaled before it is used: after a crash the same name is tried again and found done.
        string parkedName = op.ParkedName;
        string parked = RemotePath.Combine(RemotePath.Parent(target), parkedName);
        HideStep(op, op.ReplacedFileId!, parked);
        ApiResult<Nothing> renamed = await volume.Library.RenameFileAsync(target, parkedName, ct);
        if (!renamed.Ok)
        {
            switch (renamed.Error.Kind)
            {
                case ApiErrorKind.NotFound:
                    // Somebody deleted or moved it, or our earlier attempt did the park: the id tells.
                    ApiResult<LibraryRow> details = await volume.Library.DetailsAsync(op.ReplacedFileId!, ct);
                    if (!details.Ok && details.Error.Kind != ApiErrorKind.NotFound)
                        return PushResult.From(details.Error);
                    if (!details.Ok || details.Value.Path != parked)
                    {
                        op.ReplacedFileId = null;
                        return PushResult.Done;
                    }

                    break;
                case ApiErrorKind.AlreadyExists:
                    return PushResult.RetryLater(FsError.Busy, "the parking name is taken");
                default:
                    return PushResult.From(renamed.Error);
            }
        }

        volume.Passed(Step.RenameParked);
        op.ParkedPath = parked;
        PushResult journaled = await JournalAsync(op);
        volume.Passed(Step.ParkJournaled);
        return journaled;
    }

    /// <summary>
    /// One step to the same folder or under the same name; else the new name is taken at the source and then moved. Where the source has a file of the new
    /// name, ours goes by way of a name of its own.
    /// </summary>
    private async Task<PushResult> MoveAsync(RenameOp op, CancellationToken ct)
    {
        string to = op.Path2!;
        string passing = op.PassingName;
        bool isTaken = op.Stopover is null;
        string at = op.MovedFrom ?? op.Path;
        while (at != to)
        {
            bool isThere = RemotePath.Parent(at) == RemotePath.Parent(to);
            bool renames = isThere || (RemotePath.Name(at) != RemotePath.Name(to) && RemotePath.Name(at) != passing);
            string next = (isThere, renames) switch
            {
                (true, _) => to,
                (false, true) => RemotePath.Combine(RemotePath.Parent(at), isTaken ? passing : RemotePath.Name(to)),
                (false, false) => RemotePath.Combine(RemotePath.Parent(to), RemotePath.Name(at)),
            };
            if (next != to)
                HideStep(op, op.Version.FileId, next);
            ApiResult<Nothing> stepped = renames
                ? await volume.Library.RenameFileAsync(at, RemotePath.Name(next), ct)
                : await volume.Library.MoveFileAsync(at, RemotePath.Parent(next), ct);
            if (!stepped.Ok)
            {
                bool isOnlyTheSource = !isThere && renames && !isTaken && stepped.Error.Kind == ApiErrorKind.AlreadyExists;
                PushResult? settled = await SettleAsync(op, stepped.Error, next, ct);
                if (settled is not null && isOnlyTheSource)
                {
                    isTaken = true;
                    lock (volume.Lock)
                        volume.Queue.DropStopover(op);
                    continue;
                }

                if (settled is { } result)
                    return isThere || !renames ? await UnparkAsync(op, result, ct) : result;
            }

            at = op.MovedFrom = next;
            if (at != to)
            {
                PushResult journaled = await JournalAsync(op);
                if (journaled.Verdict != PushVerdict.Done)
                    return journaled;
            }
        }

        volume.Passed(Step.RenameMoved);
        op.IsInPlace = true;
        return await JournalAsync(op);
    }

    /// <summary>A listing may show the file half-way: nobody is to see it twice.</summary>
    private void HideStep(RenameOp op, string fileId, string path)
    {
        lock (volume.Lock)
        {
            if (volume.Names.FindFolder(RemotePath.Parent(path)) is { } folder)
                op.Steps.Add(Volume.Hide(folder, fileId, RemotePath.Name(path), journalSeq: 0));
        }
    }

    /// <summary>A step failed or its reply was lost: where the file is now decides. Null: the step had happened.</summary>
    private async Task<PushResult?> SettleAsync(RenameOp op, ApiError error, string expected, CancellationToken ct)
    {
        if (error.Kind == ApiErrorKind.AlreadyExists && !error.MayHaveHappened && op.Attempts == 0)
            return PushResult.Refuse(FsError.Exists, "someone else created a file of this name");
        if (error.Kind is not (ApiErrorKind.NotFound or ApiErrorKind.AlreadyExists or ApiErrorKind.BadRequest) && !error.MayHaveHappened)
            return PushResult.From(error);
        ApiResult<LibraryRow> details = await volume.Library.DetailsAsync(op.Version.FileId, ct);
        if (details.Ok && details.Value.Path == expected)
            return null;
        if (error.Kind == ApiErrorKind.NotFound)
            return PushResult.Refuse(FsError.NotFound, "the file is no longer in the library");
        return PushResult.From(error);
    }

    /// <summary>Ours could not take the name: what was parked for it goes back.</summary>
    private async Task<PushResult> UnparkAsync(RenameOp op, PushResult result, CancellationToken ct)
    {
        if (result.Verdict != PushVerdict.Refused || op.ParkedPath is not { } parked)
            return result;
        ApiResult<Nothing> back = await volume.Library.RenameFileAsync(parked, RemotePath.Name(op.Path2!), ct);
        if (!back.Ok)
            return PushResult.RetryLater(back.Error.ToFsError(), back.Error.ToString());
        op.ParkedPath = null;
        PushResult journaled = await JournalAsync(op);
        return journaled.Verdict == PushVerdict.Done ? result : journaled;
    }

    private async Task<PushResult> JournalAsync(RenameOp op)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            op.State = OpState.Sent;
            batch.Put(op.ToRecord());
            stored = volume.Store(batch);
        }

        FsError error = await stored;
        return error == FsError.None ? PushResult.Done : PushResult.RetryLater(error, "the journal could not be written");
    }

    private async Task<PushResult> FinishAsync(RenameOp op)
    {
        JournalBatch batch = new();
        FileInode inode = op.Inode;
        Task<FsError> stored;
        lock (volume.Lock)
        {
            op.State = OpState.Replied;
            long now = volume.Time.GetTimestamp();
            if (volume.Names.FindFolder(RemotePath.Parent(op.Path)) is { } source)
            {
                if (source.Hidden.TryGetValue(new HiddenKey(op.Version.FileId, RemotePath.Name(op.Path)), out HiddenRow? hidden))
                    hidden.DoneAt = now;
                if (source.Hidden.TryGetValue(HiddenKey.AnyFile(RemotePath.Name(op.Path)), out HiddenRow? named))
                    named.DoneAt = now;
            }

            foreach (HiddenRow step in op.Steps)
                step.DoneAt = now;
            if (op.ReplacedFileId is { } replaced && volume.Names.FindFolder(RemotePath.Parent(op.Path2!)) is { } target)
            {
                if (target.Hidden.TryGetValue(new HiddenKey(replaced, RemotePath.Name(op.Path2!)), out HiddenRow? gone))
                    gone.DoneAt = now;
                if (op.ParkedPath is { } parked)
                    Volume.Hide(target, replaced, RemotePath.Name(parked), journalSeq: 0).DoneAt = now;
                volume.Names.ForgetAttr(replaced);
                batch.RemoveAttr(replaced);
            }

            if (inode.EvidenceSeq != 0 && inode.EvidenceSeq != op.Seq)
                batch.Remove(inode.EvidenceSeq);
            if (inode.IsLinked)
            {
                inode.EvidenceSeq = op.Seq;
                batch.Put(op.ToRecord());
                // The service touches updatedAt; the file's time is that of its version.
                if (volume.Names.RememberAttr(inode) is { } attr)
                    batch.Put(attr);
            }
            else
            {
                batch.Remove(op.Seq); // Unlinked meanwhile: after a restart this must not bring the name back.
            }

            inode.IsIdUnconfirmed = RemotePath.Parent(op.Path) != RemotePath.Parent(op.Path2!);
            // Another rename may be queued behind this one: then the service has it under this op's target, not under its name.
            inode.ServerPath = inode.IsLinked && Namespace.RemotePathOf(inode) == op.Path2 ? null : op.Path2;
            volume.Queue.Remove(op);
            volume.UpdateOverlay(inode);
            stored = volume.Store(batch);
        }

        FsError error = await stored;
        volume.Passed(Step.RenameFinished);
        op.Outcome.TrySetResult(FsError.None);
        return error == FsError.None ? PushResult.Done : PushResult.RetryLater(error, "the journal could not be written");
    }
}
