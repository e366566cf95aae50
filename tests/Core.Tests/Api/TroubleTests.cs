using ImageKitFs.Core.Api;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

/// <summary>A service in trouble: callers wait for a limited time, and the log says it once, with what to do.</summary>
public sealed class TroubleTests
{
    private const string Id = "65f0a1b2c3d4e5f607182950";
    private const string NoKey = """{"message":"Your account cannot be authenticated."}""";

    private readonly ManualTimeProvider _time = new();
    private readonly ListLogger _log = new();

    private string[] Warnings => [.. _log.Text.Split('\n').Where(line => line.StartsWith("Warning", StringComparison.Ordinal))];

    [Fact]
    public async Task A_lasting_429_is_asked_ten_times_at_most_and_told_once()
    {
        bool isLimited = true;
        var handler = new StubHandler((_, _) => isLimited ? Limited("580", "req-1") : StubHandler.Json("[]"));
        using ImageKitApi api = ApiTestKit.Create(handler, time: _time, logger: _log);

        ApiError error = (await ThroughPausesAsync([List(api, "/photos")], TimeSpan.FromMilliseconds(580)))[0].Error!;

        Assert.Equal((ApiErrorKind.RateLimited, true, 10), (error.Kind, error.IsTold, handler.Count));
        string line = Assert.Single(Warnings);
        Assert.Contains("ImageKit asks to slow down (429 at Listing /photos, request req-1): reads pause for 580 ms. ", line, StringComparison.Ordinal);
        Assert.Contains("ask ImageKit for a higher limit", line, StringComparison.Ordinal);

        Assert.Equal(ApiErrorKind.RateLimited, (await List(api, "/b")).Error!.Kind); // the pause lasts: nothing is sent
        Assert.Equal(10, handler.Count);
        _time.Advance(TimeSpan.FromMilliseconds(580));
        Assert.Equal(ApiErrorKind.RateLimited, (await List(api, "/b")).Error!.Kind); // asked once, not waited for
        Assert.Equal(11, handler.Count);
        Assert.Single(Warnings);

        isLimited = false;
        _time.Advance(TimeSpan.FromMilliseconds(580));
        Assert.True((await List(api, "/b")).Ok);
        isLimited = true;
        Assert.Equal(ApiErrorKind.RateLimited, (await ThroughPausesAsync([List(api, "/c")], TimeSpan.FromMilliseconds(580)))[0].Error!.Kind);
        Assert.Equal(22, handler.Count);
        Assert.Equal(2, Warnings.Length);
    }

    [Fact]
    public async Task Many_callers_wait_ten_seconds_of_429s_in_all_together()
    {
        var handler = new StubHandler((_, _) => Limited("4000"));
        using ImageKitApi api = ApiTestKit.Create(handler, time: _time, logger: _log);
        DateTimeOffset begun = _time.GetUtcNow();

        ApiResult<IReadOnlyList<LibraryRow>>[] results =
            await ThroughPausesAsync([.. Enumerable.Range(0, 5).Select(i => List(api, $"/{i}"))], TimeSpan.FromSeconds(4));

        Assert.All(results, result => Assert.Equal(ApiErrorKind.RateLimited, result.Error!.Kind));
        Assert.Equal(TimeSpan.FromSeconds(8), _time.GetUtcNow() - begun);
        Assert.InRange(handler.Count, 3, 15);
        Assert.Single(Warnings);
    }

    [Theory]
    [InlineData(401, NoKey, "Check the private key")]
    [InlineData(403, """{"message":"No."}""", "give it read and write rights")]
    [InlineData(500, "", "see ImageKit's status page")]
    [InlineData(502, "<html>Bad gateway</html>", "see ImageKit's status page")]
    [InlineData(200, "<html>Please sign in</html>", "sign-in page")]
    [InlineData(0, "", "Check the network")]
    public async Task What_ails_every_request_is_told_once_with_what_to_do_and_once_that_it_is_over(int status, string body, string advice)
    {
        bool isUp = false;
        var handler = new StubHandler((_, _) =>
            isUp ? StubHandler.Json("[]") : status == 0 ? throw StubHandler.CannotConnect() : StubHandler.Json(body, status, ("x-ik-requestid", "req-7")));
        using ImageKitApi api = ApiTestKit.Create(handler, logger: _log);

        for (int i = 0; i < 5; i++)
            Assert.True((await List(api, $"/{i}")).Error!.IsTold);
        await api.Library.DetailsAsync(Id, default);

        string line = Assert.Single(Warnings);
        Assert.StartsWith("Warning: Listing /0 failed: ", line, StringComparison.Ordinal);
        Assert.Contains(advice, line, StringComparison.Ordinal);
        Assert.Equal(status != 0, line.Contains("[request req-7]", StringComparison.Ordinal));

        isUp = true;
        Assert.True((await List(api, "/")).Ok);
        Assert.Contains("Information: ImageKit answers again: reads work, after ", _log.Text, StringComparison.Ordinal);
        Assert.Contains("in which 6 calls failed", _log.Text, StringComparison.Ordinal);
        isUp = false;
        await List(api, "/again");
        Assert.Equal(2, Warnings.Length);
    }

