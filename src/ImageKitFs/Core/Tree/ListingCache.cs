using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;

namespace ImageKitFs.Core.Tree;

/// <summary>The listings that are kept, by remote path; the longest unused go first when rows exceed the limit. An entry that goes is only a lost cache.</summary>
/// <remarks>Entries do not expire: past their TTL they still serve stale answers and comparison. Safe to read from any thread; the tree writes under its lock.</remarks>
internal sealed class ListingCache : IDisposable
{
    /// <summary>What an empty folder weighs in rows: its entry, key and arrays take about a kilobyte.</summary>
    private const int RowsPerListing = 8;

    /// <summary>A tenth at a time: making room sorts all entries, so it must not happen for every new one.</summary>
    private const double Portion = 0.1;

    /// <summary>Divided by the number of entries: the cache rounds the count that it removes down.</summary>
    private const double AtLeastOne = 1.5;

    private readonly MemoryCache _entries;
    private readonly int _maxRows;

    public ListingCache(int maxRows, TimeProvider time)
    {
        _maxRows = maxRows;
        _entries = new MemoryCache(new MemoryCacheOptions
        {
            Clock = new Clock(time),
            SizeLimit = maxRows,
            TrackStatistics = true,
            // Nothing expires, so there is nothing to look for.
            ExpirationScanFrequency = TimeSpan.FromDays(365),
        });
    }

    public bool TryGet(string folder, [NotNullWhen(true)] out CachedListing? cached) => _entries.TryGetValue(folder, out cached);

    public void Set(string folder, CachedListing cached)
    {
        long size = SizeOf(cached);
        // Room is made here: the cache itself would refuse the new entry and make room later, on another thread.
        while (_entries.Count > 0 && SizeWithout(folder) + size > _maxRows)
            _entries.Compact(Math.Max(Portion, Math.Min(1, AtLeastOne / _entries.Count)));
        _entries.Set(folder, cached, new MemoryCacheEntryOptions { Size = size });
    }

    public void Remove(string folder) => _entries.Remove(folder);

    /// <summary>Removes the folders that the test names.</summary>
    public void RemoveWhere(Func<string, bool> isGone)
    {
        foreach (object key in _entries.Keys)
        {
            if (isGone((string)key))
                _entries.Remove(key);
        }
    }

    public void Dispose() => _entries.Dispose();

    /// <summary>In rows. A folder larger than the limit is kept alone.</summary>
    private long SizeOf(CachedListing cached) => Math.Min((long)cached.Listing.Count + RowsPerListing, _maxRows);

    private long SizeWithout(string folder) =>
        (_entries.GetCurrentStatistics()?.CurrentEstimatedSize ?? 0) - (TryGet(folder, out CachedListing? replaced) ? SizeOf(replaced) : 0);

    private sealed class Clock(TimeProvider time) : ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
}
