using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Turns dirty bytes into a journaled generation and, where that is promised, waits until the library has it.</summary>
internal sealed class Committer(Volume volume, Publisher publisher, Pusher pusher)
{
    /// <summary>Once the service is known to be away, a close does not wait the whole deadline again.</summary>
    private static readonly TimeSpan OfflineDeadline = TimeSpan.FromSeconds(5);

    /// <summary>A service that cannot even be connected to is away, not slow: long enough for a network that changes, and for several attempts.</summary>
    private static readonly TimeSpan UnreachableDeadline = TimeSpan.FromSeconds(10);

    /// <summary>A file that the service wants less often waits its turn: two minutes by default, time for the pauses of 15, 30 and 60 seconds.</summary>
    private const int PacedFactor = 2;

    /// <summary>Past the deadline: how often it is looked whether the running attempt has ended.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Lets the pusher commit what it made a file of its own.</summary>
    public void Attach() => volume.Commit = inode => CommitAsync(inode, wait: false, CancellationToken.None);

    /// <summary>Commits everything written so far. None: the promise of the commit mode holds for all of it.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="wait">Whether the mode's wait for the library applies (close, fsync); false where nobody can be told (release).</param>
    /// <param name="ct">The caller's interrupt; what was journaled goes on.</param>
    public async ValueTask<FsError> CommitAsync(FileInode inode, bool wait, CancellationToken ct)
    {
        ContentOp? op;
        try
        {
            (FsError error, op) = await StageAsync(inode, ct);
            inode.Dirty?.LastError = error;
            if (error != FsError.None || op is null)
                return error;
            // Sealed by an earlier call, which was told that the journal had no room: it is acknowledged only when it is stored now.
            if (!op.IsJournaled && await volume.Journal.CommitAsync(new JournalBatch()) is var stored and not FsError.None)
                return stored;
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }

        volume.Wake();
        if (!wait || op.Hold != HoldReason.None || volume.Options.Commit == CommitMode.Journal)
            return FsError.None;
        return await WaitForLibraryAsync(op, ct);
    }

    /// <summary>
    /// Waits until the library has a generation. The deadline counts once an attempt has failed: a slow upload that goes on is never given up here,
    /// it has a deadline on progress of its own.
    /// </summary>
    private async ValueTask<FsError> WaitForLibraryAsync(ContentOp op, CancellationToken ct)
    {
        long begun = volume.Time.GetTimestamp();
        bool wasOffline = pusher.IsOffline;
        while (true)
        {
            TimeSpan left = DeadlineOf(op, wasOffline) - volume.Time.GetElapsedTime(begun);
            // In steps: what the attempts find out meanwhile may end the wait sooner.
            left = left < UnreachableDeadline ? left : UnreachableDeadline;
            FsError error = await WaitAsync(op, left > Look ? left : Look, ct);
            lock (volume.Lock)
            {
                bool isOver = op.Outcome.Task.IsCompleted || ct.IsCancellationRequested;
                bool isGivenUp = !op.IsRunning && op.Attempts > 0 && volume.Time.GetElapsedTime(begun) >= DeadlineOf(op, wasOffline);
                if (isOver || isGivenUp)
                    return error;
            }
        }
    }

    private TimeSpan DeadlineOf(ContentOp op, bool wasOffline)
    {
        TimeSpan whole = volume.Options.CommitDeadline;
        if (pusher.Pacing.IsPaced(op.Path))
            return whole * PacedFactor;
        if (wasOffline && pusher.IsOffline)
            return whole < OfflineDeadline ? whole : OfflineDeadline;
        return pusher.IsUnreachable && UnreachableDeadline < whole ? UnreachableDeadline : whole;
    }

