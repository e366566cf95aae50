using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>An event for people. One line: time, level, room, message; an exception adds its kind and message, and its stack below.</summary>
internal static class LogText
{
    public static string Of(LogRecord record, bool withStack)
    {
        StringBuilder line = new();
        line.Append(record.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
            .Append(' ').Append(Name(record.Level)).Append(' ').Append(record.Category).Append(": ").Append(MessageOf(record));
        if (record.Exception?.StackTrace is { } stack && withStack)
            line.Append('\n').Append(stack);
        return line.ToString();
    }

    /// <summary>The message, and what the exception says.</summary>
    public static string MessageOf(LogRecord record) => record.Exception is { } exception
        ? $"{OneLine(record.Message)} ({exception.GetType().Name}: {OneLine(LogRecord.HideKeys(exception.Message))})"
        : OneLine(record.Message);

    // A name with a line break in it must not look like a second event.
    private static string OneLine(string text) => text.AsSpan().ContainsAny('\n', '\r') ? text.ReplaceLineEndings("\\n") : text;

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
}
