using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Tests.Content;

/// <summary>What the fake answers to one request.</summary>
internal sealed record FakeReply
{
    public ApiError? Error { get; init; }

    public int Status { get; init; } = 206;

    public long? BodyOffset { get; init; }

    public long? Total { get; init; }

    public string? ETag { get; init; }

    public DateTimeOffset? LastModified { get; init; }

    public byte[] Body { get; init; } = [];

    /// <summary>Thrown where the body ends, instead of its end.</summary>
    public Exception? BreaksWith { get; init; }
}

/// <summary>Serves one byte array in ranges, records what was asked, and can be made to wait, lie and break.</summary>
internal sealed class FakeDelivery(byte[] content) : IMediaDelivery
{
    private readonly Lock _gate = new();
    private readonly List<DeliveryRequest> _requests = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _watchers = [];
    private int _canceled;

    /// <summary>Changes the honest answer; the number counts requests from 0.</summary>
    public Func<DeliveryRequest, int, FakeReply, FakeReply> Script { get; set; } = (_, _, honest) => honest;

    /// <summary>Awaited before a reply is given.</summary>
    public Func<DeliveryRequest, Task> Before { get; set; } = _ => Task.CompletedTask;

    public TaskCompletionSource Canceled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int CanceledCount => Volatile.Read(ref _canceled);

    public IReadOnlyList<DeliveryRequest> Requests
    {
        get
        {
            lock (_gate)
                return [.. _requests];
        }
    }

    /// <summary>Offset and length of each request, by offset.</summary>
    public (long Offset, long Length)[] Ranges => [.. Requests.Select(r => (r.Offset, r.Length)).Order()];

    public Task AskedAsync(int count)
    {
        lock (_gate)
        {
            if (_requests.Count >= count)
                return Task.CompletedTask;
            TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _watchers.Add((count, reached));
            return reached.Task;
        }
    }

    public async ValueTask<ApiResult<DeliveryReply>> OpenAsync(DeliveryRequest request, CancellationToken ct)
    {
        int index;
        lock (_gate)
        {
            index = _requests.Count;
            _requests.Add(request);
            foreach ((int count, TaskCompletionSource reached) in _watchers)
            {
                if (count <= _requests.Count)
                    reached.TrySetResult();
            }
        }

        try
        {
            await Before(request).WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _canceled);
            Canceled.TrySetResult();
            return new ApiError(ApiErrorKind.Canceled, 0, "cancelled");
        }

        FakeReply honest = new()
        {
            BodyOffset = request.Offset,
            Total = content.Length,
            ETag = "\"one\"",
            LastModified = DateTimeOffset.UnixEpoch,
            Body = content.AsSpan((int)request.Offset, (int)request.Length).ToArray(),
        };
        FakeReply reply = Script(request, index, honest);
        if (reply.Error is not null)
            return reply.Error;
        FakeBody body = new(reply.Body, reply.BreaksWith);
        return new DeliveryReply(reply.Status, reply.BodyOffset, reply.Total, reply.ETag, reply.LastModified, body, body);
    }

    /// <summary>Gives odd pieces, as sockets do.</summary>
    private sealed class FakeBody(byte[] bytes, Exception? breaksWith) : MemoryStream(bytes)
    {
        private const int PieceBytes = 10_007;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = Read(buffer.Span[..Math.Min(buffer.Length, PieceBytes)]);
            return read == 0 && breaksWith is not null ? ValueTask.FromException<int>(breaksWith) : ValueTask.FromResult(read);
        }
    }

    public void BrokeOff(string remotePath, string why)
    {
        // The class of requests that would tell it is not here.
    }
}
