using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// Tags, descriptions and custom metadata that programs set. Of a file that the library has as it is they are stored at once, and the answer is the caller's;
/// of one that is still to be uploaded they are journaled, and ride in its upload or follow it.
/// </summary>
internal sealed partial class FileDetails(Volume volume)
{
    /// <summary>A listing may lag; what it shows after this long is what the library has.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromMinutes(10);

    /// <summary>By file id: what could not be stored yet.</summary>
    private readonly Dictionary<string, DetailsOp> _pending = new(StringComparer.Ordinal);

    /// <summary>By file id: what was stored and may not be listed yet.</summary>
    private readonly Dictionary<string, SettledDetails> _settled = new(StringComparer.Ordinal);

    /// <summary>What a file has, whatever a listing that lags says of it; with the lock held.</summary>
    public DetailsView ViewOf(FileInode file)
    {
        if (file.Base is not { } version || file.Dirty is { Replaces: not null })
            return DetailsView.Of(null).Under(file.Details?.Change);
        DetailsView view = DetailsView.Of(version);
        if (TrySettled(version, out SettledDetails? settled))
            view = view.Under(settled.Change);
        return view.Under(_pending.GetValueOrDefault(version.FileId)?.Change).Under(file.Details?.Change);
    }

    /// <summary>True when a file has custom metadata that no row may show yet; with the lock held.</summary>
    public bool ChangesMetadata(FileInode file) => file.Base is not null && ViewOf(file).Metadata.Count > 0;

    /// <summary>Stores a change, or makes sure that it will be.</summary>
    public async ValueTask<FsError> ChangeAsync(FileInode file, DetailsChange change, CancellationToken ct)
    {
        FsError wrong = await CheckAsync(change, ct);
        if (wrong != FsError.None)
            return wrong;
        for (bool isRepeated = false; ; isRepeated = true)
        {
            string? fileId;
            Task<FsError>? journaled = null;
            DetailsOp? op = null;
            lock (volume.Lock)
            {
                if (!file.IsLinked || file.Backup is not null)
                    return FsError.NotSupported;
                fileId = file.Base?.FileId;
                if (fileId is null || IsToBeUploaded(file))
                    (op, journaled) = Attach(file, change);
                else if (_pending.TryGetValue(fileId, out op))
                    journaled = Merge(op, change);
            }

            if (journaled is not null || fileId is null)
                return await AcknowledgeAsync(op!, journaled!);
            (DetailsPatch? patch, PushResult problem) = await ToPatchAsync(change, ct);
            if (patch is null)
                return problem.Error;
            ApiResult<LibraryRow> patched = await volume.Library.PatchAsync(fileId, patch, ct);
            if (patched.Ok)
                return await SettleAsync(file, fileId, change, patched.Value);
            // A move may have given it another id (U9); a listing tells.
            if (patched.Error.Kind == ApiErrorKind.NotFound && !isRepeated && await FindAgainAsync(file, fileId, ct))
                continue;
            return patched.Error.Kind == ApiErrorKind.BadRequest ? FsError.InvalidArgument : patched.Error.ToFsError();
        }
    }

    /// <summary>What an upload of the file takes along.</summary>
    public UploadDetails WithUpload(FileInode file, RemoteVersion? current, bool isOverwrite)
    {
        lock (volume.Lock)
        {
            DetailsView view = ViewOf(file);
            IReadOnlyList<string>? set = file.Details?.Change.Tags;
            // "No tags" cannot be said in an overwrite that asks to keep what is not sent: that follows it.
            bool isTagRest = isOverwrite && set is { Count: 0 };
            IReadOnlyList<string>? sent = isOverwrite ? (set is { Count: > 0 } ? set : null) : view.Tags;
            return new UploadDetails(
                sent, isTagRest ? current?.Tags ?? [] : view.Tags, view.Description, view.Description ?? (isOverwrite ? current?.Description : null),
                isOverwrite ? current?.CustomMetadataJson : null);
        }
    }

