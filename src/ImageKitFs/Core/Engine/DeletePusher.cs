using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Deletes files by id, many in one request.</summary>
internal sealed class DeletePusher(Volume volume)
{
    /// <summary>A file that is still open and not whole in the cache keeps its bytes at the service until it is closed; with the lock held.</summary>
    public static bool IsReady(DeleteOp op)
    {
        if (op.IsSuperseded)
            return false;
        if (op.Inode is not { } inode)
            return op.FileId is not null;
        if (inode.Dirty is { HasOps: true })
            return false;
        if (inode.Handles == 0 || inode.Base is null || inode.Base.Size == 0)
            return true;
        // Opened and not read yet: everything it may be asked for is still at the service.
        return inode.Clean is { IsComplete: true };
    }

    /// <summary>Whether it can be put out of the way under another name, while it is still open; with the lock held.</summary>
    public static bool MayPark(DeleteOp op) => op is { IsSuperseded: false, IsParked: false, FileId: not null, Inode: not { Dirty.HasOps: true } };

    /// <summary>Gives the name free: whoever has the file open goes on reading it from the service under another one.</summary>
    public async Task<PushResult> ParkAsync(DeleteOp op, CancellationToken ct)
    {
        string parked = RemotePath.Combine(RemotePath.Parent(op.Path), op.ParkedName);
        ApiResult<Nothing> renamed = await volume.Library.RenameFileAsync(op.Path, RemotePath.Name(parked), ct);
        if (!renamed.Ok)
        {
            ApiResult<LibraryRow> details = await volume.Library.DetailsAsync(op.FileId!, ct);
            bool isGone = !details.Ok && details.Error.Kind == ApiErrorKind.NotFound;
            if (!isGone && !(details.Ok && details.Value.Path == parked))
                return PushResult.RetryLater(renamed.Error.ToFsError(), renamed.Error.ToString());
        }

        JournalBatch batch = new();
        lock (volume.Lock)
        {
            string name = RemotePath.Name(op.Path);
            if (volume.Names.FindFolder(RemotePath.Parent(op.Path)) is { } folder)
            {
                if (folder.Hidden.TryGetValue(HiddenKey.AnyFile(name), out HiddenRow? named))
                    named.DoneAt = volume.Time.GetTimestamp();
                if (folder.Hidden.TryGetValue(new HiddenKey(op.FileId!, name), out HiddenRow? hidden))
                {
                    hidden.DoneAt = volume.Time.GetTimestamp();
                    hidden.JournalSeq = 0;
                }

                Volume.Hide(folder, op.FileId!, RemotePath.Name(parked), op.Seq).IsUnseen = true;
            }

            volume.Queue.Retarget(op, parked);
            op.IsParked = true;
            op.Inode?.ServerPath = parked;
            batch.Put(op.ToRecord());
            _ = volume.Store(batch);
        }

        return PushResult.Done;
    }

    public async Task<List<(DeleteOp Op, PushResult Result)>> PushAsync(List<DeleteOp> ops, CancellationToken ct)
    {
        List<(DeleteOp Op, PushResult Result)> results = [];
        List<DeleteOp> left = [];
        lock (volume.Lock)
        {
            foreach (DeleteOp op in ops)
            {
                op.FileId ??= op.Inode?.Base?.FileId;
                if (op.FileId is null)
                    results.Add((op, PushResult.Done)); // Its upload never came to be: there is nothing to delete.
                else
                    left.Add(op);
            }
        }

        while (left.Count > 0)
        {
            volume.Passed(Step.DeleteSending);
            ApiResult<BulkDeleteReply> reply = await SendAsync(left, ct);
            volume.Passed(Step.DeleteReplied);
            if (reply.Ok)
            {
                Sort(left, reply.Value, results);
                break;
            }

            if (reply.Error.Kind != ApiErrorKind.NotFound || (left.Count > 1 && reply.Error.MissingFileIds.Count == 0))
            {
                PushResult failed = PushResult.From(reply.Error);
                results.AddRange(left.ConvertAll(op => (op, failed)));
                break;
            }

            // Nothing was deleted: the missing ones are gone already, or a move gave them another id; the rest is sent again.
            HashSet<string> missing = left.Count == 1 ? [left[0].FileId!] : [.. reply.Error.MissingFileIds];
            List<DeleteOp> again = [];
            bool isReaddressed = false;
            foreach (DeleteOp op in left)
            {
                if (!missing.Contains(op.FileId!))
                    again.Add(op);
                else if (op.Inode is { IsIdUnconfirmed: true } inode && await FindByPathAsync(op, inode, ct) is { } id)
                {
                    Readdress(op, id, again);
                    isReaddressed = true;
                }
                else
                    results.Add((op, PushResult.Done));
            }

            if (again.Count == left.Count && !isReaddressed)
            {
                PushResult odd = PushResult.RetryLater(FsError.Remote, "the service names missing ids that were not sent");
                results.AddRange(again.ConvertAll(op => (op, odd)));
                break;
            }

            left = again;
        }

        FsError journaled = await PublishAsync(results);
        if (journaled == FsError.None)
            return results;
        PushResult retry = PushResult.RetryLater(journaled, "the journal could not be written");
        return results.ConvertAll(result => (result.Op, result.Result.Verdict == PushVerdict.Done ? retry : result.Result));
    }

