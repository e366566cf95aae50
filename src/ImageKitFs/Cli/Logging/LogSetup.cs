using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>The log of one mount: a file, the console, the journal, or several of them.</summary>
internal sealed class LogSetup : IDisposable
{
    private readonly LogOptions _options;
    private readonly RollingLogFile? _file;
    private readonly Journal? _journal;
    private readonly bool _isConsoleJournal;
    private readonly List<ILoggerProvider> _providers = [];

    /// <exception cref="CliException">The file cannot be opened, or there is no journal.</exception>
    public LogSetup(LogOptions options, Func<string, string?> environment, TimeProvider time)
    {
        _options = options;
        _isConsoleJournal = Journal.HasStandardError(environment);
        if (options.ToJournal)
        {
            string socket = Journal.SocketPath(environment);
            // Where standard error is the journal's there is a way to it all the same.
            if (!File.Exists(socket) && !_isConsoleJournal)
                throw new CliException(ExitCode.CacheUnusable, $"cannot write to the journal: {socket} is missing; choose --log-target file or console");
            _journal = new Journal(socket, options.MountPoint);
        }

        _file = options.FilePath is null ? null : new RollingLogFile(options.FilePath);
        _providers.Add(new RecordLoggerProvider(Write, time));
        if (OperatingSystem.IsWindows())
            _providers.Add(new EventLogProvider());
        // Without the dependency-injection container: it costs start-up time and gives nothing here.
        Factory = new LoggerFactory(_providers, new LoggerFilterOptions { MinLevel = options.Level });
    }

    public ILoggerFactory Factory { get; }

    public void Dispose()
    {
        Factory.Dispose();
        foreach (ILoggerProvider provider in _providers)
            provider.Dispose();
        _file?.Dispose();
        _journal?.Dispose();
    }

    private void Write(LogRecord record)
    {
        bool toConsole = _options.ToConsole;
        if (_journal is not null && !_journal.TryWrite(record))
            toConsole = true;
        if (_file is null && !toConsole)
            return;
        string line = _options.Format == LogFormat.Json ? LogJson.Of(record) : LogText.Of(record, withStack: true);
        _file?.WriteLine(line);
        if (toConsole)
            Console.Error.WriteLine(_isConsoleJournal ? Prefixed(record.Level, line) : line);
    }

    // sd-daemon(3): how a line tells the journal its level. Each line of a stack is an event of its own there.
    private static string Prefixed(LogLevel level, string text)
    {
        string prefix = $"<{Journal.PriorityOf(level)}>";
        return prefix + text.Replace("\n", "\n" + prefix, StringComparison.Ordinal);
    }
}
