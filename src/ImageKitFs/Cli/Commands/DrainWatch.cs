using ImageKitFs.Cli.Mounting;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>Follows a serving process from its unmount to its end: progress meanwhile, its result at last.</summary>
internal sealed class DrainWatch(string stateFolder, ProcessIdentity process, TimeProvider time)
{
    // Often enough to feel immediate; reading a small local file costs nothing.
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);

    /// <returns>The last record of that process; null when it ended without writing one.</returns>
    public async Task<ExitRecord?> FollowAsync(CancellationToken ct)
    {
        if (Console.IsOutputRedirected)
            return await PollAsync(WriteLine, ct);
        return await AnsiConsole.Status().StartAsync("Finishing", context => PollAsync(record => context.Status(Markup.Escape(Words(record))), ct));
    }

    private async Task<ExitRecord?> PollAsync(Action<ExitRecord> show, CancellationToken ct)
    {
        int lastShown = 0;
        while (process.IsAlive())
        {
            ExitRecord? record = ExitRecord.Read(stateFolder, process);
            if (record is { ExitCode: null } && record.Remaining > 0 && record.Remaining != lastShown)
            {
                lastShown = record.Remaining;
                show(record);
            }

            await Task.Delay(PollEvery, time, ct);
        }

        return ExitRecord.Read(stateFolder, process);
    }

    private static void WriteLine(ExitRecord record) => Console.Out.WriteLine(Words(record));

    private static string Words(ExitRecord record) =>
        $"Sending {Plain.Count(record.Remaining, "change")} ({Units.FormatSize(record.RemainingBytes)}) to the library";
}
