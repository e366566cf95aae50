using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// mtimes that other machines see: kept in a custom metadata field, once the account has it (`imagekitfs setup-mtime`). They ride in the upload where nothing
/// else is in the file's custom metadata; otherwise, and when they are set later, one PATCH follows after a quiet while.
/// </summary>
/// <remarks>
/// Whether the account has the field is told by `setup-mtime` and by rows that have a value, and remembered in the journal. It is not asked for: that would cost
/// a request of everybody whose account has none.
/// </remarks>
internal sealed class StoredTimes
{
    private const string MetaKey = "mtime-field";
    private const string Present = "present";
    private const string Off = "off";
    private const string Absent = "absent";

    /// <summary>Programs set times several times in a row (tar, cp -p, rsync): the last one counts.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>After a question that failed: uploads go without times meanwhile.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(1);

    private readonly Volume _volume;
    private readonly Dictionary<string, PatchOp> _pending = new(StringComparer.Ordinal);
    private FieldState _state;
    private Task<bool>? _asking;
    private long _notBefore;

    public StoredTimes(Volume volume)
    {
        _volume = volume;
        string? known = volume.Journal.GetMeta(MetaKey);
        _state = known switch
        {
            Present => FieldState.Present,
            Off => FieldState.Off,
            _ => volume.Options.StoresTimes ? FieldState.Present : FieldState.Absent,
        };
    }

    private enum FieldState
    {
        Unknown,
        Present,
        Absent,

        /// <summary>The service refused it: other fields are required, or ours was deleted. Until `setup-mtime` is run again.</summary>
        Off,
    }

    /// <summary>Writes into a journal that nobody has open that the account has the field.</summary>
    public static async Task RememberAsync(SpoolJournal journal)
    {
        JournalBatch batch = new();
        batch.SetMeta(MetaKey, Present);
        FsError error = await journal.CommitAsync(batch);
        if (error != FsError.None)
            throw new IOException($"the journal cannot be written ({error})");
    }

    /// <summary>True when the account has the field. Asks the service when that is not known; when it does not answer: false, for now.</summary>
    public ValueTask<bool> AskAsync(CancellationToken ct)
    {
        Task<bool> asking;
        lock (_volume.Lock)
        {
            if (State != FieldState.Unknown)
                return new(State == FieldState.Present);
            if (_asking is null && _notBefore > _volume.Time.GetTimestamp())
                return new(false);
            asking = _asking ??= Task.Run(() => FetchAsync(ct), CancellationToken.None);
        }

        return new(asking);
    }

    /// <summary>Asks again, whatever is remembered.</summary>
    public async ValueTask<bool> RecheckAsync(CancellationToken ct)
    {
        lock (_volume.Lock)
        {
            _state = FieldState.Unknown;
            _volume.Names.HasSeenStoredTime = false;
            _notBefore = 0;
        }

        return await AskAsync(ct);
    }

    /// <summary>The custom metadata to send with a generation; null when none may be sent.</summary>
    public (string Json, Timestamp Time)? WithUpload(ContentOp op, RemoteVersion? current)
    {
        lock (_volume.Lock)
        {
            // What else is in it would be lost should the service replace the object (U39).
            if (State != FieldState.Present || current is { HasOtherMetadata: true } || _volume.Details.ChangesMetadata(op.Inode))
                return null;
            return (StoredTime.ToJson(op.Inode.Modified, op.Layer.Size), op.Inode.Modified);
        }
    }

    /// <summary>utimens on a file; with the lock held, the caller journals.</summary>
    public void Changed(FileInode file, JournalBatch batch)
    {
        file.IsTimeSet = true;
        if (file.Base is { } version && file.Dirty is not ({ HasOps: true } or { Stack.IsDirty: true }))
            Follow(file, version, batch);
    }

    /// <summary>The library has a generation; with the lock held, the caller journals.</summary>
    public void Committed(FileInode file, RemoteVersion version, RemoteVersion? before, JournalBatch batch)
    {
        if (version.StoredTime is null && before is { StoredTime: { } old })
            _volume.Names.OutdatedTimes[version.FileId] = old; // Of another content, although the size may be equal.
        bool isLast = file.IsLinked && file.Dirty is null or { Queued: null, Stack.IsDirty: false };
        if (isLast && (file.IsTimeSet || State == FieldState.Present))
            Follow(file, version, batch);
    }

    /// <summary>The file is deleted: nobody needs its times; with the lock held, the caller journals.</summary>
    public void Forget(string fileId, JournalBatch batch)
    {
        _volume.Names.OutdatedTimes.Remove(fileId);
        if (!_pending.Remove(fileId, out PatchOp? op))
            return;
        _volume.Queue.Remove(op);
        batch.Remove(op.Seq);
        op.Outcome.TrySetResult(FsError.None);
    }

    /// <summary>What an earlier run left; with the lock held.</summary>
    public PatchOp Resume(OpRecord record, PatchOpData data)
    {
        PatchOp op = new(record.Seq, record.Path, record.FileId!)
        {
            VersionId = data.VersionId,
            Size = data.Size,
            Modified = new Timestamp(data.ModifiedNs),
            Before = data.BeforeNs is { } before ? new Timestamp(before) : null,
            IsJournaled = true,
        };
        Add(op);
        return op;
    }

