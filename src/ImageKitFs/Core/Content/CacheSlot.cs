namespace ImageKitFs.Core.Content;

/// <summary>One version in the cache's accounts. Guarded by the gate of the cache, but for <see cref="HasFiles"/>, which its entry sets.</summary>
internal sealed class CacheSlot
{
    public CacheSlot(UInt128 name, long size)
    {
        Name = name;
        Size = size;
        Node = new LinkedListNode<CacheSlot>(this);
    }

    public UInt128 Name { get; }

    public long Size { get; }

    /// <summary>Bytes on disk and reserved.</summary>
    public long Charge { get; set; }

    public bool HasFiles { get; set; }

    /// <summary>Every block was there when its last holder went, or at the start-up scan.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Drop the files when the last holder goes.</summary>
    public bool IsDoomed { get; set; }

    /// <summary>Out of the accounts: what comes late from a fetch that was cancelled counts no more.</summary>
    public bool IsRetired { get; set; }

    /// <summary>In the list of what may be evicted while nobody holds it.</summary>
    public LinkedListNode<CacheSlot> Node { get; }
}
