using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Commands;

/// <summary>`status`: what is mounted, how it does, and what is not in the library yet.</summary>
internal static class StatusCommand
{
    // A mount answers from memory: once a second costs nothing and looks alive.
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);

    // Faster than anyone reads; a shorter one would only keep a processor busy.
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromMilliseconds(100);

    public static Command Build()
    {
        Argument<string?> mountPoint = Arguments.OptionalMountPoint("Default: every imagekitfs mount.");
        Option<bool> json = new("--json") { Description = "For programs: an array with one object per mount; with --watch such an array on one line for each change." };
        Option<string?> watch = new("--watch")
        {
            HelpName = "T",
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Look again every T (1s) until interrupted: redrawn on a terminal, elsewhere a line for each change.",
        };
        Command command = new("status", "Show mounts, how they do, and what is not in the library yet.");
        command.Add(mountPoint);
        command.Add(json);
        command.Add(watch);
        command.SetAction(async (result, ct) =>
        {
            string? asked = result.GetValue(mountPoint);
            if (result.GetResult(watch) is null)
                return (int)await RunAsync(asked, result.GetValue(json), ct);
            TimeSpan every = Interval(result.GetValue(watch), ref asked);
            return (int)await WatchAsync(asked, result.GetValue(json), every, ct);
        });
        return command;
    }

    /// <summary>`--watch 5s`, and `--watch /mnt/media`, where the word behind it is the mount point.</summary>
    private static TimeSpan Interval(string? word, ref string? mountPoint)
    {
        if (word is null)
            return WatchEvery;
        if (Units.TryParseDuration(word, out TimeSpan every) && every >= ShortestWatch)
            return every;
        if (mountPoint is not null || char.IsAsciiDigit(word[0]))
            throw new CliException(ExitCode.Usage, $"--watch takes a time such as 500ms, 1s or 1m, not '{word}'");
        mountPoint = word;
        return WatchEvery;
    }

    private static async Task<ExitCode> RunAsync(string? mountPoint, bool asJson, CancellationToken ct)
    {
        List<MountReport> reports = await AskAsync(mountPoint, ct);
        if (asJson)
            Console.Out.WriteLine(JsonSerializer.Serialize(reports, CliJson.Default.IReadOnlyListMountReport));
        else
            StatusView.Write(reports, all: mountPoint is not null);
        bool askedForOne = mountPoint is not null;
        return askedForOne && reports[0].State == MountState.Stale ? ExitCode.StaleMount : ExitCode.Ok;
    }

    /// <summary>Until Ctrl-C, or until the mount that was asked for is gone.</summary>
    private static async Task<ExitCode> WatchAsync(string? mountPoint, bool asJson, TimeSpan every, CancellationToken ct)
    {
        using StopSignals signals = new(ignoreHangUp: false);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, signals.Stop);
        IStatusWatch view = asJson ? new JsonStatusWatch() : Console.IsOutputRedirected ? new LineStatusWatch(TimeProvider.System) : new ScreenStatusWatch(every);
        try
        {
            while (true)
            {
                view.Show(await AskAsync(mountPoint, either.Token));
                await Task.Delay(every, TimeProvider.System, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
        catch (IOException)
        {
            // Whoever read the lines has enough of them: `status --watch | head`.
            return ExitCode.Ok;
        }
    }

    private static async Task<List<MountReport>> AskAsync(string? mountPoint, CancellationToken ct)
    {
        IReadOnlyList<string> mounted = mountPoint is null ? LiveMounts.List() : [LiveMounts.Require(mountPoint)];
        List<MountReport> reports = [];
        foreach (string path in mounted)
            reports.Add(await MountProbe.AskAsync(path, TimeProvider.System, ct));
        return reports;
    }
}
