using System.Globalization;
using System.Text.Json;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>A file as a listing shows it.</summary>
internal sealed record ListedFile(string Path, string Url, bool IsPrivate);

/// <summary>A URL endpoint of the account: what stands behind the account's name in its URLs (empty for the default one), and which origins it asks, in order.</summary>
internal sealed record UrlEndpointRow(string Prefix, string Description, IReadOnlyList<string> Origins);

/// <summary>Storage attached to the account.</summary>
internal sealed record OriginRow(string Id, string Name, string Type, string Address);

/// <summary>A limit that was hit, or told of.</summary>
internal sealed record RateLimitSeen(string What, string Limit, string Interval, string Reset);

/// <summary>What the service says of one account, each question asked once. Every reply comes within <see cref="Patience"/>, or says that it did not.</summary>
internal sealed class AccountView(ImageKitEndpoints endpoints, SecretKey key, TimeProvider time) : IDisposable
{
    private const string UrlEndpointsPath = "/v1/accounts/url-endpoints";
    private const string OriginsPath = "/v1/accounts/origins";

    /// <summary>The longest wait for one reply.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A pause that the service asks for is kept once, when it is this short.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>A file is delivered to this signature for long enough to look at it, clocks that are wrong included.</summary>
    private static readonly TimeSpan SignatureLifetime = TimeSpan.FromHours(1);

    private readonly Dictionary<string, ProbeReply> _replies = new(StringComparer.Ordinal);
    private readonly List<RateLimitSeen> _limits = [];
    private readonly List<RateLimitSeen> _allowances = [];

    /// <summary>Where it is.</summary>
    public ImageKitEndpoints Endpoints => endpoints;

    /// <summary>The URL endpoint without a trailing slash.</summary>
    public string UrlEndpoint => endpoints.Delivery.ToString().TrimEnd('/');

    /// <summary>For requests of other kinds.</summary>
    public ServiceProbe Service { get; } = new(endpoints, key, Patience, time);

    /// <summary>The 429s that came so far.</summary>
    public IReadOnlyList<RateLimitSeen> Limits => _limits;

    /// <summary>What replies say of limits that were not hit; the service need not say.</summary>
    public IReadOnlyList<RateLimitSeen> Allowances => _allowances;

    /// <summary>The first file of the library: shows whether the key opens it.</summary>
    public Task<ProbeReply> FirstFileAsync(CancellationToken ct) => AskAsync("/v1/files?type=file&limit=1&skip=0", ct);

    /// <summary>The folders of the library's root.</summary>
    public Task<ProbeReply> RootFoldersAsync(CancellationToken ct) => AskAsync("/v1/files?type=folder&path=%2F&limit=1000&skip=0", ct);

    /// <summary>One file below a folder of the root.</summary>
    public Task<ProbeReply> FileInAsync(string folder, CancellationToken ct) =>
        AskAsync($"/v1/files?type=file&path={Uri.EscapeDataString("/" + folder)}&limit=1&skip=0", ct);

    /// <summary>The account's URL endpoints. 403 for a key that may not see them.</summary>
    public Task<ProbeReply> UrlEndpointsAsync(CancellationToken ct) => AskAsync(UrlEndpointsPath, ct);

    /// <summary>The account's origins. 403 for a key that may not see them.</summary>
    public Task<ProbeReply> OriginsAsync(CancellationToken ct) => AskAsync(OriginsPath, ct);

    /// <summary>
    /// True when the key may read and not write, false when it may write, null when the reply does not tell. Asks to delete no file at all, which ImageKit
    /// refuses as a bad request when the key may delete, and for the lack of rights when it may not.
    /// </summary>
    public async Task<bool?> IsReadOnlyAsync(CancellationToken ct)
    {
        using ProbeReply reply = await Service.AskAsync(HttpMethod.Post, "/v1/files/batch/deleteByFileIds", """{"fileIds":[]}""", ct);
        return reply.Status switch
        {
            400 => false,
            403 => !KeyVerdict.IsAboutKey(reply.Message),
            _ => null,
        };
    }

