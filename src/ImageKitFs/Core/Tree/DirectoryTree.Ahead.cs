namespace ImageKitFs.Core.Tree;

/// <content>Walks through many folders, and the listing of the whole library that serves them.</content>
internal sealed partial class DirectoryTree
{
    /// <summary>Some 15 MB of garbage.</summary>
    private const int RowsBetweenCollections = 150_000;

    /// <summary>Begins to note what happens to folders while the whole library is listed. One at a time.</summary>
    internal WholeListing BeginWhole()
    {
        lock (_lock)
            return _whole = new WholeListing(++_order, _time.GetTimestamp());
    }

    internal void EndWhole()
    {
        lock (_lock)
            _whole = null;
    }

    /// <summary>Takes the listings of all folders, except where something newer is known. <paramref name="folders"/> is used up.</summary>
    internal void Publish(WholeListing whole, Dictionary<string, RowBlock> folders)
    {
        int published = 0;
        foreach ((string folder, RowBlock rows) in folders)
        {
            folders.Remove(folder);
            // What a listing is built of is garbage at once, but old: uncollected, all of it would be there twice.
            if ((published += rows.Count) > RowsBetweenCollections)
            {
                published = 0;
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            }

            FolderFetches fetches = new(folder);
            SharedFetch fetch = new() { Order = whole.Order };
            lock (_lock)
            {
                // A fetch of the folder alone brings what is at least as new.
                if (_isDisposed || whole.IsOutdated(folder) || !_fetches.TryAdd(folder, fetches))
                    continue;
                fetches.Current = fetch;
            }

            TreeResult result = TreeResult.Failed(Closed);
            try
            {
                TryKnow(folder, out CachedListing? before);
                if (before is null || before.Order < whole.Order)
                    result = Keep(fetches, fetch, before, ListingBuilder.Build(folder, whole.RequestedAt, rows, isManyPages: true, before?.Listing, _toLocal));
            }
            finally
            {
                EndFetch(fetches, fetch, out SharedFetch? next);
                fetch.Answer(result);
                if (next is not null)
                    _ = RunAsync(fetches, next);
            }
        }
    }

    private async ValueTask<TreeResult> WaitForWholeAsync(string folder, CancellationToken ct)
    {
        await _ahead.WaitAsync(folder, ct);
        return _cache.TryGet(folder, out CachedListing? cached) && TryAnswer(cached, out TreeResult known)
            ? known
            : await WaitAsync(folder, mustStartLater: false, ct);
    }
}
