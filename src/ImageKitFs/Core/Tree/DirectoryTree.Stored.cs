using System.Diagnostics.CodeAnalysis;

namespace ImageKitFs.Core.Tree;

/// <content>Listings that an earlier run kept.</content>
internal sealed partial class DirectoryTree
{
    /// <summary>A listing of an earlier run is shown so long while its refresh is under way; then callers wait.</summary>
    private static readonly TimeSpan ShowFor = TimeSpan.FromSeconds(2);

    /// <summary>As <see cref="GetAsync"/>, for a program that reads the folder: may be answered by <see cref="TryShow"/>, and is how walks are noticed.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public ValueTask<TreeResult> BrowseAsync(string folder, CancellationToken ct)
    {
        TreeResult known = default;
        bool isFresh = TryKnow(folder, out CachedListing? cached) && TryAnswer(cached, out known);
        _ahead.Opened(folder, isFresh);
        if (isFresh)
            return ValueTask.FromResult(known);
        return TryShow(folder, out Listing listing) ? ValueTask.FromResult(TreeResult.Earlier(listing)) : GetAsync(folder, ct);
    }

    /// <summary>
    /// What an earlier run kept of a folder that this one has not listed yet, while the refresh that this begins is under way, for at most 2 s. Good for
    /// reading the folder and for names that are there; no proof that a name is not.
    /// </summary>
    public bool TryShow(string folder, out Listing listing)
    {
        listing = null!;
        if (!TryKnow(folder, out CachedListing? known) || !known.IsShowable)
            return false;
        lock (_lock)
        {
            if (_isDisposed || !_cache.TryGet(folder, out CachedListing? cached) || !cached.IsShowable)
                return false;
            listing = cached.Listing;
            if (cached.ShownSince is long since)
                return _time.GetElapsedTime(since) < ShowFor;
            _cache.Set(folder, cached with { ShownSince = _time.GetTimestamp() });
        }

        _ahead.Refresh(folder);
        return true;
    }

    /// <summary>What is in memory or was kept by an earlier run.</summary>
    private bool TryKnow(string folder, [NotNullWhen(true)] out CachedListing? cached)
    {
        if (_cache.TryGet(folder, out cached))
            return true;
        if (_store is null || !_store.TryLoad(folder, out StoredListing stored))
            return false;
        long? freshSince = stored is { IsTrusted: true, Age: { } age } && age < _options.Ttl
            ? _time.GetTimestamp() - (long)(age.TotalSeconds * _time.TimestampFrequency)
            : null;
        lock (_lock)
        {
            // The order before all others: whatever is listed now is newer.
            if (!_cache.TryGet(folder, out cached))
                _cache.Set(folder, cached = new CachedListing(stored.Listing, Order: 0, freshSince, Failure: null) { IsShowable = stored.IsTrusted });
        }

        return true;
    }
}
