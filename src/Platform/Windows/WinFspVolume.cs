using System.Runtime.CompilerServices;
using Fsp;
using Fsp.Interop;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;
using FileInfo = Fsp.Interop.FileInfo;

namespace ImageKitFs.Platform.Windows;

/// <summary>The callbacks of the driver: decode, call the port, encode. No policy but Windows' own.</summary>
/// <remarks>
/// Only reads, writes and folder readings can be answered later (STATUS_PENDING). Every other callback holds one of the driver's threads until it returns,
/// some of them the whole volume; those that may need the network have a deadline. Source: winfsp.md sections 4, 6 and 8.
/// </remarks>
internal sealed partial class WinFspVolume : FileSystemBase, IDisposable
{
    /// <summary>The volume's creation time: fixed, so that it is the same at every mount. 2026-01-01.</summary>
    private const ulong VolumeBorn = 134_117_856_000_000_000;

    /// <summary>Milliseconds for which the driver trusts attributes without asking. Not for ever, so every read and write reaches us.</summary>
    private const uint FileInfoMilliseconds = 1000;

    private const uint VolumeInfoMilliseconds = 10_000;

    /// <summary>The descriptor never changes.</summary>
    private const uint SecurityMilliseconds = 60_000;

    private const ushort MaxComponentUnits = 255;

    private readonly IFileSystem _fileSystem;
    private readonly WinFspVolumeSettings _settings;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly NameIndex _names;
    private readonly PathWalker _walker;
    private readonly OpenNodeTable _nodes;
    private readonly PendingReplies _pending = new();
    private readonly CommitFailures _failures = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IHostPort? _host;
    private Task _watching = Task.CompletedTask;

    internal WinFspVolume(IFileSystem fileSystem, WinFspVolumeSettings settings, ILogger log, TimeProvider time)
    {
        _fileSystem = fileSystem;
        _settings = settings;
        _log = log;
        _time = time;
        _names = new NameIndex(fileSystem, time);
        _walker = new PathWalker(fileSystem, _names);
        _nodes = new OpenNodeTable(fileSystem);
        Notifier = new ExplorerNotifier(fileSystem, _names, _nodes, log, time, _stopping.Token);
        fileSystem.AttachKernel(Notifier);
    }

    /// <summary>Completes when no callback comes any more: true when we unmounted, false when the driver went away.</summary>
    internal Task<bool> Ended => _ended.Task;

    /// <summary>Replies that are still owed.</summary>
    internal int PendingCount => _pending.Count;

    /// <summary>Open files and folders.</summary>
    internal int OpenCount => _nodes.Count;

    /// <summary>Carries changes made elsewhere to open Explorer windows.</summary>
    internal ExplorerNotifier Notifier { get; }

    /// <summary>Takes the other side; before the mount, or by a test in its place.</summary>
    internal void Attach(IHostPort host) => _host = host;

    /// <inheritdoc/>
    public override int ExceptionHandler(Exception ex)
    {
        WinFspLog.CallFailed(_log, ex);
        return NtStatus.STATUS_UNEXPECTED_IO_ERROR;
    }

    /// <inheritdoc/>
    public override int Init(object Host)
    {
        var host = (FileSystemHost)Host;
        Attach(new FspHost(host));
        host.SectorSize = (ushort)FileInfoMap.AllocationUnit;
        host.SectorsPerAllocationUnit = 1;
        host.MaxComponentLength = MaxComponentUnits;
        host.VolumeCreationTime = VolumeBorn;
        host.VolumeSerialNumber = VolumeInfoMap.SerialNumberOf(_settings.Account);
        host.FileInfoTimeout = FileInfoMilliseconds;
        host.DirInfoTimeout = (uint)NameIndex.MaxAge.TotalMilliseconds;
        host.VolumeInfoTimeout = VolumeInfoMilliseconds;
        host.SecurityTimeout = SecurityMilliseconds;
        // The setters only add: what must be off is left alone.
        host.CasePreservedNames = true;
        host.UnicodeOnDisk = true;
        host.PassQueryDirectoryFileName = true;
        host.FlushAndPurgeOnCleanup = true;
        host.FileSystemName = _settings.FileSystemName;
        if (_settings.Prefix is { } prefix && host.Prefix != prefix)
            host.Prefix = prefix;
        return NtStatus.STATUS_SUCCESS;
    }

