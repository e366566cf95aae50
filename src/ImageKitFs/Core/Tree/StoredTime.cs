using System.Globalization;
using System.Text.Json;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Tree;

/// <summary>An mtime in a file's custom metadata: <c>&lt;nanoseconds since 1970&gt;:&lt;size&gt;</c>. It counts only while the file has that size.</summary>
/// <remarks>The service has no mtime that can be set; the account needs a text field of this name (`imagekitfs setup-mtime`).</remarks>
internal static class StoredTime
{
    public const string FieldName = "imagekitfs_mtime";

    public const string FieldLabel = "imagekitfs mtime";

    /// <summary>Reads a row's custom metadata.</summary>
    /// <param name="metadata">The object as JSON text, or null.</param>
    /// <param name="size">Of the row's version.</param>
    /// <param name="hasOthers">True when it has members besides ours.</param>
    /// <returns>Null when there is none, or it belongs to another content.</returns>
    public static Timestamp? Read(string? metadata, long size, out bool hasOthers)
    {
        hasOthers = false;
        if (metadata is null)
            return null;
        Timestamp? time = null;
        using JsonDocument document = JsonDocument.Parse(metadata);
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            if (!IsOurs(member))
                hasOthers |= member.Value.ValueKind != JsonValueKind.Null;
            else if (member.Value.ValueKind == JsonValueKind.String)
                time = Parse(member.Value.GetRawText().AsSpan().Trim('"'), size);
        }

        return time;
    }

    /// <summary>The custom metadata that says it.</summary>
    public static string ToJson(Timestamp time, long size) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"{{FieldName}}":"{{time.UnixNanoseconds}}:{{size}}"}""");

    private static bool IsOurs(JsonProperty member)
    {
        try
        {
            return member.NameEquals(FieldName);
        }
        catch (InvalidOperationException)
        {
            return false; // Half a surrogate pair parses as JSON but is no text.
        }
    }

    private static Timestamp? Parse(ReadOnlySpan<char> value, long size)
    {
        int colon = value.IndexOf(':');
        return colon > 0
            && long.TryParse(value[..colon], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long nanoseconds)
            && long.TryParse(value[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long itsSize)
            && itsSize == size
                ? new Timestamp(nanoseconds)
                : null;
    }
}
