using System.Runtime.Versioning;
using ImageKitFs.Cli.Interop;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>Windows' event log, for what somebody should see: a commit that failed, a driver that went away. The log file has everything.</summary>
[SupportedOSPlatform("windows")]
internal sealed class EventLogProvider : ILoggerProvider
{
    private const string Source = "imagekitfs";

    private readonly nint _source = EventLogCalls.RegisterEventSource(server: null, Source);

    public ILogger CreateLogger(string categoryName) => new Writer(_source);

    public void Dispose()
    {
        if (_source != 0)
            _ = EventLogCalls.DeregisterEventSource(_source);
    }

    private sealed class Writer(nint source) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error && source != 0;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                EventLogCalls.Report(source, formatter(state, exception));
        }
    }
}
