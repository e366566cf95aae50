using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Sends the queue's operations to the service: in order per path, side by side otherwise, deletes in batches, with back-off after failures.</summary>
internal sealed partial class Pusher : IAsyncDisposable
{
    /// <summary>What the service takes in one bulk delete (imagekit-api.md 5).</summary>
    private const int MaxDeleteBatch = 100;

    /// <summary>Renames, folder calls and delete batches side by side; they share 5 writes a second anyway.</summary>
    private const int MaxCalls = 4;

    /// <summary>A file operation that waits for nothing in particular is looked at again after this long at the latest.</summary>
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(60);

    /// <summary>Unlinks that go on are collected for this long, since the removal of their folder may make most of them needless.</summary>
    private static readonly TimeSpan MaxUnlinkWait = TimeSpan.FromSeconds(10);

    /// <summary>A folder that is still receiving files is made by them; it is made on its own when this long passed without.</summary>
    private static readonly TimeSpan MkdirPostpone = TimeSpan.FromSeconds(1);

    /// <summary>While folders are being made and files written elsewhere (`mkdir -p`, then the files), a folder waits for this long at most.</summary>
    private static readonly TimeSpan MaxMkdirWait = TimeSpan.FromSeconds(60);

    private readonly Volume _volume;
    private readonly Publisher _publisher;
    private readonly PushLog _log;
    private readonly ContentPusher _content;
    private readonly RenamePusher _rename;
    private readonly DeletePusher _delete;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _running = [];
    private readonly Task _loop;
    private int _uploads;
    private int _calls;

