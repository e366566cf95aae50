using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Library;

/// <summary>The small objects of an account: custom metadata fields, URL endpoints, origins. Each kind is a list of JSON objects with an id.</summary>
internal sealed class AccountData(ObjectIds ids, Action<JsonObject> save)
{
    private readonly Lock _gate = new();
    private readonly List<JsonObject> _endpoints = [DefaultEndpoint()];
    private readonly List<JsonObject> _origins = [];

    /// <summary>The fields of custom metadata.</summary>
    public CustomFields Fields { get; } = new(ids, save);

    /// <summary>The prefixes of the URL endpoints, the longest first, the default one left out.</summary>
    public IReadOnlyList<string> UrlPrefixes
    {
        get
        {
            lock (_gate)
            {
                return _endpoints.Count == 1
                    ? []
                    : [.. _endpoints.Select(endpoint => ((string)endpoint["urlPrefix"]!).Trim('/')).Where(prefix => prefix.Length > 0).OrderByDescending(prefix => prefix.Length)];
            }
        }
    }

    /// <summary>The names of a URL endpoint's origins, in the order in which they are asked.</summary>
    public IReadOnlyList<string> OriginsOf(string urlPrefix)
    {
        lock (_gate)
        {
            JsonObject? endpoint = _endpoints.FirstOrDefault(endpoint => ((string)endpoint["urlPrefix"]!).Trim('/') == urlPrefix);
            return [.. (endpoint?["origins"] as JsonArray ?? []).Select(id => NameOf((string)id!)).OfType<string>()];
        }
    }

    /// <summary>The base URL of the origin of that name; null when there is none.</summary>
    public string? BaseOf(string name)
    {
        lock (_gate)
            return _origins.FirstOrDefault(origin => (string?)origin["name"] == name)?["baseUrl"] is JsonValue url ? url.GetValue<string>() : null;
    }

    /// <summary>Adds an origin to the default URL endpoint, unless one of that name is there. Gives its id.</summary>
    public string Attach(JsonObject origin)
    {
        string name = (string)origin["name"]!;
        lock (_gate)
        {
            if (_origins.FirstOrDefault(known => (string?)known["name"] == name) is { } known)
                return (string)known["id"]!;
            JsonObject item = Origin(origin);
            item["id"] = ids.Next();
            _origins.Add(item);
            Save(origins: true, item);
            JsonObject endpoint = Find(origins: false, "default");
            ((JsonArray)endpoint["origins"]!).Add((JsonNode)(string)item["id"]!);
            Save(origins: false, endpoint);
            return (string)item["id"]!;
        }
    }

    /// <summary>All URL endpoints or origins.</summary>
    public JsonArray All(bool origins)
    {
        lock (_gate)
            return new JsonArray([.. ListOf(origins).Select(item => Shown(item))]);
    }

    /// <summary>One of them.</summary>
    public JsonObject Get(bool origins, string id)
    {
        lock (_gate)
            return Shown(Find(origins, id));
    }

    /// <summary>Adds one.</summary>
    public JsonObject Create(bool origins, JsonObject body)
    {
        JsonObject item = origins ? Origin(body) : Endpoint(body);
        lock (_gate)
        {
            item["id"] = ids.Next();
            if (!origins)
                RequireFreePrefix(item);
            ListOf(origins).Add(item);
            Save(origins, item);
            return Shown(item);
        }
    }

    /// <summary>Replaces one.</summary>
    public JsonObject Replace(bool origins, string id, JsonObject body)
    {
        JsonObject item = origins ? Origin(body) : Endpoint(body);
        item["id"] = id;
        lock (_gate)
        {
            if (!origins)
                RequireFreePrefix(item);
            List<JsonObject> list = ListOf(origins);
            list[list.IndexOf(Find(origins, id))] = item;
            Save(origins, item);
            return Shown(item);
        }
    }

