using ImageKitFs.Cli.Commands;
using Spectre.Console;

namespace ImageKitFs.Cli.Library;

/// <summary>Progress bars on standard error, when that is a terminal: one for all, and one for each large file that is on its way.</summary>
internal sealed class TransferView
{
    /// <summary>Smaller files come and go too fast to be read.</summary>
    private const long OwnBarBytes = 4 << 20;

    private readonly ProgressContext? _context;
    private readonly ProgressTask? _all;
    private readonly int _files;
    private int _done;

    private TransferView(ProgressContext? context, int files, long bytes)
    {
        _context = context;
        _files = files;
        _all = context?.AddTask(Words(0), maxValue: Math.Max(1, bytes));
    }

    /// <param name="run">Its failures wait for the screen.</param>
    /// <param name="report">Says the sum only, when its lines would meet the bars.</param>
    /// <param name="files">How many.</param>
    /// <param name="bytes">Of all of them.</param>
    /// <param name="work">Moves them.</param>
    public static async Task RunAsync(CommandRun run, TransferReport report, int files, long bytes, Func<TransferView, Task> work)
    {
        if (Console.IsErrorRedirected || files == 0)
        {
            await work(new TransferView(context: null, files, bytes));
            return;
        }

        if (!Console.IsOutputRedirected)
            report.Sum();
        run.Failures.Hold();
        IAnsiConsole screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        try
        {
            await screen.Progress().AutoClear(true).HideCompleted(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                .StartAsync(context => work(new TransferView(context, files, bytes)));
        }
        finally
        {
            run.Failures.Release();
            report.End();
        }
    }

    /// <summary>A file begins; dispose when it is over.</summary>
    public FileBar Begin(string name, long size) => new(this, name, size);

    private string Words(int done) => $"{done}/{Plain.Count(_files, "file")}";

    /// <summary>How far one file is. Told absolute numbers of bytes; a repeated attempt begins at 0 again.</summary>
    internal sealed class FileBar(TransferView view, string name, long size) : IProgress<long>, IDisposable
    {
        private readonly ProgressTask? _own = size >= OwnBarBytes ? view._context?.AddTask(Markup.Escape(Plain.Printable(name)), maxValue: size) : null;
        private long _told;

        public void Report(long value)
        {
            long step = value - Interlocked.Exchange(ref _told, value);
            view._all?.Increment(step);
            _own?.Value(value);
        }

        public void Dispose()
        {
            Report(size);
            _own?.StopTask();
            int done = Interlocked.Increment(ref view._done);
            view._all?.Description(view.Words(done));
        }
    }
}
