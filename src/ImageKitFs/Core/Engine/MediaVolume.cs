using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>One library, opened: the file system that a platform serves, and what commands ask of it.</summary>
public sealed class MediaVolume : IAsyncDisposable
{
    private const long DefaultSpoolBytes = 1L << 40;

    /// <summary>While draining: how often it is looked whether everything is out.</summary>
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(50);

    /// <summary>A drain ends this soon once the service is known to be away.</summary>
    private static readonly TimeSpan OfflineDrain = TimeSpan.FromSeconds(10);

    private readonly MountOptions _options;
    private readonly Volume _volume;
    private readonly Pusher _pusher;
    private readonly ImageKitApi _api;
    private readonly FolderLock _lock;

    private MediaVolume(MountOptions options, VolumeBuilder builder)
    {
        _options = options;
        _volume = builder.Volume;
        _pusher = builder.Pusher;
        _api = builder.Api;
        _lock = builder.Lock;
        Resumed = builder.Resumed;
        FileSystem = builder.BuildFileSystem(GetStatus, ControlAsync);
    }

    /// <summary>What a platform shim serves.</summary>
    public IFileSystem FileSystem { get; }

    /// <summary>One line about what was found of an earlier run, or the empty string.</summary>
    public string Resumed { get; }

    /// <summary>Opens the library: checks the key with the first listing, locks and reads the local state, resumes what an earlier run left.</summary>
    /// <exception cref="VolumeException">It cannot be opened; the message says what to do.</exception>
    public static Task<MediaVolume> OpenAsync(MountOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken ct) =>
        OpenAsync(options, loggers, time, handler: null, ct);

    internal static async Task<MediaVolume> OpenAsync(
        MountOptions options, ILoggerFactory loggers, TimeProvider time, HttpMessageHandler? handler, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(time);
        IReadOnlyList<string> problems = options.Validate();
        if (problems.Count > 0)
            throw new VolumeException(VolumeFailure.BadOptions, string.Join(' ', problems));
        VolumeBuilder builder = new(options, loggers.CreateLogger("imagekitfs"), time, handler);
        try
        {
            await builder.OpenAsync(ct);
            return new MediaVolume(options, builder);
        }
        catch
        {
            await builder.DisposeAsync();
            throw;
        }
    }

    /// <summary>What is pending, failed and local, and what the mount has done.</summary>
    public VolumeStatus GetStatus()
    {
        List<PendingItem> items = [];
        int pending = 0;
        int failed = 0;
        int local = 0;
        long bytes = 0;
        lock (_volume.Lock)
        {
            foreach (PendingOp op in _volume.Queue.All)
            {
                if (!op.WillBePushed)
                    local++;
                else
                    pending++;
                if (op.State == OpState.Failed)
                    failed++;
                if (op.WillBePushed)
                    bytes += op.Bytes;
                if (items.Count < VolumeStatus.MaxItems)
                    items.Add(ItemOf(op));
            }
        }

        ApiCountersSnapshot counters = _api.Counters.Snapshot();
        Dictionary<string, long> requests = [];
        foreach ((ApiOperation operation, long count) in counters.Requests)
        {
            if (count > 0)
                requests[operation.ToString()] = count;
        }

        return new VolumeStatus
        {
            UrlEndpoint = _options.Endpoints.Delivery.ToString(),
            ProcessId = Environment.ProcessId,
            ReadOnly = _options.ReadOnly,
            Commit = _options.Commit == CommitMode.Close ? "close" : "journal",
            CacheFolder = _options.CacheDirectory,
            StateFolder = _options.StateDirectory,
            Offline = _pusher.IsOffline,
            Pending = items,
            PendingCount = pending,
            PendingBytes = bytes,
            FailedCount = failed,
            LocalCount = local,
            CacheBytes = _volume.Content.Stats.Bytes,
            Requests = requests,
            LastErrors = counters.LastError is { } last ? [$"{last.At:u} {last.Operation}: {last.Error}"] : [],
        };
    }