    /// <inheritdoc/>
    public override int Mounted(object Host)
    {
        Notifier.Start(_host!);
        if (_settings.WatchInterval > TimeSpan.Zero)
            _watching = FolderWatch.RunAsync(_nodes, (node, ct) => OpenPagerAsync(node, pattern: null, ct), Notifier, _settings.WatchInterval, _time, _stopping.Token);
        return NtStatus.STATUS_SUCCESS;
    }

    /// <summary>No callback comes any more. The native host is freed when this returns, so every reply still owed is sent first.</summary>
    public override void Unmounted(object Host)
    {
        _stopping.Cancel();
        // Soon: all of it was cancelled a line above.
        Task.WhenAll(_pending.DrainAsync(), Notifier.Completion, _watching).GetAwaiter().GetResult();
        using CancellationTokenSource limit = new(_settings.CloseWait, _time);
        _nodes.AbandonAsync(limit.Token).GetAwaiter().GetResult();
        _ended.TrySetResult(true);
    }

    /// <inheritdoc/>
    public override void DispatcherStopped(bool Normally)
    {
        if (Normally)
            return;
        WinFspLog.DriverLost(_log);
        _ended.TrySetResult(false);
    }

    /// <inheritdoc/>
    public override int GetVolumeInfo(out VolumeInfo VolumeInfo)
    {
        VolumeInfo = default;
        FsResult<VolumeStats> stats = Run(_fileSystem.StatFsAsync);
        if (!stats.Ok)
            return stats.Error.ToNtStatus();
        VolumeFacts facts = VolumeInfoMap.From(stats.Value, _settings.Label);
        VolumeInfo.TotalSize = facts.TotalBytes;
        VolumeInfo.FreeSize = facts.FreeBytes;
        VolumeInfo.SetVolumeLabel(facts.Label);
        return NtStatus.STATUS_SUCCESS;
    }

    /// <inheritdoc/>
    public override int SetVolumeLabel(string VolumeLabel, out VolumeInfo VolumeInfo)
    {
        VolumeInfo = default;
        return NtStatus.STATUS_ACCESS_DENIED;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>The one place where a callback waits; at most <see cref="WinFspVolumeSettings.CallLimit"/>.</summary>
    private T Run<T>(Func<CancellationToken, ValueTask<T>> call) => Run(call, _settings.CallLimit);

    private T Run<T>(Func<CancellationToken, ValueTask<T>> call, TimeSpan limit)
    {
        ValueTask<T> running;
        using CancellationTokenSource deadline = new(limit, _time);
        using CancellationTokenRegistration stop = _stopping.Token.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        running = call(deadline.Token);
        return running.IsCompletedSuccessfully ? running.Result : running.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>An interrupted call ran into its deadline, unless the volume is being unmounted.</summary>
    private int ToStatus(FsError error) =>
        error == FsError.Interrupted && !_stopping.IsCancellationRequested ? NtStatus.STATUS_IO_TIMEOUT : error.ToNtStatus();

    private FsResult<Attr> AttrOf(OpenNode node)
    {
        FsResult<AttrReply> reply = Run(ct => _fileSystem.GetAttrAsync(node.Inode, ct));
        return reply.Ok ? reply.Value.Attr : reply.Error;
    }

    /// <summary>What the driver wants to hear of a node after almost every call.</summary>
    private int Show(OpenNode node, out FileInfo info)
    {
        FsResult<Attr> attr = AttrOf(node);
        info = attr.Ok ? ToWire(FileInfoMap.From(attr.Value, node.Reserved)) : default;
        return ToStatus(attr.Error);
    }

    private static FileInfo ToWire(in FileInfoFields fields) => Unsafe.BitCast<FileInfoFields, FileInfo>(fields);
}
