using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    public ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> ListAsync(ListQuery query, CancellationToken ct) =>
        RowsAsync(ApiOperation.List, query.Path ?? "the library", "/v1/files?" + QueryOf(query), ct);

    public ValueTask<ApiResult<LibraryRow>> DetailsAsync(string fileId, CancellationToken ct) =>
        ReadAsync(ApiOperation.Details, fileId, FilePath(fileId) + "/details", MaxRowBytes, static reply => ApiJson.ReadRow(reply.Body), ct);

    /// <summary>The query string exactly as documented, every value percent-encoded.</summary>
    internal static string QueryOf(ListQuery query)
    {
        var parts = new List<string>();
        if (query.Path is { } path)
            parts.Add("path=" + Uri.EscapeDataString(path));
        if (query.SearchQuery is { } search)
            parts.Add("searchQuery=" + Uri.EscapeDataString(search));
        parts.Add("type=" + Uri.EscapeDataString(query.Type));
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"limit={query.Limit}"));
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"skip={query.Skip}"));
        parts.Add("sort=" + query.Sort switch
        {
            SortOrder.CreatedAscending => "ASC_CREATED",
            SortOrder.NameAscending => "ASC_NAME",
            SortOrder.UpdatedDescending => "DESC_UPDATED",
        });
        return string.Join('&', parts);
    }

    private async ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> RowsAsync(
        ApiOperation operation, string subject, string pathAndQuery, CancellationToken ct)
    {
        ApiResult<RowPage> result = await ReadAsync(
            operation, subject, pathAndQuery, _tuning.MaxListingBytes, static reply => ApiJson.ReadRows(reply.Body), ct);
        if (!result.Ok)
            return result.Error;
        int dropped = result.Value.SentRows - result.Value.Count;
        if (dropped > 0)
        {
            _counters.RowsDropped(dropped);
            if (Interlocked.Exchange(ref _hasDropped, 1) == 0)
                LogDropped(dropped, result.Value.SentRows, subject);
        }

        return result.Value;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Dropped} of {Sent} rows listed for {Subject} have no usable id, name or path and are not shown. Said once.")]
    private partial void LogDropped(int dropped, int sent, string subject);
}
