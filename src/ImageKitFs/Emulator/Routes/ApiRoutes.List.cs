using System.Globalization;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Search;
using SortKey = ImageKitFs.Emulator.Library.SortKey;

namespace ImageKitFs.Emulator.Routes;

/// <content>Listing and search (section 3).</content>
internal sealed partial class ApiRoutes
{
    private const int MaxLimit = 1000;

    private Reply List(ApiRequest request)
    {
        ListRequest list = ParseList(request);
        return Reply.Write(200, json =>
        {
            json.WriteStartArray();
            store.List(list, row => rows.Write(json, row));
            json.WriteEndArray();
        });
    }

    private ListRequest ParseList(ApiRequest request)
    {
        int skip = Number(request, "skip", 0);
        if (skip < 0)
            throw new Refusal(400, $"The value of skip parameter should be greater than or equal to 0. Value sent is {skip}.");
        int limit = Number(request, "limit", MaxLimit);
        if (limit < 1)
            throw new Refusal(400, $"Minimum value of limit parameter is 1. Value sent is {limit}.");
        if (limit > MaxLimit)
            throw new Refusal(400, $"Maximum value of limit parameter is {MaxLimit}. Value sent is {limit}.");
        (SortKey sort, bool descending) = Sort(request.Query("sort"));
        string type = request.Query("type") ?? "file";
        if (type is not ("file" or "file-version" or "folder" or "all"))
        {
            throw new Refusal(400,
                "Your request contains invalid value for type parameter. Please provide one of the following: file, file-version, folder, all.");
        }

        var list = new ListRequest
        {
            Path = request.Query("path") is { Length: > 0 } path ? path : null,
            Skip = skip,
            Limit = limit,
            Sort = sort,
            Descending = descending,
            Files = type is "file" or "all",
            Folders = type is "folder" or "all" || (type == "file" && request.Query("includeFolder") == "true"),
            OlderVersions = type == "file-version",
        };
        Func<Row, bool>? filter = FileTypeFilter(request.Query("fileType"));
        if (request.Query("searchQuery") is { Length: > 0 } text)
        {
            var query = SearchQuery.Parse(text, time.GetUtcNow(), options());
            bool files = query.TestsType || options().SearchFilesOnly;
            return list with
            {
                Files = true,
                Folders = query.TestsType || !files,
                OlderVersions = query.TestsType,
                Filter = Both(filter, query.Matches),
            };
        }

        if (request.Query("name") is { Length: > 0 } name)
            filter = Both(filter, row => row.Node.Name == name);
        if (request.QueryAll("tags") is { Count: > 0 } tags)
            filter = Both(filter, row => row.Version?.Tags is { } own && own.Any(tag => tags.Contains(tag, StringComparer.Ordinal)));
        return list with { Filter = filter };
    }

    private static Func<Row, bool>? FileTypeFilter(string? fileType) => fileType switch
    {
        null or "" or "all" => null,
        "image" => row => row.Version?.Media.IsImage == true,
        "non-image" => row => row.Version?.Media.IsImage == false,
        _ => throw new Refusal(400, "Your request contains invalid value for fileType parameter. Please provide one of the following: all, image, non-image."),
    };

    private static Func<Row, bool> Both(Func<Row, bool>? first, Func<Row, bool> second) =>
        first is null ? second : row => first(row) && second(row);

    private static int Number(ApiRequest request, string name, int missing)
    {
        if (request.Query(name) is not { Length: > 0 } text)
            return missing;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new Refusal(400, $"Your request contains invalid value for {name} parameter.");
    }

    private static (SortKey Key, bool Descending) Sort(string? sort)
    {
        if (string.IsNullOrEmpty(sort))
            return (SortKey.Created, false);
        (string direction, string name) = sort.Split('_', 2) is [var before, var after] ? (before, after) : ("", "");
        SortKey? key = name switch
        {
            "NAME" => SortKey.Name,
            "CREATED" or "RELEVANCE" => SortKey.Created,
            "UPDATED" => SortKey.Updated,
            "HEIGHT" => SortKey.Height,
            "WIDTH" => SortKey.Width,
            "SIZE" => SortKey.Size,
            _ => null,
        };
        return key is { } known && direction is "ASC" or "DESC"
            ? (key.Value, direction == "DESC")
            : throw new Refusal(400, "Your request contains invalid value for sort parameters.");
    }
}
