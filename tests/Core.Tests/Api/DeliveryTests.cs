using ImageKitFs.Core.Api;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

public sealed class DeliveryTests
{
    private static readonly DeliveryRequest Public = new("/фото/a b.jpg", null, "1772357400123", 100, 50, IsPrivate: false);

    [Fact]
    public async Task A_public_original_is_asked_for_without_the_key()
    {
        await using var server = new StubServer(StubStep.Reply(206, "0123456789", "Content-Range: bytes 100-109/4000\r\nETag: \"e1\"\r\nLast-Modified: Sun, 01 Mar 2026 09:30:00 GMT\r\n"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        using DeliveryReply reply = (await api.Delivery.OpenAsync(Public, default)).Value;

        Assert.Equal((206, 100L, 4000L, "\"e1\""), (reply.Status, reply.BodyOffset, reply.TotalLength, reply.ETag));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.Zero), reply.LastModified);
        using var text = new StreamReader(reply.Body);
        Assert.Equal("0123456789", await text.ReadToEndAsync());
        StubRequest request = Assert.Single(server.Requests);
        Assert.Equal("/demo_id/%D1%84%D0%BE%D1%82%D0%BE/a%20b.jpg?tr=orig-true&updatedAt=1772357400123", request.Target);
        Assert.Equal("bytes=100-149", request.Headers["range"]);
        Assert.Equal("identity", request.Headers["accept-encoding"]);
        Assert.False(request.Headers.ContainsKey("authorization"));
    }

    [Fact]
    public async Task A_private_old_version_is_signed_and_the_same_url_serves_for_an_hour()
    {
        var time = new ManualTimeProvider();
        var urls = new List<string>();
        var handler = new StubHandler((request, _) =>
        {
            urls.Add(request.RequestUri!.OriginalString);
            return StubHandler.Json("x");
        });
        using ImageKitApi api = ApiTestKit.Create(handler, time: time);
        DeliveryRequest request = Public with { ObjectVersion = "abc.DEF_123", IsPrivate = true };

        (await api.Delivery.OpenAsync(request, default)).Value.Dispose();
        time.Advance(TimeSpan.FromMinutes(59));
        (await api.Delivery.OpenAsync(request, default)).Value.Dispose();

        Assert.Equal(urls[0], urls[1]);
        const string Relative = "%D1%84%D0%BE%D1%82%D0%BE/a%20b.jpg?ik-obj-version=abc.DEF_123&tr=orig-true&updatedAt=1772357400123";
        DateTimeOffset expiry = new(2026, 11, 21, 14, 0, 0, TimeSpan.Zero);
        Assert.Equal(new UrlSigner(new Uri("https://stub.example/demo_id"), ApiTestKit.Key).Sign(Relative, expiry), urls[0]);
    }

    [Fact]
    public async Task A_whole_body_for_a_range_begins_at_zero()
    {
        using ImageKitApi api = ApiTestKit.Create(new StubHandler((_, _) => StubHandler.Json("0123456789")));

        using DeliveryReply reply = (await api.Delivery.OpenAsync(Public, default)).Value;

        Assert.Equal((200, 0L, 10L), (reply.Status, reply.BodyOffset, reply.TotalLength));
    }

    [Theory]
    [InlineData(404, "ENOENT - no such file", nameof(ApiErrorKind.NotFound))]
    [InlineData(404, "EACCES - origin", nameof(ApiErrorKind.Forbidden))]
    [InlineData(400, "ELIMIT - too large", nameof(ApiErrorKind.TooLarge))]
    [InlineData(404, "ECONNREFUSED - origin", nameof(ApiErrorKind.Server))]
    [InlineData(404, "UNIDENTIFIED - ?", nameof(ApiErrorKind.Server))]
    [InlineData(404, "", nameof(ApiErrorKind.NotFound))]
    [InlineData(416, "", nameof(ApiErrorKind.BadReply))]
    [InlineData(401, "", nameof(ApiErrorKind.Unauthorized))]
    [InlineData(403, "", nameof(ApiErrorKind.Forbidden))]
    [InlineData(500, "", nameof(ApiErrorKind.Server))]
    public async Task Delivery_errors_are_told_with_their_ik_error(int status, string ikError, string kind)
    {
        using ImageKitApi api = ApiTestKit.Create(new StubHandler((_, _) => StubHandler.Json("Not Found", status, ("ik-error", ikError))), ApiTestKit.Fast with { MaxAttempts = 1 });

        ApiError error = (await api.Delivery.OpenAsync(Public, default)).Error!;

        Assert.Equal((kind, status), (error.Kind.ToString(), error.Status));
        Assert.Contains(ikError, error.Message, StringComparison.Ordinal);
        Assert.False(error.MayHaveHappened);
    }

