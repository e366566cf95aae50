using System.Text.Json;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Asks a mount about itself through its virtual files; there is no other channel.</summary>
internal static class MountProbe
{
    private const string StatusFile = ".imagekit/status.json";

    // Local state answers it, so seconds are already far too long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // errno values that .NET passes through as HResult.
    private const int ENOTCONN = 107;
    private const int ECONNABORTED = 103;

    public static async Task<MountReport> AskAsync(string mountPoint, TimeProvider time, CancellationToken ct)
    {
        // On a thread of its own: a folder that does not answer blocks whoever asks.
        Task<MountReport> answer = Task.Factory.StartNew(() => Ask(mountPoint), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await answer.WaitAsync(Patience, time, ct);
        }
        catch (TimeoutException)
        {
            return new MountReport(mountPoint, MountState.NotAnswering, null);
        }
    }

    private static MountReport Ask(string mountPoint)
    {
        try
        {
            // To its end, not to its length: it may have grown since that was asked for.
            using FileStream json = new(MountPoints.Below(mountPoint, StatusFile), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            VolumeStatus? status = JsonSerializer.Deserialize(json, CliJson.Default.VolumeStatus);
            return new MountReport(mountPoint, MountState.Mounted, status);
        }
        catch (UnauthorizedAccessException)
        {
            return new MountReport(mountPoint, MountState.NotReadable, null);
        }
        catch (IOException e) when (e.HResult is ENOTCONN or ECONNABORTED)
        {
            // Nothing more is asked: for a moment the kernel still answers stat(2) of the root from memory.
            return new MountReport(mountPoint, MountState.Stale, null);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new MountReport(mountPoint, IsStale(mountPoint) ? MountState.Stale : MountState.Mounted, null);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return new MountReport(mountPoint, MountState.Mounted, null);
        }
    }

    // .NET turns some errors of open(2) into "not found".
    private static bool IsStale(string mountPoint)
    {
        try
        {
            _ = File.GetAttributes(mountPoint);
            return false;
        }
        catch (IOException e)
        {
            return e.HResult is ENOTCONN or ECONNABORTED;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
