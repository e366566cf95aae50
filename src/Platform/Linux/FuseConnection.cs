using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Interop;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>Serves one device until the kernel ends the connection: reader threads, notifier, watchdog.</summary>
/// <remarks>Nothing but the kernel ends it (unmount, abort): a reader that stopped earlier would leave callers waiting for ever.</remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "The last reader disposes what this owns when the kernel ends the connection.")]
internal sealed class FuseConnection
{
    /// <summary>Two at least, so that one slow decision does not stop the mount; more than four readers hurts pure cache hits (measured).</summary>
    private const int FewestReaders = 2;
    private const int MostReaders = 4;

    /// <summary>1 MiB: the engine's cache hits run here, and the JIT compiles on its caller's stack.</summary>
    private const int ReaderStackBytes = 1 << 20;

    /// <summary>The largest WRITE and room for its headers; the kernel refuses to read into less.</summary>
    private const int RequestBytes = (int)FuseNegotiation.MaxWrite + 4096;

    private readonly FuseDevice _device;
    private readonly InFlight _inFlight = new();
    private readonly FuseDispatcher _dispatcher;
    private readonly KernelNotifier _notifier;
    private readonly Watchdog _watchdog;
    private readonly Announcer? _announcer;
    private readonly WatchFinder? _watches;
    private readonly TaskCompletionSource<DeviceRead> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _readersLeft;

    /// <summary>Begins to serve.</summary>
    /// <param name="mount">What is mounted, so that programs that watch it can be told of changes; null: they are not.</param>
    internal FuseConnection(FuseDeviceHandle handle, IFileSystem fileSystem, ILogger log, TimeProvider clock, MountInfo? mount = null, TimeSpan? requestLimit = null)
    {
        _device = new FuseDevice(handle, log);
        _announcer = mount is null ? null : new Announcer(mount.MountPoint, fileSystem, _device, log, clock);
        _dispatcher = new FuseDispatcher(fileSystem, _device, _inFlight, log, clock, _announcer);
        _notifier = new KernelNotifier(_device, _announcer);
        _watchdog = new Watchdog(_inFlight, _device, log, clock, requestLimit ?? Watchdog.DefaultLimit);
        fileSystem.AttachKernel(_notifier);
        _watches = mount is null ? null : new WatchFinder(mount.Device, fileSystem, () => _dispatcher.Served, clock);
        Ready = StartNotifierAsync();

        _readersLeft = Math.Clamp(Environment.ProcessorCount, FewestReaders, MostReaders);
        for (int i = _readersLeft; i > 0; i--)
        {
            // Foreground: a process that ended while the mount lives would leave a dead mount behind.
            new Thread(ReadRequests, ReaderStackBytes) { IsBackground = false, Name = $"fuse-read-{i}" }.Start();
        }
    }

    /// <summary>Completes when INIT is answered; fails when the kernel is too old or the connection ends before.</summary>
    internal Task Ready { get; }

    /// <summary>Completes with the reason when no more requests will come.</summary>
    internal Task<DeviceRead> Ended => _ended.Task;

    /// <summary>Requests being worked on.</summary>
    internal int InFlightCount => _inFlight.Count;

    private async Task StartNotifierAsync()
    {
        Task<DeviceRead> ended = _ended.Task;
        if (await Task.WhenAny(_dispatcher.Ready, ended) == ended && !_dispatcher.Ready.IsCompleted)
            throw new FuseMountException(FuseMountFailure.Other, "The kernel ended the connection before it was ready; see the kernel log.");
        _notifier.Start(await _dispatcher.Ready);
        _watches?.Start();
    }

    private void ReadRequests()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(RequestBytes, pinned: true);
        CancellationTokenSource spare = new();
        DeviceRead outcome;
        while ((outcome = _device.Read(buffer, out int length)) == DeviceRead.Request)
            _dispatcher.Dispatch(buffer.AsMemory(0, length), ref spare);

        if (Interlocked.Decrement(ref _readersLeft) > 0)
            return;
        _inFlight.CancelAll(); // nobody waits for these any more
        _notifier.Stop();
        _announcer?.Stop();
        _watches?.Dispose();
        _watchdog.Dispose();
        _device.Dispose(); // answers still to come are refused, and what they hand over is taken back
        _ended.TrySetResult(outcome);
    }
}