    /// <summary>Removes one.</summary>
    public void Delete(bool origins, string id)
    {
        lock (_gate)
        {
            JsonObject item = Find(origins, id);
            if (id == "default" && !origins)
                throw new Refusal(400, "The default URL endpoint cannot be deleted.");
            ListOf(origins).Remove(item);
            save(new JsonObject { ["op"] = Kind(origins), ["id"] = id, ["gone"] = true });
        }
    }

    /// <summary>Takes up a record of an earlier run.</summary>
    public void Load(JsonObject record)
    {
        if ((string)record["op"]! == CustomFields.RecordKind)
        {
            Fields.Load(record);
            return;
        }

        bool origins = (string)record["op"]! == Kind(origins: true);
        List<JsonObject> list = ListOf(origins);
        list.RemoveAll(item => (string?)item["id"] == (string?)record["id"]);
        if (record["item"] is JsonObject saved)
            list.Add((JsonObject)saved.DeepClone());
    }

    private static JsonObject DefaultEndpoint() => new()
    {
        ["id"] = "default",
        ["description"] = "Default URL endpoint",
        ["urlPrefix"] = "",
        ["origins"] = new JsonArray(),
    };

    private static JsonObject Endpoint(JsonObject body)
    {
        if (body["description"] is not JsonValue description)
            throw new Refusal(400, "Your request is missing description parameter.");
        var item = new JsonObject
        {
            ["description"] = description.DeepClone(),
            ["urlPrefix"] = body["urlPrefix"]?.DeepClone() ?? "",
            ["origins"] = body["origins"]?.DeepClone() ?? new JsonArray(),
        };
        if (body["urlRewriter"] is { } rewriter)
            item["urlRewriter"] = rewriter.DeepClone();
        return item;
    }

    private static JsonObject Origin(JsonObject body)
    {
        string[] types = ["S3", "S3_COMPATIBLE", "CLOUDINARY_BACKUP", "WEB_FOLDER", "WEB_PROXY", "GCS", "AZURE_BLOB", "AKENEO_PIM"];
        if (body["type"] is not JsonValue type || !type.TryGetValue(out string? name) || !types.Contains(name, StringComparer.Ordinal))
            throw new Refusal(400, "Your request contains invalid value for type parameter.");
        if (body["name"] is not JsonValue)
            throw new Refusal(400, "Your request is missing name parameter.");
        var item = (JsonObject)body.DeepClone();
        item["includeCanonicalHeader"] ??= false;
        return item;
    }

    // Replies never show what was given as a secret.
    private static JsonObject Shown(JsonObject item)
    {
        var shown = (JsonObject)item.DeepClone();
        foreach (string secret in (string[])["accessKey", "secretKey", "clientSecret", "password", "privateKey", "sasToken", "accountKey"])
            shown.Remove(secret);
        return shown;
    }

    private string? NameOf(string originId) => (string?)_origins.FirstOrDefault(origin => (string?)origin["id"] == originId)?["name"];

    private static string Kind(bool origins) => origins ? "origin" : "url-endpoint";

    private List<JsonObject> ListOf(bool origins) => origins ? _origins : _endpoints;

    private JsonObject Find(bool origins, string id) => ListOf(origins).FirstOrDefault(item => (string?)item["id"] == id)
        ?? throw new Refusal(404, origins ? "The requested origin does not exist." : "The requested URL endpoint does not exist.");

    private void RequireFreePrefix(JsonObject item)
    {
        string prefix = ((string?)item["urlPrefix"] ?? "").Trim('/');
        if (_endpoints.Any(other => (string?)other["id"] != (string?)item["id"] && ((string)other["urlPrefix"]!).Trim('/') == prefix))
            throw new Refusal(400, "A URL endpoint with this urlPrefix already exists.");
    }

    private void Save(bool origins, JsonObject item) =>
        save(new JsonObject { ["op"] = Kind(origins), ["id"] = (string)item["id"]!, ["item"] = item.DeepClone() });
}
