using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace ImageKitFs.Core.Spool;

/// <summary>A set of bytes, kept as sorted, merged, half-open ranges. Not thread-safe.</summary>
/// <remarks>Finding is a binary search; adding and removing move the ranges behind, which for sequential writing are none.</remarks>
internal sealed class RangeMap
{
    private readonly List<ByteRange> _ranges;

    public RangeMap() => _ranges = [];

    private RangeMap(List<ByteRange> ranges, long totalBytes)
    {
        _ranges = ranges;
        TotalBytes = totalBytes;
    }

    /// <summary>How many ranges there are after merging.</summary>
    public int Count => _ranges.Count;

    /// <summary>How many bytes are in the set.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>The range at a position, in order of their starts.</summary>
    public ByteRange this[int index] => _ranges[index];

    /// <summary>Adds a range; touching and overlapping ranges become one.</summary>
    public void Add(ByteRange range)
    {
        ThrowIfInvalid(range);
        if (range.Length == 0)
            return;

        // Every range that touches or overlaps is swallowed: from the first that ends at or behind our start...
        int first = FirstEndingAtOrAfter(range.Start);
        long start = range.Start;
        long end = range.End;
        int last = first;
        long swallowed = 0;
        // ...up to the last that starts at or before our end.
        for (; last < _ranges.Count && _ranges[last].Start <= range.End; last++)
        {
            start = Math.Min(start, _ranges[last].Start);
            end = Math.Max(end, _ranges[last].End);
            swallowed += _ranges[last].Length;
        }
        Replace(first, last - first, new ByteRange(start, end));
        TotalBytes += end - start - swallowed;
    }

    /// <summary>Takes a range out.</summary>
    public void Remove(ByteRange range)
    {
        ThrowIfInvalid(range);
        if (range.Length == 0)
            return;
        int first = FirstEndingAfter(range.Start);
        int last = first;
        ByteRange left = default;
        ByteRange right = default;
        for (; last < _ranges.Count && _ranges[last].Start < range.End; last++)
        {
            ByteRange hit = _ranges[last];
            if (hit.Start < range.Start)
                left = new ByteRange(hit.Start, range.Start);
            if (hit.End > range.End)
                right = new ByteRange(range.End, hit.End);
            TotalBytes -= hit.Length;
        }
        _ranges.RemoveRange(first, last - first);
        if (right.Length > 0)
            _ranges.Insert(first, right);
        if (left.Length > 0)
            _ranges.Insert(first, left);
        TotalBytes += left.Length + right.Length;
    }

    /// <summary>Takes out everything at or behind <paramref name="size"/>.</summary>
    public void Truncate(long size) => Remove(new ByteRange(size, long.MaxValue));

    /// <summary>True when every byte of the range is in the set; an empty range always is.</summary>
    public bool Contains(ByteRange range) => range.Length == 0 || (TryFind(range.Start, out ByteRange hit) && hit.End >= range.End);

    /// <summary>The range that holds the byte at <paramref name="offset"/>.</summary>
    public bool TryFind(long offset, out ByteRange range)
    {
        int index = FirstEndingAfter(offset);
        if (index < _ranges.Count && _ranges[index].Start <= offset)
        {
            range = _ranges[index];
            return true;
        }
        range = default;
        return false;
    }

    /// <summary>The first run of bytes within <paramref name="from"/>..<paramref name="to"/> that is not in the set.</summary>
    public bool TryNextGap(long from, long to, out ByteRange gap)
    {
        int index = FirstEndingAfter(from);
        if (index < _ranges.Count && _ranges[index].Start <= from)
            from = _ranges[index++].End;
        gap = new ByteRange(from, Math.Min(to, index < _ranges.Count ? _ranges[index].Start : long.MaxValue));
        return from < to;
    }

    /// <summary>The runs within <paramref name="from"/>..<paramref name="to"/> that are not in the set, in order; allocates nothing.</summary>
    /// <remarks>The set may change meanwhile: each step looks from where the last gap ended.</remarks>
    public GapEnumerable Gaps(long from, long to) => new(this, from, to);

    /// <summary>How many bytes within <paramref name="from"/>..<paramref name="to"/> are not in the set.</summary>
    public long MissingBytes(long from, long to)
    {
        long missing = 0;
        foreach (ByteRange gap in Gaps(from, to))
            missing += gap.Length;
        return missing;
    }

    public RangeMap Clone() => new([.. _ranges], TotalBytes);

    /// <summary>"start+length" of every range, joined by commas; empty for the empty set.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (ByteRange range in _ranges)
        {
            if (text.Length > 0)
                text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{range.Start}+{range.Length}");
        }
        return text.ToString();
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out RangeMap? map)
    {
        map = null;
        var parsed = new RangeMap();
        if (!text.IsEmpty)
        {
            foreach (Range part in text.Split(','))
            {
                ReadOnlySpan<char> range = text[part];
                int plus = range.IndexOf('+');
                if (plus < 0
                    || !long.TryParse(range[..plus], NumberStyles.None, CultureInfo.InvariantCulture, out long start)
                    || !long.TryParse(range[(plus + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long length)
                    || start > long.MaxValue - length)
                {
                    return false;
                }
                parsed.Add(new ByteRange(start, start + length));
            }
        }
        map = parsed;
        return true;
    }

    private static void ThrowIfInvalid(ByteRange range)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.Start);
        ArgumentOutOfRangeException.ThrowIfLessThan(range.End, range.Start);
    }

    private void Replace(int index, int count, ByteRange range)
    {
        if (count == 0)
        {
            _ranges.Insert(index, range);
            return;
        }
        _ranges[index] = range;
        _ranges.RemoveRange(index + 1, count - 1);
    }

    private int FirstEndingAfter(long offset) => offset == long.MaxValue ? _ranges.Count : FirstEndingAtOrAfter(offset + 1);

    private int FirstEndingAtOrAfter(long offset)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = low + ((high - low) >> 1);
            if (_ranges[middle].End >= offset)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    /// <summary>Walks the gaps of a map; see <see cref="RangeMap.Gaps"/>.</summary>
    internal struct GapEnumerable(RangeMap map, long from, long to)
    {
        private long _from = from;
        private ByteRange _current;

        public readonly ByteRange Current => _current;

        public readonly GapEnumerable GetEnumerator() => this;

        public bool MoveNext()
        {
            if (!map.TryNextGap(_from, to, out _current))
                return false;
            _from = _current.End;
            return true;
        }
    }
}
