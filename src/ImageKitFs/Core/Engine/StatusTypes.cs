namespace ImageKitFs.Core.Engine;

/// <summary>What the cache of clean bytes holds, and what reads found in it since the mount. Reads that the kernel's own page cache answered never come here.</summary>
/// <param name="Bytes">On disk or reserved for what is in flight.</param>
/// <param name="MaxBytes">How many it may hold.</param>
/// <param name="Files">Versions with at least one block on disk.</param>
/// <param name="Hits">Reads answered from the disk at once.</param>
/// <param name="Misses">Reads that waited for the service.</param>
/// <param name="HitBytes">Bytes of the first kind.</param>
/// <param name="MissBytes">Bytes of the second kind.</param>
/// <param name="HitRatio">Hits of all reads, 0 to 1; null before the first read.</param>
/// <param name="ByteHitRatio">The same, of bytes.</param>
/// <param name="FetchedBytes">Bytes that came from the service for it, read ahead too.</param>
/// <param name="Evictions">Files dropped for space.</param>
/// <param name="CorruptBlocks">Blocks whose checksum failed; they were fetched again.</param>
public sealed record CacheUse(
    long Bytes, long MaxBytes, int Files, long Hits, long Misses, long HitBytes, long MissBytes, double? HitRatio, double? ByteHitRatio,
    long FetchedBytes, long Evictions, long CorruptBlocks);

/// <summary>What went over the line since the mount.</summary>
/// <param name="Requests">Requests sent, repeats included.</param>
/// <param name="Repeats">Requests that repeated an earlier one.</param>
/// <param name="FailedCalls">Calls that ended in an error.</param>
/// <param name="RateLimited">429 replies.</param>
/// <param name="CircuitOpened">How often requests were held back because the service did not answer.</param>
/// <param name="BytesSent">Bytes of uploaded content.</param>
/// <param name="BytesReceived">Bytes of reply bodies.</param>
public sealed record Traffic(long Requests, long Repeats, long FailedCalls, long RateLimited, long CircuitOpened, long BytesSent, long BytesReceived);

/// <summary>Requests that share a rate limit: what they did since the mount, and what may be sent now.</summary>
/// <param name="Name">reads, writes, uploads or delivery.</param>
/// <param name="Requests">Requests sent, repeats included.</param>
/// <param name="Operations">The same by what they were for; what was not asked for is left out.</param>
/// <param name="FailedCalls">Calls that ended in an error.</param>
/// <param name="RateLimited">429 replies.</param>
/// <param name="FailingFast">True while the service does not answer and only one request at a time probes it.</param>
/// <param name="PausedUntil">The service asked for no more requests until then; null: it did not, or that is over.</param>
/// <param name="Tokens">How many requests may go out at once; null: this class has no limit of ours.</param>
/// <param name="TokensPerSecond">How many more a second.</param>
/// <param name="Waiting">Requests that wait for their turn.</param>
/// <param name="LastRateLimit">The last 429; null: none.</param>
/// <param name="AnswerSeconds">From each request to its answer, summed; to the head of it where a file is delivered.</param>
public sealed record RequestClass(
    string Name, long Requests, IReadOnlyDictionary<string, long> Operations, long FailedCalls, long RateLimited, bool FailingFast, DateTimeOffset? PausedUntil, double? Tokens, double? TokensPerSecond, int Waiting,
    RateLimitReply? LastRateLimit, double AnswerSeconds);

/// <summary>A 429, with its limit headers as they came; several windows are separated by commas.</summary>
/// <param name="At">When.</param>
/// <param name="Operation">What was asked for.</param>
/// <param name="Path">What it was about.</param>
/// <param name="RequestId">x-ik-requestid; empty when the reply had none.</param>
/// <param name="Limit">X-RateLimit-Limit: requests an interval.</param>
/// <param name="Interval">X-RateLimit-Interval: milliseconds.</param>
/// <param name="Reset">X-RateLimit-Reset: milliseconds to wait.</param>
/// <param name="PauseSeconds">How long nothing of the class was sent.</param>
public sealed record RateLimitReply(
    DateTimeOffset At, string Operation, string Path, string RequestId, string? Limit, string? Interval, string? Reset, double PauseSeconds);

/// <summary>A call to the service that failed after its last repeat.</summary>
/// <param name="At">When.</param>
/// <param name="Operation">What was asked for: List, Upload, Delivery, ...</param>
/// <param name="Path">What it was about: a path of the library, or an id.</param>
/// <param name="Kind">The kind of error: Server, RateLimited, Unreachable, ...</param>
/// <param name="Status">The HTTP status; 0: there was no reply.</param>
/// <param name="Message">The service's words, or ours.</param>
/// <param name="RequestId">x-ik-requestid, for support; empty when there was no reply.</param>
public sealed record ServiceError(DateTimeOffset At, string Operation, string Path, string Kind, int Status, string Message, string RequestId);

/// <summary>A call of a program that failed for a reason that is not its own: it got EIO, ENOSPC and the like.</summary>
/// <param name="At">When.</param>
/// <param name="Operation">read, write, flush, ...</param>
/// <param name="Path">As the user sees it, from the mount's root.</param>
/// <param name="Errno">What the program got.</param>
/// <param name="Cause">Why.</param>
/// <param name="RequestId">x-ik-requestid of the request that failed; empty when none did.</param>
public sealed record OperationFailure(DateTimeOffset At, string Operation, string Path, string Errno, string Cause, string RequestId);
