using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>Shows reports as they come, each time something changed.</summary>
internal interface IStatusWatch
{
    void Show(IReadOnlyList<MountReport> reports);
}

/// <summary>`--watch --json`: an array on one line for each change. What changes by itself (time, memory, tokens) is no change.</summary>
internal sealed class JsonStatusWatch : IStatusWatch
{
    private string _shown = "";

    public void Show(IReadOnlyList<MountReport> reports)
    {
        string now = Line(reports.Select(Still));
        if (now == _shown)
            return;
        _shown = now;
        Console.Out.WriteLine(Line(reports));
        Console.Out.Flush();
    }

    private static MountReport Still(MountReport report) => report.Status is not { } status ? report : report with
    {
        Status = status with
        {
            UptimeSeconds = null,
            ResidentBytes = null,
            RequestClasses = status.RequestClasses?.Select(of => of with { Tokens = null, Waiting = 0 }).ToList(),
        },
    };

    private static string Line(IEnumerable<MountReport> reports) => JsonSerializer.Serialize(reports.ToList(), CliJsonLines.Default.IReadOnlyListMountReport);
}

/// <summary>`--watch` into a file or a pipe: a line for each thing that is new, with the time and the mount it is about.</summary>
internal sealed class LineStatusWatch(TimeProvider time) : IStatusWatch
{
    private readonly Dictionary<string, HashSet<string>> _shown = new(StringComparer.Ordinal);
    private bool _isFirst = true;

    public void Show(IReadOnlyList<MountReport> reports)
    {
        foreach (string gone in _shown.Keys.Except(reports.Select(report => report.MountPoint)).ToList())
        {
            _shown.Remove(gone);
            Write(gone, "unmounted");
        }

        foreach (MountReport report in reports)
        {
            HashSet<string> before = _shown.GetValueOrDefault(report.MountPoint) ?? [];
            List<string> now = [StatusView.Summary(report), .. StatusView.Items(report, int.MaxValue)];
            foreach (string line in now.Where(line => !before.Contains(line)))
                Write(report.MountPoint, line);
            _shown[report.MountPoint] = [.. now];
        }

        if (_isFirst && reports.Count == 0)
            Console.Out.WriteLine(StatusView.NoMounts);
        _isFirst = false;
        Console.Out.Flush();
    }

    private void Write(string mountPoint, string line) =>
        Console.Out.WriteLine($"{time.GetUtcNow().ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture)} {Plain.Printable(mountPoint)}: {line}");
}

/// <summary>`--watch` on a terminal: one screen, drawn over the one before.</summary>
internal sealed class ScreenStatusWatch(TimeSpan every) : IStatusWatch
{
    private const string Home = "\u001b[H";
    private const string EraseLine = "\u001b[K";
    private const string EraseBelow = "\u001b[J";

    private bool _isFirst = true;

    public void Show(IReadOnlyList<MountReport> reports)
    {
        if (_isFirst || !AnsiConsole.Profile.Capabilities.Ansi)
            AnsiConsole.Clear();
        _isFirst = false;
        using StringWriter text = new();
        IAnsiConsole screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        screen.Profile.Width = AnsiConsole.Profile.Width;
        screen.Profile.Capabilities = AnsiConsole.Profile.Capabilities;
        StatusView.Write(reports, all: true, screen, text);
        string[] lines = [.. text.ToString().TrimEnd('\n').Split('\n').Select(Cut)];
        // A line more than the screen has would move the first one out of it.
        int room = Math.Max(1, AnsiConsole.Profile.Height - 2);
        IEnumerable<string> shown = lines.Length <= room ? lines : [.. lines.Take(room - 1), $"  and {lines.Length - room + 1} more lines; imagekitfs status shows them"];
        string hint = $"every {(every.TotalSeconds < 1 ? $"{every.TotalMilliseconds:0} ms" : $"{every.TotalSeconds:0.#} s")}; Ctrl-C ends";
        string frame = string.Join($"{EraseLine}\n", [.. shown, "", hint]) + EraseLine;
        Console.Out.Write(AnsiConsole.Profile.Capabilities.Ansi ? Home + frame + EraseBelow : frame + "\n");
        Console.Out.Flush();
    }

    // One that wraps would take the room of two.
    private static string Cut(string line) => line.Length <= AnsiConsole.Profile.Width || line.Contains('\u001b', StringComparison.Ordinal)
        ? line
        : $"{line[..(AnsiConsole.Profile.Width - 1)]}…";
}
