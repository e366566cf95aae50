namespace ImageKitFs.Platform.Linux;

/// <summary>One request whose answer takes time.</summary>
internal sealed class PendingRequest(RequestId id, ulong nodeId, long started, CancellationTokenSource cancellation)
{
    internal RequestId Id => id;

    internal ulong NodeId => nodeId;

    /// <summary>The clock's timestamp when it came in.</summary>
    internal long Started => started;

    /// <summary>True once the log has named it.</summary>
    internal bool IsReported { get; set; }

    /// <summary>True once the watchdog has answered in its place.</summary>
    internal bool IsGivenUp { get; set; }

    /// <summary>Asks the operation to end. Its callbacks run on the pool, never on the thread that reads requests.</summary>
    internal void Cancel() => _ = cancellation.CancelAsync();
}

/// <summary>The requests being worked on, so that INTERRUPT and the watchdog find them. Requests answered at once never get here.</summary>
internal sealed class InFlight
{
    /// <summary>64 interrupts are remembered: those that overtake their request do so by microseconds, across at most four readers.</summary>
    private const int EarlyInterrupts = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, PendingRequest> _requests = [];
    private readonly ulong[] _early = new ulong[EarlyInterrupts];
    private int _nextEarly;

    /// <summary>Number of requests not answered yet.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _requests.Count;
        }
    }

    /// <summary>Enters a request; one whose INTERRUPT came first is cancelled at once.</summary>
    internal void Add(PendingRequest request)
    {
        bool isInterrupted = false;
        lock (_lock)
        {
            _requests[request.Id.Unique] = request;
            int early = Array.IndexOf(_early, request.Id.Unique);
            if (early >= 0)
            {
                _early[early] = 0;
                isInterrupted = true;
            }
        }

        if (isInterrupted)
            request.Cancel();
    }

    /// <summary>Takes a request out: it was answered.</summary>
    internal void Remove(PendingRequest request)
    {
        lock (_lock)
            _requests.Remove(request.Id.Unique);
    }

    /// <summary>The caller of <paramref name="unique"/> got a signal. Unknown ones are answered already, or not entered yet.</summary>
    internal void Interrupt(ulong unique)
    {
        PendingRequest? request;
        lock (_lock)
        {
            if (!_requests.TryGetValue(unique, out request))
            {
                _early[_nextEarly] = unique;
                _nextEarly = (_nextEarly + 1) % EarlyInterrupts;
            }
        }

        request?.Cancel();
    }

    /// <summary>What is in flight now.</summary>
    internal PendingRequest[] Snapshot()
    {
        lock (_lock)
            return [.. _requests.Values];
    }

    /// <summary>Ends the wait of all: the connection is over.</summary>
    internal void CancelAll()
    {
        foreach (PendingRequest request in Snapshot())
            request.Cancel();
    }
}
