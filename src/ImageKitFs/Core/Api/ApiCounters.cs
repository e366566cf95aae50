namespace ImageKitFs.Core.Api;

/// <summary>What a request is for, in counters.</summary>
internal enum ApiOperation
{
    List,
    Details,
    Versions,
    DeleteVersion,
    RestoreVersion,
    Patch,
    Upload,
    DeleteFile,
    DeleteFiles,
    RenameFile,
    MoveFile,
    CopyFile,
    CreateFolder,
    DeleteFolder,
    RenameFolder,
    MoveFolder,
    CopyFolder,
    Job,
    Fields,
    Delivery,
    Tags,
    Metadata,
    Purge,
    Usage,
}

/// <summary>A failure that was given to a caller.</summary>
/// <param name="At">When.</param>
/// <param name="Operation">What the request was for.</param>
/// <param name="Subject">What it worked on: a path, or an id where that is all there is.</param>
/// <param name="Error">What was said.</param>
internal sealed record FailedCall(DateTimeOffset At, ApiOperation Operation, string Subject, ApiError Error)
{
    private long _lineAt;

    /// <summary>True when the log got a line for this very call.</summary>
    public bool HasLine
    {
        init => _lineAt = value ? At.UtcTicks : 0;
    }

    /// <summary>Takes that line for the user's operation that began at <paramref name="since"/>; true for one caller only.</summary>
    public bool TryTakeLine(DateTimeOffset since)
    {
        long lineAt = Volatile.Read(ref _lineAt);
        return lineAt >= since.UtcTicks && lineAt != 0 && Interlocked.CompareExchange(ref _lineAt, 0, lineAt) == lineAt;
    }

    /// <summary>True for the same outcome of the same call.</summary>
    public bool Repeats(FailedCall earlier) =>
        earlier.Operation == Operation && earlier.Subject == Subject && earlier.Error.Kind == Error.Kind && earlier.Error.Message == Error.Message;

    /// <summary>Stands for an earlier one from now on.</summary>
    public void TakeOver(FailedCall earlier)
    {
        if (Volatile.Read(ref _lineAt) == 0)
            Volatile.Write(ref _lineAt, Interlocked.Exchange(ref earlier._lineAt, 0));
    }
}

/// <summary>The counters at one moment.</summary>
/// <param name="Requests">Requests sent, repeats included.</param>
/// <param name="Failures">Calls that ended in an error (cancelled ones not counted).</param>
/// <param name="Repeats">Requests that repeated an earlier one.</param>
/// <param name="RateLimited">429 replies.</param>
/// <param name="CircuitOpened">How often a circuit opened.</param>
/// <param name="RowsDropped">Listing rows that could not be used.</param>
/// <param name="BytesSent">Bytes of uploaded content.</param>
/// <param name="BytesReceived">Bytes of reply bodies.</param>
/// <param name="Failed">The last failures, newest first; at most <see cref="ApiCounters.MaxFailed"/>.</param>
internal sealed record ApiCountersSnapshot(
    IReadOnlyDictionary<ApiOperation, long> Requests, long Failures, long Repeats, long RateLimited, long CircuitOpened, long RowsDropped,
    long BytesSent, long BytesReceived, IReadOnlyList<FailedCall> Failed);

/// <summary>What both clients did since the mount, for status and metrics. Safe from many threads.</summary>
internal sealed class ApiCounters
{
    /// <summary>32: a page of errors; who needs more reads the log.</summary>
    public const int MaxFailed = 32;

    private readonly LinkedList<FailedCall> _failed = [];
    private readonly long[] _requests = new long[Enum.GetValues<ApiOperation>().Length];
    private long _failures;
    private long _repeats;
    private long _rateLimited;
    private long _circuitOpened;
    private long _rowsDropped;
    private long _bytesSent;
    private long _bytesReceived;

    public void Request(ApiOperation operation) => Interlocked.Increment(ref _requests[(int)operation]);

    public void Repeat() => Interlocked.Increment(ref _repeats);

    public void RateLimited() => Interlocked.Increment(ref _rateLimited);

    public void CircuitOpened() => Interlocked.Increment(ref _circuitOpened);

    public void RowsDropped(int count) => Interlocked.Add(ref _rowsDropped, count);

    public void Sent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);

    public void Received(long bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    public void Failed(FailedCall call)
    {
        Interlocked.Increment(ref _failures);
        lock (_failed)
        {
            // The same once more takes the other's place: a service that is away for an hour must not push out what came before.
            if (_failed.FirstOrDefault(call.Repeats) is { } earlier)
            {
                call.TakeOver(earlier);
                _failed.Remove(earlier);
            }
            else if (_failed.Count == MaxFailed)
            {
                _failed.RemoveFirst();
            }

            _failed.AddLast(call);
        }
    }

    /// <summary>The last failures, newest first.</summary>
    public FailedCall[] LastFailed()
    {
        lock (_failed)
            return [.. _failed.Reverse()];
    }

    public long RequestsOf(ApiOperation operation) => Interlocked.Read(ref _requests[(int)operation]);

    public ApiCountersSnapshot Snapshot() => new(
        Enum.GetValues<ApiOperation>().ToDictionary(operation => operation, RequestsOf),
        Interlocked.Read(ref _failures), Interlocked.Read(ref _repeats), Interlocked.Read(ref _rateLimited), Interlocked.Read(ref _circuitOpened),
        Interlocked.Read(ref _rowsDropped), Interlocked.Read(ref _bytesSent), Interlocked.Read(ref _bytesReceived), LastFailed());
}