    /// <summary>Pushes everything, temporaries that were held too, and waits. What remained is kept here and resumed by the next mount.</summary>
    public async Task<DrainReport> DrainAsync(TimeSpan timeout, IProgress<DrainProgress>? progress, CancellationToken ct)
    {
        long begun = _volume.Time.GetTimestamp();
        long? offlineSince = null;
        lock (_volume.Lock)
        {
            foreach (PendingOp op in _volume.Queue.All)
                Release(op);
        }

        _pusher.Wake();
        while (true)
        {
            (int remaining, int waiting, long bytes) = Remaining();
            progress?.Report(new DrainProgress(remaining, bytes));
            if (waiting == 0 || ct.IsCancellationRequested || _volume.Time.GetElapsedTime(begun) >= timeout)
                return Report();
            offlineSince = _pusher.IsOffline ? offlineSince ?? _volume.Time.GetTimestamp() : null;
            if (offlineSince is { } since && _volume.Time.GetElapsedTime(since) >= OfflineDrain)
                return Report();
            await Task.Delay(DrainLook, _volume.Time, CancellationToken.None);
        }
    }

    /// <summary>Tries again what was refused, now.</summary>
    public void Retry()
    {
        lock (_volume.Lock)
        {
            foreach (PendingOp op in _volume.Queue.All)
            {
                if (op.State == OpState.Failed)
                    op.Rearm();
                else if (op.Attempts > 0)
                    op.NotBefore = 0;
            }
        }

        _pusher.Wake();
    }

    /// <summary>Stops pushing, closes the journal and the caches, lets the folder go. What is not in the library stays in the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pusher.DisposeAsync();
        _volume.Tree.Dispose();
        await _volume.Journal.DisposeAsync();
        await _volume.Content.DisposeAsync();
        _api.Dispose();
        _lock.Dispose();
    }

    internal async ValueTask<FsError> ControlAsync(string command, CancellationToken ct)
    {
        switch (command)
        {
            case "sync":
                DrainReport report = await DrainAsync(_options.DrainTimeout, progress: null, ct);
                if (ct.IsCancellationRequested)
                    return FsError.Interrupted;
                return report.Complete ? FsError.None : report.Failed > 0 ? FsError.Remote : FsError.TimedOut;
            case "retry":
                Retry();
                return FsError.None;
            default:
                return FsError.InvalidArgument;
        }
    }

    internal static long SpoolBytesOf(MountOptions options) => options.SpoolBytes ?? DefaultSpoolBytes;

    /// <summary>A drain waits for no quiet time, and gives what was refused one more chance; with the lock held.</summary>
    private static void Release(PendingOp op)
    {
        switch (op)
        {
            case ContentOp { Hold: HoldReason.Transient, Inode.Handles: 0 } held:
                held.Hold = HoldReason.None;
                held.NotBefore = 0;
                break;
            case MkdirOp or DeleteOp:
                op.NotBefore = 0;
                break;
        }

        if (op.State == OpState.Failed)
            op.Rearm();
        else if (op.Attempts > 0)
            op.NotBefore = 0;
    }

    private (int Remaining, int Waiting, long Bytes) Remaining()
    {
        int remaining = 0;
        int waiting = 0;
        long bytes = 0;
        lock (_volume.Lock)
        {
            foreach (PendingOp op in _volume.Queue.All)
            {
                if (!op.WillBePushed)
                    continue;
                remaining++;
                bytes += op.Bytes;
                bool isHeldOpen = op is ContentOp { Hold: HoldReason.Transient } or DeleteOp { Inode.Handles: > 0 } or DeleteOp { IsSuperseded: true, SupersededBy: null };
                if (op.State != OpState.Failed && !isHeldOpen)
                    waiting++;
            }
        }

        return (remaining, waiting, bytes);
    }

    private DrainReport Report()
    {
        VolumeStatus status = GetStatus();
        return new DrainReport(status.PendingCount, status.FailedCount, [.. status.Pending.Where(item => item.State != "local")]);
    }

    private PendingItem ItemOf(PendingOp op)
    {
        string state = op switch
        {
            { WillBePushed: false } => "local",
            { State: OpState.Failed } => "failed",
            { IsRunning: true } => "sent",
            ContentOp { Hold: HoldReason.Transient } => "held",
            _ => "waiting",
        };
        string path = op switch
        {
            ContentOp { Inode.IsLinked: true } content => _volume.Names.LocalPathOf(content.Inode),
            MkdirOp { Inode.IsLinked: true } mkdir => _volume.Names.LocalPathOf(mkdir.Inode),
            RenameOp { Inode.IsLinked: true } rename => _volume.Names.LocalPathOf(rename.Inode),
            _ => op.Path,
        };
        return new PendingItem(path, op.Verb, state, op.Bytes, op.LastError);
    }
}
