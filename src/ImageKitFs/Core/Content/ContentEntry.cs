using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Content;

/// <summary>What all holders of one version share: its blocks on disk and the fetches under way.</summary>
/// <remarks>Locks: this gate, then the cache's or a window's. No I/O on the network under any of them.</remarks>
internal sealed partial class ContentEntry
{
    private readonly ContentCache _cache;
    private readonly RangedReader _reader;
    private readonly Lock _gate = new();
    private readonly List<Flight> _flights = [];
    private BlockStore? _store;
    private bool _cannotStore; // the disk refused, or the entry is closed: reads pass the cache by
    private bool _hasLoggedCorrupt;

    public ContentEntry(ContentCache cache, ContentKey key, BlockLayout layout, CacheSlot slot, RangedReader reader)
    {
        _cache = cache;
        _reader = reader;
        Key = key;
        Layout = layout;
        Slot = slot;
        Files = StoreFiles.Of(cache.Root, slot.Name);
    }

    public ContentKey Key { get; }

    public BlockLayout Layout { get; }

    public StoreFiles Files { get; }

    /// <summary>The entry's place in the cache's accounts; guarded by the cache.</summary>
    public CacheSlot Slot { get; set; }

    /// <summary>Guarded by the cache.</summary>
    public int References { get; set; }

    public bool IsComplete => Layout.Size == 0 || Store() is { IsComplete: true };

    /// <summary>As <see cref="IsComplete"/>, without opening files only to know it.</summary>
    public bool IsKnownComplete => Volatile.Read(ref _store)?.IsComplete ?? Slot.IsComplete;

    /// <summary>True when the files are of use to a later holder.</summary>
    public bool IsWorthKeeping
    {
        get
        {
            lock (_gate)
                return !_reader.IsSuspect && (_store is null ? Slot.HasFiles : !_store.IsEmpty);
        }
    }

    public bool TryReadLocal(long offset, Span<byte> destination)
    {
        if (Store() is not { } store)
            return false;
        bool isRead = store.TryRead(offset, destination, out CorruptBlocks corrupt);
        if (corrupt.Count > 0)
            NoteCorrupt(corrupt);
        return isRead;
    }

    /// <summary>A complete local file takes the place of what was cached.</summary>
    /// <param name="hashes">Of its blocks.</param>
    /// <param name="file">Moved into the cache.</param>
    /// <param name="slot">Has room reserved for it.</param>
    /// <exception cref="IOException">The disk refused; the file is where it was.</exception>
    public void Replace(ReadOnlySpan<ulong> hashes, string file, CacheSlot slot)
    {
        lock (_gate)
        {
            // State after a crash: map only: the file is where it was, the next start drops the map. Both: done.
            // Replaced by rename, so that fetches still writing to the old map and data cannot touch the new ones.
            BlockStore.WriteCompleteMap(Files, Layout, hashes);
            File.Move(file, Files.Data, overwrite: true);
            slot.HasFiles = true;
            _cache.Exchange(this, slot);
            _store?.Dispose();
            _store = null;
            _cannotStore = false;
            slot.IsComplete = true;
        }
    }

    /// <summary>Nobody holds the entry, or the cache closes: fetches end, files are closed, for good.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _cannotStore = true;
            foreach (Flight flight in _flights)
                flight.Cancel();
            _flights.Clear();
            _store?.Dispose();
            _store = null;
        }
    }

    /// <summary>A block of a whole body went by on the way to the one that was asked for.</summary>
    public void KeepPassing(BlockStore store, int block, ReadOnlySpan<byte> bytes)
    {
        CacheSlot slot = Slot;
        if (!_cache.TryReserve(slot, bytes.Length))
            return;
        if (!store.Commit(block, bytes))
            _cache.Refund(slot, bytes.Length);
    }

    public void Progress(Flight flight, int doneUpTo)
    {
        lock (_gate)
            flight.Progress(doneUpTo);
    }

    public void Unhold(Flight flight)
    {
        lock (_gate)
        {
            flight.Unhold();
            CancelIfUnwanted(flight);
        }
    }

    /// <summary>The store when there is one on disk; opens it at first use.</summary>
    private BlockStore? Store()
    {
        if (Volatile.Read(ref _store) is { } open)
            return open;
        lock (_gate)
        {
            if (_store is not null || _cannotStore || !Slot.HasFiles)
                return _store;
            _store = BlockStore.TryOpen(Files, Layout);
            if (_store is null)
            {
                // What the scan or an earlier holder saw is gone or of another layout.
                _cache.ForgetFiles(this);
                return null;
            }

            if (_store.Identity is { } identity)
                _reader.Recall(identity);
            return _store;
        }
    }

    /// <summary>The store to fetch into, with room reserved; null when the blocks cannot be kept.</summary>
    private BlockStore? StoreFor(long bytes)
    {
        BlockStore? store = Store();
        if (_cannotStore)
            return null;
        long mapBytes = store is null ? MapFormat.FileBytes(Layout.Count) : 0;
        if (!_cache.TryReserve(Slot, bytes + mapBytes))
            return null;
        if (store is not null)
            return store;
        try
        {
            _cache.CheckRoot();
            _store = BlockStore.Create(Files, Layout);
            Slot.HasFiles = true;
            return _store;
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            _cannotStore = true;
            _cache.Refund(Slot, bytes + mapBytes);
            _cache.NoteBroken(e);
            return null;
        }
    }

    private void CancelIfUnwanted(Flight flight)
    {
        if (flight.IsWanted || flight.IsOver)
            return;
        _flights.Remove(flight);
        flight.Cancel();
    }

    private async Task RunAsync(Flight flight, BlockStore store, CacheSlot slot, long reserved, IContentLocator locator)
    {
        FlightEnd end = FlightEnd.Arrived;
        FsError error = FsError.None;
        long committed = 0;
        try
        {
            using BlockSink sink = new(this, store, flight);
            try
            {
                error = await _reader.FetchAsync(locator, sink, flight.Token);
                end = error == FsError.None ? FlightEnd.Arrived : FlightEnd.Failed;
            }
            finally
            {
                committed = sink.Committed;
            }
        }
        catch (OperationCanceledException) when (flight.Token.IsCancellationRequested)
        {
            end = FlightEnd.Canceled;
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            end = FlightEnd.NotStored;
            NoteNotStored(store, e);
        }
        catch (Exception e)
        {
            // Whoever waits must learn of it: a bug here may cost a read, not hang it.
            (end, error) = (FlightEnd.Failed, FsError.LocalFailure);
            ContentLog.FetchBug(_cache.Logger, e, Key.FileId, Key.VersionId);
        }

        _cache.Refund(slot, reserved - committed);
        lock (_gate)
        {
            _flights.Remove(flight);
            flight.Finish(end, error);
        }
    }

    private void NoteCorrupt(CorruptBlocks corrupt)
    {
        _cache.Refund(Slot, corrupt.Bytes);
        for (int i = 0; i < corrupt.Count; i++)
            _cache.Counters.Corrupt();
        if (!Interlocked.Exchange(ref _hasLoggedCorrupt, true))
            ContentLog.CorruptBlock(_cache.Logger, Key.FileId, Key.VersionId);
    }

    private void NoteNotStored(BlockStore store, Exception failure)
    {
        lock (_gate)
        {
            // A store that was replaced or closed meanwhile says nothing about the disk.
            if (_store != store)
                return;
            _cannotStore = true;
        }

        _cache.NoteBroken(failure);
    }
}
