using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Interop;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>Why a mount ended.</summary>
public enum FuseExitReason
{
    /// <summary>Someone else unmounted it: umount, fusermount3 -u.</summary>
    UnmountedOutside,

    /// <summary>The connection was aborted.</summary>
    Aborted,

    /// <summary>We unmounted it.</summary>
    Requested,
}

/// <summary>One mounted file system.</summary>
/// <remarks>Nothing but <see cref="Announcer"/> touches a path below the mount point while it is mounted: that would ask ourselves, and wait for it.</remarks>
public sealed class FuseMount : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long disposing waits for the kernel to end the connection before it is aborted.</summary>
    private static readonly TimeSpan DisposeGrace = TimeSpan.FromSeconds(2);

    private readonly FuseConnection _connection;
    private readonly ILogger _log;
    private readonly TimeProvider _clock;
    private readonly MountInfo? _mount;
    private volatile bool _isUnmountRequested;

    private FuseMount(string mountPoint, FuseConnection connection, ILogger log, TimeProvider clock)
    {
        MountPoint = mountPoint;
        _connection = connection;
        _log = log;
        _clock = clock;
        _mount = MountTable.Find(mountPoint);
        Completion = CompleteAsync();
    }

    /// <summary>The folder, absolute and without links.</summary>
    public string MountPoint { get; }

    /// <summary>Completes when the mount is over and no more calls will come. Commits still running are the engine's to wait for.</summary>
    public Task<FuseExitReason> Completion { get; }

    /// <summary>Mounts and returns once the kernel's first request is answered: the mount is usable.</summary>
    /// <exception cref="FuseMountException">It could not be mounted; nothing is left mounted.</exception>
    public static Task<FuseMount> MountAsync(IFileSystem fileSystem, FuseMountOptions options, ILogger log, CancellationToken ct = default) =>
        MountAsync(fileSystem, options, log, TimeProvider.System, ct);

    /// <summary>What this machine offers for mounting.</summary>
    public static FuseProbe Probe() => FuseProbe.Take();

    /// <summary>Unmounts a mount of ours from outside the process that serves it.</summary>
    /// <param name="mountPoint">The folder.</param>
    /// <param name="lazy">Detach it now although files are open; they are served until they are closed.</param>
    /// <param name="error">One line that says why not; empty on success.</param>
    public static bool TryUnmount(string mountPoint, bool lazy, out string error)
    {
        string path = MountTable.Canonical(mountPoint);
        if (MountTable.Find(path)?.FileSystemType != MountTable.FileSystemType)
        {
            error = $"{path} is not a mount of imagekitfs";
            return false;
        }

        UnmountOutcome outcome = FuseMounter.Unmount(path, lazy);
        error = outcome.IsBusy ? $"{path} is in use: close what is open there, or unmount it lazily" : outcome.Reason;
        return outcome.Ok;
    }

    /// <summary>Unmounts, trying again while files are open; after <paramref name="busyRetry"/> it is detached, and open files are served until they close.</summary>
    /// <returns>True when it is unmounted, false when it was detached while in use (or not even that, which the log tells). Either way <see cref="Completion"/> tells the end.</returns>
    public async Task<bool> UnmountAsync(TimeSpan busyRetry, CancellationToken ct = default)
    {
        _isUnmountRequested = true;
        long started = _clock.GetTimestamp();
        while (IsStillOurs())
        {
            bool isLastTry = _clock.GetElapsedTime(started) >= busyRetry;
            UnmountOutcome outcome = await Task.Run(() => FuseMounter.Unmount(MountPoint, lazy: false), CancellationToken.None);
            if (outcome.Ok || !IsStillOurs())
                return true;
            if (!outcome.IsBusy || isLastTry)
            {
                await Task.Run(Detach, CancellationToken.None);
                return false;
            }

            await Task.Delay(RetryPause, _clock, ct);
        }

        return true;
    }

    /// <summary>Ends the connection at once; every call in progress fails. The last resort.</summary>
    /// <returns>False when the kernel's control files are not there or not ours.</returns>
    public bool TryAbort() => _mount is not null && FuseMounter.TryAbort(_mount.Device);

    /// <summary>Unmounts if that was not done, and aborts what does not end; where that is not possible, open files are served until they close.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Completion.IsCompleted)
            return;
        await UnmountAsync(TimeSpan.Zero);
        if (await Task.WhenAny(Completion, Task.Delay(DisposeGrace, _clock)) != Completion && TryAbort())
            await Completion;
    }

    internal static async Task<FuseMount> MountAsync(
        IFileSystem fileSystem, FuseMountOptions options, ILogger log, TimeProvider clock, CancellationToken ct)
    {
        string mountPoint = await FuseMounter.PrepareAsync(options, log, ct);
        FuseDeviceHandle device = await Task.Run(() => FuseMounter.Mount(mountPoint, options), ct);
        FuseConnection connection;
        try
        {
            connection = new FuseConnection(device, fileSystem, log, clock, MountTable.Find(mountPoint));
            await connection.Ready.WaitAsync(ct);
        }
        catch
        {
            FuseMounter.Unmount(mountPoint, lazy: true); // which ends the readers, and they close the device
            throw;
        }

        FuseMount mount = new(mountPoint, connection, log, clock);
        if (mount._mount is { } info)
            FuseMounter.RaiseReadAhead(info);
        return mount;
    }

    // Compared by device number: the folder may carry another mount by now.
    private bool IsStillOurs() => !Completion.IsCompleted && _mount is not null && MountTable.Find(MountPoint)?.Device == _mount.Device;

    private void Detach()
    {
        UnmountOutcome outcome = FuseMounter.Unmount(MountPoint, lazy: true);
        if (outcome.Ok)
            FuseLog.DetachedWhileBusy(_log, MountPoint, null);
        else
            FuseLog.UnmountFailed(_log, MountPoint, outcome.Reason, null);
    }

    private async Task<FuseExitReason> CompleteAsync() => await _connection.Ended switch
    {
        DeviceRead.Aborted => FuseExitReason.Aborted,
        _ => _isUnmountRequested ? FuseExitReason.Requested : FuseExitReason.UnmountedOutside,
    };
}