    /// <summary>Waits for an operation; past the deadline it stays queued and the last error is given.</summary>
    public async ValueTask<FsError> WaitAsync(PendingOp op, TimeSpan deadline, CancellationToken ct)
    {
        Task<FsError> outcome;
        lock (volume.Lock)
        {
            if (op.State == OpState.Failed)
                op.Rearm();
            outcome = op.Outcome.Task;
        }

        volume.Wake();
        try
        {
            return await outcome.WaitAsync(deadline, volume.Time, ct);
        }
        catch (TimeoutException)
        {
            lock (volume.Lock)
                return op.LastFsError != FsError.None ? op.LastFsError : FsError.TimedOut;
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
    }

    /// <summary>Seals and journals. Gives the operation that holds the newest generation, or null when the library has everything.</summary>
    private async ValueTask<(FsError Error, ContentOp? Op)> StageAsync(FileInode inode, CancellationToken ct)
    {
        DirtyState? dirty;
        lock (volume.Lock)
        {
            dirty = inode.Dirty;
            if (dirty is null || !inode.IsLinked)
                return (FsError.None, null);
            dirty.Users++;
        }

        bool isLocked = false;
        try
        {
            // Also when nothing is dirty: another caller may have sealed it and not journaled it yet.
            await dirty.CommitLock.WaitAsync(ct);
            isLocked = true;
            lock (volume.Lock)
            {
                if (!dirty.IsNew && !dirty.Stack.IsDirty && (dirty.HasOps || dirty.Stack.IsClean))
                    return (FsError.None, dirty.Queued ?? dirty.InFlight);
            }

            SealedLayer layer;
            if (dirty.IsNew && !dirty.Stack.IsDirty && dirty.Stack.Size == 0)
            {
                layer = new SealedLayer(volume.Journal.NextGeneration(), 0, ContentHash.Empty, null);
            }
            else
            {
                FsResult<SealedLayer> frozen = await dirty.Stack.SealAsync(ct);
                if (!frozen.Ok)
                    return (frozen.Error, null);
                layer = frozen.Value;
            }

            volume.Passed(Step.SpoolSynced);
            JournalBatch batch = new();
            ContentOp? op;
            Task<FsError> stored;
            lock (volume.Lock)
            {
                if (!inode.IsLinked)
                {
                    // Unlinked meanwhile: nothing to commit.
                    if (inode.Handles == 0 && !dirty.HasOps)
                        dirty.Stack.Discard();
                    return (FsError.None, null);
                }

                if (dirty.Queued?.Layer.Generation == layer.Generation || dirty.InFlight?.Layer.Generation == layer.Generation)
                    return (FsError.None, dirty.Queued ?? dirty.InFlight);
                op = Stage(inode, dirty, layer, batch, out SealedLayer? superseded);
                if (superseded is not null)
                    batch.AfterCommit.Add(() => volume.Spool.Release(superseded));
                stored = volume.Store(batch);
            }

            FsError journaled = await stored;
            if (journaled != FsError.None)
                return (journaled, null);
            volume.Passed(Step.Sealed);
            lock (volume.Lock)
                op.IsJournaled = true;
            return (FsError.None, op);
        }
        finally
        {
            if (isLocked)
                dirty.CommitLock.Release();
            lock (volume.Lock)
            {
                dirty.Users--;
                publisher.CloseIfClean(inode);
            }
        }
    }

    /// <summary>Puts a generation into the queue, in place of an older one that was not sent; with the lock held.</summary>
    private ContentOp Stage(FileInode inode, DirtyState dirty, SealedLayer layer, JournalBatch batch, out SealedLayer? superseded)
    {
        superseded = null;
        HoldReason hold = HoldOf(dirty.NameClass, layer);
        if (hold != HoldReason.None && dirty.IsDoubtful)
            dirty.Doubt(); // What may have been stored is learnt first: what is held here is never sent, and would leave it there.
        if (dirty.Queued is not { } op)
        {
            op = new ContentOp(volume.Journal.NextSeq(), Namespace.RemotePathOf(inode), inode, layer, hold) { LocalName = inode.Name };
            volume.Queue.Add(op);
            dirty.Queued = op;
        }
        else
        {
            superseded = op.Layer;
            op.Layer = layer;
            op.Hold = hold;
            op.Rearm();
        }

        op.IsJournaled = false;
        volume.LastMade = volume.Time.GetTimestamp();
        op.NotBefore = hold switch
        {
            HoldReason.Transient => inode.Handles > 0 ? long.MaxValue : volume.After(volume.Options.TransientDelay),
            _ => 0,
        };
        dirty.IsNew = false;
        volume.TakeOverReplaced(op, batch);
        if (hold == HoldReason.None)
            volume.Tunnels.Commit(inode, dirty, batch);
        else if (!op.IsBlankSoFar)
            volume.Tunnels.Leave(inode, dirty, batch);
        if (dirty.Supersedes is { } view)
        {
            dirty.Supersedes = null;
            batch.Remove(view.Seq);
            view.Outcome.TrySetResult(FsError.None);
        }

        batch.Put(op.ToRecord());
        if (layer.FileName is { } file)
            batch.RemoveLayer(file); // The op's row names it from here on.
        volume.UpdateOverlay(inode);
        return op;
    }

    private static HoldReason HoldOf(NameClass name, SealedLayer layer) => (name, layer.Size) switch
    {
        (NameClass.Junk, _) => HoldReason.Junk,
        (_, 0) => HoldReason.Empty,
        (NameClass.Transient, _) => HoldReason.Transient,
        _ => HoldReason.None,
    };
}
