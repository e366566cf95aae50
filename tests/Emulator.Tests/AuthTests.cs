using System.Net;

namespace ImageKitFs.Emulator.Tests;

public sealed class AuthTests
{
    [Theory]
    [InlineData(null, 401, "Your request does not contain private API key.")]
    [InlineData(":password", 401, "Your request does not contain private API key.")]
    [InlineData("private_emulator_key", 401, "Your request does not contain private API key.")] // without the colon
    [InlineData("private_wrong:", 403, "Your account cannot be authenticated.")]
    [InlineData("private_old:", 403, "Your request contains expired private API key.")]
    public async Task A_bad_key_is_answered_with_its_text(string? pair, int status, string message)
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { ExpiredKeys = ["private_old"] });
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/files");
        request.Headers.Authorization = pair is null ? null : TestServer.Basic(pair);

        Answer answer = await server.SendAsync(request, withKey: false);

        Assert.Equal(status, (int)answer.Status);
        Assert.Equal(message, answer.Message);
        Assert.Equal("For support kindly contact us at support@imagekit.io.", (string?)answer.Json["help"]);
    }

    [Fact]
    public async Task The_password_is_ignored()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/files");
        request.Headers.Authorization = TestServer.Basic("private_emulator_key:do_not_set");

        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(request)).Status);
    }

    [Fact]
    public async Task A_wrong_key_can_be_401_and_a_disabled_account_is_403()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { BadKeyIs401 = true });
        using var wrong = new HttpRequestMessage(HttpMethod.Get, "v1/files");
        wrong.Headers.Authorization = TestServer.Basic("private_wrong:");

        Assert.Equal(401, (int)(await server.SendAsync(wrong)).Status);
        server.Configure(options => options with { AccountDisabled = true });
        Answer disabled = await server.GetAsync("v1/files");

        Assert.Equal(403, (int)disabled.Status);
        Assert.Equal("Your account is disabled.", disabled.Message);
    }

    [Fact]
    public async Task A_read_only_key_reads_and_does_not_write()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { ReadOnlyKeys = ["private_reader"] });
        server.Emulator.Store.Put("/a.txt", "1"u8);
        async Task<Answer> SendAsync(string method, string target, HttpContent? content = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), target) { Content = content };
            request.Headers.Authorization = TestServer.Basic("private_reader:");
            return await server.SendAsync(request);
        }

        Answer list = await SendAsync("GET", "v1/files");
        Answer upload = await SendAsync("POST", "api/v1/files/upload", TestServer.Form("2"u8.ToArray(), [("fileName", "a.txt"), ("useUniqueFileName", "false")]));
        Answer delete = await SendAsync("DELETE", "v1/files/" + server.Emulator.Store.IdOf("/a.txt"));

        Assert.Equal([200, 403, 403], new[] { (int)list.Status, (int)upload.Status, (int)delete.Status });
        Assert.Equal("1"u8.ToArray(), server.Emulator.Store.Read("/a.txt"));
    }

    [Fact]
    public async Task Every_reply_of_the_api_has_a_request_id_and_an_unknown_route_is_404_json()
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer list = await server.GetAsync("v2/files");
        Answer unknown = await server.JsonAsync("PUT", "v1/files/move", "{}");
        Answer nowhere = await server.GetAsync("nowhere");

        Assert.Equal(list.Header("x-ik-requestid"), list.Header("x-request-id"));
        Assert.True(Guid.TryParse(list.Header("x-ik-requestid"), out _));
        Assert.Equal("application/json; charset=utf-8", list.Header("Content-Type"));
        Assert.StartsWith("W/\"2-", list.Header("ETag"), StringComparison.Ordinal);
        Assert.Equal([404, 404], new[] { (int)unknown.Status, (int)nowhere.Status });
        Assert.NotNull(unknown.Message);
        Assert.NotNull(nowhere.Header("x-ik-requestid"));
    }

    [Fact]
    public async Task Rate_limits_answer_429_with_three_headers_in_milliseconds()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { RateLimits = true, TimeProvider = time, WriteBurst = 2 });
        Task<Answer> WriteAsync() => server.JsonAsync("POST", "v1/folder", """{"folderName":"x","parentFolderPath":"/"}""");

        await WriteAsync();
        await WriteAsync();
        Answer limited = await WriteAsync();
        Answer read = await server.GetAsync("v1/files");
        Answer upload = await server.UploadAsync("/a.txt", "exempt");
        time.Advance(TimeSpan.FromMilliseconds(200));
        Answer again = await WriteAsync();

        Assert.Equal([429, 200, 200, 201], new[] { (int)limited.Status, (int)read.Status, (int)upload.Status, (int)again.Status });
        Assert.Equal(("5", "1000", "200"), (limited.Header("X-RateLimit-Limit"), limited.Header("X-RateLimit-Interval"), limited.Header("X-RateLimit-Reset")));
        Assert.Null(read.Header("X-RateLimit-Limit"));
        Assert.NotNull(limited.Message);
    }
}
