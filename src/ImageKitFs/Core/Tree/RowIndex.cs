namespace ImageKitFs.Core.Tree;

/// <summary>A hash index over rows that keeps row numbers only: 6 bytes a row. The caller hashes and compares.</summary>
/// <remarks>Open addressing with linear probing. Filled once, then read from any thread.</remarks>
internal readonly struct RowIndex
{
    /// <summary>Row number + 1; 0 is free.</summary>
    private readonly int[] _slots;

    /// <summary>Two thirds full at most: an unsuccessful search then takes about five steps.</summary>
    public RowIndex(int count) => _slots = new int[count + (count / 2) + 1];

    public void Add(uint hash, int row)
    {
        int slot = Start(hash);
        while (_slots[slot] != 0)
            slot = Next(slot);
        _slots[slot] = row + 1;
    }

    /// <summary>Walks the rows that may have this hash, until <see cref="Candidates.MoveNext"/> says no.</summary>
    public Candidates Find(uint hash) => new(this, Start(hash));

    // The high half of hash * length: an even spread without a division.
    private int Start(uint hash) => (int)(((ulong)hash * (ulong)_slots.Length) >> 32);

    private int Next(int slot) => slot + 1 == _slots.Length ? 0 : slot + 1;

    internal struct Candidates(RowIndex index, int slot)
    {
        private int _slot = slot;

        public int Row { get; private set; }

        public bool MoveNext()
        {
            // There is always a free slot, so every walk ends.
            int value = index._slots[_slot];
            Row = value - 1;
            _slot = index.Next(_slot);
            return value != 0;
        }
    }
}
