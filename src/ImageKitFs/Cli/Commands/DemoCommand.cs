using System.CommandLine;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Commands;

/// <summary>`demo`: a local ImageKit with sample pictures and its mount, in one background process.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        Argument<string> mountPoint = Arguments.MountPoint("Made if it is missing.");
        Command command = new("demo", "Mount a local library with sample pictures; no account is needed.");
        command.Add(mountPoint);
        command.SetAction(async (result, ct) => (int)await RunAsync(result.GetRequiredValue(mountPoint), ct));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string argument, CancellationToken ct)
    {
        string mountPoint = MountPoints.Canonical(argument);
        bool isMounted = LiveMounts.List().Contains(mountPoint, StringComparer.Ordinal)
            && (await MountProbe.AskAsync(mountPoint, TimeProvider.System, ct)).State == MountState.Mounted;
        if (isMounted)
            Console.Out.WriteLine($"{mountPoint} is mounted already");
        else
            await MountAsync(mountPoint, ct);

        Console.Out.WriteLine($"""

            Try it, here or in another terminal:
              ls -lR {mountPoint}
              cp SOME_PICTURE {mountPoint}/
              imagekitfs status
            and when done:
              imagekitfs umount {mountPoint}
            """);
        return ExitCode.Ok;
    }

    private static async Task MountAsync(string mountPoint, CancellationToken ct)
    {
        try
        {
            // A dead mount cannot be made or seen; mounting removes it.
            // On Windows the mount makes the folder itself, or it is a drive.
            if (!OperatingSystem.IsWindows() && !LiveMounts.List().Contains(mountPoint, StringComparer.Ordinal))
                Directory.CreateDirectory(mountPoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.MountPointMissing, $"cannot make {mountPoint}: {e.Message}", e);
        }

        string library = StatePaths.DemoLibrary(Environment.GetEnvironmentVariable);
        string[] arguments = ["mount", mountPoint, "--emulator", library, "--sample"];
        // Through the same command as everyone's mount: the demo shows the product, not a special case of it.
        int code = await CommandTree.Build(arguments).Parse(arguments).InvokeAsync(Program.Invocation, ct);
        if (code != (int)ExitCode.Ok)
            throw new CliException((ExitCode)code, $"the demo could not be mounted at {mountPoint}");
    }
}
