using ImageKitFs.Core.Api;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Tree;

/// <summary>What the library holds, as last listed: the listings of folders, shared fetches of them, and how old they are.</summary>
/// <remarks>Folders are remote paths, "/" or "/a/b". Safe from any thread. Knows nothing of what is pending here: the engine lays that over.</remarks>
internal sealed partial class DirectoryTree : IDisposable
{
    private static readonly ApiError Closed = new(ApiErrorKind.Canceled, 0, "The mount is ending.");

    private readonly Lock _lock = new();
    private readonly Dictionary<string, FolderFetches> _fetches = [];
    private readonly Func<string, bool, string> _toLocal;
    private readonly TreeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FolderReader _reader;
    private readonly ListingCache _cache;
    private readonly WalkAhead _ahead;
    private readonly TreeStore? _store;
    private WholeListing? _whole;
    private long _order;
    private bool _isDisposed;

    /// <param name="store">Owned from here on; null: nothing outlives this run.</param>
    public DirectoryTree(
        IMediaLibrary library, Func<string, bool, string> toLocal, TreeOptions options, TimeProvider time, ILogger logger, TreeStore? store = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PageSize, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxParallelPages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxCachedRows, 1);
        _toLocal = toLocal;
        _options = options;
        _time = time;
        _logger = logger;
        _store = store;
        _reader = new FolderReader(library, toLocal, options, logger);
        _cache = new ListingCache(options.MaxCachedRows, time);
        _ahead = new WalkAhead(this, library, toLocal, options, logger);
    }

    /// <summary>
    /// Called once per completed fetch with the listing known before (null if none) and the new one, before the callers are answered; never twice at
    /// a time for one folder, and not while a lock of the tree is held. What it throws goes to the callers.
    /// </summary>
    public Action<Listing?, Listing>? Refreshed { get; set; }

    /// <summary>Rows left out because the service listed them in a folder that is not theirs.</summary>
    public long IgnoredRows => _reader.IgnoredRows;

    /// <summary>The folder's listing: within the TTL at once, else from one fetch shared by all who ask.</summary>
    /// <returns>
    /// When the fetch fails for a passing reason and an older listing is known, that one, marked stale; until the next attempt is due it answers at once.
    /// </returns>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled. The fetch goes on while others wait.</exception>
    public ValueTask<TreeResult> GetAsync(string folder, CancellationToken ct)
    {
        if (TryKnow(folder, out CachedListing? cached) && TryAnswer(cached, out TreeResult known))
            return ValueTask.FromResult(known);
        return _ahead.Covers(folder) ? WaitForWholeAsync(folder, ct) : WaitAsync(folder, mustStartLater: false, ct);
    }

    /// <summary>A listing that was requested after this call began: proof for rmdir and rename. Never answered by a fetch already in flight.</summary>
    /// <returns>A fresh listing or an error; never a stale one.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public async ValueTask<TreeResult> FetchAsync(string folder, CancellationToken ct)
    {
        TreeResult result = await WaitAsync(folder, mustStartLater: true, ct);
        return result.IsStale ? TreeResult.Failed(result.Error) : result;
    }

    /// <summary>What is known without asking.</summary>
    /// <param name="freshFor">How long it still answers; zero or less when it is older than the TTL.</param>
    public bool TryPeek(string folder, out Listing listing, out TimeSpan freshFor)
    {
        if (_cache.TryGet(folder, out CachedListing? cached))
        {
            listing = cached.Listing;
            freshFor = FreshFor(cached);
            return true;
        }
        listing = null!;
        freshFor = TimeSpan.Zero;
        return false;
    }

    /// <summary>Takes a listing that is known from elsewhere (a folder just made) as fresh. A fetch already in flight does not replace it.</summary>
    public void Seed(Listing listing)
    {
        lock (_lock)
        {
            _whole?.Outdate(listing.Folder);
            _cache.Set(listing.Folder, new CachedListing(listing, ++_order, _time.GetTimestamp(), Failure: null));
            _store?.Put(listing, isFresh: true);
        }
    }

    /// <summary>Drops what is known of a folder, also what a fetch in flight will bring.</summary>
    public void Forget(string folder)
    {
        lock (_lock)
        {
            _whole?.Outdate(folder);
            _cache.Remove(folder);
            _store?.Remove(folder);
            if (_fetches.TryGetValue(folder, out FolderFetches? fetches))
                fetches.DiscardBefore = ++_order;
        }
    }

    /// <summary>As <see cref="Forget"/>, for the folder and all folders below it.</summary>
    public void ForgetBelow(string folder)
    {
        lock (_lock)
        {
            _whole?.OutdateBelow(folder);
            _cache.RemoveWhere(IsGone);
            _store?.RemoveBelow(folder);
            foreach (FolderFetches fetches in _fetches.Values)
            {
                if (IsGone(fetches.Folder))
                    fetches.DiscardBefore = ++_order;
            }
        }

        bool IsGone(string path) => path.StartsWith(folder, StringComparison.Ordinal)
            && (path.Length == folder.Length || folder == "/" || path[folder.Length] == '/');
    }

    /// <summary>Ends the TTL of a folder now. A fetch already in flight does not make it fresh again.</summary>
    public void Expire(string folder)
    {
        lock (_lock)
        {
            _whole?.Outdate(folder);
            if (_cache.TryGet(folder, out CachedListing? cached))
                _cache.Set(folder, cached with { FreshSince = null, IsShowable = false });
            _store?.Expire(folder);
            if (_fetches.TryGetValue(folder, out FolderFetches? fetches))
                fetches.StaleBefore = ++_order;
        }
    }

    /// <summary>Ends all fetches; who waits is answered with an error.</summary>
    public void Dispose()
    {
        _ahead.Dispose();
        var ending = new List<SharedFetch>();
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            foreach (FolderFetches fetches in _fetches.Values)
            {
                if (fetches.Current is not null)
                    ending.Add(fetches.Current);
                if (fetches.Queued is not null)
                    ending.Add(fetches.Queued);
                fetches.Current = fetches.Queued = null;
            }
            _fetches.Clear();
        }
        foreach (SharedFetch fetch in ending)
        {
            fetch.Answer(TreeResult.Failed(Closed));
            fetch.Stop();
        }
        _cache.Dispose();
        _store?.Dispose();
    }

    private TimeSpan FreshFor(CachedListing cached) =>
        cached.FreshSince is long since ? _options.Ttl - _time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>The answer that needs no request: fresh, or stale while the next attempt is not due.</summary>
    private bool TryAnswer(CachedListing cached, out TreeResult result)
    {
        if (FreshFor(cached) > TimeSpan.Zero)
        {
            result = TreeResult.Fresh(cached.Listing);
            return true;
        }

        if (cached.Failure is { } failure && _time.GetElapsedTime(failure.Since) < failure.Delay)
        {
            result = TreeResult.Stale(cached.Listing, failure.Error);
            return true;
        }

        result = default;
        return false;
    }

    private async ValueTask<TreeResult> WaitAsync(string folder, bool mustStartLater, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        FolderFetches? fetches;
        SharedFetch joined;
        bool isMine = false;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            // A fetch may have ended since the caller looked.
            if (!mustStartLater && _cache.TryGet(folder, out CachedListing? cached) && TryAnswer(cached, out TreeResult known))
                return known;
            if (!_fetches.TryGetValue(folder, out fetches))
                _fetches.Add(folder, fetches = new FolderFetches(folder));
            if (fetches.Current is null)
            {
                fetches.Current = joined = new SharedFetch { Order = ++_order };
                isMine = true;
            }
            else if (!mustStartLater && fetches.Current.Order > fetches.StaleBefore && fetches.Current.Order > fetches.DiscardBefore)
            {
                joined = fetches.Current;
            }
            else
            {
                joined = fetches.Queued ??= new SharedFetch();
            }
            joined.Waiters++;
        }

        if (isMine)
            _ = RunAsync(fetches, joined);
        try
        {
            return await joined.Outcome.WaitAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Leave(fetches, joined);
            throw;
        }
    }

    /// <summary>One caller gives up; the last one ends the fetch.</summary>
    private void Leave(FolderFetches fetches, SharedFetch fetch)
    {
        SharedFetch? next = null;
        lock (_lock)
        {
            if (--fetch.Waiters > 0)
                return;
            if (fetches.Queued == fetch)
                fetches.Queued = null;
            else if (fetches.Current == fetch)
                next = Advance(fetches);
        }
        fetch.Stop();
        if (next is not null)
            _ = RunAsync(fetches, next);
    }

    /// <summary>Ends the current fetch and makes the queued one current. Under the lock.</summary>
    /// <returns>The fetch to start, if there is one.</returns>
    private SharedFetch? Advance(FolderFetches fetches)
    {
        fetches.Current = fetches.Queued;
        fetches.Queued = null;
        if (fetches.Current is null)
            _fetches.Remove(fetches.Folder);
        else
            fetches.Current.Order = ++_order;
        return fetches.Current;
    }

    /// <summary>Never throws. Ended by its last waiter or by <see cref="Dispose"/>.</summary>
    private async Task RunAsync(FolderFetches fetches, SharedFetch fetch)
    {
        try
        {
            TreeResult result = await ReadAsync(fetches, fetch);
            EndFetch(fetches, fetch, out SharedFetch? next);
            fetch.Answer(result);
            if (next is not null)
                _ = RunAsync(fetches, next);
        }
        catch (Exception bug)
        {
            // Nothing here throws by design; whoever waits must hear of it all the same.
            EndFetch(fetches, fetch, out SharedFetch? next);
            fetch.Fail(bug);
            if (next is not null)
                _ = RunAsync(fetches, next);
        }
    }

    private void EndFetch(FolderFetches fetches, SharedFetch fetch, out SharedFetch? next)
    {
        lock (_lock)
            next = fetches.Current == fetch ? Advance(fetches) : null;
    }

    private async ValueTask<TreeResult> ReadAsync(FolderFetches fetches, SharedFetch fetch)
    {
        string folder = fetches.Folder;
        TryKnow(folder, out CachedListing? before);
        long requestedAt = _time.GetTimestamp();
        ApiResult<FolderRows> read = await _reader.ReadAsync(folder, before?.Listing.Count ?? 0, fetch.Stopping);
        if (!read.Ok)
            return before is not null && read.Error.IsTransient ? KeepStale(fetches, fetch, before, read.Error) : Fail(folder, read.Error);

        return Keep(
            fetches, fetch, before, ListingBuilder.Build(folder, requestedAt, read.Value.Rows, read.Value.IsManyPages, before?.Listing, _toLocal));
    }

    /// <summary>Makes a listing known, unless something newer is.</summary>
    private TreeResult Keep(FolderFetches fetches, SharedFetch fetch, CachedListing? before, Listing listing)
    {
        string folder = fetches.Folder;
        lock (_lock)
        {
            // Nobody waits any more, or the tree is closed.
            if (fetches.Current != fetch)
                return TreeResult.Failed(Closed);
            // Forgotten meanwhile: true for those who asked before, not kept.
            if (fetch.Order < fetches.DiscardBefore)
                return TreeResult.Fresh(listing);
            // Seeded meanwhile: what we know is newer than what we asked.
            if (_cache.TryGet(folder, out CachedListing? now) && now.Order > fetch.Order)
                return TreeResult.Fresh(now.Listing);
            long? freshSince = fetch.Order < fetches.StaleBefore ? null : _time.GetTimestamp();
            _cache.Set(folder, new CachedListing(listing, fetch.Order, freshSince, Failure: null));
            _store?.Put(listing, isFresh: freshSince is not null);
        }

        Refreshed?.Invoke(before?.Listing, listing);
        return TreeResult.Fresh(listing);
    }

    private TreeResult Fail(string folder, ApiError error)
    {
        // A folder that is gone is an answer; a caller who went away has no question; what ails all requests has its own line.
        if (!error.IsTold && error.Kind is not (ApiErrorKind.NotFound or ApiErrorKind.Canceled))
            TreeLog.NotListed(_logger, folder, error);
        return TreeResult.Failed(error);
    }

    /// <summary>The old listing goes on answering; the next attempt waits.</summary>
    private TreeResult KeepStale(FolderFetches fetches, SharedFetch fetch, CachedListing before, ApiError error)
    {
        lock (_lock)
        {
            if (fetches.Current != fetch)
                return TreeResult.Failed(error);
            if (fetch.Order > fetches.DiscardBefore && _cache.TryGet(fetches.Folder, out CachedListing? now) && now.Listing == before.Listing)
            {
                var failure = new RefreshFailure(error, (now.Failure?.Count ?? 0) + 1, _time.GetTimestamp());
                _cache.Set(fetches.Folder, now with { Failure = failure, ShownSince = null });
            }

        }
        if (!error.IsTold)
            TreeLog.ShownStale(_logger, fetches.Folder, error);
        return TreeResult.Stale(before.Listing, error);
    }
}
