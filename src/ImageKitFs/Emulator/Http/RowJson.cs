using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Http;

/// <summary>Rows as the service writes them (section 2).</summary>
internal sealed class RowJson(Func<EmulatorOptions> options, Func<string> urlEndpoint)
{
    private static readonly string[] NullOnFolders = ["fileId", "size", "tags", "mime", "fileType", "width", "height"];

    /// <summary>A time: UTC with milliseconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>The delivery URL without a query.</summary>
    public string PlainUrl(string path, string transformation = "") =>
        urlEndpoint() + transformation + string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    /// <summary>The row as a value.</summary>
    public JsonObject ToJson(FileNode file, FileVersion version)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
            Write(writer, new Row(file, version));
        return JsonNode.Parse(bytes.ToArray())!.AsObject();
    }

    /// <summary>Writes a row.</summary>
    public void Write(Utf8JsonWriter json, Row row)
    {
        json.WriteStartObject();
        if (row.Node is FolderNode folder)
            WriteFolder(json, folder);
        else
            WriteFile(json, (FileNode)row.Node, row.Version!);
        json.WriteEndObject();
    }

    /// <summary>Writes what an upload answers (section 4.2).</summary>
    public Reply Uploaded(FileNode file, IReadOnlySet<string> responseFields, JsonArray? extensions) => Reply.Write(200, json =>
    {
        FileVersion version = file.Current;
        json.WriteStartObject();
        json.WriteString("fileId", file.Id);
        json.WriteString("name", file.Name);
        json.WriteNumber("size", version.Blob.Length);
        WriteVersionInfo(json, version);
        json.WriteString("filePath", file.Path);
        json.WriteString("url", PlainUrl(file.Path));
        json.WriteString("fileType", version.Media.IsImage ? "image" : "non-image");
        if (version.Media.Height is { } height)
            json.WriteNumber("height", height);
        if (version.Media.Width is { } width)
            json.WriteNumber("width", width);
        if (version.Media.IsImage)
            json.WriteNumber("orientation", 1);
        if (version.Media.IsImage || version.Media.IsVideo)
            json.WriteString("thumbnailUrl", PlainUrl(file.Path, "/tr:n-ik_ml_thumbnail"));
        WriteNode(json, "AITags", version.AiTags);
        if (version.Description is not null)
            json.WriteString("description", version.Description);
        if (responseFields.Contains("tags"))
            WriteTags(json, version);
        if (responseFields.Contains("customCoordinates"))
            json.WriteString("customCoordinates", version.CustomCoordinates);
        if (responseFields.Contains("isPrivateFile"))
            json.WriteBoolean("isPrivateFile", version.IsPrivate);
        if (responseFields.Contains("isPublished"))
            json.WriteBoolean("isPublished", version.IsPublished);
        if (responseFields.Contains("customMetadata"))
            WriteObject(json, "customMetadata", version.CustomMetadata);
        if (responseFields.Contains("embeddedMetadata"))
            WriteObject(json, "embeddedMetadata", value: null);
        if (responseFields.Contains("metadata"))
            WriteObject(json, "metadata", Metadata(version));
        if (extensions is not null)
            WriteObject(json, "extensionStatus", Extensions.StatusOf(extensions));
        json.WriteEndObject();
    });

    /// <summary>What the metadata calls answer.</summary>
    public static JsonObject Metadata(FileVersion version)
    {
        var metadata = new JsonObject
        {
            ["size"] = version.Blob.Length,
            ["format"] = version.Media.Mime[(version.Media.Mime.IndexOf('/', StringComparison.Ordinal) + 1)..] switch
            {
                "jpeg" => "jpg",
                "svg+xml" => "svg",
                var other => other,
            },
            ["hasColorProfile"] = false,
            ["quality"] = 0,
            ["density"] = 72,
            ["hasTransparency"] = version.Media.HasAlpha ?? false,
            ["exif"] = new JsonObject(),
            ["pHash"] = version.Id[..16],
        };
        if (version.Media.Height is { } height)
            metadata["height"] = height;
        if (version.Media.Width is { } width)
            metadata["width"] = width;
        return metadata;
    }

    private static void WriteVersionInfo(Utf8JsonWriter json, FileVersion version)
    {
        json.WriteStartObject("versionInfo");
        json.WriteString("id", version.Id);
        json.WriteString("name", "Version " + version.Number.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void WriteTags(Utf8JsonWriter json, FileVersion version)
    {
        if (version.Tags is not { } tags)
        {
            json.WriteNull("tags");
            return;
        }

        json.WriteStartArray("tags");
        foreach (string tag in tags)
            json.WriteStringValue(tag);
        json.WriteEndArray();
    }

    private static void WriteObject(Utf8JsonWriter json, string name, JsonObject? value)
    {
        json.WritePropertyName(name);
        (value ?? []).WriteTo(json);
    }

    private static void WriteNode(Utf8JsonWriter json, string name, JsonNode? value)
    {
        json.WritePropertyName(name);
        if (value is null)
            json.WriteNullValue();
        else
            value.WriteTo(json);
    }

    private void WriteFolder(Utf8JsonWriter json, FolderNode folder)
    {
        json.WriteString("type", "folder");
        json.WriteString("name", folder.Name);
        json.WriteString("folderId", folder.Id);
        json.WriteString("folderPath", folder.Path);
        WriteObject(json, "customMetadata", value: null);
        json.WriteString("createdAt", Time(folder.CreatedAt));
        json.WriteString("updatedAt", Time(folder.UpdatedAt));
        if (options().OmitNullsOnFolderRows)
            return;
        foreach (string name in NullOnFolders)
            json.WriteNull(name);
    }

    private void WriteFile(Utf8JsonWriter json, FileNode file, FileVersion version)
    {
        bool isCurrent = ReferenceEquals(version, file.Current);
        string path = file.Path;
        json.WriteString("type", isCurrent ? "file" : "file-version");
        json.WriteString("name", file.Name);
        json.WriteString("createdAt", Time(file.CreatedAt));
        json.WriteString("updatedAt", Time(version.UpdatedAt));
        json.WriteString("fileId", file.Id);
        WriteTags(json, version);
        WriteNode(json, "AITags", version.AiTags);
        WriteVersionInfo(json, version);
        json.WriteNull("embeddedMetadata");
        json.WriteBoolean("isPublished", version.IsPublished);
        json.WriteString("customCoordinates", version.CustomCoordinates);
        WriteObject(json, "customMetadata", version.CustomMetadata);
        if (version.Description is not null)
            json.WriteString("description", version.Description);
        json.WriteBoolean("isPrivateFile", version.IsPrivate);
        json.WriteString("url", PlainUrl(path) + UrlQuery(version, isCurrent));
        if (version.Media.IsImage || version.Media.IsVideo)
            json.WriteString("thumbnail", Thumbnail(path, version, isCurrent));
        json.WriteString("fileType", version.Media.IsImage ? "image" : "non-image");
        json.WriteString("filePath", path);
        if (version.Media.Height is { } height)
            json.WriteNumber("height", height);
        if (version.Media.Width is { } width)
            json.WriteNumber("width", width);
        json.WriteNumber("size", version.Blob.Length);
        if (version.Media.HasAlpha is { } hasAlpha)
            json.WriteBoolean("hasAlpha", hasAlpha);
        json.WriteString("mime", version.Media.Mime);
    }

    private string UrlQuery(FileVersion version, bool isCurrent)
    {
        string pin = isCurrent ? "" : "ik-obj-version=" + version.Token;
        string updated = options().PlainListingUrls ? "" : "updatedAt=" + version.UpdatedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        string query = pin.Length > 0 && updated.Length > 0 ? pin + "&" + updated : pin + updated;
        return query.Length == 0 ? "" : "?" + query;
    }

    private string Thumbnail(string path, FileVersion version, bool isCurrent)
    {
        string query = UrlQuery(version, isCurrent);
        return query.Length == 0 ? PlainUrl(path, "/tr:n-ik_ml_thumbnail") : PlainUrl(path) + query + "&tr=n-ik_ml_thumbnail";
    }
}
