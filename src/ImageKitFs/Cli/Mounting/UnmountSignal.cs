using System.Globalization;
using System.Runtime.Versioning;

namespace ImageKitFs.Cli.Mounting;

/// <summary>On Windows, where `umount` is no system call: a named event that the serving process waits for.</summary>
[SupportedOSPlatform("windows")]
internal sealed class UnmountSignal : IDisposable
{
    private readonly EventWaitHandle _event;
    private readonly RegisteredWaitHandle _waiting;
    private readonly TaskCompletionSource _raised = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private UnmountSignal(EventWaitHandle waitHandle)
    {
        _event = waitHandle;
        _waiting = ThreadPool.RegisterWaitForSingleObject(
            waitHandle, (_, _) => _raised.TrySetResult(), state: null, Timeout.InfiniteTimeSpan, executeOnlyOnce: true);
    }

    /// <summary>Completes when `umount` was asked for.</summary>
    public Task Raised => _raised.Task;

    public static UnmountSignal Create(ProcessIdentity server) => new(new EventWaitHandle(initialState: false, EventResetMode.ManualReset, NameOf(server)));

    /// <summary>Asks a serving process to unmount.</summary>
    /// <exception cref="CliException">NotMounted or NotPermitted.</exception>
    public static void Raise(ProcessIdentity server, string mountPoint)
    {
        try
        {
            using var signal = EventWaitHandle.OpenExisting(NameOf(server));
            signal.Set();
        }
        catch (WaitHandleCannotBeOpenedException e)
        {
            throw new CliException(ExitCode.NotMounted, $"no imagekitfs mount at {mountPoint}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CliException(ExitCode.NotPermitted, $"{mountPoint} was mounted by another user", e);
        }
    }

    public void Dispose()
    {
        _waiting.Unregister(null);
        _event.Dispose();
    }

    // Global: a mount started by WinFsp's launcher lives in another session than the user who unmounts it.
    private static string NameOf(ProcessIdentity server) =>
        string.Create(CultureInfo.InvariantCulture, $@"Global\imagekitfs-unmount-{server.ProcessId}-{server.StartTicks}");
}
