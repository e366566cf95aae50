using ImageKitFs.Core.Api;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

/// <summary>Deadlines are lack of progress, on the injected clock.</summary>
public sealed class DeadlineTests
{
    private static readonly ApiTuning Once = ApiTestKit.Fast with { MaxAttempts = 1 };

    [Fact]
    public async Task A_silent_service_ends_a_read_after_thirty_seconds()
    {
        var time = new ManualTimeProvider();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ImageKitApi api = ApiTestKit.Create(new StubHandler((_, _, ct) => SilentAsync(asked, ct)), Once, time);

        Task<ApiResult<IReadOnlyList<LibraryRow>>> call = api.Library.ListAsync(new ListQuery("/"), default).AsTask();
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        ApiError error = (await call).Error!;
        Assert.Equal((ApiErrorKind.TimedOut, false), (error.Kind, error.MayHaveHappened));
    }

    [Fact]
    public async Task An_upload_lives_as_long_as_bytes_move_and_waits_five_minutes_for_its_reply()
    {
        var time = new ManualTimeProvider();
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new StubHandler(async (request, _, ct) =>
        {
            // A slow line: 20 seconds for each write.
            await request.Content!.CopyToAsync(new SlowStream(() => time.Advance(TimeSpan.FromSeconds(20)), ct), ct);
            return await SilentAsync(sent, ct);
        });
        using ImageKitApi api = ApiTestKit.Create(handler, Once, time);
        DateTimeOffset start = time.GetUtcNow();

        Task<ApiResult<UploadReply>> call = api.Library.UploadAsync(ApiTestKit.Upload(new byte[1 << 20]), null, default).AsTask();
        await sent.Task;
        Assert.True(time.GetUtcNow() - start > TimeSpan.FromSeconds(120));
        time.Advance(TimeSpan.FromSeconds(299));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        ApiError error = (await call).Error!;
        Assert.Equal((ApiErrorKind.TimedOut, true, 1), (error.Kind, error.MayHaveHappened, handler.Count));
    }

    [Fact]
    public async Task An_upload_that_stops_moving_ends_after_thirty_seconds_and_cannot_have_happened()
    {
        var time = new ManualTimeProvider();
        var stuck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new StubHandler(async (request, _, ct) =>
        {
            int writes = 0;
            await request.Content!.CopyToAsync(new SlowStream(() => { }, ct, () => ++writes < 3 ? Task.CompletedTask : SilentAsync(stuck, ct)), ct);
            return StubHandler.Json(ApiTestKit.UploadReplyJson);
        });
        using ImageKitApi api = ApiTestKit.Create(handler, Once, time);

        Task<ApiResult<UploadReply>> call = api.Library.UploadAsync(ApiTestKit.Upload(new byte[1 << 20]), null, default).AsTask();
        await stuck.Task;
        time.Advance(TimeSpan.FromSeconds(30));

        ApiError error = (await call).Error!;
        Assert.Equal((ApiErrorKind.TimedOut, false), (error.Kind, error.MayHaveHappened));
    }

    [Fact]
    public async Task A_read_that_timed_out_is_repeated_once_only()
    {
        var time = new ManualTimeProvider();
        TaskCompletionSource[] asked = [new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously)];
        var handler = new StubHandler((_, n, ct) => SilentAsync(asked[n - 1], ct));
        using ImageKitApi api = ApiTestKit.Create(handler, ApiTestKit.Fast, time);

        Task<ApiResult<IReadOnlyList<LibraryRow>>> call = api.Library.ListAsync(new ListQuery("/"), default).AsTask();
        await asked[0].Task;
        time.Advance(TimeSpan.FromSeconds(30));
        // The backoff is random and may be nothing at all: then there is no timer for it.
        await Task.WhenAny(asked[1].Task, time.UntilTimerAsync(due => due < TimeSpan.FromSeconds(1)));
        time.Advance(TimeSpan.FromSeconds(1));
        await asked[1].Task;
        time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(ApiErrorKind.TimedOut, (await call).Error!.Kind);
        Assert.Equal(2, handler.Count);
    }

    private static async Task<HttpResponseMessage> SilentAsync(TaskCompletionSource reached, CancellationToken ct)
    {
        Task silence = Task.Delay(Timeout.Infinite, ct);
        reached.TrySetResult();
        await silence;
        throw new InvalidOperationException();
    }

    private sealed class SlowStream(Action onWrite, CancellationToken ct, Func<Task>? wait = null) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            onWrite();
            ct.ThrowIfCancellationRequested();
            if (wait is not null)
                await wait();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
