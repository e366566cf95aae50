using ImageKitFs.Core.Api;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

/// <summary>What the client repeats by itself, what it reports instead, and how it waits.</summary>
public sealed class RepeatTests
{
    private const string Id = "65f0a1b2c3d4e5f607182950";

    [Fact]
    public async Task Reads_are_repeated_after_network_trouble_and_server_trouble()
    {
        var handler = new StubHandler((_, n) => n switch
        {
            1 => throw StubHandler.CannotConnect(),
            2 => throw StubHandler.Lost(),
            3 => StubHandler.Json("<html>", 502),
            _ => StubHandler.Json("[]"),
        });
        using ImageKitApi api = ApiTestKit.Create(handler);

        ApiResult<IReadOnlyList<LibraryRow>> result = await api.Library.ListAsync(new ListQuery("/"), default);

        Assert.True(result.Ok);
        Assert.Equal(4, handler.Count);
        Assert.Equal(3, api.Counters.Snapshot().Repeats);
    }

    [Fact]
    public async Task Repeats_end_and_the_last_error_is_told_with_its_request_id()
    {
        var handler = new StubHandler((_, _) => StubHandler.Json("", 500, ("x-ik-requestid", "req-9")));
        using ImageKitApi api = ApiTestKit.Create(handler);

        ApiResult<LibraryRow> result = await api.Library.DetailsAsync(Id, default);

        Assert.Equal(ApiTestKit.Fast.MaxAttempts, handler.Count);
        Assert.Equal((ApiErrorKind.Server, 500, "req-9", false), (result.Error!.Kind, result.Error.Status, result.Error.RequestId, result.Error.MayHaveHappened));
        Assert.Equal(result.Error, api.Counters.Snapshot().Failed[0].Error);
    }

    [Fact]
    public async Task A_definite_refusal_is_not_repeated()
    {
        var handler = new StubHandler((_, _) => StubHandler.Json("""{"message":"Your account cannot be authenticated."}""", 403));
        using ImageKitApi api = ApiTestKit.Create(handler);

        ApiResult<LibraryRow> result = await api.Library.DetailsAsync(Id, default);

        Assert.Equal(ApiErrorKind.Unauthorized, result.Error!.Kind);
        Assert.Equal(1, handler.Count);
    }

    [Theory]
    [InlineData("rename")]
    [InlineData("move")]
    [InlineData("copy")]
    [InlineData("delete folder")]
    [InlineData("rename folder")]
    [InlineData("move folder")]
    public async Task What_must_not_happen_twice_is_sent_once_when_its_reply_is_lost(string what)
    {
        foreach (Func<HttpResponseMessage> trouble in new Func<HttpResponseMessage>[] { () => throw StubHandler.Lost(), () => StubHandler.Json("", 503) })
        {
            var handler = new StubHandler((request, _) => Consume(request, trouble));
            using ImageKitApi api = ApiTestKit.Create(handler);

            ApiResult<Nothing> result = await CallAsync(api.Library, what);

            Assert.True(handler.Count == 1, what);
            Assert.True(result.Error!.MayHaveHappened);
        }
    }

    [Theory]
    [InlineData("rename")]
    [InlineData("move")]
    [InlineData("copy")]
    [InlineData("delete folder")]
    [InlineData("rename folder")]
    [InlineData("move folder")]
    public async Task What_was_never_sent_or_was_refused_for_its_rate_is_sent_again(string what)
    {
        var handler = new StubHandler((_, n) => n switch
        {
            1 => throw StubHandler.CannotConnect(),
            2 => StubHandler.Json("{}", 429, ("X-RateLimit-Reset", "1")),
            _ => StubHandler.Json("""{"jobId":"j1"}"""),
        });
        using ImageKitApi api = ApiTestKit.Create(handler);

        ApiResult<Nothing> result = await CallAsync(api.Library, what);

        Assert.True(result.Ok, what);
        Assert.Equal(3, handler.Count);
    }

