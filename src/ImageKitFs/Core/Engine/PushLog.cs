using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>Says that changes do not get into the library: the first of a kind at once, then one line a minute for all. Called with the volume's lock held.</summary>
/// <param name="countWaiting">How many changes have been tried and are not in the library.</param>
internal sealed class PushLog(TimeProvider time, ILogger log, Func<int> countWaiting)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Longer than the longest pause between two attempts: after this long without a failure the next one is news.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(5);

    private readonly Dictionary<FsError, (long SaidAt, long FailedAt)> _kinds = [];

    /// <summary>An attempt failed and is repeated after <paramref name="delay"/>.</summary>
    public void Retried(string verb, string path, PushResult result, TimeSpan delay)
    {
        if (IsNew(verb, path, result) && !result.IsTold)
            log.PushRetried(verb, path, result.Message ?? "", delay.ToWords());
    }

    /// <summary>A change was refused and waits for the user.</summary>
    public void Refused(string verb, string path, PushResult result)
    {
        // Each has its own reason and needs its own remedy, unless the cause is one for all.
        if (!result.IsTold)
            log.PushRefused(verb, path, result.Message ?? "");
        else
            IsNew(verb, path, result);
    }

    /// <summary>False while failures of this kind go on; says so when the time has come.</summary>
    private bool IsNew(string verb, string path, PushResult result)
    {
        long now = time.GetTimestamp();
        bool isKnown = _kinds.TryGetValue(result.Error, out (long SaidAt, long FailedAt) kind) && time.GetElapsedTime(kind.FailedAt, now) < Quiet;
        bool isDue = !isKnown || time.GetElapsedTime(kind.SaidAt, now) >= Interval;
        _kinds[result.Error] = (isDue ? now : kind.SaidAt, now);
        if (isKnown && isDue)
            log.StillFailing(countWaiting(), verb, path, result.Message ?? "");
        return !isKnown;
    }
}
