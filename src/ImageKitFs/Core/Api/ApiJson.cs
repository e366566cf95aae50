using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Api;

/// <summary>Reads the service's JSON. Every field may be missing, null or of a wrong type; what is not needed is then absent, and a row without what it needs is dropped.</summary>
/// <remarks>By hand rather than generated: a serializer fails a page of 1000 rows for one odd field, and the service has sent odd fields (imagekit-api.md 2.2).</remarks>
internal static class ApiJson
{
    /// <summary>24 in all samples.</summary>
    private const int MaxIdLength = 128;

    /// <summary>Embedded metadata nests; deeper than this is an attack.</summary>
    private const int MaxDepth = 64;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };
    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_");

    /// <summary>Times outside are as good as missing; they would not fit a 64-bit count of nanoseconds.</summary>
    private static readonly DateTimeOffset LatestTime = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Null when the bytes are not one JSON value.</summary>
    public static JsonDocument? TryParse(ReadOnlySequence<byte> utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>True for what the service sends with nothing to say: no body, or any JSON.</summary>
    public static bool IsBlankOrJson(ReadOnlySequence<byte> utf8)
    {
        if (!utf8.ToArray().AsSpan().ContainsAnyExcept(" \t\r\n"u8))
            return true;
        using JsonDocument? document = TryParse(utf8);
        return document is not null;
    }

    /// <summary>The rows of a JSON array; null when it is not an array.</summary>
    /// <remarks>Row by row: the page as one document would need half a megabyte beside the text.</remarks>
    public static RowPage? ReadRows(ReadOnlySequence<byte> utf8)
    {
        var rows = new List<LibraryRow>();
        int sent = 0;
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                return null;
            for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; sent++)
            {
                using var document = JsonDocument.ParseValue(ref reader);
                if (ReadRow(document.RootElement) is { } row)
                    rows.Add(row);
            }

            // What follows the array is refused here.
            return reader.Read() ? null : new RowPage(rows, sent);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>One row; null when it is unusable.</summary>
    public static LibraryRow? ReadRow(ReadOnlySequence<byte> utf8)
    {
        using JsonDocument? document = TryParse(utf8);
        return document is null ? null : ReadRow(document.RootElement);
    }

    /// <summary>The reply to an upload; null when id or path is missing.</summary>
    /// <param name="utf8">The body.</param>
    /// <param name="sentSize">Taken for the size when the reply has none.</param>
    public static UploadReply? ReadUpload(ReadOnlySequence<byte> utf8, long sentSize)
    {
        using JsonDocument? document = TryParse(utf8);
        if (document is not { RootElement.ValueKind: JsonValueKind.Object })
            return null;
        JsonElement reply = document.RootElement;
        if (!TryReadId(reply, "fileId", out string? id) || !TryReadPath(reply, "filePath", out string? path))
            return null;
        (string? versionId, int number) = ReadVersion(reply);
        return new UploadReply(
            id, versionId ?? id, number, RemotePath.Name(path), path, ReadSize(reply) ?? sentSize, ReadBool(reply, "isPrivateFile"), ReadString(reply, "url"));
    }

    public static string? ReadString(JsonElement element, string name) =>
        TryGet(element, name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? TextOf(value) : null;

    /// <summary>The strings of an array; empty when there is none.</summary>
    public static IReadOnlyList<string> ReadStrings(JsonElement element, string name)
    {
        if (!TryGet(element, name, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
            return [];
        if (array.GetArrayLength() == 0)
            return [];
        var texts = new List<string>(array.GetArrayLength());
        foreach (JsonElement item in array.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String && TextOf(item) is { } text)
                texts.Add(text);
        }

        return texts;
    }

    public static bool TryGet(JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    private static LibraryRow? ReadRow(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object || ReadKind(row) is not { } kind)
            return null;
        bool isFolder = kind == RowKind.Folder;
        if (!TryReadId(row, isFolder ? "folderId" : "fileId", out string? id)
            || !TryReadPath(row, isFolder ? "folderPath" : "filePath", out string? path)
            || string.IsNullOrEmpty(ReadString(row, "name")))
        {
            return null;
        }

        (string? versionId, int number) = ReadVersion(row);
        DateTimeOffset? created = ReadTime(row, "createdAt");
        DateTimeOffset? updated = ReadTime(row, "updatedAt");
        string? url = ReadString(row, "url");
        return new LibraryRow
        {
            Kind = kind,
            Id = id,
            // The path decides: two fields that disagree must not name two things.
            Name = RemotePath.Name(path),
            Path = path,
            VersionId = isFolder ? "" : versionId is null || versionId == id ? id : versionId,
            VersionNumber = number,
            Size = isFolder ? 0 : ReadSize(row) ?? 0,
            IsPrivate = ReadBool(row, "isPrivateFile") ?? false,
            CreatedAt = created ?? updated ?? DateTimeOffset.UnixEpoch,
            UpdatedAt = updated ?? created ?? DateTimeOffset.UnixEpoch,
            ObjectVersion = url is null ? null : QueryValue(url, "ik-obj-version"),
            Tags = ReadStrings(row, "tags"),
            CustomCoordinates = ReadString(row, "customCoordinates") is { Length: > 0 } coordinates ? coordinates : null,
            Description = ReadString(row, "description"),
            CustomMetadataJson = ReadObject(row, "customMetadata"),
            Mime = ReadString(row, "mime"),
            Width = ReadInt(row, "width"),
            Height = ReadInt(row, "height"),
        };
    }

    private static RowKind? ReadKind(JsonElement row) => ReadString(row, "type") switch
    {
        "file" => RowKind.File,
        "file-version" => RowKind.FileVersion,
        "folder" => RowKind.Folder,
        null when TryGet(row, "folderId", out _) => RowKind.Folder,
        null => RowKind.File,
        _ => null,
    };

    // Ids become part of request paths.
    private static bool TryReadId(JsonElement row, string name, [NotNullWhen(true)] out string? id)
    {
        id = ReadString(row, name);
        return id is { Length: > 0 and <= MaxIdLength } && !id.AsSpan().ContainsAnyExcept(IdCharacters);
    }

    private static bool TryReadPath(JsonElement row, string name, [NotNullWhen(true)] out string? path)
    {
        path = ReadString(row, name);
        if (string.IsNullOrEmpty(path))
            return false;
        if (path.Length > 1 && path[^1] == '/')
            path = path[..^1];
        if (path[0] != '/')
            path = "/" + path;
        return path != RemotePath.Root && RemotePath.IsWellFormed(path);
    }

    private static (string? Id, int Number) ReadVersion(JsonElement row)
    {
        const string Prefix = "Version ";
        if (!TryGet(row, "versionInfo", out JsonElement info))
            return (null, 1);
        string? name = ReadString(info, "name");
        int number = name is not null && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) && parsed > 0 ? parsed : 1;
        return (TryReadId(info, "id", out string? id) ? id : null, number);
    }

    private static long? ReadSize(JsonElement row) => ReadNumber(row, "size") is { } size and >= 0 ? size : null;

    private static int? ReadInt(JsonElement row, string name) => ReadNumber(row, name) is { } value and > 0 and <= int.MaxValue ? (int)value : null;

    private static long? ReadNumber(JsonElement row, string name)
    {
        // Doubles are exact up to here.
        const double MaxExact = 1L << 53;
        if (!TryGet(row, name, out JsonElement value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return long.TryParse(TextOf(value), NumberStyles.None, CultureInfo.InvariantCulture, out long parsed) ? parsed : null;
        if (value.ValueKind != JsonValueKind.Number)
            return null;
        if (value.TryGetInt64(out long number))
            return number;
        return value.TryGetDouble(out double real) && Math.Abs(real) <= MaxExact && Math.Floor(real) == real ? (long)real : null;
    }

    private static bool? ReadBool(JsonElement row, string name)
    {
        if (!TryGet(row, name, out JsonElement value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String => bool.TryParse(TextOf(value), out bool parsed) ? parsed : null,
            _ => null,
        };
    }

    private static DateTimeOffset? ReadTime(JsonElement row, string name) =>
        DateTimeOffset.TryParse(
            ReadString(row, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            && time >= DateTimeOffset.UnixEpoch && time < LatestTime ? time : null;

    private static string? ReadObject(JsonElement row, string name) =>
        TryGet(row, name, out JsonElement value) && value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any() ? value.GetRawText() : null;

    // Half a surrogate pair or broken UTF-8 parses as JSON but is no text.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? QueryValue(string url, string name)
    {
        int question = url.IndexOf('?', StringComparison.Ordinal);
        if (question < 0)
            return null;
        foreach (string pair in url[(question + 1)..].Split('#')[0].Split('&'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && pair.AsSpan(0, equals).SequenceEqual(name) && equals + 1 < pair.Length)
                return Uri.UnescapeDataString(pair[(equals + 1)..]);
        }

        return null;
    }
}
