using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Engine;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>Follows what a mount fetches, to its end: a bar on a terminal, one line at the end elsewhere.</summary>
internal sealed class CopyWatch(MountedPath path, bool isPinned, TimeProvider time)
{
    // A bar that moves ten times a second looks smooth.
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(100);

    // A mount that is just going away, or busy, tells nothing for a moment.
    private const int MaxSilence = 50;

    /// <returns>How it ended; null when the mount went away.</returns>
    public async Task<LocalCopyItem?> FollowAsync(CancellationToken ct)
    {
        if (Console.IsOutputRedirected)
            return await PollAsync(_ => { }, ct);
        return await AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(Markup.Escape(Plain.Printable(path.Inside)));
                return await PollAsync(item => Show(bar, item), ct);
            });
    }

    private static void Show(ProgressTask bar, LocalCopyItem item)
    {
        bar.IsIndeterminate(item.State == "listing");
        bar.MaxValue = Math.Max(item.Bytes, 1);
        bar.Value = item.IsOver && item.FailedFiles == 0 ? bar.MaxValue : item.DoneBytes;
        bar.Description = Markup.Escape(Plain.Printable($"{item.Path} {item.DoneFiles}/{Plain.Count(item.Files, "file")}"));
    }

    private async Task<LocalCopyItem?> PollAsync(Action<LocalCopyItem> show, CancellationToken ct)
    {
        int silence = 0;
        while (true)
        {
            MountReport report = await MountProbe.AskAsync(path.MountPoint, time, ct);
            LocalCopyItem? item = report.Status?.LocalCopies?.LastOrDefault(item => item.Path == path.Inside && item.IsPinned == isPinned);
            silence = item is null ? silence + 1 : 0;
            if (silence > MaxSilence)
                return null;
            if (report.State is MountState.Stale)
                throw new CliException(ExitCode.StaleMount, $"the process that served {path.MountPoint} is gone");
            if (item is not null)
                show(item);
            if (item is { IsOver: true })
                return item;
            await Task.Delay(PollEvery, time, ct);
        }
    }
}
