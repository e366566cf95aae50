namespace ImageKitFs.Emulator.Http;

/// <summary>Holds one transfer to a number of bytes per second.</summary>
internal sealed class Pace(long bytesPerSecond, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private long _bytes;

    /// <summary>Waits until so many more bytes were due.</summary>
    public async ValueTask AfterAsync(long bytes, CancellationToken ct)
    {
        if (bytesPerSecond <= 0)
            return;
        _bytes += bytes;
        TimeSpan early = TimeSpan.FromSeconds((double)_bytes / bytesPerSecond) - time.GetElapsedTime(_start);
        if (early > TimeSpan.Zero)
            await Task.Delay(early, time, ct);
    }
}
