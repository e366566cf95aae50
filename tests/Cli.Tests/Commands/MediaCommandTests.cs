using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

/// <summary>What ImageKit knows about files, by the built executable against the local ImageKit, which checks signatures and values as the service does.</summary>
public sealed class MediaCommandTests
{
    [Fact]
    public async Task A_url_delivers_the_file_transformed_and_signed_as_asked_for()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--set", "RestrictUnsignedUrls=true");
        await PutAsync(sandbox, "my photo.txt", "bytes");
        string endpoint = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;

        CliResult plain = await sandbox.RunAsync("url", "/my photo.txt");
        CliResult transformed = await sandbox.RunAsync("url", "my photo.txt", "--tr", "w-300,h-300:rt-90");
        CliResult inPath = await sandbox.RunAsync("url", "my photo.txt", "--tr", "orig-true", "--tr-in-path", "--sign");
        CliResult expiring = await sandbox.RunAsync("url", "my photo.txt", "--tr", "orig-true", "--expires", "1h", "--json");

        Assert.Equal($"{endpoint}/my_x0020_photo.txt\n", plain.Output);
        Assert.Equal($"{endpoint}/my_x0020_photo.txt?tr=w-300,h-300:rt-90\n", transformed.Output);
        Assert.StartsWith($"{endpoint}/tr:orig-true/my_x0020_photo.txt?ik-s=", inPath.Output, StringComparison.Ordinal);
        JsonElement url = Json(expiring);
        string signed = url.GetProperty("url").GetString()!;
        Assert.Matches(@"\?tr=orig-true&ik-t=\d+&ik-s=[0-9a-f]{40}$", signed);
        Assert.True(url.GetProperty("isSigned").GetBoolean());
        Assert.InRange(url.GetProperty("expiresAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(50), DateTimeOffset.UtcNow.AddMinutes(61));
        Assert.Equal(HttpStatusCode.Unauthorized, (await FetchAsync(plain.Output)).Status);
        Assert.Equal((HttpStatusCode.OK, "bytes"), await FetchAsync(inPath.Output));
        Assert.Equal((HttpStatusCode.OK, "bytes"), await FetchAsync(signed));
        Assert.Equal(HttpStatusCode.Unauthorized, (await FetchAsync(signed.Replace("ik-t=1", "ik-t=2", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task A_private_file_gets_a_signed_url_without_being_asked_and_what_is_not_listed_needs_to_be_said()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        await UploadAsync(sandbox, "secret.txt", "hidden", ("isPrivateFile", "true"));
        await PutAsync(sandbox, "open.txt", "bytes");

        CliResult url = await sandbox.RunAsync("url", "secret.txt");
        CliResult info = await sandbox.RunAsync("info", "secret.txt");
        CliResult origin = await sandbox.RunAsync("url", "/bücher/a b.txt", "--origin");
        CliResult seen = await sandbox.RunAsync("info", "open.txt", "--origin", "--json");

        Assert.Matches(@"/secret\.txt\?ik-s=[0-9a-f]{40}\n$", url.Output);
        Assert.Equal((HttpStatusCode.OK, "hidden"), await FetchAsync(url.Output));
        Assert.DoesNotContain("ik-s", info.Output, StringComparison.Ordinal);
        Assert.Equal(sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] + "/b%C3%BCcher/a%20b.txt\n", origin.Output);
        Assert.Equal(("origin", 5), (Json(seen).GetProperty("type").GetString(), Json(seen).GetProperty("size").GetInt32()));
        Assert.StartsWith("text/plain", Json(seen).GetProperty("mime").GetString(), StringComparison.Ordinal);
        (await sandbox.RunAsync("url", "none.txt")).AssertFailed(ExitCode.Failed, "/none.txt is not in the library");
        (await sandbox.RunAsync("url", "none.txt", "--expires", "soon")).AssertFailed(ExitCode.Usage, "--expires");
        (await sandbox.RunAsync("url", "open.txt", "--tr", "a/b")).AssertFailed(ExitCode.Usage, "--tr");
        (await sandbox.RunAsync("url", "open.txt", "--tr-in-path")).AssertFailed(ExitCode.Usage, "--tr");
        (await sandbox.RunAsync("info", "none.txt", "--origin")).AssertFailed(ExitCode.Failed, "ENOENT");
    }

    [Fact]
    public async Task Info_tells_all_that_the_service_knows_of_a_file_and_of_a_folder()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        (await sandbox.RunAsync("tag", "/products/mug-blue.png", "+sea")).AssertOk();
        (await sandbox.RunAsync("describe", "/products/mug-blue.png", "a blue mug")).AssertOk();

        CliResult text = await sandbox.RunAsync("info", "products/mug-blue.png");
        JsonElement info = Json(await sandbox.RunAsync("info", "products/mug-blue.png", "--json"));
        JsonElement folder = Json(await sandbox.RunAsync("info", "/products", "--json"));

        Assert.Contains("a blue mug", text.Output, StringComparison.Ordinal);
        Assert.Matches(@"dimensions +\d+ x \d+\n", text.Output);
        Assert.Equal("image/png", info.GetProperty("mime").GetString());
        Assert.Equal((1, 1), (info.GetProperty("version").GetInt32(), info.GetProperty("versions").GetInt32()));
        Assert.Contains("sea", info.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal(info.GetProperty("width").GetInt32(), info.GetProperty("metadata").GetProperty("width").GetInt32());
        Assert.Matches("^[0-9a-f]{24}$", info.GetProperty("fileId").GetString());
        Assert.False(info.GetProperty("isPrivate").GetBoolean());
        Assert.Equal("folder", folder.GetProperty("type").GetString());
        (await sandbox.RunAsync("info", "/none/x.png")).AssertFailed(ExitCode.Failed, "/none/x.png is not in the library");
        (await sandbox.RunAsync("info", "/")).AssertFailed(ExitCode.Usage, "library itself");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_wrong";
        (await sandbox.RunAsync("info", "/products")).AssertFailed(ExitCode.BadKey, "key");
    }

    [Fact]
    public async Task Tags_are_added_and_removed_on_many_files_by_one_request_each_way()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        foreach (string name in (string[])["a.txt", "b.txt", "-c.txt"])
            await PutAsync(sandbox, name, name);

        CliResult changed = await sandbox.RunAsync("tag", "a.txt", "b.txt", "/-c.txt", "+sea,sun", "+draft", "-none");
        CliResult removed = await sandbox.RunAsync("tag", "a.txt", "-draft", "-sun");
        CliResult one = await sandbox.RunAsync("tag", "a.txt");
        CliResult all = await sandbox.RunAsync("tag", "a.txt", "b.txt", "--json");

        Assert.Equal("/a.txt: sea, sun, draft\n/b.txt: sea, sun, draft\n/-c.txt: sea, sun, draft\n", changed.Output);
        Assert.Equal("sea\n", removed.Output);
        Assert.Equal("sea\n", one.Output);
        Assert.Equal(["sea", "sun", "draft"], Json(all)[1].GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal(3, await CountAsync(sandbox, "tags"));
        (await sandbox.RunAsync("tag", "a.txt", "+100%")).AssertFailed(ExitCode.Usage, "100%");
        (await sandbox.RunAsync("tag", "a.txt", "+" + new string('x', 500))).AssertFailed(ExitCode.Usage, "500");
        (await sandbox.RunAsync("tag", "a.txt", "+x", "-x")).AssertFailed(ExitCode.Usage, "'x'");
        (await sandbox.RunAsync("tag", "+x")).AssertFailed(ExitCode.Usage, "which file");
        (await sandbox.RunAsync("tag", "a.txt", "--bogus")).AssertFailed(ExitCode.Usage, "--bogus");
        (await sandbox.RunAsync("tag", "a.txt", "none.txt", "+x")).AssertFailed(ExitCode.Failed, "/none.txt");
        Assert.Equal("sea\n", (await sandbox.RunAsync("tag", "a.txt")).Output);
    }

    [Fact]
    public async Task Files_that_the_service_could_not_tag_are_named()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--fault", "tags=partial");
        await PutAsync(sandbox, "a.txt", "a");
        await PutAsync(sandbox, "b.txt", "b");

        CliResult result = await sandbox.RunAsync("tag", "a.txt", "b.txt", "+sea");

        result.AssertFailed(ExitCode.Failed, "1 file");
    }

    [Fact]
    public async Task A_description_is_shown_set_and_cleared()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        await PutAsync(sandbox, "a.txt", "a");

        CliResult none = await sandbox.RunAsync("describe", "a.txt");
        CliResult set = await sandbox.RunAsync("describe", "a.txt", "am Meer, früh");
        CliResult shown = await sandbox.RunAsync("describe", "/a.txt", "--json");
        CliResult cleared = await sandbox.RunAsync("describe", "a.txt", "");

        none.AssertOk();
        Assert.Equal(("", "am Meer, früh\n", ""), (none.Output, set.Output, cleared.Output));
        Assert.Equal("am Meer, früh", Json(shown).GetProperty("description").GetString());
        Assert.Equal("", (await sandbox.RunAsync("describe", "a.txt")).Output);
        (await sandbox.RunAsync("describe", "none.txt", "x")).AssertFailed(ExitCode.Failed, "/none.txt");
    }

    [Fact]
    public async Task Custom_metadata_is_checked_against_the_accounts_fields()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        await PutAsync(sandbox, "a.txt", "a");
        await AddFieldAsync(sandbox, """{"name":"price","label":"Price","schema":{"type":"Number","minValue":1}}""");
        await AddFieldAsync(sandbox, """{"name":"sold","label":"Sold","schema":{"type":"Boolean"}}""");
        await AddFieldAsync(sandbox, """{"name":"colours","label":"Colours","schema":{"type":"MultiSelect","selectOptions":["red","blue"]}}""");

        CliResult set = await sandbox.RunAsync("meta", "set", "a.txt", "price=4.5", "sold=true", "colours=red,blue");
        CliResult unset = await sandbox.RunAsync("meta", "unset", "a.txt", "sold", "--json");
        CliResult shown = await sandbox.RunAsync("meta", "a.txt");

        Assert.Equal("price=4.5\nsold=true\ncolours=[\"red\",\"blue\"]\n", set.Output);
        Assert.Equal(4.5, Json(unset).GetProperty("customMetadata").GetProperty("price").GetDouble());
        Assert.Equal("price=4.5\ncolours=[\"red\",\"blue\"]\n", shown.Output);
        (await sandbox.RunAsync("meta", "set", "a.txt", "price=much")).AssertFailed(ExitCode.Usage, "price takes a number");
        (await sandbox.RunAsync("meta", "set", "a.txt", "price=0")).AssertFailed(ExitCode.Usage, "at least 1");
        (await sandbox.RunAsync("meta", "set", "a.txt", "colours=green")).AssertFailed(ExitCode.Usage, "red, blue");
        (await sandbox.RunAsync("meta", "set", "a.txt", "weight=1")).AssertFailed(ExitCode.Usage, "it has price, sold, colours");
        (await sandbox.RunAsync("meta", "set", "a.txt", "price")).AssertFailed(ExitCode.Usage, "FIELD=VALUE");
        (await sandbox.RunAsync("meta", "none.txt")).AssertFailed(ExitCode.Failed, "/none.txt");
        await AddFieldAsync(sandbox, """{"name":"owner","label":"Owner","schema":{"type":"Text","isValueRequired":true,"defaultValue":"nobody"}}""");
        (await sandbox.RunAsync("meta", "set", "a.txt", "price=5")).AssertFailed(ExitCode.ServiceFailed, "owner");
        Assert.Equal("price=4.5\ncolours=[\"red\",\"blue\"]\n", (await sandbox.RunAsync("meta", "a.txt")).Output);
    }

    [Fact]
    public async Task Versions_are_listed_restored_and_pruned()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        for (int i = 1; i <= 4; i++)
            await PutAsync(sandbox, "a.txt", $"version {i}");

        CliResult listed = await sandbox.RunAsync("versions", "a.txt");
        CliResult restored = await sandbox.RunAsync("restore", "a.txt", "2");
        CliResult shown = await sandbox.RunAsync("get", "a.txt", "-");
        string first = Json(await sandbox.RunAsync("versions", "a.txt", "--json"))[3].GetProperty("versionId").GetString()!;
        CliResult byId = await sandbox.RunAsync("restore", "a.txt", first, "--json");
        JsonElement left = Json(await sandbox.RunAsync("versions", "a.txt", "--prune", "1", "--json"));

        Assert.Equal(4, listed.Output.Count(c => c == '\n'));
        Assert.Matches(@"^ +4 .* current\n", listed.Output);
        Assert.Equal("/a.txt: version 2 is current again\n", restored.Output);
        Assert.Equal("version 2", shown.Output);
        Assert.Equal(1, Json(byId).EnumerateArray().Single(version => version.GetProperty("isCurrent").GetBoolean()).GetProperty("version").GetInt32());
        Assert.Equal([4, 1], left.EnumerateArray().Select(version => version.GetProperty("version").GetInt32()));
        (await sandbox.RunAsync("restore", "a.txt", "9")).AssertFailed(ExitCode.Failed, "no version '9'");
        (await sandbox.RunAsync("versions", "a.txt", "--prune", "0")).AssertFailed(ExitCode.Usage, "--prune");
        (await sandbox.RunAsync("versions", "none.txt")).AssertFailed(ExitCode.Failed, "/none.txt");
    }

