using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>The log of one mount: a file, the console, or both.</summary>
internal sealed class LogSetup : IDisposable
{
    private readonly RollingLogFile? _file;
    private readonly List<ILoggerProvider> _providers = [];

    /// <param name="filePath">Null: console only.</param>
    /// <param name="toConsole">Lines to standard error, for `--foreground` and journald.</param>
    /// <exception cref="CliException">The file cannot be opened.</exception>
    public LogSetup(string? filePath, bool toConsole, LogLevel level, TimeProvider time)
    {
        _file = filePath is null ? null : new RollingLogFile(filePath);
        _providers.Add(new LineLoggerProvider(Write, time, withStacks: true));
        if (OperatingSystem.IsWindows())
            _providers.Add(new EventLogProvider());
        // Without the dependency-injection container: it costs start-up time and gives nothing here.
        Factory = new LoggerFactory(_providers, new LoggerFilterOptions { MinLevel = level });

        void Write(string line)
        {
            _file?.WriteLine(line);
            if (toConsole)
                Console.Error.WriteLine(line);
        }
    }

    public ILoggerFactory Factory { get; }

    public void Dispose()
    {
        Factory.Dispose();
        foreach (ILoggerProvider provider in _providers)
            provider.Dispose();
        _file?.Dispose();
    }
}
