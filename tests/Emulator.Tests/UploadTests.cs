using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Tests;

public sealed class UploadTests
{
    [Theory]
    [InlineData("v1", "my photo (1)~.jpg", "my_photo__1__.jpg")]
    [InlineData("v1", "фото-é_٣.jpg", "фото-é_٣.jpg")]
    [InlineData("v1", "％.txt", "_.txt")]
    [InlineData("v1", "😀.txt", "_.txt")]
    [InlineData("v2", "a b'&+@,;:|*.txt", "a b'&+@,;:|*.txt")]
    [InlineData("v2", "a?b#c%d\\e$f<g>h[i].txt", "a_b_c_d_e_f_g_h_i_.txt")]
    public async Task Names_are_stored_by_the_rule_of_their_tree(string version, string sent, string stored)
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer answer = await server.PostFormAsync($"api/{version}/files/upload", "x"u8.ToArray(), [("fileName", sent), ("useUniqueFileName", "false"), ("folder", "/a.b/c d")]);

        Assert.Equal(stored, (string)answer.Json["name"]!);
        Assert.Equal((version == "v1" ? "/a_b/c_d/" : "/a.b/c d/") + stored, (string)answer.Json["filePath"]!);
    }

    [Fact]
    public async Task Name_switches_take_their_other_positions()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { V2Sanitises = true, FolderDotKept = true, FolderDashReplaced = true });
        await server.UploadAsync("/.git/a b.txt", "x"u8.ToArray(), "v2");
        await server.JsonAsync("POST", "v1/folder", """{"folderName":"x-y","parentFolderPath":"/"}""");
        server.Configure(options => options with { V2Sanitises = false, V2KeepsUrlCharacters = true });
        await server.UploadAsync("/100%?#.txt", "x"u8.ToArray(), "v2");

        Assert.Equal(".git x_y 100%?#.txt", await server.ListedAsync("/"));
        Assert.Equal("a_b.txt", await server.ListedAsync("/.git"));
    }

    [Fact]
    public async Task An_overwrite_is_a_new_version_and_erases_what_was_not_resent()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.JsonAsync("POST", "v1/customMetadataFields", """{"name":"n","label":"N","schema":{"type":"Number"}}""");
        Answer first = await server.UploadAsync("/f.txt", "one", ("tags", "a,b"), ("isPrivateFile", "true"), ("customCoordinates", "1,2,3,4"), ("customMetadata", """{"n":1}"""), ("description", "d"));
        Answer kept = await server.UploadAsync("/f.txt", "two", ("overwriteTags", "false"), ("overwriteCustomMetadata", "false"), ("isPrivateFile", "true"),
            ("responseFields", "tags,customMetadata,customCoordinates,isPrivateFile"));
        Answer erased = await server.UploadAsync("/f.txt", "three", ("responseFields", "tags,customMetadata,isPrivateFile"));

        string id = (string)first.Json["fileId"]!;
        JsonNode row = (await server.GetAsync($"v1/files/{id}/details")).Json;
        Assert.Equal((id, "Version 2"), ((string)kept.Json["fileId"]!, (string)kept.Json["versionInfo"]!["name"]!));
        Assert.Equal("""["a","b"] {"n":1} null true""", $"{kept.Json["tags"]!.ToJsonString()} {kept.Json["customMetadata"]!.ToJsonString()} {kept.Json["customCoordinates"]?.ToJsonString() ?? "null"} {kept.Json["isPrivateFile"]}");
        Assert.Equal("null {} false", $"{erased.Json["tags"]?.ToJsonString() ?? "null"} {erased.Json["customMetadata"]!.ToJsonString()} {erased.Json["isPrivateFile"]}");
        Assert.False(row.AsObject().ContainsKey("description"));
        Assert.All(["createdAt", "updatedAt", "mime", "type"], name => Assert.False(erased.Json.AsObject().ContainsKey(name)));
    }

    [Fact]
    public async Task Overwrite_switches_merge_metadata_and_keep_the_description()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { MergeCustomMetadata = true, KeepDescription = true });
        foreach (string name in (string[])["n", "m"])
            await server.JsonAsync("POST", "v1/customMetadataFields", $$$"""{"name":"{{{name}}}","label":"{{{name}}}","schema":{"type":"Number"}}""");
        await server.UploadAsync("/f.txt", "one", ("customMetadata", """{"n":1}"""), ("description", "d"));

        string id = (string)(await server.UploadAsync("/f.txt", "two", ("customMetadata", """{"m":2}"""))).Json["fileId"]!;
        JsonNode row = (await server.GetAsync($"v1/files/{id}/details")).Json;

        Assert.Equal("""{"n":1,"m":2}""", row["customMetadata"]!.ToJsonString());
        Assert.Equal("d", (string?)row["description"]);
    }

    [Fact]
    public async Task An_exclusive_create_is_refused_with_its_text_and_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.UploadAsync("/f.txt", "one");

        Answer second = await server.UploadAsync("/f.txt", "two", ("overwriteFile", "false"));

        Assert.Equal(HttpStatusCode.BadRequest, second.Status);
        Assert.Equal("A file with the same name already exists at the exact location. We could not overwrite it because both overwriteFile and useUniqueFileName are set to false.", second.Message);
        Assert.Equal("one"u8.ToArray(), server.Emulator.Store.Read("/f.txt"));
    }

    [Fact]
    public async Task The_version_limit_refuses_or_drops_the_oldest()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { MaxVersions = 3 });
        for (int i = 1; i <= 3; i++)
            await server.UploadAsync("/f.txt", $"{i}");

        Answer refused = await server.UploadAsync("/f.txt", "4");
        server.Configure(options => options with { DropOldestVersion = true });
        Answer accepted = await server.UploadAsync("/f.txt", "5");

        Assert.Equal((400, "VERSION_LIMIT_EXCEEDED"), ((int)refused.Status, refused.Reason));
        Assert.Equal("Version 4", (string)accepted.Json["versionInfo"]!["name"]!);
        Assert.Equal([2, 3, 4], server.Emulator.Store.VersionsOf("/f.txt").Select(version => version.Number));
    }

    [Fact]
    public async Task Limits_of_size_storage_and_frequency_answer_their_texts()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { Plan = Plan.Free, TimeProvider = time });
        byte[] tooLarge = new byte[(25 << 20) + 1];

        Answer size = await server.UploadAsync("/large.bin", tooLarge);
        Answer fits = await server.UploadAsync("/large.bin", tooLarge[1..]);
        server.Configure(options => options with { StorageQuotaBytes = 26 << 20 });
        Answer quota = await server.UploadAsync("/more.bin", tooLarge[..(2 << 20)]);
        server.Configure(options => options with { QuotaFullIs400 = true });
        Answer quota400 = await server.UploadAsync("/more.bin", tooLarge[..(2 << 20)]);
        server.Configure(options => options with { UploadThrottle = true });
        List<int> often = [];
        for (int i = 0; i < 6; i++)
            often.Add((int)(await server.UploadAsync("/often.txt", "x")).Status);
        Answer throttled = await server.UploadAsync("/often.txt", "x");
        time.Advance(TimeSpan.FromSeconds(60));
        Answer later = await server.UploadAsync("/often.txt", "x");

        Assert.Equal((400, "Your request contains invalid file parameter. The file size exceeds limits."), ((int)size.Status, size.Message));
        Assert.Equal([200, 403, 400], new[] { (int)fits.Status, (int)quota.Status, (int)quota400.Status });
        Assert.Equal("Upload Limit Exceeded.", quota400.Message);
        Assert.Equal([200, 200, 200, 200, 200, 400], often);
        Assert.Equal("You have sent too many requests to update the file recently. Please try again later.", throttled.Message);
        Assert.Equal(HttpStatusCode.OK, later.Status);
    }

    [Fact]
    public async Task An_empty_file_is_refused_unless_switched()
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer refused = await server.UploadAsync("/e.txt", "");
        server.Configure(options => options with { AcceptEmptyUploads = true });
        Answer accepted = await server.UploadAsync("/e.txt", "");

        Assert.Equal((400, "Your request is missing file parameter."), ((int)refused.Status, refused.Message));
        Assert.Equal(0, (int)accepted.Json["size"]!);
        Assert.Empty((await server.DeliverAsync("/e.txt")).Body);
    }

    [Fact]
    public async Task Sloppy_multipart_is_refused_unless_tolerated()
    {
        await using TestServer server = await TestServer.StartAsync();
        async Task<int> SendAsync(string name, bool withFileName)
        {
            using var form = new MultipartFormDataContent { { new StringContent("f.bin"), name == "file" ? "fileName" : "\"fileName\"" } };
            var file = new ByteArrayContent([0xFF, 0xFE, 1]);
            file.Headers.ContentDisposition = ContentDispositionHeaderValue.Parse($"form-data; name={name}" + (withFileName ? "; filename=\"f\"" : ""));
            form.Add(file);
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/files/upload") { Content = form };
            return (int)(await server.SendAsync(request)).Status;
        }

        Assert.Equal((400, 400, 200), (await SendAsync("file", true), await SendAsync("\"file\"", false), await SendAsync("\"file\"", true)));
        server.Configure(options => options with { LenientMultipart = true });
        Assert.Equal((200, 200), (await SendAsync("file", true), await SendAsync("\"file\"", false)));
    }

    [Fact]
    public async Task Text_in_the_file_part_is_base64_or_a_url_that_is_not_fetched()
    {
        await using TestServer server = await TestServer.StartAsync();
        Task<Answer> SendAsync(string text) => server.PostFormAsync("api/v1/files/upload", null, [("file", text), ("fileName", "t.txt"), ("useUniqueFileName", "false")]);

        Answer url = await SendAsync("https://example.com/a.jpg");
        Answer data = await SendAsync("data:text/plain;base64," + Convert.ToBase64String("data"u8));

        Assert.Equal([400, 200], new[] { (int)url.Status, (int)data.Status });
        Assert.Equal("data"u8.ToArray(), server.Emulator.Store.Read("/t.txt"));
    }

    [Theory]
    [InlineData("\"file.size\" < \"1mb\"", null)]
    [InlineData("\"file.size\" > 100", "Your request failed 'checks' validation.")]
    [InlineData("\"request.folder\" : \"marketing/\"", null)]
    [InlineData("file.size <", "Your request contains invalid syntax for the checks parameter.")]
    public async Task Checks_decide_about_an_upload(string checks, string? message)
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer answer = await server.UploadAsync("/marketing/a/f.txt", "x", ("checks", checks));

        Assert.Equal(message, answer.Message);
    }

    [Fact]
    public async Task Types_come_from_the_bytes_then_from_the_extension()
    {
        await using TestServer server = await TestServer.StartAsync();
        byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 0, 7, 0, 9, 1, 0, 0, 0];
        byte[] webp = [.. "RIFF\0\0\0\0WEBPVP8X"u8, 10, 0, 0, 0, 0x10, 0, 0, 0, 4, 0, 0, 3, 0, 0];
        async Task<string> TypeAsync(string name, byte[] content)
        {
            string id = (string)(await server.UploadAsync("/" + name, content)).Json["fileId"]!;
            JsonNode row = (await server.GetAsync($"v1/files/{id}/details")).Json;
            return $"{row["mime"]} {row["fileType"]} {row["width"]}x{row["height"]}";
        }

        Assert.Equal("image/jpeg image 9x7", await TypeAsync("real.txt", jpeg));
        Assert.Equal("image/webp image 5x4", await TypeAsync("b.webp", webp));
        Assert.Equal("image/gif image 2x1", await TypeAsync("c.gif", [.. "GIF89a"u8, 2, 0, 1, 0]));
        Assert.Equal("application/octet-stream non-image x", await TypeAsync("random.jpg", [1, 2, 3, 4]));
        Assert.Equal("text/css non-image x", await TypeAsync("a.css", "a{}"u8.ToArray()));
        Assert.Equal("application/octet-stream non-image x", await TypeAsync("noextension", "text"u8.ToArray()));
    }

    [Fact]
    public async Task Uploads_of_one_path_side_by_side_are_versions_without_gaps()
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => server.UploadAsync("/race.txt", $"content {i}")));

        IReadOnlyList<LibraryVersion> versions = server.Emulator.Store.VersionsOf("/race.txt");
        Assert.Single(answers.Select(answer => (string)answer.Json["fileId"]!).Distinct());
        Assert.Equal(Enumerable.Range(1, 40), versions.Select(version => version.Number));
        Assert.Equal(40, versions.Select(version => Encoding.UTF8.GetString(version.Content)).Distinct().Count());
        Assert.True(versions[^1].IsCurrent);
    }

    [Fact]
    public async Task A_signature_and_a_key_together_are_refused()
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer both = await server.UploadAsync("/f.txt", "x", ("signature", "00"), ("token", "t"), ("expire", "1"));

        Assert.Equal("Your request contains both signature and basic auth parameter. Use only one method, you might be exposing your private API key.", both.Message);
    }
}