    public Pusher(Volume volume, Publisher publisher)
    {
        _volume = volume;
        _publisher = publisher;
        _log = new PushLog(volume.Time, volume.Log, () => volume.Queue.All.Count(op => op.Attempts > 0));
        Pacing = new UploadPacing(volume.Time);
        _content = new ContentPusher(volume, publisher, Pacing);
        _rename = new RenamePusher(volume);
        _delete = new DeletePusher(volume);
        volume.Wake = Wake;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>True while the last attempts all failed to reach the service.</summary>
    public bool IsOffline { get; private set; }

    /// <summary>True while the last attempt could not even connect.</summary>
    public bool IsUnreachable { get; private set; }

    /// <summary>Which files the service wants to get less often.</summary>
    public UploadPacing Pacing { get; }

    /// <summary>The pusher looks for work again.</summary>
    public void Wake()
    {
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
        catch (ObjectDisposedException)
        {
            // The volume is closed; the journal keeps what is left.
        }
    }

    /// <summary>Nothing new is started; what is in flight is awaited by <see cref="DisposeAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Wake();
        await _loop;
        Task[] running;
        lock (_volume.Lock)
            running = [.. _running];
        await Task.WhenAll(running);
        _stop.Dispose();
        _signal.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                TimeSpan wait;
                lock (_volume.Lock)
                    wait = StartReady();
                await WaitForWorkAsync(wait);
            }
        }
        catch (Exception exception)
        {
            _volume.Log.PusherDied(exception);
        }
    }

    private async Task WaitForWorkAsync(TimeSpan wait)
    {
        using CancellationTokenSource due = new(wait, _volume.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, _stop.Token);
        try
        {
            await _signal.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Something is due, or the volume closes.
        }
    }

    /// <summary>Starts what can go now; with the lock held. Returns how long nothing more becomes due.</summary>
    private TimeSpan StartReady()
    {
        long now = _volume.Time.GetTimestamp();
        TimeSpan next = IdleLook;
        List<DeleteOp>? deletes = null;
        List<DeleteOp>? superseded = null;
        List<PendingOp>? start = null;
        PatchOp? patch = null;
        bool isPatching = false;
        int uploadSlots = _volume.Options.ParallelUploads - _uploads;
        int callSlots = MaxCalls - _calls;
        foreach (PendingOp op in _volume.Queue.All)
        {
            if (uploadSlots <= 0 && callSlots <= 0)
                break;
            isPatching |= op is PatchOp { IsRunning: true };
            if (op.IsRunning || !op.IsJournaled || op.State is OpState.Failed or OpState.Replied || !op.WillBePushed)
                continue;
            if (op is ContentOp ? uploadSlots <= 0 : callSlots <= 0)
                continue;
            if (op.NotBefore > now)
            {
                TimeSpan due = op.NotBefore == long.MaxValue ? IdleLook : _volume.Until(op.NotBefore);
                next = due < next ? due : next;
                continue;
            }

            if (!_volume.Queue.IsFirst(op))
            {
                if (_volume.Queue.ReleaseHeld(op))
                    next = TimeSpan.Zero;
                continue;
            }

            if (_volume.Gates.IsClosed(op.Path, out _) || (op.Path2 is { } second && _volume.Gates.IsClosed(second, out _)))
                continue;
            switch (op)
            {
                case DeleteOp { FileId: { } deleted } when NeedsView(deleted):
                case RenameOp { ReplacedFileId: { } gone } when NeedsView(gone):
                    break;
                case DeleteOp { SupersededBy: not null, Inode: not { Dirty.HasOps: true } } replaced:
                    (superseded ??= []).Add(replaced);
                    break;
                case DeleteOp delete when DeletePusher.IsReady(delete):
                    if ((deletes?.Count ?? 0) < MaxDeleteBatch)
                        (deletes ??= []).Add(delete);
                    break;
                case DeleteOp delete:
                    if (!DeletePusher.MayPark(delete) || !_volume.Queue.IsWaitedFor(delete))
                        break;
                    callSlots--;
                    (start ??= []).Add(delete);
                    break;
                case PatchOp times:
                    patch ??= times;
                    break;
                case MkdirOp { IsNeeded: false } mkdir when MayReceive(mkdir):
                    mkdir.NotBefore = _volume.After(MkdirPostpone);
                    next = MkdirPostpone < next ? MkdirPostpone : next;
                    break;
                case RenameOp rename when HasUnmadeTarget(rename):
                    break;
                case ContentOp:
                    uploadSlots--;
                    (start ??= []).Add(op);
                    break;
                default:
                    callSlots--;
                    (start ??= []).Add(op);
                    break;
            }
        }

        // One at a time, and only when nothing else goes: it can always wait.
        if (patch is not null && !isPatching && deletes is null && callSlots == MaxCalls - _calls)
            (start ??= []).Add(patch);
        if (deletes is not null)
        {
            TimeSpan wait = CollectFor(deletes);
            if (wait <= TimeSpan.Zero)
                Launch([.. deletes], () => DeleteAsync(deletes), isUpload: false);
            else
                next = wait < next ? wait : next;
        }

        foreach (PendingOp op in start ?? [])
            Launch([op], () => RunAsync(op), op is ContentOp);
        foreach (DeleteOp replaced in superseded ?? [])
        {
            ContentOp newer = replaced.SupersededBy!;
            JournalBatch batch = new();
            _volume.TakeOverReplaced(newer, batch);
            batch.Put(newer.ToRecord());
            _ = _volume.Store(batch);
            next = TimeSpan.Zero;
        }

        return next < TimeSpan.Zero ? TimeSpan.Zero : next;
    }

    /// <summary>How long more deletes are waited for: a full batch goes at once, others when nothing was unlinked for a while, or for long enough.</summary>
    private TimeSpan CollectFor(List<DeleteOp> deletes)
    {
        if (deletes.Count == MaxDeleteBatch || deletes.Exists(op => op.IsUrgent || op.UnlinkedAt == 0 || _volume.Queue.IsWaitedFor(op)))
            return TimeSpan.Zero;
        TimeSpan quiet = _volume.Options.UnlinkQuiet - _volume.Time.GetElapsedTime(_volume.LastUnlink);
        TimeSpan longest = MaxUnlinkWait - _volume.Time.GetElapsedTime(deletes.Min(op => op.UnlinkedAt));
        return quiet < longest ? quiet : longest;
    }

    /// <summary>Uploads below are on their way and will make the folder, or may still come.</summary>
    private bool MayReceive(MkdirOp mkdir)
    {
        bool isBusy = mkdir.MadeAt != 0 && _volume.Time.GetElapsedTime(_volume.LastMade) < MkdirPostpone;
        if (isBusy && !mkdir.IsUrgent && _volume.Time.GetElapsedTime(mkdir.MadeAt) < MaxMkdirWait)
            return true;
        foreach (PendingOp op in _volume.Queue.Below(mkdir.Path))
        {
            if (op is ContentOp { Hold: HoldReason.None, State: not OpState.Failed })
                return true;
        }

        return false;
    }

    /// <summary>A move needs its target folder: that is made first.</summary>
    private bool HasUnmadeTarget(RenameOp rename)
    {
        bool found = false;
        for (string folder = RemotePath.Parent(rename.Path2!); !RemotePath.IsRoot(folder); folder = RemotePath.Parent(folder))
        {
            if (_volume.Queue.FindMkdir(folder) is not { State: not OpState.Replied } mkdir)
                continue;
            if (!found && !mkdir.IsNeeded)
            {
                mkdir.IsNeeded = true;
                mkdir.NotBefore = 0;
                Wake();
            }

            found = true;
        }

        return found;
    }

    private void Launch(PendingOp[] ops, Func<Task> run, bool isUpload)
    {
        foreach (PendingOp op in ops)
        {
            op.IsRunning = true;
            if (op is ContentOp { Inode.Dirty: { } dirty } content)
            {
                if (dirty.Queued == content)
                    dirty.Queued = null;
                dirty.InFlight = content;
                if (content.Hold == HoldReason.Transient)
                    content.Hold = HoldReason.None; // Left alone for long enough: from here on it is a file like any other.
            }
        }

        if (isUpload)
            _uploads++;
        else
            _calls++;
        Task task = Task.Run(async () =>
        {
            try
            {
                await run();
            }
            finally
            {
                lock (_volume.Lock)
                {
                    foreach (PendingOp op in ops)
                        op.IsRunning = false;
                    if (isUpload)
                        _uploads--;
                    else
                        _calls--;
                }

                Wake();
            }
        });
        foreach (PendingOp op in ops)
            op.Run = task;
        _running.Add(task);
        _ = task.ContinueWith(
            done =>
            {
                lock (_volume.Lock)
                    _running.Remove(done);
            },
            TaskScheduler.Default);
    }

    private async Task RunAsync(PendingOp op)
    {
        PushResult result;
        try
        {
            result = op switch
            {
                ContentOp content => await _content.PushAsync(content, _stop.Token),
                RenameOp rename => await _rename.PushAsync(rename, _stop.Token),
                MkdirOp mkdir => await MakeAsync(mkdir),
                PatchOp times => await _volume.Times.PushAsync(times, _stop.Token),
                DetailsOp details => await _volume.Details.PushAsync(details, _stop.Token),
                DeleteOp delete => await _delete.ParkAsync(delete, _stop.Token),
                BackupOp backup => await KeepAsync(backup),
                _ => throw new InvalidOperationException($"No way to push a {op.Verb}."),
            };
        }
        catch (Exception exception)
        {
            _volume.Log.PushThrew(exception, op.Verb, op.Path);
            result = PushResult.RetryLater(FsError.LocalFailure, exception.Message) with { IsTold = true };
        }

        Settle(op, result);
    }

    /// <summary>A view shows a version of the file that is to be deleted: it gets bytes of its own first.</summary>
    private bool NeedsView(string? fileId)
    {
        if (_volume.Queue.FindBackupOf(fileId) is not { } view)
            return false;
        if (!view.IsRunning && view.Attempts == 0 && view.NotBefore != 0)
        {
            view.NotBefore = 0;
            Wake();
        }

        return true;
    }

    /// <summary>A backup that stayed is kept on purpose: a file of its own.</summary>
    private async Task<PushResult> KeepAsync(BackupOp op)
    {
        FsError error = await _volume.Tunnels.MaterializeAsync(op.Inode, _stop.Token);
        if (error == FsError.None)
            error = await _volume.Commit(op.Inode);
        return error == FsError.None ? PushResult.Done : PushResult.RetryLater(error, "the version that the backup shows could not be read");
    }

    private async Task DeleteAsync(List<DeleteOp> ops)
    {
        try
        {
            foreach ((DeleteOp op, PushResult result) in await _delete.PushAsync(ops, _stop.Token))
                Settle(op, result);
        }
        catch (Exception exception)
        {
            foreach (DeleteOp op in ops)
            {
                _volume.Log.PushThrew(exception, op.Verb, op.Path);
                Settle(op, PushResult.RetryLater(FsError.LocalFailure, exception.Message) with { IsTold = true });
            }
        }
    }

    private async Task<PushResult> MakeAsync(MkdirOp op)
    {
        ApiResult<Nothing> made = await _volume.Library.CreateFolderAsync(RemotePath.Parent(op.Path), RemotePath.Name(op.Path), _stop.Token);
        if (!made.Ok)
            return PushResult.From(made.Error);
        if (!await _volume.Dash.CheckMadeAsync(op.Path, _stop.Token))
            return PushResult.RetryLater(FsError.Remote, "the account spells this folder in another way");
        _volume.Passed(Step.MkdirReplied);
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (_volume.Lock)
        {
            // The service makes missing parents as well.
            for (FolderInode? folder = op.Inode; folder is { IsLocalOnly: true }; folder = folder.Parent)
                _publisher.Made(folder, batch);

            _volume.Queue.Remove(op);
            stored = _volume.Store(batch);
        }

        FsError error = await stored;
        _volume.Passed(Step.MkdirJournaled);
        op.Outcome.TrySetResult(FsError.None);
        return error == FsError.None ? PushResult.Done : PushResult.RetryLater(error, "the journal could not be written");
    }
}
