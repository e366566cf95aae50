using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Renditions;
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
    private readonly Committer _committer;
    private readonly ImageKitApi _api;
    private readonly FolderLock _lock;
    private readonly RenditionCache _renditions;
    private readonly Keeper _keeper;
    private readonly ThumbnailFiller? _filler;
    private readonly VolumeReadings _readings;
    private readonly Lazy<VolumeMeter> _meter;

    /// <summary>The meter's name.</summary>
    public const string MeterName = "imagekitfs";

    private MediaVolume(MountOptions options, VolumeBuilder builder)
    {
        _options = options;
        _volume = builder.Volume;
        _pusher = builder.Pusher;
        _committer = builder.Committer;
        _api = builder.Api;
        _lock = builder.Lock;
        _renditions = builder.Renditions;
        Resumed = builder.Resumed;
        _readings = new VolumeReadings(options, _api, _volume.Content, builder.Operations, _volume.Time);
        _meter = new Lazy<VolumeMeter>(() => new VolumeMeter(GetStatus, builder.Operations, builder.Log, _volume.Time));
        FileSystem = builder.BuildFileSystem(GetStatus, () => _meter.Value.ToPrometheus(), ControlAsync);
        Served = builder.Served;
        _keeper = builder.Keeper;
        _filler = builder.Filler;
    }

    /// <summary>The library as a file system.</summary>
    public IFileSystem FileSystem { get; }

    /// <summary>The same, with calls counted, and one log line for each that fails for a reason that is not the program's own: what a platform shim serves.</summary>
    public IFileSystem Served { get; }

    /// <summary>What was found of earlier runs.</summary>
    public ResumeReport Resumed { get; }

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
        VolumeBuilder builder = new(options, new CountingLogger(loggers.CreateLogger("imagekitfs")), time, handler);
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

    /// <summary>
    /// Offers the readings of this volume by the meter <see cref="MeterName"/> (System.Diagnostics.Metrics), to whoever listens in this process. The
    /// virtual file metrics shows the same.
    /// </summary>
    public void StartMeter() => _ = _meter.Value;

    /// <summary>What is pending, failed and local, and what the mount has done.</summary>
    public VolumeStatus GetStatus()
    {
        List<PendingItem> items = [];
        HashSet<FileInode> unsafeFiles = [];
        int pending = 0;
        int failed = 0;
        int local = 0;
        int writing = 0;
        long bytes = 0;
        long writingBytes = 0;
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
                if (op is ContentOp { WillBePushed: true, State: not OpState.Replied } content)
                    unsafeFiles.Add(content.Inode);
            }

            foreach (FileInode file in _volume.Names.Unsaved())
            {
                writing++;
                writingBytes += file.Size;
                unsafeFiles.Add(file);
                if (items.Count < VolumeStatus.MaxItems)
                    items.Add(ItemOf(file));
            }

            // What needs a person first: of very many items, those must not be the ones left out.
            foreach (PendingOp op in _volume.Queue.All.Where(op => op.State == OpState.Failed).Concat(_volume.Queue.All.Where(op => op.State != OpState.Failed)))
            {
                if (items.Count >= VolumeStatus.MaxItems)
                    break;
                items.Add(ItemOf(op));
            }
        }

        return _readings.AddTo(new VolumeStatus
        {
            UrlEndpoint = _options.Endpoints.Delivery.ToString(),
            ApiEndpoint = _options.Endpoints.Api.ToString(),
            Folder = Media.MediaNames.ToShown(_options.Folder, isFolder: true),
            ProcessId = Environment.ProcessId,
            ReadOnly = _volume.IsReadOnly,
            Commit = _options.Commit == CommitMode.Close ? "close" : "journal",
            CacheFolder = _options.CacheDirectory,
            StateFolder = _options.StateDirectory,
            Offline = _pusher.IsOffline,
            Pending = items,
            PendingCount = pending,
            PendingBytes = bytes,
            WritingCount = writing,
            WritingBytes = writingBytes,
            NotDurableFiles = unsafeFiles.Count,
            NotDurableBytes = bytes + writingBytes,
            FailedCount = failed,
            LocalCount = local,
            RecoverCount = _volume.Spool.CountRecovered(),
            Resumed = Resumed,
            SpoolBytes = _volume.Spool.UsedBytes,
            SpoolLimit = _options.SpoolBytes,
            CacheBytes = _volume.Content.Stats.Bytes,
            LocalCopies = _keeper.Items,
            Requests = new Dictionary<string, long>(),
            LastErrors = [],
        });
    }

    /// <summary>Pushes everything, temporaries that were held too, and waits. What remained is kept here and resumed by the next mount.</summary>
    public async Task<DrainReport> DrainAsync(TimeSpan timeout, IProgress<DrainProgress>? progress, CancellationToken ct)
    {
        long begun = _volume.Time.GetTimestamp();
        long? offlineSince = null;
        await SaveAsync(timeout, ct);
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
        _ = SaveAsync(_options.DrainTimeout, CancellationToken.None);
    }

    /// <summary>Stops pushing, closes the journal and the caches, lets the folder go. What is not in the library stays in the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_meter.IsValueCreated)
            _meter.Value.Dispose();
        if (_filler is not null)
            await _filler.DisposeAsync();
        await _keeper.DisposeAsync();
        await _volume.Siblings.DisposeAsync();
        await _pusher.DisposeAsync();
        _volume.Tree.Dispose();
        await _volume.Journal.DisposeAsync();
        await _renditions.DisposeAsync();
        await _volume.Content.DisposeAsync();
        _api.Dispose();
        _lock.Dispose();
    }

    internal async ValueTask<FsError> ControlAsync(string command, CancellationToken ct)
    {
        // A path is percent-encoded, so that it may hold and end in anything.
        string[] words = command.Split(' ', 2);
        string path = words.Length > 1 ? Uri.UnescapeDataString(words[1]) : "";
        switch (words[0])
        {
            case "warm" when path.Length > 0:
                return await _keeper.WarmAsync(path, ct);
            case "warm-stop" when path.Length > 0:
                return _keeper.Stop(path);
            case "pin" when path.Length > 0:
                return await _keeper.PinAsync(path, ct);
            case "unpin" when path.Length > 0:
                return _keeper.Unpin(path);
            case "changed" when path.Length > 0:
                Changed(path);
                return FsError.None;
            case "sync":
                DrainReport report = await DrainAsync(_options.DrainTimeout, progress: null, ct);
                if (ct.IsCancellationRequested)
                    return FsError.Interrupted;
                return report.IsSynced ? FsError.None : report.Failed > 0 ? FsError.Remote : FsError.TimedOut;
            case "setup-mtime":
                return await _volume.Times.RecheckAsync(ct) ? FsError.None : FsError.Remote;
            case "retry":
                Retry();
                return FsError.None;
            default:
                return FsError.InvalidArgument;
        }
    }

    /// <summary>A command changed a file in the library: the next look at it asks for a listing.</summary>
    private void Changed(string storedPath)
    {
        FolderInode? folder;
        Inode? file;
        lock (_volume.Lock)
        {
            string parent = RemotePath.Parent(storedPath);
            folder = _volume.Names.FindFolder(parent);
            file = folder?.Dentries.Values.FirstOrDefault(child => child.RemoteName == RemotePath.Name(storedPath));
            _volume.Tree.Expire(parent);
        }

        if (file is not null)
            _volume.Kernel.InvalidateEntry(folder!.Id, EntryName.Of(file.Name));
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
            case MkdirOp or DeleteOp or RenameOp or BackupOp or PatchOp:
                op.IsUrgent = true;
                op.NotBefore = 0;
                break;
        }

        if (op.State == OpState.Failed)
            op.Rearm();
        else if (op.Attempts > 0)
            op.NotBefore = 0;
    }

    /// <summary>Files whose last close found no room here: nobody will close them again.</summary>
    private async Task SaveAsync(TimeSpan timeout, CancellationToken ct)
    {
        using CancellationTokenSource overdue = new(timeout, _volume.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(overdue.Token, ct);
        FileInode[] left;
        lock (_volume.Lock)
            left = [.. _volume.Names.Unsaved().Where(file => file.Handles == 0)];
        foreach (FileInode file in left)
            await _committer.CommitAsync(file, wait: false, either.Token);
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

            foreach (FileInode file in _volume.Names.Unsaved())
            {
                remaining++;
                bytes += file.Size;
                // Closed, and nothing failed: it is about to be queued, as a backup name is that becomes a file of its own.
                if (file.Handles == 0 && file.Dirty is { LastError: FsError.None })
                    waiting++;
            }
        }

        return (remaining, waiting, bytes);
    }

    private DrainReport Report()
    {
        VolumeStatus status = GetStatus();
        int writing;
        lock (_volume.Lock)
            writing = _volume.Names.Unsaved().Count(file => file.Handles > 0);
        return new DrainReport(status.PendingCount + status.WritingCount, status.FailedCount, [.. status.Pending.Where(item => item.State != "local")])
        {
            Writing = writing,
        };
    }

    private PendingItem ItemOf(FileInode file) => new(
        _volume.Names.LocalPathOf(file),
        "upload",
        file.Handles > 0 ? "writing" : "unsaved",
        file.Size,
        file.Dirty is { LastError: not FsError.None and var error } ? $"could not be stored on this machine: {error}" : null);

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
            DetailsOp { Inode: { IsLinked: true } file } => _volume.Names.LocalPathOf(file),
            _ => op.Path,
        };
        return new PendingItem(path, op.Verb, state, op.Bytes, op.LastError);
    }
}
