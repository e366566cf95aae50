using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Api;

/// <summary>
/// Says that one class of requests is in trouble: each cause once, however many requests and callers meet it, and once that it is over. Over means that a
/// request which was sent after the trouble began got an answer without it. A reply that begins well and breaks off looks like that too, so what was told of
/// one file or folder is not told of it again within <see cref="Relapse"/>. Safe from many threads.
/// </summary>
/// <remarks>What concerns one file or folder alone (missing, too large, taken) is no trouble of the class; the caller knows what to say about it.</remarks>
internal sealed partial class TroubleLog(string name, TimeProvider time, ILogger logger)
{
    /// <summary>The same cause at the same file or folder this soon after it seemed over is the same trouble: longer than a caller repeats a request.</summary>
    private static readonly TimeSpan Relapse = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    /// <summary>The causes of the trouble that lasts; true for those that were told.</summary>
    private readonly Dictionary<Cause, bool> _lasting = [];
    private readonly Dictionary<(Cause Cause, string Subject), long> _told = [];
    private long _sent;
    private long _sentBefore;
    private long _begunAt;
    private int _failedCalls;

    /// <summary>Causes that ask for different things to be done.</summary>
    private enum Cause
    {
        None,
        Outage,
        Throttle,
        Key,
        Rights,
        Quota,
        Reply,
    }

    /// <summary>The number of a request that is sent now.</summary>
    public long Sending() => Interlocked.Increment(ref _sent);

    /// <summary>A 429: nothing of this class is sent for <paramref name="pause"/>.</summary>
    public void Throttled(ApiOperation operation, string subject, TimeSpan pause, string requestId)
    {
        lock (_lock)
        {
            if (!Begin(Cause.Throttle, subject))
                return;
        }

        LogThrottled(Doing(operation), subject, name, pause.ToWords(), requestId.Length > 0 ? requestId : "without an id");
    }

    /// <summary>A call ended in <paramref name="error"/>. Gives it back, marked when the log has a line for it now.</summary>
    /// <param name="isNew">True when that line was written for this call.</param>
    public ApiError Failed(ApiOperation operation, string subject, ApiError error, out bool isNew)
    {
        isNew = false;
        Cause cause = CauseOf(error.Kind);
        if (cause == Cause.None)
            return error;
        lock (_lock)
        {
            isNew = Begin(cause, subject);
            _failedCalls++;
        }

        if (isNew)
            LogFailed(Doing(operation), subject, error, Advice(cause), name, ErrnoOf(cause, IsRead(operation)));
        return error with { IsTold = true };
    }

    /// <summary>What became of the request of that number.</summary>
    /// <returns>True when that ended a time of trouble.</returns>
    public bool Sent(long number, ApiError? error)
    {
        if (error is not null && (error.Kind == ApiErrorKind.Canceled || CauseOf(error.Kind) != Cause.None))
            return false;
        TimeSpan lasted;
        int failed;
        lock (_lock)
        {
            if (_lasting.Count == 0 || number <= _sentBefore)
                return false;
            lasted = time.GetElapsedTime(_begunAt);
            failed = _lasting.ContainsValue(true) ? _failedCalls : 0;
            _lasting.Clear();
            _failedCalls = 0;
        }

        // A pause that nobody felt is no news, nor is the end of what was not told.
        if (failed > 0)
            LogOver(name, lasted.ToWords(), failed);
        return true;
    }

    /// <summary>With the lock held. True when this is to be told.</summary>
    private bool Begin(Cause cause, string subject)
    {
        long now = time.GetTimestamp();
        if (_lasting.Count == 0)
        {
            _begunAt = now;
            _sentBefore = Interlocked.Read(ref _sent);
            ForgetOld(now);
        }

        if (_lasting.GetValueOrDefault(cause))
            return false;
        bool isRelapse = _told.TryGetValue((cause, subject), out long toldAt) && time.GetElapsedTime(toldAt, now) < Relapse;
        _lasting[cause] = !isRelapse;
        if (!isRelapse)
            _told[(cause, subject)] = now;
        return !isRelapse;
    }

