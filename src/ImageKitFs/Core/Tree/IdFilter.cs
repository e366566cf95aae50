namespace ImageKitFs.Core.Tree;

/// <summary>A set of ids by a 64-bit hash: 11 to 22 bytes each. Two ids of a million share a hash once in ten million libraries.</summary>
internal sealed class IdFilter
{
    private const int FirstSlots = 1024;

    /// <summary>0 is free.</summary>
    private ulong[] _slots = new ulong[FirstSlots];

    public int Count { get; private set; }

    /// <returns>False when it was there.</returns>
    public bool Add(ObjectId id)
    {
        if (Count * 4L >= _slots.Length * 3L)
        {
            ulong[] old = _slots;
            _slots = new ulong[old.Length * 2];
            foreach (ulong hash in old)
            {
                if (hash != 0)
                    _slots[SlotOf(hash)] = hash;
            }
        }

        ulong wanted = Math.Max(1, id.LongHash());
        int slot = SlotOf(wanted);
        if (_slots[slot] == wanted)
            return false;
        _slots[slot] = wanted;
        Count++;
        return true;
    }

    /// <summary>Where the hash stands, or the free slot where it belongs.</summary>
    private int SlotOf(ulong hash)
    {
        int slot = (int)(hash & (ulong)(_slots.Length - 1));
        while (_slots[slot] != 0 && _slots[slot] != hash)
            slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }
}