    private async ValueTask<ApiResult<BulkDeleteReply>> SendAsync(List<DeleteOp> ops, CancellationToken ct)
    {
        if (ops.Count > 1)
            return await volume.Library.DeleteFilesAsync(ops.ConvertAll(op => op.FileId!), ct);
        string id = ops[0].FileId!;
        ApiResult<Nothing> single = await volume.Library.DeleteFileAsync(id, ct);
        return single.Ok ? new BulkDeleteReply([id], []) : single.Error;
    }

    private static void Sort(List<DeleteOp> sent, BulkDeleteReply reply, List<(DeleteOp Op, PushResult Result)> results)
    {
        HashSet<string> failed = [.. reply.Failed];
        foreach (DeleteOp op in sent)
            results.Add((op, failed.Contains(op.FileId!) ? PushResult.RetryLater(FsError.Remote, "the service could not delete it now") : PushResult.Done));
    }

    private void Readdress(DeleteOp op, string id, List<DeleteOp> again)
    {
        lock (volume.Lock)
        {
            op.FileId = id;
            op.Inode!.IsIdUnconfirmed = false;
        }

        again.Add(op);
    }

    private async ValueTask<string?> FindByPathAsync(DeleteOp op, FileInode inode, CancellationToken ct)
    {
        string path;
        lock (volume.Lock)
            path = Namespace.ServerPathOf(inode);
        TreeResult listed = await volume.Tree.FetchAsync(RemotePath.Parent(path), ct);
        if (!listed.Ok || listed.IsStale)
            return null;
        string name = RemotePath.Name(path);
        for (int i = 0; i < listed.Listing.Count; i++)
        {
            Row row = listed.Listing[i];
            if (row.Kind == FileKind.File && row.RemoteName == name && row.Id != op.FileId)
                return row.Id;
        }

        return null;
    }

    /// <summary>The reply is journaled before the op leaves the queue; the hidden row stays until a listing agrees.</summary>
    private async Task<FsError> PublishAsync(List<(DeleteOp Op, PushResult Result)> results)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            long now = volume.Time.GetTimestamp();
            foreach ((DeleteOp op, PushResult result) in results)
            {
                if (result.Verdict != PushVerdict.Done)
                    continue;
                op.State = OpState.Replied;
                HiddenRow? hidden = null;
                FolderInode? folder = volume.Names.FindFolder(RemotePath.Parent(op.Path));
                if (folder is not null && folder.Hidden.TryGetValue(HiddenKey.AnyFile(RemotePath.Name(op.Path)), out HiddenRow? named))
                    named.DoneAt = now;
                if (op.FileId is { } id)
                {
                    folder?.Hidden.TryGetValue(new HiddenKey(id, RemotePath.Name(op.Path)), out hidden);
                    if (hidden is null && folder is not null)
                        hidden = Volume.Hide(folder, id, RemotePath.Name(op.Path), op.Seq);
                    volume.Names.ForgetAttr(id);
                    batch.RemoveAttr(id);
                }

                if (hidden is null)
                {
                    batch.Remove(op.Seq);
                }
                else
                {
                    hidden.DoneAt = now;
                    hidden.JournalSeq = op.Seq;
                    batch.Put(op.ToRecord());
                }

                volume.Queue.Remove(op);
            }
            stored = volume.Store(batch);
        }

        FsError error = await stored;
        volume.Passed(Step.DeleteJournaled);
        foreach ((DeleteOp op, PushResult result) in results)
        {
            if (result.Verdict == PushVerdict.Done)
                op.Outcome.TrySetResult(FsError.None);
        }

        return error;
    }
}
