using System.CommandLine;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Commands;

/// <summary>`warm`: brings a file or folder, or the thumbnails of one, to this machine, with progress.</summary>
internal static class WarmCommand
{
    public static Command Build()
    {
        Argument<string> path = Arguments.PathInMount("A file or folder in a mount.");
        Option<bool> thumbnails = new("--thumbnails") { Description = "Not the files: fill your own thumbnails (~/.cache/thumbnails) with those that the service makes." };
        Command command = new("warm", "Fetch a file or folder into the cache, with progress.");
        command.Add(path);
        command.Add(thumbnails);
        command.SetAction(async (result, ct) =>
        {
            MountedPath mounted = MountedPath.Require(result.GetRequiredValue(path));
            return (int)(result.GetValue(thumbnails) ? await ThumbnailRun.RunAsync(mounted, ct) : await RunAsync(mounted, ct));
        });
        return command;
    }

    private static async Task<ExitCode> RunAsync(MountedPath path, CancellationToken ct)
    {
        ControlCommand.TellPath(path, "warm");
        using StopSignals signals = new(ignoreHangUp: false);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, signals.Stop);
        try
        {
            LocalCopyItem? item = await new CopyWatch(path, isPinned: false, TimeProvider.System).FollowAsync(either.Token);
            return Conclude(path, item);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            ControlCommand.TryTell(path.MountPoint, $"warm-stop {path.Escaped}");
            throw new CliException(ExitCode.Failed, "stopped; what was fetched stays in the cache");
        }
    }

    /// <summary>The line and the status that a fetch ends with.</summary>
    public static ExitCode Conclude(MountedPath path, LocalCopyItem? item)
    {
        if (item is null)
            throw new CliException(ExitCode.Failed, $"{path.MountPoint} does not tell how it ended");
        string here = $"{Plain.Count(item.DoneFiles, "file")} ({Units.FormatSize(item.DoneBytes)}) of {Plain.Printable(path.Full)} on this machine";
        if (item.State == "done")
        {
            Console.Out.WriteLine(here);
            return ExitCode.Ok;
        }

        string why = item.Error is null ? item.State : Plain.Printable(item.Error);
        throw new CliException(ExitCode.ServiceFailed, $"{here}; {Plain.Count(item.FailedFiles, "failure")}, the last: {why}");
    }
}
