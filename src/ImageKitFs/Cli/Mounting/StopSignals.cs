using System.Runtime.InteropServices;
using ImageKitFs.Cli.Interop;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// SIGTERM and SIGINT as two tokens: the first asks for an orderly end, the second gives up waiting.
/// The handlers only set them; the work happens where they are awaited.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly ManualResetEventSlim _ended = new();

    /// <summary>Windows ends a process when its handler for log-off or shutdown returns; this is as long as it waits for one.</summary>
    private static readonly TimeSpan SystemPatience = TimeSpan.FromSeconds(20);

    /// <param name="ignoreHangUp">For a background mount: the end of the terminal is not the end of the mount.</param>
    public StopSignals(bool ignoreHangUp)
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle));
        if (OperatingSystem.IsWindows())
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Handle)); // Ctrl-Break: how WinFsp's launcher stops a mount
        if (ignoreHangUp)
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true));
        else
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle));
    }

    /// <summary>Set by the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Set by the second.</summary>
    public CancellationToken GiveUp => _giveUp.Token;

    /// <summary>Completes at the first signal.</summary>
    public async Task WaitAsync()
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // That is the event waited for.
        }
    }

    /// <summary>SIGTERM to a process of ours.</summary>
    public static void SendTerminate(int processId)
    {
        if (OperatingSystem.IsLinux())
            _ = SystemCalls.Kill(processId, SystemCalls.SIGTERM);
    }

    public void Dispose()
    {
        _ended.Set();
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
        _giveUp.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_stop.IsCancellationRequested)
            _giveUp.Cancel();
        else
            _stop.Cancel();
        if (OperatingSystem.IsWindows() && context.Signal is PosixSignal.SIGTERM or PosixSignal.SIGHUP)
            _ended.Wait(SystemPatience);
    }
}
