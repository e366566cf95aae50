using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>The engine's log, counting lines by level. Whether a line was written meanwhile tells if a failure has been explained.</summary>
internal sealed class CountingLogger(ILogger log) : ILogger
{
    private readonly long[] _lines = new long[(int)LogLevel.None];

    /// <summary>Warnings and worse so far.</summary>
    public long Warnings =>
        Interlocked.Read(ref _lines[(int)LogLevel.Warning]) + Interlocked.Read(ref _lines[(int)LogLevel.Error]) + Interlocked.Read(ref _lines[(int)LogLevel.Critical]);

    public long CountOf(LogLevel level) => Interlocked.Read(ref _lines[(int)level]);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => log.BeginScope(state);

    // What is worth a warning counts also where the log leaves it out.
    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None || log.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if ((uint)logLevel >= (uint)_lines.Length)
            return;
        Interlocked.Increment(ref _lines[(int)logLevel]);
        log.Log(logLevel, eventId, state, exception, formatter);
    }
}
