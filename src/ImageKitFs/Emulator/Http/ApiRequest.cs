using System.Text.Json;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Library;
using Microsoft.AspNetCore.Http;

namespace ImageKitFs.Emulator.Http;

/// <summary>A call of the management API, its path cut up and its body read.</summary>
internal sealed class ApiRequest(HttpContext http, string[] segments, bool isV2)
{
    /// <summary>No call has more: 100 ids and long texts fit many times over.</summary>
    private const int MaxBody = 10 << 20;

    private JsonObject? _body;

    /// <summary>The HTTP method.</summary>
    public string Method => http.Request.Method;

    /// <summary>The path behind <c>/v1</c>, decoded.</summary>
    public string[] Segments => segments;

    /// <summary>True below <c>/v2</c>.</summary>
    public bool IsV2 => isV2;

    /// <summary>The JSON body; empty when there was none.</summary>
    public JsonObject Body => _body ?? [];

    /// <summary>The query value, or null.</summary>
    public string? Query(string name) => http.Request.Query.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues value) ? value[^1] : null;

    /// <summary>All values of a query parameter, also in the <c>name[]</c> form and separated by commas.</summary>
    public IReadOnlyList<string> QueryAll(string name) =>
        [.. http.Request.Query.Where(pair => pair.Key == name || pair.Key == name + "[]").SelectMany(pair => pair.Value).OfType<string>().SelectMany(value => value.Split(','))];

    /// <summary>Reads the body. A body that is not a JSON object is refused.</summary>
    public async Task<string> ReadBodyAsync()
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[16 << 10];
        int count;
        while ((count = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > MaxBody)
                throw new Refusal(413, "Your request is too large.");
        }

        string text = System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        if (text.Length == 0)
            return text;
        try
        {
            // A doubled member is found only when the object is first searched.
            _body = JsonNode.Parse(text) as JsonObject ?? throw new Refusal(400, "Your request contains invalid JSON.");
            _ = _body.Count;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new Refusal(400, "Your request contains invalid JSON.");
        }

        return text;
    }

    /// <summary>A text that must be there.</summary>
    public string Need(string name)
    {
        JsonNode? node = Body[name];
        if (node is null || node is JsonValue empty && empty.TryGetValue(out string? text) && text.Length == 0)
            throw Refusal.Invalid("MISSING_PARAMETER", $"{name} parameter is missing.");
        return node is JsonValue value && value.TryGetValue(out text)
            ? text
            : throw Refusal.Invalid("INVALID_PARAMETER", $"{name} parameter should be a string.");
    }

    /// <summary>A flag, false when it is not there.</summary>
    public bool Flag(string name) => Body[name] switch
    {
        null => false,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        _ => throw Refusal.Invalid("INVALID_PARAMETER", $"{name} parameter should be a boolean."),
    };

    /// <summary>A list of texts that must be there and not be empty.</summary>
    public IReadOnlyList<string> NeedList(string name)
    {
        JsonNode node = Body[name] ?? throw new Refusal(400, $"{name} parameter is missing.");
        if (node is not JsonArray array)
            throw new Refusal(400, $"{name} should be an Array.");
        if (array.Count == 0)
            throw new Refusal(400, $"{name} is empty.");
        return [.. array.Select(item => item is JsonValue value && value.TryGetValue(out string? text) ? text : throw new Refusal(400, $"{name} should be an Array of strings."))];
    }
}
