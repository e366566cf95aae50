using System.Diagnostics;

namespace ImageKitFs.Core.Tree;

/// <summary>Numbers and a mark for each, in 12 bytes a slot: a library of a million has a million of them.</summary>
/// <remarks>Open addressing, at most three quarters full. 0 is no number.</remarks>
internal sealed class NumberTable
{
    private const int FirstSlots = 64;

    private ulong[] _numbers = new ulong[FirstSlots];
    private uint[] _marks = new uint[FirstSlots];
    private int _count;

    public bool TryGet(ulong number, out uint mark)
    {
        int slot = SlotOf(number);
        mark = _marks[slot];
        return _numbers[slot] == number;
    }

    /// <returns>False when it was there.</returns>
    public bool TryAdd(ulong number, uint mark)
    {
        Debug.Assert(number != 0, "0 marks a free slot");
        if (_count * 4L >= _numbers.Length * 3L)
            Grow();
        int slot = SlotOf(number);
        if (_numbers[slot] == number)
            return false;
        _numbers[slot] = number;
        _marks[slot] = mark;
        _count++;
        return true;
    }

    public void Remove(ulong number)
    {
        int free = SlotOf(number);
        if (_numbers[free] != number)
            return;
        _count--;
        // What was pushed past the freed slot moves back, so that every number is still found.
        for (int slot = Next(free); _numbers[slot] != 0; slot = Next(slot))
        {
            int distance = (slot - Home(_numbers[slot])) & (_numbers.Length - 1);
            if (distance < ((slot - free) & (_numbers.Length - 1)))
                continue;
            _numbers[free] = _numbers[slot];
            _marks[free] = _marks[slot];
            free = slot;
        }

        _numbers[free] = 0;
    }

    /// <summary>Where the number stands, or the free slot where it belongs.</summary>
    private int SlotOf(ulong number)
    {
        int slot = Home(number);
        while (_numbers[slot] != 0 && _numbers[slot] != number)
            slot = Next(slot);
        return slot;
    }

    private int Home(ulong number) => (int)(number & (ulong)(_numbers.Length - 1));

    private int Next(int slot) => (slot + 1) & (_numbers.Length - 1);

    private void Grow()
    {
        (ulong[] numbers, uint[] marks) = (_numbers, _marks);
        _numbers = new ulong[numbers.Length * 2];
        _marks = new uint[numbers.Length * 2];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] == 0)
                continue;
            int slot = SlotOf(numbers[i]);
            _numbers[slot] = numbers[i];
            _marks[slot] = marks[i];
        }
    }
}
