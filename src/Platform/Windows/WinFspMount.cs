using System.Runtime.CompilerServices;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Windows;

/// <summary>Why a mount ended.</summary>
public enum WinFspExitReason
{
    /// <summary>We unmounted it.</summary>
    Requested,

    /// <summary>The driver went away.</summary>
    DriverLost,
}

/// <summary>One mounted file system.</summary>
public sealed class WinFspMount : IAsyncDisposable
{
    private readonly MountedHost _host;
    private readonly Lock _lock = new();
    private Task? _unmounting;

    private WinFspMount(MountedHost host)
    {
        _host = host;
        MountPoint = host.MountPoint;
        Completion = CompleteAsync(host.Ended);
    }

    /// <summary>The drive (`X:`) or the folder.</summary>
    public string MountPoint { get; }

    /// <summary>Completes when the mount is over and no more calls will come. Commits still running are the engine's to wait for.</summary>
    public Task<WinFspExitReason> Completion { get; }

    /// <summary>Mounts; the drive answers when this returns.</summary>
    /// <exception cref="WinFspMountException">It could not be mounted; nothing is left mounted.</exception>
    public static async Task<WinFspMount> MountAsync(IFileSystem fileSystem, WinFspMountOptions options, ILogger log, TimeProvider time)
    {
        WinFspProbe probe = WinFspBinding.Probe();
        if (probe.Failure is { } failure)
            throw new WinFspMountException(failure, probe.Message);
        try
        {
            return await Task.Run(() => MountNow(fileSystem, options, log, time));
        }
        catch (Exception e) when (WinFspBinding.Explain(e) is not null)
        {
            throw WinFspBinding.Explain(e)!;
        }
    }

    /// <summary>Takes the drive away. What is open there becomes useless; what was written through it is kept and committed.</summary>
    public Task UnmountAsync()
    {
        lock (_lock)
            return _unmounting ??= Task.Run(_host.Dispose);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await UnmountAsync();

    // Apart and never inlined: compiling it needs the binding.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WinFspMount MountNow(IFileSystem fileSystem, WinFspMountOptions options, ILogger log, TimeProvider time) =>
        new(MountedHost.Mount(fileSystem, options, log, time));

    private static async Task<WinFspExitReason> CompleteAsync(Task<bool> ended) =>
        await ended ? WinFspExitReason.Requested : WinFspExitReason.DriverLost;
}
