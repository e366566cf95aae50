using ImageKitFs.Cli.Commands;
using ImageKitFs.Core.Engine;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Pushes what the library does not have yet, says how far it is, and leaves the result for `umount`.</summary>
/// <param name="serviceManager">Told how far it is; null where no service ends with this drain.</param>
internal sealed partial class Drain(MediaVolume volume, ILogger logger, TimeProvider time, ServiceManager? serviceManager = null)
{
    // Each word to the service manager asks for several times the distance to the next: one that comes late costs nothing.
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PerWord = TimeSpan.FromSeconds(30);

    // As many lines as a terminal shows; status.json of the next mount has the rest.
    private const int MostKeptLines = 20;

    private ILogger Logger => logger;

    /// <exception cref="CliException">KeptLocally: something stayed here.</exception>
    public async Task<ExitCode> RunAsync(TimeSpan timeout, CancellationToken giveUp)
    {
        VolumeStatus status = volume.GetStatus();
        ExitRecord record = NewRecord(status);
        Save(status.StateFolder, record);
        using CancellationTokenSource ended = new();
        Task telling = serviceManager is null || status.PendingCount == 0 ? Task.CompletedTask : TellAsync(serviceManager, ended.Token);
        DrainReport report;
        try
        {
            report = await volume.DrainAsync(timeout, new Progress(this, status.StateFolder, record, time), giveUp);
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            VolumeStatus left = volume.GetStatus();
            report = new DrainReport(left.PendingCount, left.FailedCount, left.Pending);
        }

        await ended.CancelAsync();
        await telling;
        return Conclude(status.StateFolder, record, report);
    }

    // The timeout of the unit is for a process that hangs; this one ends by its own.
    private async Task TellAsync(ServiceManager manager, CancellationToken ct)
    {
        using PeriodicTimer timer = new(TellEvery, time);
        try
        {
            do
            {
                VolumeStatus status = volume.GetStatus();
                manager.NeedsMore(PerWord);
                manager.Notify(ServiceManager.Alive);
                manager.Status($"Sending {Plain.Count(status.PendingCount, "change")} ({Units.FormatSize(status.PendingBytes)}) to the library");
            }
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException)
        {
            // Drained, or given up.
        }
    }

    private ExitCode Conclude(string stateFolder, ExitRecord record, DrainReport report)
    {
        if (report.Complete)
        {
            LogComplete(logger);
            Save(stateFolder, record with { ExitCode = (int)ExitCode.Ok, Remaining = 0, RemainingBytes = 0 });
            return ExitCode.Ok;
        }

        List<string> kept = [.. report.Items.Take(MostKeptLines).Select(StatusView.Describe)];
        if (report.Remaining > kept.Count)
            kept.Add($"and {report.Remaining - kept.Count} more");
        string failed = report.Failed > 0 ? $" ({report.Failed} refused)" : "";
        string advice = report.Failed > 0 ? "the next mount tries again, and imagekitfs recover DIR takes out what was refused" : "the next mount sends them";
        string message = $"{Plain.Count(report.Remaining, "change")}{failed} kept locally in {stateFolder}; {advice}";
        foreach (string line in kept)
            LogKept(logger, line);
        LogIncomplete(logger, message);
        Save(stateFolder, record with { ExitCode = (int)ExitCode.KeptLocally, Remaining = report.Remaining, Kept = kept, Message = message });
        throw new CliException(ExitCode.KeptLocally, message);
    }

    private static ExitRecord NewRecord(VolumeStatus status)
    {
        _ = ProcessIdentity.TryGet(Environment.ProcessId, out ProcessIdentity self);
        return new ExitRecord
        {
            ProcessId = self.ProcessId,
            StartTicks = self.StartTicks,
            Remaining = status.PendingCount,
            RemainingBytes = status.PendingBytes,
        };
    }

    // The result is a courtesy to `umount`; a full disk must not turn a finished drain into a failure.
    private void Save(string stateFolder, ExitRecord record)
    {
        try
        {
            record.Write(stateFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotSaved(logger, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Everything is in the library")]
    private static partial void LogComplete(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sending {Remaining} changes, {Bytes} bytes")]
    private static partial void LogProgress(ILogger logger, int remaining, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Kept: {Item}")]
    private static partial void LogKept(ILogger logger, string item);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Message}")]
    private static partial void LogIncomplete(ILogger logger, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The result of the unmount could not be written: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string reason);

    // Called in line, unlike Progress<T>: a late report must not replace the final record.
    private sealed class Progress(Drain owner, string stateFolder, ExitRecord record, TimeProvider time) : IProgress<DrainProgress>
    {
        private static readonly TimeSpan SaveEvery = TimeSpan.FromMilliseconds(200);
        private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(5);

        private readonly Lock _gate = new();
        private long _saved = time.GetTimestamp();
        private long _logged = time.GetTimestamp();

        public void Report(DrainProgress value)
        {
            lock (_gate)
            {
                if (time.GetElapsedTime(_saved) >= SaveEvery)
                {
                    _saved = time.GetTimestamp();
                    owner.Save(stateFolder, record with { Remaining = value.Remaining, RemainingBytes = value.RemainingBytes });
                }

                if (time.GetElapsedTime(_logged) >= LogEvery)
                {
                    _logged = time.GetTimestamp();
                    LogProgress(owner.Logger, value.Remaining, value.RemainingBytes);
                }
            }
        }
    }
}
