using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>An event for programs: one JSON object on one line. What an event does not have is left out.</summary>
internal static class LogJson
{
    // A log is no web page: names stay readable. Control characters and line breaks are escaped all the same.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(LogRecord record)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", record.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", NameOf(record.Level));
            json.WriteString("category", record.Category);
            json.WriteNumber("eventId", record.Event.Id);
            Write(json, "event", record.Event.Name);
            json.WriteString("message", record.Message);
            Write(json, "path", record.Path);
            Write(json, "operation", record.Operation);
            Write(json, "errno", record.Errno);
            Write(json, "requestId", record.RequestId);
            if (record.Exception is { } exception)
            {
                json.WriteString("exception", $"{exception.GetType().Name}: {LogRecord.HideKeys(exception.Message)}");
                Write(json, "stack", exception.StackTrace);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        LogLevel.None => "none",
    };
}