    /// <summary>With the lock held. Without this every file that ever failed would be remembered.</summary>
    private void ForgetOld(long now)
    {
        foreach ((Cause, string) old in _told.Where(told => time.GetElapsedTime(told.Value, now) >= Relapse).Select(told => told.Key).ToList())
            _told.Remove(old);
    }

    private static Cause CauseOf(ApiErrorKind kind) => kind switch
    {
        ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.TimedOut or ApiErrorKind.Server => Cause.Outage,
        ApiErrorKind.RateLimited => Cause.Throttle,
        ApiErrorKind.Unauthorized or ApiErrorKind.Refused => Cause.Key,
        ApiErrorKind.Forbidden => Cause.Rights,
        ApiErrorKind.QuotaExceeded => Cause.Quota,
        ApiErrorKind.BadReply => Cause.Reply,
        _ => Cause.None,
    };

    // The error's own words say what to mend; this says what becomes of the rest.
    private static string Advice(Cause cause) => cause switch
    {
        Cause.Outage => "Unsent changes are kept and go out when it answers again; if this lasts, see ImageKit's status page.",
        Cause.Throttle => "Unsent changes are kept and go out later; let fewer programs use the account at a time, or ask ImageKit for a higher limit.",
        Cause.Reply => "Unsent changes are kept and go out later; if this lasts, look for a proxy or a sign-in page between here and ImageKit.",
        _ => "Unsent changes are kept: once that is mended, `imagekitfs retry` sends them.",
    };

    /// <summary>What a program gets that waits for it, by the name that the C library gives it.</summary>
    private static string ErrnoOf(Cause cause, bool isRead) => cause switch
    {
        Cause.Throttle => "EBUSY",
        Cause.Key => "EACCES",
        Cause.Rights => isRead ? "EACCES" : "EROFS",
        Cause.Quota => "EDQUOT",
        _ => "EIO",
    };

    private static bool IsRead(ApiOperation operation) =>
        operation is ApiOperation.List or ApiOperation.Details or ApiOperation.Versions or ApiOperation.Fields or ApiOperation.Usage or ApiOperation.Delivery;

    private static string Doing(ApiOperation operation) => operation switch
    {
        ApiOperation.List => "Listing",
        ApiOperation.Details => "Asking for details of",
        ApiOperation.Versions => "Listing the versions of",
        ApiOperation.DeleteVersion => "Deleting a version of",
        ApiOperation.RestoreVersion => "Restoring a version of",
        ApiOperation.Patch => "Changing details of",
        ApiOperation.Upload => "Uploading",
        ApiOperation.DeleteFile or ApiOperation.DeleteFiles => "Deleting",
        ApiOperation.RenameFile or ApiOperation.RenameFolder => "Renaming",
        ApiOperation.MoveFile or ApiOperation.MoveFolder => "Moving",
        ApiOperation.CopyFile or ApiOperation.CopyFolder => "Copying",
        ApiOperation.CreateFolder => "Making the folder",
        ApiOperation.DeleteFolder => "Deleting the folder",
        ApiOperation.Job => "Following the job",
        ApiOperation.Fields => "Looking at",
        ApiOperation.Delivery => "Reading",
        ApiOperation.Tags => "Tagging",
        ApiOperation.Metadata => "Asking for the metadata of",
        ApiOperation.Purge => "Purging",
        ApiOperation.Usage => "Asking for",
    };

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "ImageKit asks to slow down (429 at {Doing} {Subject}, request {RequestId}): {Name} pause for {Pause}. "
            + "If this is often so, let fewer programs use the account at a time, or ask ImageKit for a higher limit.")]
    private partial void LogThrottled(string doing, string subject, string name, string pause, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Doing} {Subject} failed: {Error} Programs that wait for it get {Errno}. {Advice} Said once until {Name} work again.")]
    private partial void LogFailed(string doing, string subject, ApiError error, string advice, string name, string errno);

    [LoggerMessage(Level = LogLevel.Information, Message = "ImageKit answers again: {Name} work, after {Lasted} in which {Failed} calls failed.")]
    private partial void LogOver(string name, string lasted, int failed);
}
