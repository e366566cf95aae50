using System.Text.Json;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Http;
using Microsoft.AspNetCore.Http;

namespace ImageKitFs.Emulator.Routes;

/// <summary>The emulator's own paths, below <c>/__</c>: no key, not counted, not delayed, not spoiled.</summary>
internal sealed class AdminRoutes(RequestCounters counters, FaultPlan faults, Action<Func<EmulatorOptions, EmulatorOptions>> configure)
{
    /// <summary>Answers one of them.</summary>
    public async Task<Reply> AnswerAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        string body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        try
        {
            return (request.Method, request.Path.Value) switch
            {
                ("GET", "/__stats") => Stats(),
                ("POST", "/__stats/reset") => Done(counters.Reset),
                ("GET", "/__log") => Log(),
                ("POST", "/__faults") => Done(() => faults.Replace(body)),
                ("POST", "/__options") => Options(body),
                _ => Reply.Error(404, "Unknown emulator path. Known: GET /__stats, POST /__stats/reset, GET /__log, POST /__faults, POST /__options"),
            };
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return Reply.Error(400, e.Message);
        }
    }

    private static Reply Done(Action effect)
    {
        effect();
        return Reply.Of(200, new JsonObject());
    }

    private Reply Stats()
    {
        EmulatorStats stats = counters.Snapshot();
        var byKind = new JsonObject();
        foreach ((string kind, long count) in stats.ByKind.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            byKind[kind] = count;
        return Reply.Of(200, new JsonObject
        {
            ["total"] = stats.Total,
            ["byKind"] = byKind,
            ["bytesIn"] = stats.BytesIn,
            ["bytesOut"] = stats.BytesOut,
            ["deliveryBytes"] = stats.DeliveryBytes,
            ["renditionBytes"] = stats.RenditionBytes,
            ["originalBytes"] = stats.OriginalBytes,
            ["faultsFired"] = faults.Fired,
        });
    }

    private Reply Log() => Reply.Of(200, new JsonArray([.. counters.Log().Select(request => (JsonNode)new JsonObject
    {
        ["method"] = request.Method,
        ["path"] = request.Path,
        ["kind"] = request.Kind,
        ["status"] = request.Status,
        ["ms"] = Math.Round(request.Milliseconds, 3),
    })]));

    private Reply Options(string body) => Done(() =>
    {
        JsonObject changes = JsonNode.Parse(body) as JsonObject ?? throw new FormatException("expected a JSON object of option names");
        configure(options => OptionTable.Apply(options, changes));
    });
}
