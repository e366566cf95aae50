using System.CommandLine;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Commands;

/// <summary>`umount`: takes the mount away and waits until what was written is in the library.</summary>
internal static class UmountCommand
{
    public static Command Build()
    {
        Argument<string> mountPoint = Arguments.MountPoint("What `status` lists.");
        Option<bool> lazy = new("--lazy") { Description = "Detach now although files are open; they go on working until closed." };
        Option<bool> force = new("--force") { Description = "Also remove a mount whose process is gone." };
        Command command = new("umount", "Unmount, and wait until everything written is in the library.");
        command.Add(mountPoint);
        command.Add(lazy);
        command.Add(force);
        command.SetAction(async (result, ct) => (int)await RunAsync(result.GetRequiredValue(mountPoint), result.GetValue(lazy), result.GetValue(force), ct));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string mountPoint, bool isLazy, bool isForced, CancellationToken ct)
    {
        string path = LiveMounts.Require(mountPoint);
        MountReport report = await MountProbe.AskAsync(path, TimeProvider.System, ct);
        if (report.State == MountState.Stale)
            return await RemoveStaleAsync(path, isForced || MountHelperForm.IsUnmountHelper(Program.ProgramName()), ct);

        // Learnt before the mount goes.
        (ProcessIdentity Process, string StateFolder)? server = report.Status is { } status && ProcessIdentity.TryGet(status.ProcessId, out ProcessIdentity identity)
            ? (identity, status.StateFolder)
            : LiveMounts.ServerOf(path);
        LiveMounts.Detach(path, isLazy || (isForced && report.State == MountState.NotAnswering));
        if (isLazy)
        {
            Console.Out.WriteLine($"Detached {path}; its process ends when the last open file is closed and everything is sent");
            return ExitCode.Ok;
        }

        if (server is not { } serving)
        {
            Console.Out.WriteLine($"Unmounted {path}; what was not in the library yet is being sent in the background");
            return ExitCode.Ok;
        }

        ExitRecord? record = await new DrainWatch(serving.StateFolder, serving.Process, TimeProvider.System).FollowAsync(ct);
        return Conclude(path, record);
    }

    private static async Task<ExitCode> RemoveStaleAsync(string path, bool isForced, CancellationToken ct)
    {
        if (!isForced)
            throw new CliException(ExitCode.StaleMount, $"the process that served {path} is gone; remove the mount with imagekitfs umount --force {path}");
        if (OperatingSystem.IsLinux())
            await LiveMounts.DetachStaleAsync(path, ct);
        Console.Out.WriteLine($"Removed the stale mount at {path}; the next mount resumes what had not reached the library");
        return ExitCode.Ok;
    }

    private static ExitCode Conclude(string path, ExitRecord? record)
    {
        if (record?.ExitCode is not { } code)
            throw new CliException(ExitCode.Failed, $"{path} is unmounted, but its process ended without a result; the next mount resumes what had not reached the library");
        if (code == (int)ExitCode.Ok)
        {
            Console.Out.WriteLine($"Unmounted {path}");
            return ExitCode.Ok;
        }

        foreach (string line in record.Kept)
            Console.Error.WriteLine(line);
        throw new CliException((ExitCode)code, record.Message);
    }
}