    [Fact]
    public async Task An_unreachable_service_leaves_no_doubt_about_a_write()
    {
        var handler = new StubHandler((_, _) => throw StubHandler.CannotConnect());
        using ImageKitApi api = ApiTestKit.Create(handler);

        ApiResult<Nothing> renamed = await api.Library.RenameFileAsync("/a.jpg", "b.jpg", default);
        ApiResult<UploadReply> uploaded = await api.Library.UploadAsync(ApiTestKit.Upload([1, 2, 3]), null, default);

        Assert.Equal((ApiErrorKind.Unreachable, false), (renamed.Error!.Kind, renamed.Error.MayHaveHappened));
        Assert.Equal((ApiErrorKind.Unreachable, false), (uploaded.Error!.Kind, uploaded.Error.MayHaveHappened));
        Assert.Contains("Check the network", uploaded.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_whose_reply_was_lost_is_done_when_the_repeat_finds_nothing()
    {
        using ImageKitApi lost = ApiTestKit.Create(new StubHandler((_, n) => n == 1 ? throw StubHandler.Lost() : NotFound()));
        using ImageKitApi never = ApiTestKit.Create(new StubHandler((_, _) => NotFound()));
        using ImageKitApi refused = ApiTestKit.Create(new StubHandler((_, n) => n == 1 ? throw StubHandler.CannotConnect() : NotFound()));

        Assert.True((await lost.Library.DeleteFileAsync(Id, default)).Ok);
        Assert.True((await lost.Library.DeleteVersionAsync(Id, Id, default)).Error is { Kind: ApiErrorKind.NotFound, MayHaveHappened: false });
        Assert.Equal(ApiErrorKind.NotFound, (await never.Library.DeleteFileAsync(Id, default)).Error!.Kind);
        Assert.Equal(ApiErrorKind.NotFound, (await refused.Library.DeleteFileAsync(Id, default)).Error!.Kind);

        static HttpResponseMessage NotFound() => StubHandler.Json("""{"message":"The requested file does not exist."}""", 404);
    }

    [Fact]
    public async Task A_batch_delete_whose_reply_was_lost_is_done_only_when_all_ids_are_gone()
    {
        using ImageKitApi all = ApiTestKit.Create(new StubHandler((request, n) => n == 1 ? Lose(request) : Missing("\"a\",\"b\"")));
        using ImageKitApi one = ApiTestKit.Create(new StubHandler((request, n) => n == 1 ? Lose(request) : Missing("\"a\"")));
        using ImageKitApi part = ApiTestKit.Create(new StubHandler((_, _) => StubHandler.Json("""{"successfullyDeletedFileIds":["b"],"errors":[{"fileId":"a","error":"x"}]}""", 207)));

        Assert.Equal(["a", "b"], (await all.Library.DeleteFilesAsync(["a", "b"], default)).Value.Deleted);
        Assert.Equal(["a"], (await one.Library.DeleteFilesAsync(["a", "b"], default)).Error!.MissingFileIds);
        BulkDeleteReply reply = (await part.Library.DeleteFilesAsync(["a", "b"], default)).Value;
        Assert.Equal(["b"], reply.Deleted);
        Assert.Equal(["a"], reply.Failed);

        static HttpResponseMessage Lose(HttpRequestMessage request) => Consume(request, () => throw StubHandler.Lost());
        static HttpResponseMessage Missing(string ids) => StubHandler.Json($$"""{"message":"The requested file(s) does not exist.","missingFileIds":[{{ids}}]}""", 404);
    }

    [Fact]
    public async Task After_a_429_all_callers_of_the_class_wait_the_milliseconds_asked_for()
    {
        var time = new ManualTimeProvider();
        var handler = new StubHandler((request, n) =>
            n == 1 ? StubHandler.Json("{}", 429, ("X-RateLimit-Reset", "730")) : StubHandler.Json(request.Method == HttpMethod.Get ? "[]" : "{}"));
        using ImageKitApi api = ApiTestKit.Create(handler, time: time);

        Task<ApiResult<IReadOnlyList<LibraryRow>>> first = api.Library.ListAsync(new ListQuery("/"), default).AsTask();
        await time.UntilTimerAsync(due => due == TimeSpan.FromMilliseconds(730));
        Task<ApiResult<IReadOnlyList<LibraryRow>>> second = api.Library.ListAsync(new ListQuery("/b"), default).AsTask();
        Assert.True((await api.Library.CreateFolderAsync("/", "x", default)).Ok); // writes are not concerned
        time.Advance(TimeSpan.FromMilliseconds(729));
        Assert.Equal(2, handler.Count);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True((await first).Ok);
        Assert.True((await second).Ok);
        Assert.Equal(1, api.Counters.Snapshot().RateLimited);
    }

    [Fact]
    public async Task A_reset_too_far_away_is_reported_at_once()
    {
        var handler = new StubHandler((_, _) => StubHandler.Json("""{"message":"slow down"}""", 429, ("X-RateLimit-Reset", "3600000")));
        using ImageKitApi api = ApiTestKit.Create(handler, time: new ManualTimeProvider());

        ApiResult<IReadOnlyList<LibraryRow>> first = await api.Library.ListAsync(new ListQuery("/"), default);
        ApiResult<IReadOnlyList<LibraryRow>> second = await api.Library.ListAsync(new ListQuery("/"), default);

        Assert.Equal((ApiErrorKind.RateLimited, ApiErrorKind.RateLimited), (first.Error!.Kind, second.Error!.Kind));
        Assert.Equal(1, handler.Count);
    }

    [Fact]
    public async Task A_run_of_failures_opens_the_circuit_and_one_good_probe_closes_it()
    {
        var time = new ManualTimeProvider();
        bool isUp = false;
        var handler = new StubHandler((_, _) => isUp ? StubHandler.Json("[]") : throw StubHandler.CannotConnect());
        using ImageKitApi api = ApiTestKit.Create(handler, ApiTestKit.Fast with { MaxAttempts = 1, BreakerFailures = 3 }, time);
        ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> List() => api.Library.ListAsync(new ListQuery("/"), default);

        for (int i = 0; i < 3; i++)
            Assert.Equal(ApiErrorKind.Unreachable, (await List()).Error!.Kind);
        ApiError failedFast = (await List()).Error!;
        Assert.Equal((ApiErrorKind.Unreachable, false, 3), (failedFast.Kind, failedFast.MayHaveHappened, handler.Count));

        time.Advance(TimeSpan.FromSeconds(5.1));
        Assert.Equal(ApiErrorKind.Unreachable, (await List()).Error!.Kind); // the probe
        Assert.Equal(ApiErrorKind.Unreachable, (await List()).Error!.Kind); // open again
        time.Advance(TimeSpan.FromSeconds(5.1));
        isUp = true;
        Assert.True((await List()).Ok);
        Assert.True((await List()).Ok);
        Assert.Equal(2, api.Counters.Snapshot().CircuitOpened);
    }

    [Fact]
    public async Task Refusals_do_not_open_the_circuit()
    {
        var handler = new StubHandler((_, _) => StubHandler.Json("{}", 404));
        using ImageKitApi api = ApiTestKit.Create(handler, ApiTestKit.Fast with { MaxAttempts = 1, BreakerFailures = 2 });

        for (int i = 0; i < 6; i++)
            Assert.Equal(ApiErrorKind.NotFound, (await api.Library.DetailsAsync(Id, default)).Error!.Kind);
    }

    [Fact]
    public async Task A_cancelled_call_is_told_as_such_and_says_whether_it_was_sent()
    {
        using var cancel = new CancellationTokenSource();
        var handler = new StubHandler(async (request, _, ct) =>
        {
            await request.Content!.CopyToAsync(Stream.Null, ct);
            await cancel.CancelAsync();
            ct.ThrowIfCancellationRequested();
            throw new InvalidOperationException();
        });
        using ImageKitApi api = ApiTestKit.Create(handler);

        ApiResult<Nothing> sent = await api.Library.RenameFileAsync("/a", "b", cancel.Token);
        ApiResult<Nothing> unsent = await api.Library.RenameFileAsync("/a", "b", cancel.Token);

        Assert.Equal((ApiErrorKind.Canceled, true), (sent.Error!.Kind, sent.Error.MayHaveHappened));
        Assert.Equal((ApiErrorKind.Canceled, false, 1), (unsent.Error!.Kind, unsent.Error.MayHaveHappened, handler.Count));
    }

    private static async ValueTask<ApiResult<Nothing>> CallAsync(ImageKitClient client, string what) => what switch
    {
        "rename" => await client.RenameFileAsync("/a.jpg", "b.jpg", default),
        "move" => await client.MoveFileAsync("/a.jpg", "/x", default),
        "copy" => await client.CopyFileAsync("/a.jpg", "/x", includeVersions: true, default),
        "delete folder" => await client.DeleteFolderAsync("/x", default),
        "rename folder" => WithoutValue(await client.StartRenameFolderAsync("/x", "y", default)),
        "move folder" => WithoutValue(await client.StartMoveFolderAsync("/x", "/y", default)),
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    private static ApiResult<Nothing> WithoutValue<T>(ApiResult<T> result) => result.Ok ? default(Nothing) : result.Error;

    /// <summary>Takes the whole body as the network would, then answers.</summary>
    private static HttpResponseMessage Consume(HttpRequestMessage request, Func<HttpResponseMessage> answer)
    {
        request.Content?.CopyToAsync(Stream.Null).GetAwaiter().GetResult();
        return answer();
    }
}
