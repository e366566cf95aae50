using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Names;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Media;

/// <summary>What ImageKit knows about files, for commands that need no mount: one account, no folders, no cache.</summary>
/// <remarks>Paths are those of the mount: names that the service would change are escaped on the way out and decoded on the way in.</remarks>
public sealed partial class MediaLibrary : IDisposable
{
    /// <summary>What the service gives in one page (imagekit-api.md 3.1).</summary>
    private const int PageRows = 1000;

    private readonly ImageKitEndpoints _endpoints;
    private readonly ImageKitApi _api;
    private readonly UrlSigner _signer;
    private readonly TimeProvider _time;

    /// <param name="endpoints">Checked endpoints.</param>
    /// <param name="key">The private key.</param>
    /// <param name="logger">Gets no secrets.</param>
    /// <param name="time">The clock.</param>
    public MediaLibrary(ImageKitEndpoints endpoints, SecretKey key, ILogger logger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        _endpoints = endpoints;
        _time = time;
        _api = ImageKitApi.Create(endpoints, key, new ApiTuning(), time, logger);
        _signer = new UrlSigner(endpoints.Delivery, key);
    }

    /// <summary>The file at a path.</summary>
    /// <exception cref="MediaException">There is none, it is a folder, or the service does not say.</exception>
    public async Task<MediaItem> FileAsync(string path, CancellationToken ct)
    {
        MediaItem item = await ItemAsync(path, ct);
        return item.IsFolder ? throw new MediaException(MediaFailure.IsFolder, $"{Shown(path)} is a folder") : item;
    }

    /// <summary>The file or folder at a path. Of a file and a folder of one name the folder, as in the mount.</summary>
    /// <exception cref="MediaException">There is none, or the service does not say.</exception>
    public async Task<MediaItem> ItemAsync(string path, CancellationToken ct) =>
        await TryItemAsync(path, ct) ?? throw new MediaException(MediaFailure.NotFound, $"{Shown(path)} is not in the library");

    /// <summary>As <see cref="ItemAsync"/>; null when the library has nothing there.</summary>
    /// <remarks>There is no call that gets a file by its path (imagekit-api.md 0.1). A search by name is one request; a listing of the folder says whether a search that found nothing was right.</remarks>
    public async Task<MediaItem?> TryItemAsync(string path, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Trim('/').Length == 0)
            throw new MediaException(MediaFailure.IsFolder, "/ is the library itself");
        List<string> stored = [.. MediaNames.StoredAs(path, isFolder: false).Union(MediaNames.StoredAs(path, isFolder: true))];
        foreach (string candidate in stored)
        {
            if (await SearchForAsync(candidate, ct) is { } found)
                return found;
        }

