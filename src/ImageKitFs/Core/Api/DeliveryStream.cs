using ImageKitFs.Core.Streams;

namespace ImageKitFs.Core.Api;

/// <summary>A delivery body whose reads end when no byte comes for the progress deadline. Asynchronous reads only.</summary>
internal sealed class DeliveryStream(Stream inner, string host, TimeSpan deadline, TimeProvider time, ApiCounters counters) : ReadingStream(inner)
{
    /// <exception cref="IOException">The connection broke, or ended before the promised length.</exception>
    /// <exception cref="TimeoutException">No byte came within the deadline.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var watch = new ProgressWatch(deadline, time, cancellationToken);
        try
        {
            int count = await Inner.ReadAsync(buffer, watch.Token);
            counters.Received(count);
            return count;
        }
        catch (OperationCanceledException e) when (watch.IsExpired)
        {
            throw new TimeoutException($"{host} sent nothing for {deadline.TotalSeconds:0} s.", e);
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"The connection to {host} broke.", e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously: the deadline needs it.");
}