    /// <summary>The library has a generation of the file: what its upload did not take along follows; with the lock held, the caller journals.</summary>
    public void Committed(FileInode file, RemoteVersion version, JournalBatch batch)
    {
        if (file.Details is not { } op)
            return;
        file.Details = null;
        DetailsChange rest = op.Change.Without(version);
        if (rest.IsEmpty || !file.IsLinked)
        {
            batch.Remove(op.Seq);
            return;
        }

        if (_pending.TryGetValue(version.FileId, out DetailsOp? earlier))
        {
            batch.Remove(op.Seq);
            earlier.Change = earlier.Change.With(rest);
            batch.Put(earlier.ToRecord());
            return;
        }

        op.Change = rest;
        op.FileId = version.FileId;
        op.Path = Namespace.RemotePathOf(file);
        op.IsJournaled = true; // It says again what the journal knows already.
        _pending[version.FileId] = op;
        volume.Queue.Add(op);
        batch.Put(op.ToRecord());
    }

    /// <summary>The file is deleted; with the lock held, the caller journals.</summary>
    public void Forget(FileInode file, JournalBatch batch)
    {
        if (file.Details is { } attached)
            batch.Remove(attached.Seq);
        file.Details = null;
        if (file.Base is not { } version)
            return;
        if (_pending.Remove(version.FileId, out DetailsOp? op))
        {
            volume.Queue.Remove(op);
            batch.Remove(op.Seq);
            op.Outcome.TrySetResult(FsError.None);
        }

        if (_settled.Remove(version.FileId, out SettledDetails? settled))
            batch.Remove(settled.Seq);
    }

    /// <summary>A save by rename: what was set on the file that had the name counts for the one that has it now; with the lock held, the caller journals.</summary>
    public static void TakeOver(FileInode from, FileInode to, JournalBatch batch)
    {
        if (from.Details is not { } op)
            return;
        from.Details = null;
        if (to.Details is { } newer)
        {
            batch.Remove(op.Seq);
            newer.Change = op.Change.With(newer.Change);
            batch.Put(newer.ToRecord());
            return;
        }

        op.Inode = to;
        to.Details = op;
        batch.Put(op.ToRecord());
    }

    /// <summary>A move gave the file another id; with the lock held, the caller journals.</summary>
    public void Readdress(string oldId, string newId, JournalBatch batch)
    {
        if (_pending.Remove(oldId, out DetailsOp? op) && _pending.TryAdd(newId, op))
        {
            op.FileId = newId;
            op.NotBefore = 0;
            batch.Put(op.ToRecord());
        }

        if (_settled.Remove(oldId, out SettledDetails? settled) && _settled.TryAdd(newId, settled))
            batch.Put(settled.ToRecord(newId));
    }

    /// <summary>What an earlier run left, after its uploads were resumed; with the lock held.</summary>
    /// <returns>The operation that goes on, or null.</returns>
    public DetailsOp? Resume(OpRecord record, DetailsOpData data, JournalBatch cleanup)
    {
        DetailsChange change = data.ToChange();
        if (record is { State: OpState.Replied, FileId: { } settled } && data.UpdatedNs is { } updated)
        {
            if (!_settled.TryAdd(settled, new SettledDetails(record.Seq, record.Path, change, new Timestamp(updated), volume.Time.GetTimestamp())))
                cleanup.Remove(record.Seq);
            return null;
        }

        FileInode? file = volume.Queue.All.OfType<ContentOp>().LastOrDefault(upload => upload.Inode.Ino == record.Ino && record.Ino != 0)?.Inode;
        DetailsOp op = new(record.Seq, record.Path, file) { Change = change, FileId = record.FileId, IsJournaled = true };
        if (record.FileId is null && file is { Details: null })
        {
            file.Details = op;
            return op;
        }

        if (record.FileId is null || !_pending.TryAdd(record.FileId, op))
        {
            cleanup.Remove(record.Seq); // Set on a file that was never closed: there is nothing that could have it.
            return null;
        }

        volume.Queue.Add(op);
        return op;
    }

