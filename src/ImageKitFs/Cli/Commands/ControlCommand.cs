using System.CommandLine;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Commands;

/// <summary>`sync` and `retry`: one word written to the mount's control file, which answers when it is done.</summary>
internal static class ControlCommand
{
    private const string ControlFile = ".imagekit/control";

    // errno values as they arrive in IOException.HResult; on Windows there, what the driver makes of the same causes.
    private static readonly int EIO = OperatingSystem.IsWindows() ? FromWin32(59) : 5; // ERROR_UNEXP_NET_ERR
    private static readonly int ENOTCONN = OperatingSystem.IsWindows() ? FromWin32(55) : 107; // ERROR_DEV_NOT_EXIST
    private static readonly int ETIMEDOUT = OperatingSystem.IsWindows() ? FromWin32(121) : 110; // ERROR_SEM_TIMEOUT

    public static Command BuildSync() => Build("sync", "Wait until everything written so far is in the library.");

    public static Command BuildRetry() => Build("retry", "Try again what the service refused.");

    private static Command Build(string word, string description)
    {
        Argument<string> mountPoint = Arguments.MountPoint("What `status` lists.");
        Command command = new(word, description);
        command.Add(mountPoint);
        command.SetAction(async (result, ct) => (int)await RunAsync(word, result.GetRequiredValue(mountPoint), ct));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string word, string mountPoint, CancellationToken ct)
    {
        string path = LiveMounts.Require(mountPoint);
        try
        {
            Write(path, word);
            return ExitCode.Ok;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CliException(ExitCode.NotPermitted, $"{path} does not let this user in", e);
        }
        catch (IOException e)
        {
            throw await ExplainAsync(path, e, ct);
        }
    }

    /// <summary>Writes one word to a mount that may refuse it.</summary>
    public static bool TryTell(string mountPoint, string word)
    {
        try
        {
            Write(mountPoint, word);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Write(string mountPoint, string word)
    {
        // Unbuffered and unlocked: exactly one write(2), whose errno is the answer.
        using FileStream control = new(MountPoints.Below(mountPoint, ControlFile), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        control.Write(System.Text.Encoding.ASCII.GetBytes(word + "\n"));
    }

    private static async Task<CliException> ExplainAsync(string path, IOException error, CancellationToken ct)
    {
        if (error.HResult == ENOTCONN)
            return new CliException(ExitCode.StaleMount, $"the process that served {path} is gone; remove the mount with imagekitfs umount --force {path}", error);
        MountReport report = await MountProbe.AskAsync(path, TimeProvider.System, ct);
        if (report.State == MountState.Stale)
            return new CliException(ExitCode.StaleMount, $"the process that served {path} is gone; remove the mount with imagekitfs umount --force {path}", error);
        foreach (PendingItem item in report.Status?.Pending.Where(item => item.State != "local") ?? [])
            Console.Error.WriteLine(StatusView.Describe(item));
        int failed = report.Status?.FailedCount ?? 0;
        int pending = report.Status?.PendingCount ?? 0;
        if (error.HResult == ETIMEDOUT)
            return new CliException(ExitCode.TimedOut, $"not finished in time; {Plain.Count(pending, "change")} still on the way", error);
        return error.HResult == EIO
            ? new CliException(ExitCode.ServiceFailed, $"{Plain.Count(failed, "change")} refused or failed; the data is kept here, imagekitfs retry {path} tries again", error)
            : new CliException(ExitCode.Failed, $"cannot reach the mount's control file: {error.Message}", error);
    }

    private static int FromWin32(int code) => unchecked((int)0x80070000) | code;
}
