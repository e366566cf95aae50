namespace ImageKitFs.Core.Content;

/// <summary>What the cache holds now, and what it did since it was opened.</summary>
/// <param name="Bytes">On disk or reserved for what is in flight.</param>
/// <param name="Files">Versions with at least one block on disk.</param>
/// <param name="Hits">Reads answered from the disk at once.</param>
/// <param name="Misses">Reads that waited for the network.</param>
/// <param name="FetchedBytes">Bytes of reply bodies.</param>
/// <param name="Evictions">Files dropped for space.</param>
/// <param name="Corrupt">Blocks whose checksum failed.</param>
/// <param name="HitBytes">Bytes of the reads answered from the disk.</param>
/// <param name="MissBytes">Bytes of the reads that waited.</param>
internal readonly record struct ContentCacheStats(
    long Bytes, int Files, long Hits, long Misses, long FetchedBytes, long Evictions, long Corrupt, long HitBytes, long MissBytes);

/// <summary>The running counts behind <see cref="ContentCacheStats"/>.</summary>
internal sealed class ContentCounters
{
    private long _hits;
    private long _misses;
    private long _hitBytes;
    private long _missBytes;
    private long _fetchedBytes;
    private long _evictions;
    private long _corrupt;

    public void Hit(int bytes)
    {
        Interlocked.Increment(ref _hits);
        Interlocked.Add(ref _hitBytes, bytes);
    }

    public void Miss(int bytes)
    {
        Interlocked.Increment(ref _misses);
        Interlocked.Add(ref _missBytes, bytes);
    }

    public void Fetched(int bytes) => Interlocked.Add(ref _fetchedBytes, bytes);

    public void Evicted() => Interlocked.Increment(ref _evictions);

    public void Corrupt() => Interlocked.Increment(ref _corrupt);

    public ContentCacheStats Read(long bytes, int files) =>
        new(bytes, files, Interlocked.Read(ref _hits), Interlocked.Read(ref _misses), Interlocked.Read(ref _fetchedBytes),
            Interlocked.Read(ref _evictions), Interlocked.Read(ref _corrupt), Interlocked.Read(ref _hitBytes), Interlocked.Read(ref _missBytes));
}
