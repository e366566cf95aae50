namespace ImageKitFs.Emulator.Tests;

public sealed class OriginTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("imagekitfs-emulator-origin-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Files_of_an_origin_are_delivered_behind_the_librarys_and_never_listed()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.AttachOrigin("first");
        server.Emulator.Store.AttachOrigin("second");
        server.Emulator.Store.PutInOrigin("first", "/a.txt", "first"u8);
        server.Emulator.Store.PutInOrigin("second", "/a.txt", "second"u8);
        server.Emulator.Store.PutInOrigin("second", "/b.txt", "second"u8);
        server.Emulator.Store.Put("/c.txt", "library"u8);
        server.Emulator.Store.PutInOrigin("first", "/c.txt", "first"u8);

        Assert.Equal(
            ("first", "second", "library"),
            ((await server.DeliverAsync("/a.txt")).Text, (await server.DeliverAsync("/b.txt")).Text, (await server.DeliverAsync("/c.txt")).Text));
        Assert.Equal("c.txt", await server.ListedAsync("/"));
        Assert.Equal(404, (int)(await server.DeliverAsync("/d.txt")).Status);
    }

    [Fact]
    public async Task A_folder_of_this_machine_is_an_origin_and_shows_nothing_outside_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        string inside = Directory.CreateDirectory(Path.Combine(_folder, "web")).FullName;
        File.WriteAllText(Path.Combine(inside, "x.css"), "a{}");
        File.WriteAllText(Path.Combine(_folder, "secret.txt"), "no");
        server.Emulator.Store.AttachOrigin("web", inside);

        Assert.Equal("a{}", (await server.DeliverAsync("/x.css")).Text);
        Assert.Equal(404, (int)(await server.DeliverAsync("/%2e%2e%2fsecret.txt")).Status);
    }

    [Theory]
    [InlineData("EACCES")]
    [InlineData("ECONNREFUSED")]
    [InlineData("UNIDENTIFIED")]
    public async Task An_origin_that_fails_is_404_with_its_code_unless_another_has_the_file(string code)
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { OriginErrors = [$"first={code}"] });
        server.Emulator.Store.AttachOrigin("first");
        server.Emulator.Store.AttachOrigin("second");
        server.Emulator.Store.PutInOrigin("second", "/a.txt", "second"u8);

        Answer failed = await server.DeliverAsync("/none.txt");

        Assert.Equal((404, "Not Found"), ((int)failed.Status, failed.Text));
        Assert.StartsWith(code + " - ", failed.Header("ik-error"), StringComparison.Ordinal);
        Assert.Equal("second", (await server.DeliverAsync("/a.txt")).Text);
    }

    [Fact]
    public async Task The_account_shows_its_origins_in_the_order_of_the_endpoint_and_refuses_a_key_without_rights()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = server.Emulator.Store.AttachOrigin("web", _folder);

        Answer origins = await server.GetAsync("v1/accounts/origins");
        Answer endpoints = await server.GetAsync("v1/accounts/url-endpoints");
        server.Configure(options => options with { AccountApiForbidden = true });
        Answer refused = await server.GetAsync("v1/accounts/url-endpoints");

        Assert.Equal(id, (string?)origins.Rows[0]!["id"]);
        Assert.Equal(id, (string?)endpoints.Rows[0]!["origins"]![0]);
        Assert.Equal(id, server.Emulator.Store.AttachOrigin("web", _folder));
        Assert.Equal(403, (int)refused.Status);
        Assert.Equal(200, (int)(await server.GetAsync("v1/files")).Status);
    }

    [Fact]
    public async Task Server_timing_and_the_clock_say_what_was_set()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions
        {
            TimeProvider = time,
            ReportedDownload = TimeSpan.FromMilliseconds(900),
            ClockSkew = TimeSpan.FromHours(2),
        });
        server.Emulator.Store.Put("/a.txt", "1"u8);

        Answer delivered = await server.DeliverAsync("/a.txt");
        Answer listed = await server.GetAsync("v1/files");

        Assert.StartsWith("transformation;dur=0,download;dur=900,cdn-rid;desc=", delivered.Header("Server-Timing"), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromHours(2), listed.Response.Headers.Date!.Value - DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()));
    }

    [Fact]
    public void Lists_are_taken_as_text_too() =>
        Assert.Equal(["private_a", "private_b"], new EmulatorOptions().With("ReadOnlyKeys", "private_a, private_b").ReadOnlyKeys);
}