        foreach (IGrouping<string, string> inFolder in stored.GroupBy(RemotePath.Parent))
        {
            if (await ListForAsync(inFolder.Key, [.. inFolder], ct) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>Every row that a query of ImageKit's search language finds, by name.</summary>
    /// <param name="query">In that language.</param>
    /// <param name="folder">The folder, with none below it; null for the whole library.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="MediaException">The service refused the query, or does not say.</exception>
    public async Task<IReadOnlyList<MediaItem>> SearchAsync(string query, string? folder, int limit, CancellationToken ct)
    {
        string? stored = folder is null ? null : MediaNames.StoredAs(folder, isFolder: true)[0];
        List<MediaItem> found = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int skip = 0; found.Count < limit; skip += PageRows)
        {
            ApiResult<IReadOnlyList<LibraryRow>> asked = await PageAsync(new ListQuery(stored, skip, PageRows, Sort: SortOrder.NameAscending) { SearchQuery = query }, ct);
            if (asked.Error is { Kind: ApiErrorKind.BadRequest } refused)
                throw new MediaException(MediaFailure.BadValue, $"ImageKit does not understand the query {query}: {refused.Message}{RequestOf(refused)}");
            IReadOnlyList<LibraryRow> page = Require(asked, "the search");
            // Pages shift when the library changes meanwhile.
            found.AddRange(page.Where(row => seen.Add(row.Id + row.VersionId)).Take(limit - found.Count).Select(ToItem));
            if (page.Count < PageRows)
                break;
        }

        return found;
    }

    /// <summary>A file's details with all that the service sends.</summary>
    /// <returns>The row as a JSON object.</returns>
    public async Task<(MediaItem Item, string Json)> DetailsAsync(MediaItem file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        DetailedRow row = Require(await _api.Library.DetailsInFullAsync(file.Id, ct), file.Path);
        return (ToItem(row.Row), row.Json);
    }

    /// <summary>Dimensions, exif and the like as a JSON object; null when the service has none of this file.</summary>
    public async Task<string?> MetadataAsync(MediaItem file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        return OrNone(await _api.Library.MetadataAsync(file.Id, ct), file.Path);
    }

    /// <summary>All versions, the newest first.</summary>
    public async Task<IReadOnlyList<MediaItem>> VersionsAsync(MediaItem file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        IReadOnlyList<LibraryRow> rows = Require(await _api.Library.VersionsAsync(file.Id, ct), file.Path);
        return [.. rows.Select(ToItem).OrderByDescending(version => version.VersionNumber).ThenByDescending(version => version.IsCurrent).ThenByDescending(version => version.UpdatedAt)];
    }

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    private static string Shown(string path) => '/' + path.Trim('/');

    private static MediaItem ToItem(LibraryRow row) => MediaItem.From(row, MediaNames.ToShown(row.Path, row.Kind == RowKind.Folder));

    private async Task<MediaItem?> SearchForAsync(string stored, CancellationToken ct)
    {
        string query = $"""type IN ["file", "folder"] AND name = {MediaNames.Quote(RemotePath.Name(stored))}""";
        ApiResult<IReadOnlyList<LibraryRow>> page = await PageAsync(new ListQuery(RemotePath.Parent(stored)) { SearchQuery = query }, ct);
        // A query that this service does not understand is no answer; the listing that follows is one.
        if (page.Error is { Kind: ApiErrorKind.BadRequest })
            return null;
        return Pick(Require(page, Shown(stored)), [stored]);
    }

    private async Task<MediaItem?> ListForAsync(string folder, IReadOnlyCollection<string> stored, CancellationToken ct)
    {
        MediaItem? file = null;
        for (int skip = 0; ; skip += PageRows)
        {
            IReadOnlyList<LibraryRow> page = Require(await PageAsync(new ListQuery(folder, skip, PageRows), ct), folder);
            file = Pick(page, stored) ?? file;
            if (file is { IsFolder: true } || page.Count < PageRows)
                return file;
        }
    }

    private static MediaItem? Pick(IReadOnlyList<LibraryRow> rows, IReadOnlyCollection<string> stored)
    {
        LibraryRow[] fitting = [.. rows.Where(row => row.Kind != RowKind.FileVersion && stored.Contains(row.Path))];
        return (fitting.FirstOrDefault(row => row.Kind == RowKind.Folder) ?? fitting.FirstOrDefault()) is { } found ? ToItem(found) : null;
    }

    private ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> PageAsync(ListQuery query, CancellationToken ct) => _api.Library.ListAsync(query, ct);

    private static string? OrNone(ApiResult<string> result, string subject) =>
        result.Error is { Kind: ApiErrorKind.NotFound or ApiErrorKind.BadRequest } ? null : Require(result, subject);

    private static T Require<T>(ApiResult<T> result, string subject)
    {
        if (result.Ok)
            return result.Value;
        ApiError error = result.Error;
        throw error.Kind switch
        {
            ApiErrorKind.Canceled => new OperationCanceledException(),
            ApiErrorKind.NotFound => new MediaException(MediaFailure.NotFound, $"{subject}: {error.Message}{RequestOf(error)}"),
            ApiErrorKind.Unauthorized or ApiErrorKind.Refused => new MediaException(MediaFailure.BadKey, error.Message + RequestOf(error)),
            ApiErrorKind.Forbidden => new MediaException(MediaFailure.NotPermitted, $"{subject}: the key does not allow this: {error.Message}{RequestOf(error)}"),
            ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.TimedOut => new MediaException(MediaFailure.NoNetwork, error.Message),
            _ => new MediaException(MediaFailure.Service, $"{subject}: {error.Message}{RequestOf(error)}"),
        };
    }

    private static string RequestOf(ApiError error) => error.RequestId.Length == 0 ? "" : $" [request {error.RequestId}]";
}
