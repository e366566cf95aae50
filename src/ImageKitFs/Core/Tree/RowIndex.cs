namespace ImageKitFs.Core.Tree;

/// <summary>A hash index over rows that keeps row numbers only: 3 bytes a row, 6 in a large folder. The caller hashes and compares.</summary>
/// <remarks>Open addressing with linear probing. Filled once, then read from any thread.</remarks>
internal readonly struct RowIndex
{
    /// <summary>Row number + 1; 0 is free. One of the two: most folders have so few rows that half the bytes do.</summary>
    private readonly ushort[]? _short;
    private readonly int[]? _long;
    private readonly int _length;

    /// <summary>Two thirds full at most: an unsuccessful search then takes about five steps.</summary>
    public RowIndex(int count)
    {
        _length = count + (count / 2) + 1;
        if (count <= ushort.MaxValue)
            _short = LongLived.Zeros<ushort>(_length);
        else
            _long = LongLived.Zeros<int>(_length);
    }

    public void Add(uint hash, int row)
    {
        int slot = Start(hash);
        while (this[slot] != 0)
            slot = Next(slot);
        if (_short is not null)
            _short[slot] = checked((ushort)(row + 1));
        else
            _long![slot] = row + 1;
    }

    /// <summary>Walks the rows that may have this hash, until <see cref="Candidates.MoveNext"/> says no.</summary>
    public Candidates Find(uint hash) => new(this, Start(hash));

    private int this[int slot] => _short is not null ? _short[slot] : _long![slot];

    // The high half of hash * length: an even spread without a division.
    private int Start(uint hash) => (int)(((ulong)hash * (ulong)_length) >> 32);

    private int Next(int slot) => slot + 1 == _length ? 0 : slot + 1;

    internal struct Candidates(RowIndex index, int slot)
    {
        private int _slot = slot;

        public int Row { get; private set; }

        public bool MoveNext()
        {
            // There is always a free slot, so every walk ends.
            int value = index[_slot];
            Row = value - 1;
            _slot = index.Next(_slot);
            return value != 0;
        }
    }
}
