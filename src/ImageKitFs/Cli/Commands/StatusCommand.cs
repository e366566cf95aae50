using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Commands;

/// <summary>`status`: what is mounted, and what is not in the library yet.</summary>
internal static class StatusCommand
{
    public static Command Build()
    {
        Argument<string?> mountPoint = Arguments.OptionalMountPoint("Default: every imagekitfs mount.");
        Option<bool> json = new("--json") { Description = "For programs: an array with one object per mount." };
        Command command = new("status", "Show mounts and what is not in the library yet.");
        command.Add(mountPoint);
        command.Add(json);
        command.SetAction(async (result, ct) => (int)await RunAsync(result.GetValue(mountPoint), result.GetValue(json), ct));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string? mountPoint, bool asJson, CancellationToken ct)
    {
        IReadOnlyList<string> mounted = LiveMounts.List();
        if (mountPoint is not null)
            mounted = [LiveMounts.Require(mountPoint)];
        List<MountReport> reports = [];
        foreach (string path in mounted)
            reports.Add(await MountProbe.AskAsync(path, TimeProvider.System, ct));

        if (asJson)
            Console.Out.WriteLine(JsonSerializer.Serialize(reports, CliJson.Default.IReadOnlyListMountReport));
        else
            StatusView.Write(reports);
        bool askedForOne = mountPoint is not null;
        return askedForOne && reports[0].State == MountState.Stale ? ExitCode.StaleMount : ExitCode.Ok;
    }
}
