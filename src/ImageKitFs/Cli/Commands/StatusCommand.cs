using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Mounting;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>`status`: what is mounted, and what is not in the library yet.</summary>
internal static class StatusCommand
{
    // A mount answers from memory: once a second costs nothing and looks alive.
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);

    public static Command Build()
    {
        Argument<string?> mountPoint = Arguments.OptionalMountPoint("Default: every imagekitfs mount.");
        Option<bool> json = new("--json") { Description = "For programs: an array with one object per mount." };
        Option<bool> watch = new("--watch") { Description = "Show it again whenever it changed, until interrupted." };
        Command command = new("status", "Show mounts and what is not in the library yet.");
        command.Add(mountPoint);
        command.Add(json);
        command.Add(watch);
        command.SetAction(async (result, ct) => (int)(result.GetValue(watch)
            ? await WatchAsync(result.GetValue(mountPoint), result.GetValue(json), ct)
            : await RunAsync(result.GetValue(mountPoint), result.GetValue(json), ct)));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string? mountPoint, bool asJson, CancellationToken ct)
    {
        List<MountReport> reports = await AskAsync(mountPoint, ct);
        if (asJson)
            Console.Out.WriteLine(JsonOf(reports));
        else
            StatusView.Write(reports, all: mountPoint is not null);
        bool askedForOne = mountPoint is not null;
        return askedForOne && reports[0].State == MountState.Stale ? ExitCode.StaleMount : ExitCode.Ok;
    }

    /// <summary>Until Ctrl-C, or until the mount that was asked for is gone.</summary>
    private static async Task<ExitCode> WatchAsync(string? mountPoint, bool asJson, CancellationToken ct)
    {
        using StopSignals signals = new(ignoreHangUp: false);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, signals.Stop);
        string shown = "";
        try
        {
            while (true)
            {
                List<MountReport> reports = await AskAsync(mountPoint, either.Token);
                string now = JsonOf(reports);
                if (now != shown)
                    Show(reports, now, asJson, all: mountPoint is not null);
                shown = now;
                await Task.Delay(WatchEvery, TimeProvider.System, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }

    private static void Show(List<MountReport> reports, string json, bool asJson, bool all)
    {
        if (asJson)
        {
            Console.Out.WriteLine(json);
            return;
        }

        if (!Console.IsOutputRedirected)
            AnsiConsole.Clear();
        StatusView.Write(reports, all);
    }

    private static async Task<List<MountReport>> AskAsync(string? mountPoint, CancellationToken ct)
    {
        IReadOnlyList<string> mounted = mountPoint is null ? LiveMounts.List() : [LiveMounts.Require(mountPoint)];
        List<MountReport> reports = [];
        foreach (string path in mounted)
            reports.Add(await MountProbe.AskAsync(path, TimeProvider.System, ct));
        return reports;
    }

    private static string JsonOf(IReadOnlyList<MountReport> reports) => JsonSerializer.Serialize(reports, CliJson.Default.IReadOnlyListMountReport);
}