    /// <summary>How a file is delivered through the account's URL endpoint; signed when that is needed.</summary>
    public async Task<ProbeReply> LookAtAsync(ListedFile file, CancellationToken ct)
    {
        const string original = "tr=orig-true";
        ProbeReply reply = await HeadAsync(Service.UrlOf(file.Path, original, file.IsPrivate ? SignatureLifetime : null), ct);
        if (file.IsPrivate || reply.Status is not (400 or 401 or 403))
            return reply;
        reply.Dispose();
        return await HeadAsync(Service.UrlOf(file.Path, original, SignatureLifetime), ct);
    }

    /// <summary>The first file of a listing, or null.</summary>
    public static ListedFile? FileOf(ProbeReply listing) => RowsOf(listing, row =>
        TextOf(row, "filePath") is { } path && TextOf(row, "url") is { } url
            ? new ListedFile(path, url, row.TryGetProperty("isPrivateFile", out JsonElement isPrivate) && isPrivate.ValueKind == JsonValueKind.True)
            : null).FirstOrDefault();

    /// <summary>The names of folder rows.</summary>
    public static IReadOnlyList<string> FoldersOf(ProbeReply listing) => RowsOf(listing, row => TextOf(row, "name"));

    public static IReadOnlyList<UrlEndpointRow> UrlEndpointsOf(ProbeReply reply) => RowsOf(reply, row => new UrlEndpointRow(
        (TextOf(row, "urlPrefix") ?? "").Trim('/'), TextOf(row, "description") ?? "", TextsOf(row, "origins")));

    public static IReadOnlyList<OriginRow> OriginsOf(ProbeReply reply) => RowsOf(reply, row => new OriginRow(
        TextOf(row, "id") ?? "",
        TextOf(row, "name") ?? "",
        TextOf(row, "type") ?? "",
        TextOf(row, "baseUrl") ?? TextOf(row, "bucket") ?? TextOf(row, "container") ?? TextOf(row, "endpoint") ?? ""));

    public void Dispose()
    {
        foreach (ProbeReply reply in _replies.Values)
            reply.Dispose();
        Service.Dispose();
    }

    private async Task<ProbeReply> AskAsync(string pathAndQuery, CancellationToken ct)
    {
        if (_replies.TryGetValue(pathAndQuery, out ProbeReply? known))
            return known;
        ProbeReply reply = await Service.AskAsync(HttpMethod.Get, pathAndQuery, json: null, ct);
        if (reply.Header("X-RateLimit-Limit") is not null || reply.Status == 429)
        {
            (reply.Status == 429 ? _limits : _allowances).Add(new RateLimitSeen(
                pathAndQuery.Split('?')[0], reply.Header("X-RateLimit-Limit") ?? "?", reply.Header("X-RateLimit-Interval") ?? "?", reply.Header("X-RateLimit-Reset") ?? "?"));
        }

        if (reply.Status == 429)
        {
            bool isShort = double.TryParse(reply.Header("X-RateLimit-Reset"), NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds)
                && milliseconds >= 0 && milliseconds <= LongestPause.TotalMilliseconds;
            if (isShort)
            {
                reply.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(milliseconds + 1), time, ct);
                reply = await Service.AskAsync(HttpMethod.Get, pathAndQuery, json: null, ct);
            }
        }

        _replies[pathAndQuery] = reply;
        return reply;
    }

    private async Task<ProbeReply> HeadAsync(string url, CancellationToken ct)
    {
        ProbeReply reply = await Service.FetchAsync(HttpMethod.Head, url, ct);
        if (reply.Status is not (405 or 501))
            return reply;
        reply.Dispose();
        return await Service.FetchAsync(HttpMethod.Get, url, ct);
    }

    private static List<T> RowsOf<T>(ProbeReply reply, Func<JsonElement, T?> read)
        where T : class
    {
        if (!reply.Ok)
            return [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(reply.Body);
            return document.RootElement.ValueKind != JsonValueKind.Array
                ? []
                : [.. document.RootElement.EnumerateArray().Where(row => row.ValueKind == JsonValueKind.Object).Select(read).OfType<T>()];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string? TextOf(JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<string> TextsOf(JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];
}
