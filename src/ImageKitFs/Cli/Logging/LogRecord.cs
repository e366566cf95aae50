using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>One event of the log, with what the message says in fields of its own.</summary>
internal sealed partial record LogRecord
{
    public required DateTimeOffset Time { get; init; }

    public required LogLevel Level { get; init; }

    /// <summary>The room that says it, without its namespace.</summary>
    public required string Category { get; init; }

    public required EventId Event { get; init; }

    public required string Message { get; init; }

    public Exception? Exception { get; init; }

    /// <summary>The file or folder that it is about; null: none.</summary>
    public string? Path { get; init; }

    /// <summary>What was being done to it.</summary>
    public string? Operation { get; init; }

    /// <summary>What a program gets, such as EIO.</summary>
    public string? Errno { get; init; }

    /// <summary>ImageKit's id of the request that failed.</summary>
    public string? RequestId { get; init; }

    /// <summary>Takes the fields from the message's arguments, by the names that the rooms use for them.</summary>
    public static LogRecord From<TState>(
        DateTimeOffset time, LogLevel level, string category, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string message = HideKeys(formatter(state, exception));
        string? path = null;
        string? operation = null;
        string? errno = null;
        foreach ((string name, object? value) in state as IReadOnlyList<KeyValuePair<string, object?>> ?? [])
        {
            switch (name)
            {
                case "Path" or "Subject" or "RemotePath":
                    path = value?.ToString();
                    break;
                case "Operation" or "Verb" or "Doing":
                    operation = value?.ToString();
                    break;
                case "Errno":
                    errno = value?.ToString();
                    break;
            }
        }

        return new LogRecord
        {
            Time = time,
            Level = level,
            Category = category[(category.LastIndexOf('.') + 1)..],
            Event = eventId,
            Message = message,
            Exception = exception,
            Path = path,
            Operation = operation,
            Errno = errno,
            RequestId = RequestIn(message),
        };
    }

    /// <summary>No line holds a key, whoever wrote it into a message.</summary>
    public static string HideKeys(string text) =>
        text.Contains("private_", StringComparison.Ordinal) ? KeyShape().Replace(text, "private_***") : text;

    [GeneratedRegex("private_[A-Za-z0-9+/=_-]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeyShape();

    /// <summary>As an error of the service is written: "... [request ID]", or "request ID)" in the line of a rate limit. Null: there is none.</summary>
    /// <remarks>By hand: a regular expression for every line would be loaded by every mount.</remarks>
    private static string? RequestIn(string message)
    {
        const string Mark = "request ";
        for (int at = message.IndexOf(Mark, StringComparison.Ordinal); at >= 0; at = message.IndexOf(Mark, at + 1, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> rest = message.AsSpan(at + Mark.Length);
            int length = rest.IndexOfAny(" ])");
            if (length > 0 && rest[length] != ' ')
                return rest[..length].ToString();
        }

        return null;
    }
}
