namespace ImageKitFs.Core.Content;

/// <summary>Who uses how much of the cache, in order of last use, and what the disk has left. Guarded by the gate of <see cref="ContentCache"/>.</summary>
/// <remarks>Bytes are reserved before they are written, so the limits hold at every moment.</remarks>
internal sealed class CacheSpace(string root, ContentCacheOptions options, ContentCounters counters)
{
    /// <summary>64 MiB: others write to the disk too, and this much between two looks cannot eat up the 5 % of any disk worth caching on.</summary>
    private const long MeasureEvery = 64L << 20;

    private readonly Dictionary<UInt128, CacheSlot> _slots = [];
    private readonly HashSet<UInt128> _kept = [];
    private readonly LinkedList<CacheSlot> _evictable = new(); // least recently used first
    private long _evictableBytes;
    private long _free;
    private long _minFree;
    private long _untilMeasure;

    /// <summary>Bytes on disk and reserved.</summary>
    public long Used { get; private set; }

    public int FileCount
    {
        get
        {
            int count = 0;
            foreach (CacheSlot slot in _slots.Values)
                count += slot.HasFiles ? 1 : 0;
            return count;
        }
    }

    public CacheSlot? Find(UInt128 name) => _slots.GetValueOrDefault(name);

    public void Add(CacheSlot slot)
    {
        _slots.Add(slot.Name, slot);
        Used += slot.Charge;
    }

    /// <summary>Nobody holds it: from now on it may be evicted, last of all, unless it is kept.</summary>
    public void MakeEvictable(CacheSlot slot)
    {
        if (slot.Node.List is not null || _kept.Contains(slot.Name))
            return;
        _evictable.AddLast(slot.Node);
        _evictableBytes += slot.Charge;
    }

    /// <summary>What has this name is never evicted, held or not, here already or still to come.</summary>
    public void Keep(UInt128 name)
    {
        _kept.Add(name);
        if (Find(name) is { } slot)
            Pin(slot);
    }

    /// <summary>Ends <see cref="Keep"/>.</summary>
    /// <returns>True when it was kept.</returns>
    public bool Unkeep(UInt128 name) => _kept.Remove(name);

    public void Pin(CacheSlot slot)
    {
        if (slot.Node.List is null)
            return;
        _evictable.Remove(slot.Node);
        _evictableBytes -= slot.Charge;
    }

    public bool TryReserve(CacheSlot slot, long bytes)
    {
        if (slot.IsRetired || !TryMakeRoom(bytes))
            return false;
        Charge(slot, bytes);
        return true;
    }

    public void Refund(CacheSlot slot, long bytes)
    {
        if (!slot.IsRetired)
            Charge(slot, -Math.Min(bytes, slot.Charge));
    }

    /// <summary>Takes a slot out of the accounts; its files are the caller's to delete.</summary>
    public void Retire(CacheSlot slot)
    {
        Refund(slot, slot.Charge);
        Pin(slot);
        slot.IsRetired = true;
        if (_slots.GetValueOrDefault(slot.Name) == slot)
            _slots.Remove(slot.Name);
    }

    /// <summary>A slot that has room reserved comes in the place of another of its name.</summary>
    public void Exchange(CacheSlot old, CacheSlot replacement)
    {
        Retire(old);
        _slots.Add(replacement.Name, replacement);
    }

    /// <summary>Evicts until the limits allow <paramref name="bytes"/> more; false when they cannot.</summary>
    /// <remarks>For the cache's own limit nothing is evicted in vain. A disk that others filled is given what can be given.</remarks>
    public bool TryMakeRoom(long bytes)
    {
        if (Used - _evictableBytes + bytes > options.MaxBytes)
            return false;
        while (Used + bytes > options.MaxBytes || !DiskHasRoom(bytes))
        {
            if (_evictable.First is not { } oldest)
                return false;
            Retire(oldest.Value);
            StoreFiles.Of(root, oldest.Value.Name).Delete();
            counters.Evicted();
        }

        return true;
    }

    /// <summary>The disk refused a write: look before the next one.</summary>
    public void MistrustDisk() => _untilMeasure = 0;

    private void Charge(CacheSlot slot, long bytes)
    {
        slot.Charge += bytes;
        Used += bytes;
        _free -= bytes;
        _untilMeasure -= Math.Abs(bytes);
        if (slot.Node.List is not null)
            _evictableBytes += bytes;
    }

    private bool DiskHasRoom(long bytes)
    {
        if (_untilMeasure > 0 && _free - bytes >= _minFree)
            return true;
        try
        {
            DiskSpace disk = options.MeasureDisk(root);
            _free = disk.Free;
            _minFree = (long)(disk.Total * options.MinFreeFraction);
            _untilMeasure = MeasureEvery;
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            return true; // the folder is gone: the write will say so, and evicting would not help
        }

        return _free - bytes >= _minFree;
    }
}
