using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ImageKitFs.Core.Tree;

/// <summary>Numbers and a mark for each, in 12 bytes a slot: a library of a million has a million of them.</summary>
/// <remarks>
/// Open addressing, at most three quarters full. 0 is no number. In parts that grow one by one and little at a time: one table of so many would be
/// copied as a whole each time, and be half empty after.
/// </remarks>
internal sealed class NumberTable
{
    /// <summary>With a million numbers a part has some 60 kB: less than what the runtime treats as a large object, which it moves and frees late.</summary>
    private const int Parts = 256;

    /// <summary>The eight bits above these choose the part: numbers have 63 or 64.</summary>
    private const int BitsBelowPart = 55;

    private const int FirstSlots = 8;

    private readonly Slot[][] _parts = new Slot[Parts][];
    private readonly int[] _counts = new int[Parts];

    public NumberTable() => Array.Fill(_parts, []);

    public bool TryGet(ulong number, out uint mark)
    {
        Slot[] slots = _parts[PartOf(number)];
        mark = 0;
        if (slots.Length == 0)
            return false;
        ref readonly Slot found = ref slots[Find(slots, number)];
        mark = found.Mark;
        return found.Number == number;
    }

    /// <returns>False when it was there.</returns>
    public bool TryAdd(ulong number, uint mark)
    {
        Debug.Assert(number != 0, "0 marks a free slot");
        int part = PartOf(number);
        if (_counts[part] * 4L >= _parts[part].Length * 3L)
            Grow(part);
        Slot[] slots = _parts[part];
        ref Slot slot = ref slots[Find(slots, number)];
        if (slot.Number == number)
            return false;
        slot = new Slot { Number = number, Mark = mark };
        _counts[part]++;
        return true;
    }

    public void Remove(ulong number)
    {
        int part = PartOf(number);
        Slot[] slots = _parts[part];
        if (slots.Length == 0)
            return;
        int free = Find(slots, number);
        if (slots[free].Number != number)
            return;
        _counts[part]--;
        // What was pushed past the freed slot moves back, so that every number is still found.
        for (int slot = Next(slots, free); slots[slot].Number != 0; slot = Next(slots, slot))
        {
            if (Distance(slots, Home(slots, slots[slot].Number), slot) < Distance(slots, free, slot))
                continue;
            slots[free] = slots[slot];
            free = slot;
        }

        slots[free] = default;
    }

    private static int PartOf(ulong number) => (int)(number >> BitsBelowPart) & (Parts - 1);

    /// <summary>Where the number stands, or the free slot where it belongs.</summary>
    private static int Find(Slot[] slots, ulong number)
    {
        int slot = Home(slots, number);
        while (slots[slot].Number != 0 && slots[slot].Number != number)
            slot = Next(slots, slot);
        return slot;
    }

    // The high half of 32 bits * length: an even spread without a division.
    private static int Home(Slot[] slots, ulong number) => (int)(((ulong)(uint)number * (ulong)slots.Length) >> 32);

    private static int Next(Slot[] slots, int slot) => slot + 1 == slots.Length ? 0 : slot + 1;

    /// <summary>Steps from one slot to another.</summary>
    private static int Distance(Slot[] slots, int from, int to) => to >= from ? to - from : to - from + slots.Length;

    private void Grow(int part)
    {
        Slot[] old = _parts[part];
        var slots = new Slot[Math.Max(FirstSlots, old.Length + (old.Length / 4))];
        foreach (Slot slot in old)
        {
            if (slot.Number != 0)
                slots[Find(slots, slot.Number)] = slot;
        }

        _parts[part] = slots;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Slot
    {
        public ulong Number;
        public uint Mark;
    }
}