    [Fact]
    public async Task Search_finds_by_beginnings_of_names_by_tags_and_by_the_query_language()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        await PutAsync(sandbox, "My Photo 1.txt", "12345678");
        await PutAsync(sandbox, "other.txt", "1");
        (await sandbox.RunAsync("tag", "other.txt", "+my", "+photo")).AssertOk();

        CliResult words = await sandbox.RunAsync("search", "my", "photo");
        CliResult query = await sandbox.RunAsync("search", "size > 4 AND type = \"file\"", "--json");
        CliResult limited = await sandbox.RunAsync("search", "o", "--limit", "1");
        CliResult nothing = await sandbox.RunAsync("search", "zebra");

        Assert.Equal("/other.txt\n", words.Output);
        Assert.Equal("/My Photo 1.txt\n", (await sandbox.RunAsync("search", "My Photo")).Output);
        Assert.Equal("/My Photo 1.txt", Json(query)[0].GetProperty("path").GetString());
        Assert.Equal(8, Json(query)[0].GetProperty("size").GetInt32());
        Assert.Equal("/other.txt\n", limited.Output);
        nothing.AssertOk();
        Assert.Equal("", nothing.Output);
        (await sandbox.RunAsync("search", "size >")).AssertFailed(ExitCode.Usage, "does not understand");
        (await sandbox.RunAsync("search", "  ")).AssertFailed(ExitCode.Usage, "search for what");
        (await sandbox.RunAsync("search", "x", "--limit", "0")).AssertFailed(ExitCode.Usage, "--limit");
    }

    [Fact]
    public async Task A_purge_says_its_request_and_that_it_is_counted_and_is_not_wasted_on_a_mistyped_path()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--set", "PurgeQuota=3", "--set", "PurgeDuration=1000");
        await PutAsync(sandbox, "a.txt", "a");

        CliResult purged = await sandbox.RunAsync("purge", "a.txt");
        CliResult waited = await sandbox.RunAsync("purge", "a.txt*", "--wait", "--json");
        CliResult gone = await sandbox.RunAsync("purge", "gone.txt", "--gone");

        Assert.Matches(@"/a\.txt\nrequest [0-9a-f]{24}: (Pending|Completed); .*month", purged.Output);
        Assert.Equal("Completed", Json(waited).GetProperty("status").GetString());
        Assert.EndsWith("/a.txt*", Json(waited).GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.Contains("/gone.txt\n", gone.Output, StringComparison.Ordinal);
        (await sandbox.RunAsync("purge", "none.txt")).AssertFailed(ExitCode.Failed, "nothing was purged");
        (await sandbox.RunAsync("purge", "a.txt")).AssertFailed(ExitCode.ServiceFailed, "a.txt");
    }

    [Fact]
    public async Task Usage_shows_the_figures_of_a_span_of_days()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        await PutAsync(sandbox, "a.txt", "12345");

        CliResult text = await sandbox.RunAsync("usage");
        JsonElement json = Json(await sandbox.RunAsync("usage", "--from", "2026-01-01", "--to", "2026-02-01", "--json"));

        Assert.Matches(@"media library +5 bytes\n", text.Output);
        Assert.Equal(("2026-01-01", "2026-02-01", 5), (json.GetProperty("from").GetString(), json.GetProperty("to").GetString(), json.GetProperty("mediaLibraryStorageBytes").GetInt32()));
        (await sandbox.RunAsync("usage", "--from", "yesterday")).AssertFailed(ExitCode.Usage, "--from");
        (await sandbox.RunAsync("usage", "--from", "2026-01-02", "--to", "2026-01-02")).AssertFailed(ExitCode.Usage, "not before");
        (await sandbox.RunAsync("usage", "--from", "2026-01-01", "--to", "2026-04-01")).AssertFailed(ExitCode.Usage, "90 days");
        sandbox.Environment["IMAGEKIT_API_ENDPOINT"] = "http://127.0.0.1:9";
        (await sandbox.RunAsync("usage")).AssertFailed(ExitCode.NoNetwork, "127.0.0.1");
    }

    private static async Task PutAsync(Sandbox sandbox, string name, string content)
    {
        await File.WriteAllTextAsync(sandbox.Path(name), content);
        (await sandbox.RunAsync("put", sandbox.Path(name), "/")).AssertOk();
    }

    private static JsonElement Json(CliResult result)
    {
        result.AssertOk();
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static async Task<(HttpStatusCode Status, string Text)> FetchAsync(string url)
    {
        using HttpClient client = new();
        HttpResponseMessage reply = await client.GetAsync(new Uri(url.Trim()));
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync());
    }

    private static async Task<int> CountAsync(Sandbox sandbox, string kind)
    {
        (_, string stats) = await FetchAsync(sandbox.Environment["IMAGEKIT_API_ENDPOINT"] + "/__stats");
        return JsonDocument.Parse(stats).RootElement.GetProperty("byKind").GetProperty(kind).GetInt32();
    }

    private static HttpClient Client(Sandbox sandbox)
    {
        HttpClient client = new() { BaseAddress = new Uri(sandbox.Environment["IMAGEKIT_API_ENDPOINT"]!) };
        string key = sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] + ":";
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(key)));
        return client;
    }

    private static async Task AddFieldAsync(Sandbox sandbox, string field)
    {
        using HttpClient client = Client(sandbox);
        using StringContent body = new(field, Encoding.UTF8, "application/json");
        (await client.PostAsync(new Uri("/v1/customMetadataFields", UriKind.Relative), body)).EnsureSuccessStatusCode();
    }

    private static async Task UploadAsync(Sandbox sandbox, string name, string content, params (string Name, string Value)[] more)
    {
        using HttpClient client = Client(sandbox);
        using MultipartFormDataContent form = [];
        foreach ((string field, string value) in ((string, string)[])[("fileName", name), ("useUniqueFileName", "false"), .. more])
            form.Add(new StringContent(value), $"\"{field}\"");
        form.Add(new ByteArrayContent(Encoding.UTF8.GetBytes(content)), "\"file\"", $"\"{name}\"");
        (await client.PostAsync(new Uri("/api/v1/files/upload", UriKind.Relative), form)).EnsureSuccessStatusCode();
    }
}
