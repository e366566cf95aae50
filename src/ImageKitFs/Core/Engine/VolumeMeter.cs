using System.Diagnostics.Metrics;
using System.Text;
using ImageKitFs.Core.Metrics;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// The one meter of a mount. Every instrument observes what is counted anyway, so that a mount which nobody watches pays nothing; whoever listens
/// (OpenTelemetry, dotnet-counters, the virtual file metrics) reads the same numbers as `imagekitfs status`.
/// </summary>
internal sealed class VolumeMeter : IDisposable
{
    /// <summary>One reading of all instruments asks for the status once.</summary>
    private static readonly TimeSpan SameReading = TimeSpan.FromMilliseconds(200);

    private readonly Func<VolumeStatus> _read;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Lazy<PrometheusText> _text;
    private readonly Lock _lock = new();
    private VolumeStatus? _status;
    private long _statusAt;

    public VolumeMeter(Func<VolumeStatus> read, OperationCounters operations, CountingLogger log, TimeProvider time)
    {
        _read = read;
        _time = time;
        _meter = new Meter(new MeterOptions(MediaVolume.MeterName) { Version = read().Version });
        _text = new Lazy<PrometheusText>(() => new PrometheusText(_meter));
        AddRequests();
        AddCache();
        AddChanges();
        AddOperations(operations, log);
        AddProcess();
    }

    /// <summary>All of it for Prometheus.</summary>
    public byte[] ToPrometheus() => _text.Value.Read();

    public void Dispose()
    {
        if (_text.IsValueCreated)
            _text.Value.Dispose();
        _meter.Dispose();
    }

    private VolumeStatus Status
    {
        get
        {
            lock (_lock)
            {
                if (_status is null || _time.GetElapsedTime(_statusAt) >= SameReading)
                {
                    _status = _read();
                    _statusAt = _time.GetTimestamp();
                }

                return _status;
            }
        }
    }

    private void AddRequests()
    {
        _meter.CreateObservableCounter(
            "imagekitfs.requests",
            () => Status.RequestClasses!.SelectMany(of => of.Operations, (of, operation) => Of(operation.Value, ("class", of.Name), ("operation", Snake(operation.Key)))),
            "{request}", "Requests sent to ImageKit, repeats included.");
        Count("imagekitfs.requests.repeated", "{request}", "Requests that repeated an earlier one.", status => status.Traffic!.Repeats);
        ByClass("imagekitfs.requests.rate_limited", "{request}", "Requests answered with 429.", of => of.RateLimited);
        _meter.CreateObservableCounter(
            "imagekitfs.requests.answer_time", () => Status.RequestClasses!.Select(of => Of(of.AnswerSeconds, ("class", of.Name))),
            "s", "Time from each request to its answer, summed; divided by the requests: the average.");
        ByClass("imagekitfs.calls.failed", "{call}", "Calls to ImageKit that failed after their last repeat.", of => of.FailedCalls);
        Count("imagekitfs.circuit.opened", "{time}", "Times when requests were held back because ImageKit did not answer.", status => status.Traffic!.CircuitOpened);
        _meter.CreateObservableCounter<long>(
            "imagekitfs.network.io",
            () => [Of(Status.Traffic!.BytesSent, ("direction", "transmit")), Of(Status.Traffic!.BytesReceived, ("direction", "receive"))],
            "By", "Uploaded content, and bodies of replies.");
        _meter.CreateObservableGauge(
            "imagekitfs.rate_limit.tokens", () => Status.RequestClasses!.Where(of => of.Tokens is not null).Select(of => Of(of.Tokens!.Value, ("class", of.Name))),
            "{request}", "Requests that may be sent at once.");
        _meter.CreateObservableGauge(
            "imagekitfs.rate_limit.pause",
            () => Status.RequestClasses!.Select(of => Of(of.PausedUntil is { } until ? Math.Max(0, (until - _time.GetUtcNow()).TotalSeconds) : 0, ("class", of.Name))),
            "s", "How much longer ImageKit asks for a pause.");
        _meter.CreateObservableGauge(
            "imagekitfs.rate_limit.waiting", () => Status.RequestClasses!.Select(of => Of((long)of.Waiting, ("class", of.Name))), "{request}", "Requests that wait for their turn.");
        Gauge("imagekitfs.offline", "", "1 while ImageKit cannot be reached.", status => status.Offline ? 1 : 0);
    }

    private void AddCache()
    {
        _meter.CreateObservableCounter<long>(
            "imagekitfs.cache.reads", () => [Of(Status.Cache!.Hits, ("result", "hit")), Of(Status.Cache!.Misses, ("result", "miss"))],
            "{read}", "Reads answered from the local cache at once, and reads that waited for ImageKit.");
        _meter.CreateObservableCounter<long>(
            "imagekitfs.cache.read", () => [Of(Status.Cache!.HitBytes, ("result", "hit")), Of(Status.Cache!.MissBytes, ("result", "miss"))],
            "By", "Bytes of those reads.");
        Count("imagekitfs.cache.fetched", "By", "Bytes fetched for the cache, read ahead too.", status => status.Cache!.FetchedBytes);
        Count("imagekitfs.cache.evictions", "{file}", "Files dropped from the cache for space.", status => status.Cache!.Evictions);
        Count("imagekitfs.cache.corrupt_blocks", "{block}", "Cached blocks whose checksum failed.", status => status.Cache!.CorruptBlocks);
        Gauge("imagekitfs.cache.size", "By", "Bytes in the cache.", status => status.Cache!.Bytes);
        Gauge("imagekitfs.cache.limit", "By", "Bytes that the cache may hold.", status => status.Cache!.MaxBytes);
        Gauge("imagekitfs.cache.files", "{file}", "File versions in the cache.", status => status.Cache!.Files);
    }

