using ImageKitFs.Cli.Commands;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Tells a service manager's watchdog that the mount works: after asking the mount itself, not because a timer runs.</summary>
internal sealed class Heartbeat(ServiceManager manager, string mountPoint, TimeProvider time)
{
    private string _told = "";

    /// <summary>Until cancelled. Returns at once where nobody asks for it.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        if (manager.WatchdogInterval is not { } interval)
            return;
        using PeriodicTimer timer = new(interval, time);
        try
        {
            do
            {
                await BeatAsync(ct);
            }
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException)
        {
            // The mount ends; the drain speaks from here on.
        }
    }

    private async Task BeatAsync(CancellationToken ct)
    {
        MountReport report = await MountProbe.AskAsync(mountPoint, time, ct);
        // Detached while files are open, nothing can be asked any more, and nothing is wrong.
        if (report.Status is null && LiveMounts.List().Contains(mountPoint, StringComparer.Ordinal))
            return;
        manager.Notify(ServiceManager.Alive);
        string line = Describe(report.Status);
        if (line != _told)
            manager.Status(line);
        _told = line;
    }

    private string Describe(VolumeStatus? status) => status switch
    {
        null => "Detached; open files go on working",
        { FailedCount: > 0 } => $"Mounted at {mountPoint}; {Plain.Count(status.PendingCount, "change")} to send, {status.FailedCount} refused",
        { PendingCount: > 0 } => $"Mounted at {mountPoint}; {Plain.Count(status.PendingCount, "change")} to send",
        _ => $"Mounted at {mountPoint}",
    };
}