    /// <summary>Sends what waits.</summary>
    public async Task<PushResult> PushAsync(DetailsOp op, CancellationToken ct)
    {
        DetailsChange sent;
        string fileId;
        lock (volume.Lock)
        {
            if (!volume.Queue.Contains(op))
                return PushResult.Done;
            (sent, fileId) = (op.Change, op.FileId!);
        }

        (DetailsPatch? patch, PushResult problem) = await ToPatchAsync(sent, ct);
        if (patch is null)
            return problem;
        ApiResult<LibraryRow> patched = await volume.Library.PatchAsync(fileId, patch, ct);
        if (patched.Ok)
            await SettleAsync(op.Inode, fileId, sent, patched.Value);
        else if (patched.Error.Kind != ApiErrorKind.NotFound)
            return PushResult.From(patched.Error);
        lock (volume.Lock)
        {
            if (!patched.Ok && op.Inode is { IsLinked: true, IsIdUnconfirmed: true, Parent: { } parent })
            {
                volume.Tree.Expire(parent.RemotePath);
                return PushResult.From(patched.Error) with { Verdict = PushVerdict.Retry };
            }

            DetailsChange rest = op.Change.Without(sent);
            JournalBatch batch = new();
            if (patched.Ok && !rest.IsEmpty)
            {
                op.Change = rest;
                batch.Put(op.ToRecord());
                _ = volume.Store(batch);
                return PushResult.RetryLater(FsError.None, "set again meanwhile") with { IsTold = true };
            }

            _pending.Remove(fileId);
            volume.Queue.Remove(op);
            batch.Remove(op.Seq);
            _ = volume.Store(batch);
            op.Outcome.TrySetResult(FsError.None);
            return PushResult.Done;
        }
    }

    /// <summary>An upload will follow that can take it along; with the lock held.</summary>
    private static bool IsToBeUploaded(FileInode file) => file.Dirty switch
    {
        null => false,
        { InFlight: not null } or { Queued.WillBePushed: true } => true,
        var dirty => dirty.IsNew || dirty.Stack.IsDirty,
    };

    private (DetailsOp Op, Task<FsError> Stored) Attach(FileInode file, DetailsChange change)
    {
        JournalBatch batch = new();
        DetailsOp op = file.Details ??= new DetailsOp(volume.Journal.NextSeq(), Namespace.RemotePathOf(file), file) { Change = new DetailsChange() };
        op.Change = op.Change.With(change);
        file.Changed = volume.Now;
        batch.Put(op.ToRecord());
        return (op, volume.Store(batch));
    }

    private Task<FsError> Merge(DetailsOp op, DetailsChange change)
    {
        JournalBatch batch = new();
        op.Change = op.Change.With(change);
        op.Rearm();
        batch.Put(op.ToRecord());
        return volume.Store(batch);
    }

    private async ValueTask<FsError> AcknowledgeAsync(DetailsOp op, Task<FsError> journaled)
    {
        FsError error = await journaled;
        if (error != FsError.None)
            return error;
        lock (volume.Lock)
            op.IsJournaled = true;
        volume.Wake();
        return FsError.None;
    }

    private async Task<FsError> SettleAsync(FileInode? file, string fileId, DetailsChange change, LibraryRow row)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            foreach ((string id, SettledDetails old) in _settled.Where(entry => volume.Time.GetElapsedTime(entry.Value.At) > Doubt).ToArray())
            {
                _settled.Remove(id);
                batch.Remove(old.Seq);
            }

            SettledDetails? before = _settled.GetValueOrDefault(fileId);
            SettledDetails settled = new(
                before?.Seq ?? volume.Journal.NextSeq(), row.Path, before?.Change.With(change) ?? change, Timestamp.From(row.UpdatedAt), volume.Time.GetTimestamp());
            _settled[fileId] = settled;
            batch.Put(settled.ToRecord(fileId));
            if (file?.Base?.FileId == fileId)
                file.Changed = Timestamp.From(row.UpdatedAt);
            stored = volume.Store(batch);
        }

        // The library has it: that the journal could not be told costs at most an old listing after a restart.
        await stored;
        return FsError.None;
    }

    private bool TrySettled(RemoteVersion version, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SettledDetails? settled)
    {
        if (!_settled.TryGetValue(version.FileId, out settled))
            return false;
        bool isKnown = settled.Change.Without(version).IsEmpty || version.UpdatedAt.UnixNanoseconds > settled.UpdatedAt.UnixNanoseconds || volume.Time.GetElapsedTime(settled.At) > Doubt;
        if (!isKnown)
            return true;
        _settled.Remove(version.FileId);
        JournalBatch batch = new();
        batch.Remove(settled.Seq);
        _ = volume.Store(batch);
        return false;
    }

    /// <summary>True when a new listing of its folder has the file under another id.</summary>
    private async ValueTask<bool> FindAgainAsync(FileInode file, string id, CancellationToken ct)
    {
        FolderInode? folder;
        lock (volume.Lock)
            folder = file.IsIdUnconfirmed ? file.Parent : null;
        if (folder is null || !(await volume.ListAsync(folder, proof: true, ct)).Ok)
            return false;
        lock (volume.Lock)
            return file.Base is { } version && version.FileId != id;
    }
}
