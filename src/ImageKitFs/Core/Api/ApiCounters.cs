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

/// <summary>The last failure that was given to a caller.</summary>
internal sealed record LastApiError(DateTimeOffset At, ApiOperation Operation, ApiError Error);

/// <summary>The counters at one moment.</summary>
/// <param name="Requests">Requests sent, repeats included.</param>
/// <param name="Failures">Calls that ended in an error (cancelled ones not counted).</param>
/// <param name="Repeats">Requests that repeated an earlier one.</param>
/// <param name="RateLimited">429 replies.</param>
/// <param name="CircuitOpened">How often a circuit opened.</param>
/// <param name="RowsDropped">Listing rows that could not be used.</param>
/// <param name="BytesSent">Bytes of uploaded content.</param>
/// <param name="BytesReceived">Bytes of reply bodies.</param>
/// <param name="LastError">Null when there was none.</param>
internal sealed record ApiCountersSnapshot(
    IReadOnlyDictionary<ApiOperation, long> Requests, long Failures, long Repeats, long RateLimited, long CircuitOpened, long RowsDropped,
    long BytesSent, long BytesReceived, LastApiError? LastError);

/// <summary>What both clients did since the mount, for status and metrics. Safe from many threads.</summary>
internal sealed class ApiCounters
{
    private readonly long[] _requests = new long[Enum.GetValues<ApiOperation>().Length];
    private long _failures;
    private long _repeats;
    private long _rateLimited;
    private long _circuitOpened;
    private long _rowsDropped;
    private long _bytesSent;
    private long _bytesReceived;
    private LastApiError? _lastError;

    public void Request(ApiOperation operation) => Interlocked.Increment(ref _requests[(int)operation]);

    public void Repeat() => Interlocked.Increment(ref _repeats);

    public void RateLimited() => Interlocked.Increment(ref _rateLimited);

    public void CircuitOpened() => Interlocked.Increment(ref _circuitOpened);

    public void RowsDropped(int count) => Interlocked.Add(ref _rowsDropped, count);

    public void Sent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);

    public void Received(long bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    public void Failed(LastApiError error)
    {
        Interlocked.Increment(ref _failures);
        Volatile.Write(ref _lastError, error);
    }

    public long RequestsOf(ApiOperation operation) => Interlocked.Read(ref _requests[(int)operation]);

    public ApiCountersSnapshot Snapshot() => new(
        Enum.GetValues<ApiOperation>().ToDictionary(operation => operation, RequestsOf),
        Interlocked.Read(ref _failures), Interlocked.Read(ref _repeats), Interlocked.Read(ref _rateLimited), Interlocked.Read(ref _circuitOpened),
        Interlocked.Read(ref _rowsDropped), Interlocked.Read(ref _bytesSent), Interlocked.Read(ref _bytesReceived), Volatile.Read(ref _lastError));
}
