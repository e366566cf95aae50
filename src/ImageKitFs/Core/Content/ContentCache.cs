using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Content;

/// <summary>Clean bytes of remote versions: on the local disk where they were read before, else from the delivery URL in ranges.</summary>
/// <remarks>
/// The folder belongs to one process. A full, broken or deleted folder never makes a read fail: the bytes then come from the network. Safe to use from
/// any thread.
/// </remarks>
internal sealed class ContentCache : IAsyncDisposable
{
    private const string LockName = "lock";

    private readonly IMediaDelivery _delivery;
    private readonly TimeProvider _time;
    private readonly FileStream _lockFile;
    private readonly Lock _gate = new();
    private readonly CacheSpace _space;
    private readonly Dictionary<ContentKey, ContentEntry> _live = [];
    private readonly HashSet<Task> _fetches = [];
    private readonly CacheTrouble _trouble;
    private ITimer? _diskWatch;
    private bool _closed;

    private ContentCache(string root, ContentCacheOptions options, IMediaDelivery delivery, CacheTrouble trouble, TimeProvider time, ILogger logger, FileStream lockFile)
    {
        Root = root;
        Options = options;
        _delivery = delivery;
        _trouble = trouble;
        _time = time;
        Logger = logger;
        _lockFile = lockFile;
        _space = new CacheSpace(root, options, Counters);
    }

    public ContentCacheStats Stats
    {
        get
        {
            lock (_gate)
                return Counters.Read(_space.Used, _space.FileCount);
        }
    }

