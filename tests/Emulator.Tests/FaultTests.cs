using System.Text;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Tests;

public sealed class FaultTests
{
    [Fact]
    public async Task A_rule_counts_skips_and_looks_at_paths()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Faults.Add("list+1*2~/hit=status:503:busy");
        async Task<int> ListAsync(string path) => (int)(await server.ListAsync(path)).Status;

        Assert.Equal((200, 200, 503), (await ListAsync("/hit"), await ListAsync("/miss"), await ListAsync("/hit")));
        Assert.Equal("busy", (await server.ListAsync("/hit")).Message);
        Assert.Equal(200, await ListAsync("/hit"));
        Assert.Equal(2, server.Emulator.Faults.Fired);
    }

    [Fact]
    public async Task An_upload_fails_before_or_after_it_is_stored()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Faults.Add("upload~/before.txt=status:500; upload~/after.txt=status-after:502; upload~/reset.txt=reset-after");

        Answer before = await server.UploadAsync("/before.txt", "1");
        Answer after = await server.UploadAsync("/after.txt", "2");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.UploadAsync("/reset.txt", "3"));
        Answer untouched = await server.UploadAsync("/other.txt", "4");

        Assert.Equal([500, 502, 200], new[] { (int)before.Status, (int)after.Status, (int)untouched.Status });
        Assert.Equal(["/after.txt", "/other.txt", "/reset.txt"], server.Emulator.Store.List().Select(entry => entry.Path));
    }

    [Fact]
    public async Task Bodies_are_spoiled_in_every_way()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.txt", new byte[1000]);
        async Task<Answer> WithAsync(string action)
        {
            server.Emulator.Faults.Replace("list=" + action);
            return await server.ListAsync("/");
        }

        Assert.ThrowsAny<System.Text.Json.JsonException>(() => JsonNode.Parse(WithAsync("malformed").Result.Text));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => WithAsync("truncate:10"));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => WithAsync("reset"));
        Answer html = await WithAsync("html:502");
        Answer empty = await WithAsync("empty:500");
        Answer throttled = await WithAsync("throttle:730");
        Answer extra = await WithAsync("extra:5");
        Answer dripped = await WithAsync("drip:0");
        JsonArray rows = (await WithAsync("rows")).Rows;

        Assert.Equal((502, "text/html"), ((int)html.Status, html.Header("Content-Type")));
        Assert.Equal((500, 0), ((int)empty.Status, empty.Body.Length));
        Assert.Equal((429, "730"), ((int)throttled.Status, throttled.Header("X-RateLimit-Reset")));
        Assert.EndsWith("\0\0\0\0\0", extra.Text, StringComparison.Ordinal);
        Assert.Single(dripped.Rows);
        Assert.Contains(rows, row => row is null);
        Assert.Contains(rows, row => row is JsonObject { Count: 0 });
        Assert.Equal(3, rows.OfType<JsonObject>().Count(row => row["name"] is JsonValue name && name.ToString() == "a.txt"));
    }

    [Fact]
    public async Task Delivery_lies_about_ranges_and_breaks_off()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.bin", new byte[100_000]);
        Task<Answer> WithAsync(string action)
        {
            server.Emulator.Faults.Replace("delivery=" + action);
            return server.DeliverAsync("/a.bin", request => request.Headers.Range = new(10, 19));
        }

        Answer whole = await WithAsync("norange");
        Answer wrong = await WithAsync("wrong-range");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => WithAsync("truncate:5"));

        Assert.Equal((200, 100_000, null), ((int)whole.Status, whole.Body.Length, whole.Header("Content-Range")));
        Assert.Equal((206, "bytes 10-19/100001"), ((int)wrong.Status, wrong.Header("Content-Range")));
    }

    [Fact]
    public async Task A_bulk_delete_can_be_partial()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.IdOfAsync("/a.txt");
        server.Emulator.Faults.Add("bulkdelete=partial");

        Answer answer = await server.JsonAsync("POST", "v1/files/batch/deleteByFileIds", $$"""{"fileIds":["{{id}}"]}""");

        Assert.Equal(207, (int)answer.Status);
        Assert.Equal(id, (string)answer.Json["errors"]![0]!["fileId"]!);
        Assert.Empty(answer.Json["successfullyDeletedFileIds"]!.AsArray());
    }

    [Fact]
    public async Task A_probability_draws_the_same_lots_for_the_same_seed()
    {
        async Task<string> DrawAsync(int seed)
        {
            await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { Seed = seed, Faults = ["list%30=status:500"] });
            var drawn = new StringBuilder();
            for (int i = 0; i < 60; i++)
                drawn.Append((int)(await server.ListAsync("/")).Status == 500 ? 'x' : '.');
            return drawn.ToString();
        }

        string first = await DrawAsync(1);

        Assert.Equal(first, await DrawAsync(1));
        Assert.NotEqual(first, await DrawAsync(2));
        Assert.InRange(first.Count(lot => lot == 'x'), 8, 30);
    }

    [Theory]
    [InlineData("list", "expected KIND=ACTION")]
    [InlineData("lists=reset", "unknown kind 'lists'")]
    [InlineData("list=explode", "unknown action 'explode'")]
    [InlineData("list*x=reset", "'x' is not a number")]
    [InlineData("list%0=reset", "1 to 100")]
    [InlineData("list=status", "needs a status")]
    [InlineData("list=stall", "needs milliseconds")]
    [InlineData("list=malformed-after", "has no -after form")]
    public void A_bad_rule_says_what_is_wrong(string rule, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => FaultPlan.Parse(rule)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_admin_routes_count_log_spoil_and_switch_and_are_not_counted_themselves()
    {
        await using TestServer server = await TestServer.StartAsync();
        Task<Answer> PostAsync(string target, string body) =>
            server.SendAsync(new HttpRequestMessage(HttpMethod.Post, target) { Content = new StringContent(body) }, withKey: false);
        server.Emulator.Store.Put("/a.bin", "12345"u8);

        await PostAsync("__stats/reset", "");
        await PostAsync("__faults", "any=status:500");
        Answer failed = await server.ListAsync("/");
        await PostAsync("__faults", "");
        Answer options = await PostAsync("__options", """{"ImageKitId":"demo","plainListingUrls":true,"LatencY":0,"StorageQuotaBytes":null,"Plan":"free"}""");
        Answer unknown = await PostAsync("__options", """{"Colour":"red"}""");
        Answer wrong = await PostAsync("__options", """{"MaxVersions":"many"}""");
        await server.ListAsync("/");
        await server.DeliverAsync("/a.bin");
        JsonNode stats = (await server.GetAsync("__stats")).Json;
        JsonNode last = (await server.GetAsync("__log")).Rows[^1]!;

        Assert.Equal([500, 200, 400, 400], new[] { (int)failed.Status, (int)options.Status, (int)unknown.Status, (int)wrong.Status });
        Assert.Equal((true, Plan.Free), (server.Emulator.Options.PlainListingUrls, server.Emulator.Options.Plan));
        Assert.Equal("""{"delivery":1,"list":2}""", stats["byKind"]!.ToJsonString());
        Assert.Equal((3, 5), ((int)stats["total"]!, (int)stats["deliveryBytes"]!));
        Assert.Equal("GET /demo/a.bin delivery 200", $"{last["method"]} {last["path"]} {last["kind"]} {last["status"]}");
        Assert.Equal(2, server.Emulator.Stats.Count(EndpointKind.List));
    }
}