    /// <summary>Sends one; what the service refuses for good is given up, the time stays known here.</summary>
    public async Task<PushResult> PushAsync(PatchOp op, CancellationToken ct)
    {
        bool hasField = await AskAsync(ct);
        Timestamp sent;
        DetailsPatch patch;
        lock (_volume.Lock)
        {
            if (State == FieldState.Unknown)
                return PushResult.RetryLater(FsError.Remote, "it is not known yet whether the account stores times") with { MinDelay = AskAgain };
            if (!hasField || !_volume.Queue.Contains(op))
                return End(op);
            sent = op.Modified;
            patch = new DetailsPatch { CustomMetadataJson = StoredTime.ToJson(sent, op.Size) };
        }

        ApiResult<LibraryRow> patched = await _volume.Library.PatchAsync(op.FileId, patch, ct);
        if (patched.Error is { } error && (error.IsTransient || error.Kind == ApiErrorKind.Canceled))
            return PushResult.From(error);
        if (patched.Error is { Kind: ApiErrorKind.BadRequest } refused)
            SwitchOff(refused.Message);
        lock (_volume.Lock)
        {
            if (op.Modified != sent && patched.Ok)
                return PushResult.RetryLater(FsError.None, "set again meanwhile") with { MinDelay = Quiet, IsTold = true };
            if (patched.Ok && FindFile(op) is { Base: { } version } file && version.VersionId == op.VersionId)
                file.Base = version with { StoredTime = sent };
            if (patched.Ok && op.Before is { } before && before != sent)
                _volume.Names.OutdatedTimes[op.FileId] = before;
            else
                _volume.Names.OutdatedTimes.Remove(op.FileId);
            return End(op);
        }
    }

    /// <summary>The service does not take it: never again, until `setup-mtime` is run.</summary>
    public void SwitchOff(string why)
    {
        lock (_volume.Lock)
        {
            if (_state == FieldState.Off)
                return;
            Set(FieldState.Off, Off);
        }

        _volume.Log.TimesSwitchedOff(why);
    }

    /// <summary>A listed row with a stored time is proof; with the lock held.</summary>
    private FieldState State
    {
        get
        {
            if (_state is FieldState.Unknown or FieldState.Absent && _volume.Names.HasSeenStoredTime)
                Set(FieldState.Present, Present);
            return _state;
        }
    }

    private void Follow(FileInode file, RemoteVersion version, JournalBatch batch)
    {
        bool isThere = version.StoredTime == file.Modified;
        if (isThere || State is FieldState.Absent or FieldState.Off)
        {
            if (isThere && _pending.TryGetValue(version.FileId, out PatchOp? late) && !late.IsRunning)
                Forget(version.FileId, batch);
            return;
        }

        if (!_pending.TryGetValue(version.FileId, out PatchOp? op) || !_volume.Queue.Contains(op))
        {
            op = new PatchOp(_volume.Journal.NextSeq(), Namespace.RemotePathOf(file), version.FileId)
            {
                VersionId = version.VersionId,
                Size = version.Size,
                Modified = file.Modified,
                Before = version.StoredTime,
                // Nothing is lost when it is sent before its row is on disk: it says again what the journal knows of the file.
                IsJournaled = true,
            };
            Add(op);
        }

        op.VersionId = version.VersionId;
        op.Size = version.Size;
        op.Modified = file.Modified;
        op.NotBefore = _volume.After(Quiet);
        batch.Put(op.ToRecord());
    }

    private void Add(PatchOp op)
    {
        _pending[op.FileId] = op;
        _volume.Queue.Add(op);
        _volume.Names.OutdatedTimes[op.FileId] = null; // Whatever a listing says: ours is newer.
    }

    /// <summary>The file in memory; null when it is not, or was renamed since: then the next listing tells.</summary>
    private FileInode? FindFile(PatchOp op) =>
        _volume.Names.FindFolder(RemotePath.Parent(op.Path))?.Dentries.Values.OfType<FileInode>().FirstOrDefault(file => file.ObjectId == op.FileId);

    /// <summary>Nothing is left to do; with the lock held.</summary>
    private PushResult End(PatchOp op)
    {
        _pending.Remove(op.FileId);
        _volume.Queue.Remove(op);
        JournalBatch batch = new();
        batch.Remove(op.Seq);
        _ = _volume.Store(batch);
        op.Outcome.TrySetResult(FsError.None);
        return PushResult.Done;
    }

    private async Task<bool> FetchAsync(CancellationToken ct)
    {
        ApiResult<IReadOnlyList<string>> fields = await _volume.Library.MetadataFieldsAsync(ct);
        lock (_volume.Lock)
        {
            _asking = null;
            bool isRefused = fields.Error is { Kind: ApiErrorKind.Forbidden or ApiErrorKind.NotFound }; // A key without the right to ask has not the right to use it either.
            if (!fields.Ok && !isRefused)
                _notBefore = _volume.After(AskAgain);
            else if (fields.Ok && fields.Value.Contains(StoredTime.FieldName))
                Set(FieldState.Present, Present);
            else
                Set(FieldState.Absent, Absent);
            return _state == FieldState.Present;
        }
    }

    private void Set(FieldState state, string remembered)
    {
        _state = state;
        JournalBatch batch = new();
        batch.SetMeta(MetaKey, remembered);
        _ = _volume.Store(batch);
    }
}
