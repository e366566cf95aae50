using System.Reflection;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Content;

namespace ImageKitFs.Core.Engine;

/// <summary>Turns what the rooms count into what `status` shows. Holds no numbers of its own.</summary>
internal sealed class VolumeReadings(MountOptions options, ImageKitApi api, ContentCache content, OperationCounters operations, TimeProvider time)
{
    private static readonly string ProgramVersion =
        typeof(VolumeReadings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();

    /// <summary>The status with what is read from counters filled in.</summary>
    public VolumeStatus AddTo(VolumeStatus status)
    {
        ApiCountersSnapshot counters = api.Counters.Snapshot();
        Dictionary<string, long> requests = [];
        foreach ((ApiOperation operation, long count) in counters.Requests)
        {
            if (count > 0)
                requests[operation.ToString()] = count;
        }

        return status with
        {
            Requests = requests,
            LastErrors = [.. counters.Failed.Select(call => $"{call.At:u} {call.Operation} {call.Subject}: {call.Error}")],
            MountPoint = options.MountPoint,
            Version = ProgramVersion,
            StartedAt = _startedAt,
            UptimeSeconds = (long)time.GetElapsedTime(_started).TotalSeconds,
            ResidentBytes = Environment.WorkingSet,
            Cache = CacheOf(content.Stats),
            Traffic = new Traffic(
                counters.Requests.Values.Sum(), counters.Repeats, counters.Failures, counters.RateLimited, counters.CircuitOpened, counters.BytesSent, counters.BytesReceived),
            RequestClasses = [.. api.Classes.Select(ClassOf)],
            ServiceErrors = [.. counters.Failed.Select(ErrorOf)],
            FailedOperations = operations.LastFailures(),
            FailedOperationCount = operations.FailureCount,
        };
    }

    private CacheUse CacheOf(ContentCacheStats stats) => new(
        stats.Bytes, options.CacheBytes, stats.Files, stats.Hits, stats.Misses, stats.HitBytes, stats.MissBytes,
        Ratio(stats.Hits, stats.Misses), Ratio(stats.HitBytes, stats.MissBytes), stats.FetchedBytes, stats.Evictions, stats.Corrupt);

    // Four digits: a ratio is to be read, and what nobody reads changes with every byte.
    private static double? Ratio(long part, long rest) => part + rest == 0 ? null : Math.Round((double)part / (part + rest), 4);

    private RequestClass ClassOf(EndpointState state)
    {
        GateState gate = state.Gate;
        return new RequestClass(
            state.Name, state.Requests.Values.Sum(), state.Requests.ToDictionary(of => of.Key.ToString(), of => of.Value), state.FailedCalls, state.RateLimited, state.IsCircuitOpen,
            gate.PausedUntil > time.GetUtcNow() ? gate.PausedUntil : null,
            gate.Tokens is { } tokens ? Math.Floor(tokens) : null,
            gate.PerSecond > 0 ? gate.PerSecond : null,
            gate.Waiting,
            state.LastLimit is { } hit
                ? new RateLimitReply(
                    hit.At, hit.Operation.ToString(), hit.Subject, hit.RequestId, hit.Headers.Limit, hit.Headers.Interval, hit.Headers.Reset, hit.Pause.TotalSeconds)
                : null,
            Math.Round(state.AnswerTime.TotalSeconds, 3));
    }

    private static ServiceError ErrorOf(FailedCall call) => new(
        call.At, call.Operation.ToString(), call.Subject, call.Error.Kind.ToString(), call.Error.Status, call.Error.Message, call.Error.RequestId);
}
