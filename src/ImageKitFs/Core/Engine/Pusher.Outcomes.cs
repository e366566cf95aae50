using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

internal sealed partial class Pusher
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(60);

    /// <summary>Books the result of an attempt.</summary>
    private void Settle(PendingOp op, PushResult result)
    {
        lock (_volume.Lock)
        {
            IsUnreachable = result.IsUnreachable;
            if (result.Verdict == PushVerdict.Done)
            {
                IsOffline = false;
                return;
            }

            op.LastError = result.Message;
            op.LastFsError = result.Error;
            op.Attempts++;
            Unlaunch(op);
            if (op is MkdirOp { State: OpState.Replied })
                _volume.Queue.Remove(op); // What was stored below made the folder meanwhile.
            if (!_volume.Queue.Contains(op))
                return; // A newer generation goes instead, or nobody wants it any more.
            if (result.Verdict == PushVerdict.Retry)
            {
                IsOffline = result.Error == FsError.Remote;
                op.State = op.State is OpState.Sent or OpState.Replied && op is not ContentOp { AmbiguousSince: not null } ? OpState.Waiting : op.State;
                TimeSpan delay = Backoff(op.Attempts, result.MinDelay);
                op.NotBefore = _volume.After(delay);
                if (!_stop.IsCancellationRequested)
                    _log.Retried(op.Verb, op.Path, result, delay);
            }
            else
            {
                IsOffline = false;
                op.State = OpState.Failed;
                if (op is RenameOp { MovedFrom: null } refused)
                    _volume.Queue.DropStopover(refused);
                JournalBatch batch = new();
                batch.Put(op.ToRecord());
                _ = _volume.Store(batch);
                _log.Refused(op.Verb, op.Path, result);
                op.Outcome.TrySetResult(result.Error);
            }
        }
    }

    /// <summary>An upload that did not get through is the newest again, unless a newer generation was sealed meanwhile: then that one goes instead.</summary>
    private void Unlaunch(PendingOp op)
    {
        if (op is not ContentOp { Inode.Dirty: { } dirty } content || dirty.InFlight != content)
            return;
        dirty.InFlight = null;
        if (dirty.Queued is not { } newer)
        {
            if (content.Inode.IsLinked || content.AmbiguousSince is not null)
                dirty.Queued = content;
            else
                Abandon(content, dirty);
            return;
        }

        if (newer.Path != content.Path || (newer.Hold != HoldReason.None && content.AmbiguousSince is not null))
        {
            // A rename lies between: this one goes first, under the name that the rename expects. Or it may have been stored, and the newer one stays here.
            dirty.InFlight = content;
            return;
        }

        // The newer generation holds everything that this one does.
        newer.TakeDoubtOf(content);
        content.Forward(newer);
        _volume.Queue.Remove(content);
        JournalBatch batch = new();
        batch.Remove(content.Seq);
        batch.Put(newer.ToRecord());
        batch.AfterCommit.Add(() => _volume.Spool.Release(content.Layer));
        _ = _volume.Store(batch);
    }

    /// <summary>Unlinked while it was on its way, and it did not arrive.</summary>
    private void Abandon(ContentOp content, DirtyState dirty)
    {
        _volume.Queue.Remove(content);
        _volume.Spool.Release(content.Layer);
        JournalBatch batch = new();
        batch.Remove(content.Seq);
        _ = _volume.Store(batch);
        if (content.Inode.Handles == 0)
            dirty.Stack.Discard();
        _publisher.CloseIfClean(content.Inode);
        content.Outcome.TrySetResult(FsError.None);
    }

    private static TimeSpan Backoff(int attempts, TimeSpan least)
    {
        double factor = Math.Pow(2, Math.Min(attempts - 1, 10)) * (0.8 + (0.4 * Random.Shared.NextDouble()));
        TimeSpan delay = TimeSpan.FromTicks((long)Math.Min(FirstRetry.Ticks * factor, LastRetry.Ticks));
        return delay > least ? delay : least;
    }
}
