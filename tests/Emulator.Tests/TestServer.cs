using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Tests;

/// <summary>An answer, read whole.</summary>
internal sealed record Answer(HttpStatusCode Status, byte[] Body, HttpResponseMessage Response)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonNode Json => JsonNode.Parse(Body)!;

    public JsonArray Rows => Json.AsArray();

    public string? Message => (string?)Json["message"];

    public string? Reason => (string?)Json["reason"];

    public string? Header(string name) =>
        Response.Headers.TryGetValues(name, out IEnumerable<string>? values) || Response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;
}

/// <summary>An emulator with a client that holds its key.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly HttpClient _client;

    private TestServer(EmulatorServer emulator)
    {
        Emulator = emulator;
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = emulator.BaseAddress };
    }

    public EmulatorServer Emulator { get; }

    public HttpClient Client => _client;

    public static async Task<TestServer> StartAsync(EmulatorOptions? options = null) =>
        new(await EmulatorServer.StartAsync(options ?? new EmulatorOptions { JobDuration = TimeSpan.Zero }));

    public void Configure(Func<EmulatorOptions, EmulatorOptions> change) => Emulator.Configure(change);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Emulator.DisposeAsync();
    }

    public static AuthenticationHeaderValue Basic(string pair) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));

    public async Task<Answer> SendAsync(HttpRequestMessage request, bool withKey = true)
    {
        if (withKey && request.Headers.Authorization is null)
            request.Headers.Authorization = Basic(Emulator.PrivateKey + ":");
        using HttpResponseMessage response = await _client.SendAsync(request);
        return new Answer(response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response);
    }

    public Task<Answer> GetAsync(string target) => SendAsync(new HttpRequestMessage(HttpMethod.Get, target));

    public Task<Answer> JsonAsync(string method, string target, string? json = null) => SendAsync(new HttpRequestMessage(new HttpMethod(method), target)
    {
        Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"),
    });

    public Task<Answer> ListAsync(string path, string query = "type=all") => GetAsync($"v1/files?path={Uri.EscapeDataString(path)}&{query}");

    public async Task<string[]> NamesAsync(string path, string query = "type=all") =>
        [.. (await ListAsync(path, query)).Rows.Select(row => (string)row!["name"]!)];

    /// <summary>The names in a folder, in order, separated by spaces.</summary>
    public async Task<string> ListedAsync(string path, string query = "type=all") => string.Join(' ', await NamesAsync(path, query));

    /// <summary>Uploads as a client should: quoted names, no unique suffix.</summary>
    public Task<Answer> UploadAsync(string path, byte[] content, string version = "v1", params (string Name, string Value)[] fields)
    {
        int slash = path.LastIndexOf('/');
        List<(string, string)> all = [("fileName", path[(slash + 1)..]), ("folder", slash <= 0 ? "/" : path[..slash])];
        if (!fields.Any(field => field.Name == "useUniqueFileName"))
            all.Add(("useUniqueFileName", "false"));
        return PostFormAsync($"api/{version}/files/upload", content, [.. all, .. fields]);
    }

    public Task<Answer> UploadAsync(string path, string content, params (string Name, string Value)[] fields) =>
        UploadAsync(path, Encoding.UTF8.GetBytes(content), "v1", fields);

    public Task<Answer> PostFormAsync(string target, byte[]? file, IEnumerable<(string Name, string Value)> fields, bool withKey = true) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, target) { Content = Form(file, fields) }, withKey);

    public static MultipartFormDataContent Form(byte[]? file, IEnumerable<(string Name, string Value)> fields)
    {
        var form = new MultipartFormDataContent();
        foreach ((string name, string value) in fields)
            form.Add(new StringContent(value), $"\"{name}\"");
        if (file is not null)
            form.Add(new ByteArrayContent(file), "\"file\"", "\"upload\"");
        return form;
    }

    public async Task<string> IdOfAsync(string path, string content = "content")
    {
        Answer answer = await UploadAsync(path, content);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return (string)answer.Json["fileId"]!;
    }

    /// <summary>Fetches from delivery, without the key.</summary>
    public Task<Answer> DeliverAsync(string pathAndQuery, Action<HttpRequestMessage>? prepare = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "demo" + pathAndQuery);
        prepare?.Invoke(request);
        return SendAsync(request, withKey: false);
    }
}
