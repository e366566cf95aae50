using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>One line per event: time, level, room, message; an exception adds its kind and message, and its stack only when asked.</summary>
internal sealed class LineLoggerProvider(Action<string> write, TimeProvider time, bool withStacks) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(this, Shorten(categoryName));

    public void Dispose()
    {
    }

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        StringBuilder line = new();
        line.Append(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
            .Append(' ').Append(Name(level)).Append(' ').Append(category).Append(": ").Append(OneLine(message));
        if (exception is not null)
            line.Append(" (").Append(exception.GetType().Name).Append(": ").Append(OneLine(exception.Message)).Append(')');
        if (exception?.StackTrace is { } stack && withStacks)
            line.Append('\n').Append(stack);
        write(line.ToString());
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        LogLevel.Error => "error",
        LogLevel.Critical => "fatal",
        LogLevel.None => "none ",
    };

    private static string Shorten(string category) => category[(category.LastIndexOf('.') + 1)..];

    // A name with a line break in it must not look like a second event.
    private static string OneLine(string text) => text.AsSpan().ContainsAny('\n', '\r') ? text.ReplaceLineEndings("\\n") : text;

    private sealed class LineLogger(LineLoggerProvider owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                owner.Write(logLevel, category, formatter(state, exception), exception);
        }
    }
}
