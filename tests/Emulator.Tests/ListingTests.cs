using System.Net;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Tests;

public sealed class ListingTests
{
    [Theory]
    [InlineData("skip=-1", "The value of skip parameter should be greater than or equal to 0. Value sent is -1.")]
    [InlineData("limit=0", "Minimum value of limit parameter is 1. Value sent is 0.")]
    [InlineData("limit=2000", "Maximum value of limit parameter is 1000. Value sent is 2000.")]
    [InlineData("sort=UP_NAME", "Your request contains invalid value for sort parameters.")]
    [InlineData("type=file-and-folder", "Your request contains invalid value for type parameter. Please provide one of the following: file, file-version, folder, all.")]
    public async Task A_bad_parameter_is_refused_with_its_text(string query, string message)
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer answer = await server.GetAsync("v1/files?" + query);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(message, answer.Message);
    }

    [Fact]
    public async Task A_file_row_and_a_folder_row_have_the_documented_members()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = time });
        server.Emulator.Store.CreateFolder("/photos/trips");
        server.Emulator.Store.Put("/photos/cat.png", PngEncoder.Encode(3, 2, (x, y) => x));

        JsonArray rows = (await server.ListAsync("/photos/")).Rows;
        JsonNode folder = rows[0]!;
        JsonNode file = rows[1]!;

        Assert.Equal(("folder", "trips", "/photos/trips"), ((string)folder["type"]!, (string)folder["name"]!, (string)folder["folderPath"]!));
        Assert.All(["fileId", "size", "tags", "mime", "fileType", "width", "height"], name => Assert.True(folder.AsObject().ContainsKey(name) && folder[name] is null));
        Assert.False(folder.AsObject().ContainsKey("filePath") || folder.AsObject().ContainsKey("url"));
        Assert.Equal(("file", "/photos/cat.png", "image", "image/png"), ((string)file["type"]!, (string)file["filePath"]!, (string)file["fileType"]!, (string)file["mime"]!));
        Assert.Equal((3, 2, false), ((int)file["width"]!, (int)file["height"]!, (bool)file["hasAlpha"]!));
        Assert.True(file.AsObject().ContainsKey("tags") && file["tags"] is null);
        Assert.Equal("{}", file["customMetadata"]!.ToJsonString());
        Assert.Equal("2026-03-01T09:30:00.000Z", (string)file["updatedAt"]!);
        Assert.Equal((string)file["fileId"]!, (string)file["versionInfo"]!["id"]!);
        Assert.Equal($"{server.Emulator.UrlEndpoint}/photos/cat.png?updatedAt={time.GetUtcNow().ToUnixTimeMilliseconds()}", (string)file["url"]!);

        server.Configure(options => options with { OmitNullsOnFolderRows = true, PlainListingUrls = true });
        rows = (await server.ListAsync("photos")).Rows;

        Assert.False(rows[0]!.AsObject().ContainsKey("size"));
        Assert.Equal($"{server.Emulator.UrlEndpoint}/photos/cat.png", (string)rows[1]!["url"]!);
    }

    [Fact]
    public async Task A_listing_is_one_level_deep_and_a_missing_folder_is_empty()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a/b/c.txt", "1"u8);
        server.Emulator.Store.Put("/a/d.txt", "1"u8);

        Assert.Equal("b d.txt", await server.ListedAsync("/a"));
        Assert.Equal("d.txt", await server.ListedAsync("a/", "type=file"));
        Assert.Equal("b", await server.ListedAsync("/a", "type=folder"));
        Assert.Equal("", await server.ListedAsync("/missing"));
        Assert.Equal(["c.txt", "d.txt"], (await server.GetAsync("v1/files")).Rows.Select(row => (string)row!["name"]!));
    }

    [Fact]
    public async Task Pages_and_orders_agree()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string name in (string[])["b", "a", "c"])
            server.Emulator.Store.Put($"/{name}.txt", new byte[name[0] - 'a' + 1]);
        server.Emulator.Store.CreateFolder("/f");

        Assert.Equal("b.txt a.txt c.txt f", await server.ListedAsync("/"));
        Assert.Equal("a.txt c.txt", await server.ListedAsync("/", "type=all&skip=1&limit=2"));
        Assert.Equal("c.txt a.txt", await server.ListedAsync("/", "type=all&skip=1&limit=2&sort=DESC_CREATED"));
        Assert.Equal("a.txt b.txt c.txt f", await server.ListedAsync("/", "type=all&sort=ASC_NAME"));
        Assert.Equal("c.txt b.txt a.txt", await server.ListedAsync("/", "sort=DESC_SIZE"));
        Assert.Equal("", await server.ListedAsync("/", "type=all&skip=4"));
    }

    [Fact]
    public async Task A_delete_moves_later_rows_up_and_a_move_in_keeps_creation_order()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string path in (string[])["/x/1.txt", "/y/2.txt", "/x/3.txt", "/x/4.txt"])
            server.Emulator.Store.Put(path, "1"u8);

        await server.JsonAsync("POST", "v1/files/move", """{"sourceFilePath":"/y/2.txt","destinationPath":"/x"}""");
        Assert.Equal("1.txt 2.txt 3.txt 4.txt", await server.ListedAsync("/x"));
        server.Emulator.Store.Delete("/x/1.txt");

        Assert.Equal("3.txt", await server.ListedAsync("/x", "skip=1&limit=1"));
    }

    [Theory]
    [InlineData("name = \"cat.jpg\"", "cat.jpg")]
    [InlineData("name = \"Cat.jpg\"", "")]
    [InlineData("name : \"c\" AND size > 2", "cow.txt")]
    [InlineData("name IN [\"cat.jpg\", \"dog.txt\"]", "cat.jpg dog.txt")]
    [InlineData("name NOT IN [\"cat.jpg\"] AND type = \"file\"", "cow.txt dog.txt")]
    [InlineData("name NOT = \"cat.jpg\" AND type IN [\"file\", \"folder\"]", "cow.txt dog.txt sub")]
    [InlineData("type = \"folder\" AND name = \"sub\"", "sub")]
    [InlineData("(name = \"cat.jpg\" OR name = \"dog.txt\") AND size < 3", "cat.jpg")]
    [InlineData("tags IN [\"pet\"]", "dog.txt")]
    [InlineData("type = \"file\" AND tags NOT IN [\"pet\"]", "cat.jpg cow.txt")]
    [InlineData("private = true", "cow.txt")]
    [InlineData("createdAt > \"7d\" AND type = \"file\"", "cat.jpg cow.txt dog.txt")]
    [InlineData("createdAt < \"2026-01-01\"", "")]
    [InlineData("createdAt = \"2026-03-01\" AND type = \"file\"", "cat.jpg cow.txt dog.txt")]
    [InlineData("size >= \"1kb\"", "dog.txt")]
    [InlineData("format = \"txt\"", "cow.txt dog.txt")]
    [InlineData("name = \"a \\\"quoted\\\" name\"", "")]
    public async Task A_search_finds(string query, string names)
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = new ManualTime() });
        server.Emulator.Store.Put("/s/cat.jpg", [0xFF, 0xD8]);
        server.Emulator.Store.Put("/s/cow.txt", "four"u8, new PutOptions(IsPrivate: true));
        server.Emulator.Store.Put("/s/dog.txt", new byte[1024], new PutOptions(Tags: ["pet"]));
        server.Emulator.Store.CreateFolder("/s/sub");

        string[] found = await server.NamesAsync("/s", "searchQuery=" + Uri.EscapeDataString(query));

        Assert.Equal(names, string.Join(' ', found.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_search_sees_versions_paths_and_types_as_its_switches_say()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/p/a.txt", "1"u8);
        server.Emulator.Store.Put("/p/a.txt", "2"u8);
        server.Emulator.Store.Put("/p/q/b.txt", "3"u8);
        async Task<string> FindAsync(string query)
        {
            Answer answer = await server.GetAsync("v1/files?searchQuery=" + Uri.EscapeDataString(query));
            return answer.Status == HttpStatusCode.OK
                ? string.Join(' ', answer.Rows.Select(row => $"{row!["type"]}:{row["name"]}").Order(StringComparer.Ordinal))
                : ((int)answer.Status).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        Assert.Equal("file-version:a.txt file:a.txt", await FindAsync("type IN [\"file\", \"file-version\"] AND name = \"a.txt\""));
        Assert.Equal("file:a.txt folder:q", await FindAsync("path = \"/p/\""));
        Assert.Equal("file:a.txt file:b.txt folder:q", await FindAsync("path : \"/p/\""));
        Assert.Equal("400", await FindAsync("name = "));
        Assert.Equal("400", await FindAsync("colour = \"red\""));
        server.Configure(options => options with { SearchFilesOnly = true });
        Assert.Equal("file:a.txt", await FindAsync("path = \"/p/\""));
        server.Configure(options => options with { RefusePathQueries = true });
        Assert.Equal("400", await FindAsync("path = \"/p/\""));
    }

    [Fact]
    public async Task A_lagging_listing_shows_the_past_of_uploads_deletes_renames_and_folders_while_details_are_current()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = time, JobDuration = TimeSpan.Zero });
        server.Emulator.Store.Put("/l/gone.txt", "1"u8);
        server.Emulator.Store.Put("/l/old.txt", "1"u8);
        server.Emulator.Store.Put("/l/sub/in.txt", "1"u8);
        server.Configure(options => options with { ListingLag = TimeSpan.FromSeconds(5) });

        string id = await server.IdOfAsync("/l/new.txt");
        server.Emulator.Store.Delete("/l/gone.txt");
        await server.JsonAsync("PUT", "v1/files/rename", """{"filePath":"/l/old.txt","newFileName":"renamed.txt"}""");
        await server.JsonAsync("POST", "v1/bulkJobs/renameFolder", """{"folderPath":"/l/sub","newFolderName":"sub2"}""");

        Assert.Equal("gone.txt old.txt sub", await server.ListedAsync("/l"));
        Assert.Equal("in.txt", await server.ListedAsync("/l/sub"));
        Assert.Equal("", await server.ListedAsync("/l/sub2"));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync($"v1/files/{id}/details")).Status);
        Assert.Equal("content", (await server.DeliverAsync("/l/new.txt")).Text);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("renamed.txt sub2 new.txt", await server.ListedAsync("/l"));
        Assert.Equal("in.txt", await server.ListedAsync("/l/sub2"));
        Assert.Equal("", await server.ListedAsync("/l/sub"));
    }

    [Fact]
    public async Task A_lag_can_be_counted_in_list_calls()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { ListingLagCalls = 2 });

        server.Emulator.Store.Put("/a.txt", "1"u8);

        Assert.Equal("", await server.ListedAsync("/"));
        Assert.Equal("", await server.ListedAsync("/"));
        Assert.Equal("a.txt", await server.ListedAsync("/"));
    }
}
