namespace ImageKitFs.Platform.Windows;

/// <summary>Counts requests that were answered with STATUS_PENDING and not yet with a reply. A reply after the unmount would write into freed memory.</summary>
internal sealed class PendingReplies
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isClosing;

    /// <summary>How many there are.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    internal void Begin()
    {
        lock (_lock)
            _count++;
    }

    internal void End()
    {
        lock (_lock)
        {
            if (--_count == 0 && _isClosing)
                _empty.TrySetResult();
        }
    }

    /// <summary>Completes when none is left. No callback comes any more, so none is added.</summary>
    internal Task DrainAsync()
    {
        lock (_lock)
        {
            _isClosing = true;
            if (_count == 0)
                _empty.TrySetResult();
        }

        return _empty.Task;
    }
}
