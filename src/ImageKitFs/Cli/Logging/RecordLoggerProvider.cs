using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>Makes a <see cref="LogRecord"/> of each event and passes it on.</summary>
internal sealed class RecordLoggerProvider(Action<LogRecord> write, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Writer(write, time, categoryName);

    public void Dispose()
    {
    }

    private sealed class Writer(Action<LogRecord> write, TimeProvider time, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                write(LogRecord.From(time.GetUtcNow(), logLevel, category, eventId, state, exception, formatter));
        }
    }
}