    /// <summary>So much is being fetched that nothing should be read ahead.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
                return _fetches.Count >= Options.MaxFetchesForAhead;
        }
    }

    internal string Root { get; }

    internal ContentCacheOptions Options { get; }

    internal ContentCounters Counters { get; } = new();

    internal PassingRoom PassingRoom { get; } = new();

    internal ILogger Logger { get; }

    /// <summary>Opens the cache in <paramref name="directory"/>, made when it is not there, with what an earlier process left in it.</summary>
    /// <param name="trouble">Told when the folder cannot be written.</param>
    /// <exception cref="IOException">Another process holds the folder, or it cannot be used.</exception>
    public static ContentCache Open(
        string directory, ContentCacheOptions options, IMediaDelivery delivery, CacheTrouble trouble, TimeProvider time, ILogger logger)
    {
        string root = Path.GetFullPath(directory);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(root);
        else
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); // private files lie here as well
        FileStream lockFile = new(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            ContentCache cache = new(root, options, delivery, trouble, time, logger, lockFile);
            foreach (CacheSlot slot in CacheScan.Run(root, options.BlockSize))
            {
                cache._space.Add(slot);
                cache._space.MakeEvictable(slot);
            }

            cache._space.TryMakeRoom(0); // the limits may be lower than last time
            if (options.MinFreeFraction > 0)
                cache._diskWatch = time.CreateTimer(static state => ((ContentCache)state!).GiveWay(), cache, options.DiskCheckInterval, options.DiskCheckInterval);
            return cache;
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Holds a version until the result is disposed. Touches neither disk nor network.</summary>
    /// <param name="locator">Asked whenever bytes have to be fetched for this holder.</param>
    public CachedContent Acquire(ContentKey key, long size, IContentLocator locator) => new(this, Hold(key, size), locator);

    public bool IsComplete(ContentKey key, long size)
    {
        ContentEntry? live;
        lock (_gate)
        {
            live = _live.GetValueOrDefault(key);
            if (live is null)
                return size == 0 || (_space.Find(key.ToFileName()) is { IsComplete: true } slot && slot.Size == size);
        }

        return live.Layout.Size == size && live.IsComplete;
    }

    /// <summary>The size of a version that is wholly in the cache, for those who learn it here alone.</summary>
    public bool TryFindComplete(ContentKey key, out long size)
    {
        ContentEntry? live;
        lock (_gate)
        {
            live = _live.GetValueOrDefault(key);
            if (live is null)
            {
                CacheSlot? slot = _space.Find(key.ToFileName());
                size = slot?.Size ?? 0;
                return slot is { IsComplete: true };
            }
        }

        size = live.Layout.Size;
        return live.IsComplete;
    }

    /// <summary>Makes a local file, complete and durable, the cache's file of a version: by rename, or by copy from another file system.</summary>
    /// <param name="hash">XxHash128 of the whole, checked when given.</param>
    /// <param name="blockHashes">XxHash3 of its blocks of 64 KiB, by who wrote them: then the file is not read, and a block that the disk changed is found when it is.</param>
    /// <returns>
    /// None: <paramref name="file"/> is gone from where it was. Else it is still there: NoSpace, the limits leave no room; LocalFailure, the disk refused or
    /// the file is not of that size or hash; InvalidArgument, the version is held with another size.
    /// </returns>
    public FsError Adopt(ContentKey key, long size, string file, UInt128? hash, ulong[]? blockHashes = null)
    {
        ContentEntry entry = Hold(key, size);
        try
        {
            if (entry.IsComplete)
            {
                File.Delete(file);
                return FsError.None;
            }

            if (entry.Slot.IsRetired)
                return FsError.InvalidArgument;
            ulong[] hashes = blockHashes!;
            bool isKnown = blockHashes?.Length == entry.Layout.Count && Options.BlockSize == ContentCacheOptions.UsualBlockSize && new FileInfo(file).Length == size;
            if (!isKnown && !BlockStore.TryHashBlocks(file, entry.Layout, hash, out hashes))
                return FsError.LocalFailure;
            CacheSlot slot = new(entry.Slot.Name, size);
            if (!TryReserve(slot, size + MapFormat.FileBytes(entry.Layout.Count)))
                return FsError.NoSpace;
            try
            {
                entry.Replace(hashes, file, slot);
                return FsError.None;
            }
            catch
            {
                lock (_gate)
                {
                    _space.Retire(slot);
                    entry.Slot.IsDoomed = true; // half replaced, perhaps
                }

                throw;
            }
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            NoteBroken(e);
            return FsError.LocalFailure;
        }
        finally
        {
            Release(entry);
        }
    }

    /// <summary>A version is not evicted any more, whether it is here already or comes later. It counts towards the limits all the same.</summary>
    public void Keep(ContentKey key)
    {
        lock (_gate)
            _space.Keep(key.ToFileName());
    }

    /// <summary>Ends <see cref="Keep"/>.</summary>
    public void Unkeep(ContentKey key)
    {
        lock (_gate)
        {
            if (_space.Unkeep(key.ToFileName()) && !_live.ContainsKey(key) && _space.Find(key.ToFileName()) is { } slot)
                _space.MakeEvictable(slot);
        }
    }

    /// <summary>Drops a version: at once, or when its last holder goes.</summary>
    public void Remove(ContentKey key)
    {
        lock (_gate)
        {
            if (_space.Find(key.ToFileName()) is not { } slot)
                return;
            if (_live.ContainsKey(key))
                slot.IsDoomed = true;
            else
                Drop(slot);
        }
    }

    /// <summary>Ends what is in flight and gives the folder free. Who still holds versions reads from the network.</summary>
    public async ValueTask DisposeAsync()
    {
        ContentEntry[] live;
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            live = [.. _live.Values];
        }

        if (_diskWatch is not null)
            await _diskWatch.DisposeAsync();
        foreach (ContentEntry entry in live)
        {
            Touch(entry);
            entry.Close();
        }

        Task[] fetches;
        lock (_gate)
            fetches = [.. _fetches];
        await Task.WhenAll(fetches);
        await _lockFile.DisposeAsync();
    }

    internal void Release(ContentEntry entry)
    {
        lock (_gate)
        {
            if (--entry.References > 0)
                return;
            if (_live.GetValueOrDefault(entry.Key) == entry)
                _live.Remove(entry.Key);
        }

        // Nobody can reach the entry any more; a new holder meanwhile has an entry of its own over the same files, and then it decides about them.
        bool isWorthKeeping = entry.IsWorthKeeping;
        bool isComplete = entry.IsKnownComplete;
        if (isWorthKeeping)
            Touch(entry);
        entry.Close();
        lock (_gate)
        {
            CacheSlot slot = entry.Slot;
            slot.IsComplete = isComplete;
            slot.IsDoomed |= !isWorthKeeping;
            if (slot.IsRetired || _live.ContainsKey(entry.Key))
                return;
            if (slot.IsDoomed)
                Drop(slot);
            else
                _space.MakeEvictable(slot);
        }
    }

    internal bool TryReserve(CacheSlot slot, long bytes)
    {
        lock (_gate)
            return !_closed && _space.TryReserve(slot, bytes);
    }

    internal void Refund(CacheSlot slot, long bytes)
    {
        lock (_gate)
            _space.Refund(slot, bytes);
    }

    /// <summary>The files that the accounts knew are not there.</summary>
    internal void ForgetFiles(ContentEntry entry)
    {
        lock (_gate)
        {
            entry.Slot.HasFiles = false;
            entry.Slot.IsComplete = false;
            _space.Refund(entry.Slot, entry.Slot.Charge);
        }
    }

    /// <summary>Puts a slot that has room reserved in the place of the entry's.</summary>
    internal void Exchange(ContentEntry entry, CacheSlot slot)
    {
        lock (_gate)
        {
            _space.Exchange(entry.Slot, slot);
            entry.Slot = slot;
        }
    }

    internal void Track(Task fetch)
    {
        lock (_gate)
            _fetches.Add(fetch);
        _ = fetch.ContinueWith(
            static (done, state) => ((ContentCache)state!).Untrack(done), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <exception cref="DirectoryNotFoundException">The folder was deleted: the lock in it with it, so nothing new is put there.</exception>
    internal void CheckRoot()
    {
        if (!Directory.Exists(Root))
            throw new DirectoryNotFoundException("the cache folder is gone");
    }

    internal void NoteBroken(Exception failure)
    {
        lock (_gate)
            _space.MistrustDisk();
        _trouble.Tell(failure.Message);
    }

    /// <summary>Others fill the disk as well: what can be given is given, without waiting for the next fetch.</summary>
    private void GiveWay()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _space.MistrustDisk();
            _space.TryMakeRoom(0);
        }
    }

    private ContentEntry Hold(ContentKey key, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        BlockLayout layout = new(size, Options.BlockSize);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_live.TryGetValue(key, out ContentEntry? entry) && entry.Layout == layout)
            {
                entry.References++;
                return entry;
            }

            RangedReader reader = new(key, size, _delivery, _time, Logger, Counters);
            if (entry is not null)
            {
                // One version has one size: somebody is mistaken, and both get what they asked for, this one past the cache.
                CacheSlot retired = new(key.ToFileName(), size) { IsRetired = true };
                return new ContentEntry(this, key, layout, retired, reader) { References = 1 };
            }

            UInt128 name = key.ToFileName();
            CacheSlot? slot = _space.Find(name);
            if (slot is not null && slot.Size != size)
            {
                Drop(slot);
                slot = null;
            }

            if (slot is null)
                _space.Add(slot = new CacheSlot(name, size));
            else
                _space.Pin(slot);
            entry = new ContentEntry(this, key, layout, slot, reader) { References = 1 };
            _live.Add(key, entry);
            return entry;
        }
    }

    private void Drop(CacheSlot slot)
    {
        _space.Retire(slot);
        if (slot.HasFiles)
            StoreFiles.Of(Root, slot.Name).Delete();
    }

    /// <summary>The order of last use survives a restart as the maps' modification times.</summary>
    private void Touch(ContentEntry entry)
    {
        try
        {
            if (entry.Slot.HasFiles)
                File.SetLastWriteTimeUtc(entry.Files.Map, _time.GetUtcNow().UtcDateTime);
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            // Only the order of eviction suffers.
        }
    }

    private void Untrack(Task fetch)
    {
        lock (_gate)
            _fetches.Remove(fetch);
    }
}