    private void AddChanges()
    {
        Gauge("imagekitfs.pending.changes", "{change}", "Changes that the library does not have yet and that will be sent.", status => status.PendingCount);
        Gauge("imagekitfs.pending.size", "By", "Bytes of those.", status => status.PendingBytes);
        Gauge("imagekitfs.failed.changes", "{change}", "Changes that were refused and wait for a retry.", status => status.FailedCount);
        Gauge("imagekitfs.writing.files", "{file}", "Changed files that are open, or that found no room here.", status => status.WritingCount);
        Gauge("imagekitfs.not_durable.files", "{file}", "Files of which the library does not have the bytes yet.", status => status.NotDurableFiles);
        Gauge("imagekitfs.not_durable.size", "By", "Bytes of those.", status => status.NotDurableBytes);
        Gauge("imagekitfs.local.files", "{file}", "Files that stay on this machine by rule.", status => status.LocalCount);
        Gauge("imagekitfs.recoverable.files", "{file}", "Files that only `imagekitfs recover` can take out.", status => status.RecoverCount);
        Gauge("imagekitfs.spool.size", "By", "Bytes that changed files take on this machine.", status => status.SpoolBytes);
    }

    private void AddOperations(OperationCounters operations, CountingLogger log)
    {
        _meter.CreateObservableCounter(
            "imagekitfs.operations", () => operations.Calls().Select(call => Of(call.Count, ("operation", FailureWords.WordOf(call.Operation)))),
            "{call}", "Calls of programs, as the kernel passes them on.");
        _meter.CreateObservableCounter(
            "imagekitfs.operations.failed",
            () => operations.Failures().GroupBy(call => (call.Operation, Errno: FailureWords.ErrnoOf(call.Error) ?? "")).Select(calls =>
                Of(calls.Sum(call => call.Count), ("operation", FailureWords.WordOf(calls.Key.Operation)), ("errno", calls.Key.Errno))),
            "{call}", "Calls of programs that failed for a reason that is not their own.");
        _meter.CreateObservableCounter<long>(
            "imagekitfs.log.lines",
            () => [Of(log.CountOf(LogLevel.Warning), ("level", "warning")), Of(log.CountOf(LogLevel.Error) + log.CountOf(LogLevel.Critical), ("level", "error"))],
            "{line}", "Warnings and errors of the engine.");
    }

    private void AddProcess()
    {
        Gauge("imagekitfs.uptime", "s", "Seconds since the library was opened.", status => status.UptimeSeconds ?? 0);
        Gauge("imagekitfs.memory.resident", "By", "Memory of the process that is in RAM.", status => status.ResidentBytes ?? 0);
        _meter.CreateObservableCounter<double>("imagekitfs.cpu.time", CpuSeconds, "s", "Processor time that the process used.");
        _meter.CreateObservableGauge(
            "imagekitfs.info",
            () => Of(1L, ("version", Status.Version ?? ""), ("url_endpoint", Status.UrlEndpoint), ("mount_point", Status.MountPoint ?? "")),
            "", "Always 1; the labels say which mount this is.");
    }

    private static IEnumerable<Measurement<double>> CpuSeconds() =>
        OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? [Of(Environment.CpuUsage.TotalTime.TotalSeconds)] : [];

    private void Count(string name, string unit, string description, Func<VolumeStatus, long> read) =>
        _meter.CreateObservableCounter(name, () => read(Status), unit, description);

    private void Gauge(string name, string unit, string description, Func<VolumeStatus, long> read) =>
        _meter.CreateObservableGauge(name, () => read(Status), unit, description);

    private void ByClass(string name, string unit, string description, Func<RequestClass, long> read) =>
        _meter.CreateObservableCounter(name, () => Status.RequestClasses!.Select(of => Of(read(of), ("class", of.Name))), unit, description);

    private static Measurement<T> Of<T>(T value, params ReadOnlySpan<(string Key, string Value)> tags)
        where T : struct
    {
        KeyValuePair<string, object?>[] labels = new KeyValuePair<string, object?>[tags.Length];
        for (int i = 0; i < tags.Length; i++)
            labels[i] = new(tags[i].Key, tags[i].Value);
        return new Measurement<T>(value, labels);
    }

    private static string Snake(string name)
    {
        StringBuilder snake = new();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && snake.Length > 0)
                snake.Append('_');
            snake.Append(char.ToLowerInvariant(c));
        }

        return snake.ToString();
    }
}
