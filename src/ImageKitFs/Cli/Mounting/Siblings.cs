using System.Globalization;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// The numbered folder pairs of one library: each mount of it holds one. What an earlier mount left in a pair that nobody holds now
/// is sent by this one, beside its own work.
/// </summary>
/// <param name="library">Options whose folders are those of the library, without a number.</param>
/// <param name="report">Told why the mount does not answer yet.</param>
internal sealed partial class Siblings(MountOptions library, ReadyReport report, ILoggerFactory loggers, TimeProvider time)
{
    // More side by side means that something mounts in a loop.
    private const int MostMountsOfOneLibrary = 16;

    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(200);

    private readonly ILogger _logger = loggers.CreateLogger<Siblings>();
    private int _own;

    /// <summary>
    /// Opens the first pair that nobody holds. A pair whose mount is gone and whose process is still sending is waited for: taking the next one
    /// would show the library without what was just written to it.
    /// </summary>
    /// <exception cref="VolumeException">It cannot be opened, or all are held.</exception>
    public async Task<MediaVolume> OpenFirstFreeAsync(CancellationToken ct)
    {
        for (int n = 0; ; n++)
        {
            MountOptions numbered = Numbered(n);
            try
            {
                MediaVolume volume = await MediaVolume.OpenAsync(numbered, loggers, time, ct);
                // From here on its end is not known, until it is written again.
                ExitRecord.Remove(numbered.StateDirectory);
                MountNote.Write(numbered);
                _own = n;
                return volume;
            }
            catch (VolumeException e) when (e.Failure == VolumeFailure.CacheBusy && n + 1 < MostMountsOfOneLibrary)
            {
                if (await DrainedAsync(numbered.StateDirectory, ct))
                    n--;
                else
                    LogFolderTaken(_logger, numbered.StateDirectory);
            }
        }
    }

    /// <summary>Sends what lies in the other pairs. Never fails the mount: what stays is found again by the next one.</summary>
    public async Task PushOthersAsync(CancellationToken ct)
    {
        try
        {
            foreach (string folder in Directory.EnumerateDirectories(library.StateDirectory))
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n != _own && !ExitRecord.EndedClean(folder))
                    await PushAsync(Numbered(n), ct);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            LogNotLookedAt(_logger, e.Message);
        }
    }

    /// <summary>Waits for the process that drains a pair. False when none does: a mount that lives holds it.</summary>
    private async Task<bool> DrainedAsync(string stateFolder, CancellationToken ct)
    {
        int told = -1;
        bool waited = false;
        while (ExitRecord.TryReadLive(stateFolder, out ExitRecord? record))
        {
            waited = true;
            if (record.Remaining != told)
                report.Note($"an earlier mount still sends {Plain.Count(record.Remaining, "change")}; waiting for it");
            told = record.Remaining;
            await Task.Delay(DrainLook, time, ct);
        }

        return waited;
    }

    private async Task PushAsync(MountOptions numbered, CancellationToken ct)
    {
        try
        {
            await using MediaVolume volume = await MediaVolume.OpenAsync(numbered, loggers, time, ct);
            int pending = volume.GetStatus().PendingCount;
            if (pending > 0)
                LogFound(_logger, Plain.Count(pending, "change"), numbered.StateDirectory);
            await new Drain(volume, _logger, time).RunAsync(numbered.DrainTimeout, ct);
        }
        catch (VolumeException e)
        {
            // Held by a mount that lives, or not to be opened now.
            LogNotLookedAt(_logger, e.Message);
        }
        catch (CliException e) when (e.Code == ExitCode.KeptLocally)
        {
            // Logged by the drain, kept for the next mount.
        }
    }

    private MountOptions Numbered(int n) => library with
    {
        CacheDirectory = Path.Combine(library.CacheDirectory, $"{n}"),
        StateDirectory = Path.Combine(library.StateDirectory, $"{n}"),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Another mount of this library uses {Folder}; taking the next")]
    private static partial void LogFolderTaken(ILogger logger, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Changes} of an earlier mount in {Folder}; sending them")]
    private static partial void LogFound(ILogger logger, string changes, string folder);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Folder of another mount left alone: {Reason}")]
    private static partial void LogNotLookedAt(ILogger logger, string reason);
}