    [Fact]
    public async Task A_cause_that_returns_at_the_same_folder_after_it_seemed_over_is_told_again_only_after_ten_seconds()
    {
        var handler = new StubHandler((request, _) =>
            StubHandler.Json("[]", request.RequestUri!.Query.Contains("broken", StringComparison.Ordinal) ? 403 : 200));
        using ImageKitApi api = ApiTestKit.Create(handler, time: _time, logger: _log);

        for (int i = 0; i < 3; i++)
        {
            Assert.True((await List(api, "/broken")).Error!.IsTold);
            Assert.True((await List(api, "/sound")).Ok);
        }

        Assert.Single(Warnings);
        Assert.Single(_log.Text.Split('\n'), line => line.Contains("answers again", StringComparison.Ordinal));
        await List(api, "/broken");
        _time.Advance(TimeSpan.FromSeconds(10));
        await List(api, "/broken");
        await List(api, "/broken");
        Assert.Equal(2, Warnings.Length);
        Assert.True((await List(api, "/sound")).Ok);
        await List(api, "/broken-too");
        Assert.Equal(3, Warnings.Length);
    }

    [Fact]
    public void Bodies_that_break_off_are_told_once_as_other_trouble_of_their_class_is()
    {
        using ImageKitApi api = ApiTestKit.Create(new StubHandler((_, _) => StubHandler.Json("[]")), time: _time, logger: _log);

        api.Delivery.BrokeOff("/cat.jpg", "the body ended early");
        api.Delivery.BrokeOff("/cat.jpg", "the body ended early");
        api.Delivery.BrokeOff("/dog.jpg", "the body ended early");

        string line = Assert.Single(Warnings);
        Assert.StartsWith("Warning: Reading /cat.jpg failed: ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_cause_and_another_class_have_a_line_of_their_own()
    {
        int status = 401;
        var handler = new StubHandler((_, _) => StubHandler.Json("{}", status));
        using ImageKitApi api = ApiTestKit.Create(handler, logger: _log);

        await List(api, "/");
        await api.Library.RenameFileAsync("/a", "b", default);
        status = 500;
        await List(api, "/");
        status = 401;
        await List(api, "/");

        Assert.Equal(["Listing /", "Renaming /a", "Listing /"], Warnings.Select(line => line["Warning: ".Length..line.IndexOf(" failed", StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(423)]
    [InlineData(400)]
    public async Task What_concerns_one_file_is_left_to_the_caller(int status)
    {
        using ImageKitApi api = ApiTestKit.Create(new StubHandler((_, _) => StubHandler.Json("{}", status)), logger: _log);

        Assert.False((await api.Library.RenameFileAsync("/a", "b", default)).Error!.IsTold);

        Assert.Empty(Warnings);
    }

    [Fact]
    public async Task A_reply_to_a_request_from_before_the_trouble_does_not_end_it()
    {
        var early = new TaskCompletionSource<HttpResponseMessage>();
        var handler = new StubHandler((_, n, _) => n == 1 ? early.Task : Task.FromResult(StubHandler.Json(NoKey, 401)));
        using ImageKitApi api = ApiTestKit.Create(handler, logger: _log);

        Task<ApiResult<IReadOnlyList<LibraryRow>>> first = List(api, "/early");
        await List(api, "/a");
        early.SetResult(StubHandler.Json("[]"));
        Assert.True((await first).Ok);
        await List(api, "/b");

        Assert.Single(Warnings);
    }

    [Fact]
    public async Task A_read_that_works_once_it_is_signed_is_no_trouble()
    {
        var handler = new StubHandler((request, _) => request.RequestUri!.Query.Contains("ik-s=", StringComparison.Ordinal)
            ? new HttpResponseMessage { Content = new ByteArrayContent([1]) }
            : StubHandler.Json("", 401));
        using ImageKitApi api = ApiTestKit.Create(handler, logger: _log);

        ApiResult<DeliveryReply> reply = await api.Delivery.OpenAsync(new DeliveryRequest("/a.jpg", null, "v1", 0, 1, IsPrivate: false), default);

        Assert.True(reply.Ok);
        reply.Value.Dispose();
        Assert.Empty(Warnings);
        Assert.Equal(0, api.Counters.Snapshot().Failures);
    }

    [Fact]
    public async Task An_open_circuit_is_no_second_line()
    {
        var handler = new StubHandler((_, _) => throw StubHandler.CannotConnect());
        using ImageKitApi api = ApiTestKit.Create(handler, ApiTestKit.Fast with { BreakerFailures = 3 }, logger: _log);

        for (int i = 0; i < 5; i++)
            Assert.Equal(ApiErrorKind.Unreachable, (await List(api, "/")).Error!.Kind);

        Assert.Single(Warnings);
        Assert.Equal(1, api.Counters.Snapshot().CircuitOpened);
    }

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(580, "580 ms")]
    [InlineData(999.7, "1 s")]
    [InlineData(1234, "1.2 s")]
    [InlineData(9960, "10 s")]
    [InlineData(45_000, "45 s")]
    [InlineData(300_000, "5 min")]
    [InlineData(7_200_000, "2 h")]
    public void Durations_are_words(double milliseconds, string words) => Assert.Equal(words, TimeSpan.FromMilliseconds(milliseconds).ToWords());

    private static Task<ApiResult<IReadOnlyList<LibraryRow>>> List(ImageKitApi api, string folder) => api.Library.ListAsync(new ListQuery(folder), default).AsTask();

    private static HttpResponseMessage Limited(string reset, string requestId = "r") =>
        StubHandler.Json("""{"message":"Too many requests."}""", 429, ("X-RateLimit-Reset", reset), ("x-ik-requestid", requestId));

    /// <summary>Lets every pause pass as soon as callers wait for it.</summary>
    private async Task<ApiResult<IReadOnlyList<LibraryRow>>[]> ThroughPausesAsync(Task<ApiResult<IReadOnlyList<LibraryRow>>>[] calls, TimeSpan pause)
    {
        Task<ApiResult<IReadOnlyList<LibraryRow>>[]> all = Task.WhenAll(calls);
        while (await Task.WhenAny(all, _time.UntilTimerAsync(due => due == pause)) != all)
            _time.Advance(pause);
        return await all;
    }
}