    [Fact]
    public async Task An_account_that_wants_signatures_gets_them_from_the_second_request_on()
    {
        var handler = new StubHandler((request, _) => request.RequestUri!.Query.Contains("ik-s=", StringComparison.Ordinal) ? StubHandler.Json("x") : StubHandler.Json("", 401));
        using ImageKitApi api = ApiTestKit.Create(handler);

        (await api.Delivery.OpenAsync(Public, default)).Value.Dispose();
        Assert.Equal(2, handler.Count);
        (await api.Delivery.OpenAsync(Public, default)).Value.Dispose();
        Assert.Equal(3, handler.Count);
    }

    [Fact]
    public async Task An_account_that_refuses_transformations_is_asked_signed_and_then_plainly()
    {
        var handler = new StubHandler((request, _) => request.RequestUri!.Query.Contains("tr=", StringComparison.Ordinal) ? StubHandler.Json("", 400) : StubHandler.Json("x"));
        using ImageKitApi api = ApiTestKit.Create(handler);

        (await api.Delivery.OpenAsync(Public, default)).Value.Dispose();

        Assert.Equal(3, handler.Count);
    }

    [Fact]
    public async Task Compressed_bytes_several_ranges_and_parts_of_another_length_are_not_the_file()
    {
        await using var server = new StubServer(
            StubStep.Reply(200, "xx", "Content-Encoding: gzip\r\n"), StubStep.Reply(206, "xx", "Content-Type: multipart/byteranges; boundary=x\r\n"),
            StubStep.Reply(206, "123", "Content-Range: bytes 100-101/4000\r\n"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin, ApiTestKit.Fast with { MaxAttempts = 1 });

        Assert.Equal(ApiErrorKind.BadReply, (await api.Delivery.OpenAsync(Public, default)).Error!.Kind);
        Assert.Equal(ApiErrorKind.BadReply, (await api.Delivery.OpenAsync(Public, default)).Error!.Kind);
        Assert.Equal(ApiErrorKind.BadReply, (await api.Delivery.OpenAsync(Public, default)).Error!.Kind);
    }

    [Fact]
    public async Task One_redirect_on_the_same_host_is_followed_and_none_elsewhere()
    {
        await using var elsewhere = new StubServer();
        await using var server = new StubServer(
            StubStep.Reply(302, "", "Location: /demo_id/other.jpg\r\n"), StubStep.Reply(200, "x"),
            StubStep.Reply(302, "", $"Location: {elsewhere.Origin}demo_id/a.jpg\r\n"),
            StubStep.Reply(302, "", "Location: /a\r\n"), StubStep.Reply(302, "", "Location: /b\r\n"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin, ApiTestKit.Fast with { MaxAttempts = 1 });

        (await api.Delivery.OpenAsync(Public, default)).Value.Dispose();
        Assert.Equal("/demo_id/other.jpg", server.Requests[1].Target);
        Assert.Equal(ApiErrorKind.BadReply, (await api.Delivery.OpenAsync(Public, default)).Error!.Kind);
        Assert.Equal(ApiErrorKind.BadReply, (await api.Delivery.OpenAsync(Public, default)).Error!.Kind);
        Assert.Equal(5, server.Requests.Count);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task A_body_that_ends_early_is_an_io_error()
    {
        await using var server = new StubServer(StubStep.Raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);
        using DeliveryReply reply = (await api.Delivery.OpenAsync(Public, default)).Value;
        byte[] buffer = new byte[10];

        await Assert.ThrowsAnyAsync<IOException>(async () => await reply.Body.ReadExactlyAsync(buffer));
    }

    [Fact]
    public async Task A_body_that_stalls_is_a_timeout_after_thirty_seconds_without_a_byte()
    {
        var time = new ManualTimeProvider();
        await using var server = new StubServer(new StubStep("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"u8.ToArray(), Stall: true));
        using ImageKitApi api = ApiTestKit.Create(server.Origin, time: time);
        using DeliveryReply reply = (await api.Delivery.OpenAsync(Public, default)).Value;
        byte[] buffer = new byte[10];
        await reply.Body.ReadExactlyAsync(buffer.AsMemory(0, 3));

        Task<int> stalled = reply.Body.ReadAsync(buffer).AsTask();
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(stalled.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<TimeoutException>(() => stalled);
    }
}
