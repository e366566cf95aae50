using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Routes;

/// <content>Purge and usage (section 8).</content>
internal sealed partial class ApiRoutes
{
    private const int MaxUsageDays = 90;

    private readonly ConcurrentDictionary<(DateOnly, DateOnly), (DateTimeOffset At, byte[] Body)> _usage = new();

    private Reply Purge(ApiRequest request)
    {
        const string invalid = "The URL is not valid for cache purging.";
        if (request.Body["url"] is not JsonValue value || !value.TryGetValue(out string? url))
            throw new Refusal(400, invalid);
        bool byPrefix = url.EndsWith('*');
        string clean = byPrefix ? url[..^1] : url;
        if (clean.Contains('*', StringComparison.Ordinal) || cdn.PathOf(clean) is not { } path || (byPrefix && !IsLongEnough(path)))
            throw new Refusal(400, invalid);
        if (store.Purge().RequestId is not { } id)
            return RateLimiter.Refused(options().PurgeQuota, resetMilliseconds: 60_000);
        cdn.Purge(clean, byPrefix);
        return Reply.Of(201, new JsonObject { ["requestId"] = id });
    }

    // A trailing * is for two levels or more, for fifteen characters or more, or behind a full file name.
    private static bool IsLongEnough(string path) =>
        NameRules.Split(path).Length >= 2 || path.Length >= 15 || Path.HasExtension(path);

    private Reply PurgeStatus(string id) => Reply.Of(200, new JsonObject { ["status"] = store.IsPurged(id) ? "Completed" : "Pending" });

    private Reply Usage(ApiRequest request)
    {
        (string? first, string? last) = (request.Query("startDate"), request.Query("endDate"));
        if (string.IsNullOrEmpty(first) || string.IsNullOrEmpty(last))
            throw new Refusal(400, "startDate and endDate are required in query parameters.");
        if (!TryParseDay(first, out DateOnly start) || !TryParseDay(last, out DateOnly end))
            throw new Refusal(400, "startDate and endDate should be in format YYYY-MM-DD.");
        if (start >= end)
            throw new Refusal(400, "startDate should be before endDate.");
        if (end.DayNumber - start.DayNumber >= MaxUsageDays)
            throw new Refusal(400, "startDate and endDate should be within 90 days.");

        DateTimeOffset now = time.GetUtcNow();
        if (_usage.TryGetValue((start, end), out (DateTimeOffset At, byte[] Body) cached) && now - cached.At < options().UsageCacheDuration)
            return new Reply(200, new Storage.MemoryBlob(cached.Body), Reply.Json);
        Reply fresh = Reply.Of(200, new JsonObject
        {
            ["bandwidthBytes"] = counters.Snapshot().DeliveryBytes,
            ["mediaLibraryStorageBytes"] = store.StoredBytes,
            ["videoProcessingUnitsCount"] = 0,
            ["extensionUnitsCount"] = 0,
            ["originalCacheStorageBytes"] = 0,
        });
        _usage[(start, end)] = (now, fresh.ReadBody());
        return fresh;
    }

    private static bool TryParseDay(string text, out DateOnly day) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
}
