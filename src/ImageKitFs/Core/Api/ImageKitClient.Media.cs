using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ImageKitFs.Core.Api;

/// <content>What only commands ask for: a row as the service sent it, embedded metadata, tags of many files, purges and usage (imagekit-api.md 5, 8).</content>
internal sealed partial class ImageKitClient
{
    /// <summary>What the service takes in one call (imagekit-api.md 5).</summary>
    public const int MaxTaggedFiles = 50;

    /// <summary>Details with every field that the service sent.</summary>
    public ValueTask<ApiResult<DetailedRow>> DetailsInFullAsync(string fileId, CancellationToken ct) =>
        ReadAsync(
            ApiOperation.Details, fileId, FilePath(fileId) + "/details", MaxRowBytes,
            static reply => ApiJson.ReadRow(reply.Body) is { } row ? new DetailedRow(row, TextOf(reply)) : null, ct);

    /// <summary>Dimensions, exif and the like, read from the stored bytes; as JSON.</summary>
    public ValueTask<ApiResult<string>> MetadataAsync(string fileId, CancellationToken ct) =>
        ReadAsync(ApiOperation.Metadata, fileId, FilePath(fileId) + "/metadata", MaxRowBytes, ReadObject, ct);

    /// <summary>The same of whatever a delivery URL gives, in the library or not.</summary>
    public ValueTask<ApiResult<string>> MetadataOfUrlAsync(string url, CancellationToken ct) =>
        ReadAsync(ApiOperation.Metadata, "a URL", "/v1/metadata?url=" + Uri.EscapeDataString(url), MaxRowBytes, ReadObject, ct);

    /// <summary>Adds tags to files, or removes them.</summary>
    /// <returns>The ids that were changed; all, unless the service could not.</returns>
    public ValueTask<ApiResult<IReadOnlyList<string>>> ChangeTagsAsync(IReadOnlyList<string> fileIds, IReadOnlyList<string> tags, bool add, CancellationToken ct) =>
        WriteAsync<IReadOnlyList<string>>(
            ApiOperation.Tags, $"{fileIds.Count} files", HttpMethod.Post, add ? "/v1/files/addTags" : "/v1/files/removeTags",
            Json(writer =>
            {
                WriteTexts(writer, "fileIds", fileIds);
                WriteTexts(writer, "tags", tags);
            }),
            RepeatRule.Safe, static reply => ReadTexts(reply, "successfullyUpdatedFileIds"), ct);

    /// <summary>Asks the CDN to forget a URL. Metered by the month, so that it is never repeated when it may have been counted.</summary>
    /// <returns>The request's id.</returns>
    public ValueTask<ApiResult<string>> PurgeAsync(string url, CancellationToken ct) =>
        WriteAsync(
            ApiOperation.Purge, "a purge", HttpMethod.Post, "/v1/files/purge", Json(writer => writer.WriteString("url", url)), RepeatRule.OnlyWhenNotDone,
            static reply => ReadMember(reply, "requestId"), ct);

    /// <returns>Pending or Completed.</returns>
    public ValueTask<ApiResult<string>> PurgeStatusAsync(string requestId, CancellationToken ct) =>
        ReadAsync(
            ApiOperation.Purge, requestId, "/v1/files/purge/" + Uri.EscapeDataString(requestId), MaxRowBytes, static reply => ReadMember(reply, "status"), ct);

    /// <param name="from">The first day.</param>
    /// <param name="to">The day after the last.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The figures as JSON.</returns>
    public ValueTask<ApiResult<string>> UsageAsync(DateOnly from, DateOnly to, CancellationToken ct) =>
        ReadAsync(
            ApiOperation.Usage, "the account's usage",
            string.Create(CultureInfo.InvariantCulture, $"/v1/accounts/usage?startDate={from:yyyy-MM-dd}&endDate={to:yyyy-MM-dd}"), MaxRowBytes, ReadObject, ct);

    private static string TextOf(ApiReply reply) => Encoding.UTF8.GetString(reply.Body);

    private static string? ReadObject(ApiReply reply)
    {
        using JsonDocument? document = ApiJson.TryParse(reply.Body);
        return document is { RootElement.ValueKind: JsonValueKind.Object } ? document.RootElement.GetRawText() : null;
    }

    private static string? ReadMember(ApiReply reply, string name)
    {
        using JsonDocument? document = ApiJson.TryParse(reply.Body);
        return document is { RootElement.ValueKind: JsonValueKind.Object } && ApiJson.ReadString(document.RootElement, name) is { Length: > 0 } value ? value : null;
    }

    private static IReadOnlyList<string>? ReadTexts(ApiReply reply, string name)
    {
        using JsonDocument? document = ApiJson.TryParse(reply.Body);
        return document is { RootElement.ValueKind: JsonValueKind.Object } ? ApiJson.ReadStrings(document.RootElement, name) : null;
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}

/// <summary>A row, and all that the service said of it.</summary>
internal sealed record DetailedRow(LibraryRow Row, string Json);
