namespace ImageKitFs.Core.Api;

/// <summary>Ends an attempt that makes no progress, and one whose caller cancelled. One per attempt.</summary>
internal sealed class ProgressWatch : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _caller;
    private TimeSpan _deadline;

    public ProgressWatch(TimeSpan deadline, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _deadline = deadline;
        _source = new CancellationTokenSource(deadline, time);
        _registration = caller.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    /// <summary>Cancelled by the caller, or by the lack of progress.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True when it was the deadline, not the caller.</summary>
    public bool IsExpired => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>A byte was sent or received: the deadline starts again.</summary>
    public void Touch() => _source.CancelAfter(_deadline);

    /// <summary>The next byte may take longer (or must come sooner) than those before.</summary>
    public void SetDeadline(TimeSpan deadline)
    {
        _deadline = deadline;
        Touch();
    }

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}
