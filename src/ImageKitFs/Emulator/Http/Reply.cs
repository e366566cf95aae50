using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Http;

/// <summary>A reply before it is sent, so that faults can change it.</summary>
internal sealed class Reply(int status, Blob? body = null, string? contentType = null)
{
    /// <summary>The standing help text of error bodies.</summary>
    public const string Help = "For support kindly contact us at support@imagekit.io.";

    /// <summary>The content type of all JSON.</summary>
    public const string Json = "application/json; charset=utf-8";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The whole body; null for none.</summary>
    public Blob? Body => body;

    /// <summary>Its type.</summary>
    public string? ContentType => contentType;

    /// <summary>Where in the body the sent part starts.</summary>
    public long Offset { get; init; }

    /// <summary>How much of it is sent.</summary>
    public long Length { get; init; } = body?.Length ?? 0;

    /// <summary>Delivery of other bytes than the original's.</summary>
    public bool IsRendition { get; init; }

    /// <summary>Further headers, in order.</summary>
    public List<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Called once the body is no longer needed.</summary>
    public Action? Sent { get; init; }

    /// <summary>The body as bytes.</summary>
    public byte[] ReadBody() => body?.ReadAll() ?? [];

    /// <summary>A status and nothing else.</summary>
    public static Reply Empty(int status) => new(status);

    /// <summary>A JSON value.</summary>
    public static Reply Of(int status, JsonNode json) => Write(status, writer => json.WriteTo(writer));

    /// <summary>JSON written by the caller.</summary>
    public static Reply Write(int status, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, WriterOptions))
            write(writer);
        return new Reply(status, new MemoryBlob(bytes.ToArray()), Json);
    }

    /// <summary>Any text.</summary>
    public static Reply OfText(int status, string text, string contentType) => new(status, new MemoryBlob(Encoding.UTF8.GetBytes(text)), contentType);

    /// <summary>An error body.</summary>
    public static Reply Error(int status, string message, string? reason = null, Action<JsonObject>? extra = null)
    {
        var json = new JsonObject { ["message"] = message, ["help"] = Help };
        if (reason is not null)
            json["reason"] = reason;
        extra?.Invoke(json);
        return Of(status, json);
    }

    /// <summary>The error body of a refusal.</summary>
    public static Reply Error(Refusal refusal) => Error(refusal.Status, refusal.Message, refusal.Reason, refusal.Extra);
}
