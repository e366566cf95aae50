namespace ImageKitFs.Core.Content;

/// <summary>How one open handle reads, and what is fetched ahead of it. One per handle; dispose it with the handle.</summary>
/// <remarks>
/// The first read, and each that does not go on where the last one ended, fetches only its own blocks. A read that goes on and finds nothing local starts a
/// window of twice its length (two blocks at least); each time half of it is used up the window doubles; from 2 MiB on it grows fourfold when the reader has to wait all the same. It is fetched in ranges side by side, the next one as soon as there is room for it. A jump cancels what is ahead.
/// A head of one block therefore costs that block, whatever sizes it is read in. A first read that is longer than what sniffers ask for comes from a program
/// that copies: as much again comes with it, so that a small file is one request.
/// </remarks>
internal sealed class ReadaheadWindow : IDisposable
{
    /// <summary>Of 64 KiB: programs that copy read 128 or 256 KiB at once; those that read more, such as file(1), often want nothing beyond it.</summary>
    private const int MaxEagerBlocks = 4;

    /// <summary>2 MiB: who waits after so much wants more than the window brings, and is no sniffer.</summary>
    private const long WaitedBytes = 2 << 20;

    /// <summary>Times what was read: who stops has paid for no more.</summary>
    private const int MaxAheadOfRead = 4;

    /// <summary>So many connections share the window, when it is long enough.</summary>
    private const int RangesPerWindow = 16;

    private readonly Lock _gate = new();
    private readonly List<(ContentEntry Entry, Flight Flight)> _held = [];
    private long _expected = -1; // where a sequential reader goes on
    private long _size;          // of the window; 0 while nothing says that the reader is sequential
    private long _growAt;        // where it doubles
    private long _aheadEnd;      // fetched or in flight up to here
    private readonly ReadExtent _extent = new();
    private bool _disposed;

    /// <summary>For reads past the cache.</summary>
    internal PassingBuffer Passing { get; } = new();

    /// <summary>Bytes asked for so far, those asked for twice counted twice.</summary>
    internal long AskedBytes
    {
        get
        {
            lock (_gate)
                return _extent.Asked;
        }
    }

    /// <summary>True once, when everything from the start to <paramref name="size"/> has been asked for.</summary>
    internal bool TryFinish(long size)
    {
        lock (_gate)
            return _extent.TryFinish(size);
    }

    /// <summary>Notes a read and says what to fetch beyond it; empty for nothing.</summary>
    /// <param name="isMiss">Not all of it was local.</param>
    internal AheadPlan OnRead(long offset, int length, bool isMiss, BlockLayout layout, ContentCacheOptions options)
    {
        List<(ContentEntry Entry, Flight Flight)>? dropped = null;
        AheadPlan plan = default;
        lock (_gate)
        {
            if (_disposed)
                return default;
            long end = offset + length;
            _extent.Add(offset, end);
            if (IsCopier(offset, length, options))
            {
                _expected = end;
                _size = 2L * length;
                _growAt = end;
                if (isMiss)
                    plan = PlanTo(offset, end + Math.Min(length, MaxEagerBlocks * options.BlockSize), layout, options);
            }
            else if (!IsSequential(offset, options))
            {
                dropped = TakeHeld();
                (_expected, _size, _aheadEnd) = (end, 0, 0);
            }
            else
            {
                _expected = Math.Max(_expected, end);
                plan = Grow(offset, length, isMiss, layout, options);
            }
        }

        Drop(dropped);
        return plan;
    }

    internal bool HasRoom(ContentCacheOptions options)
    {
        lock (_gate)
        {
            _held.RemoveAll(static held => held.Flight.IsOver);
            return !_disposed && _held.Count < options.MaxRangesInFlight;
        }
    }

    /// <summary>Keeps a flight alive for the reads to come. False when the handle is gone.</summary>
    internal bool TryHold(ContentEntry entry, Flight flight)
    {
        lock (_gate)
        {
            if (_disposed)
                return false;
            _held.Add((entry, flight));
            return true;
        }
    }

    /// <summary>Readahead got only this far.</summary>
    internal void ReachedOnly(long offset)
    {
        lock (_gate)
            _aheadEnd = Math.Min(_aheadEnd, offset);
    }

    public void Dispose()
    {
        List<(ContentEntry Entry, Flight Flight)>? dropped;
        lock (_gate)
        {
            _disposed = true;
            dropped = TakeHeld();
        }

        Drop(dropped);
        Passing.Dispose();
    }

    /// <summary>The kernel may send the parts of one large read out of order: once streaming, near is sequential.</summary>
    private bool IsSequential(long offset, ContentCacheOptions options) =>
        offset == _expected || (_size > 0 && Math.Abs(offset - _expected) <= Math.Min(_size / 2, options.MaxRangeBytes / 2));

    private bool IsCopier(long offset, int length, ContentCacheOptions options) => _expected < 0 && offset == 0 && length >= 2 * options.BlockSize;

    private AheadPlan Grow(long offset, int length, bool isMiss, BlockLayout layout, ContentCacheOptions options)
    {
        long end = offset + length;
        long limit = LimitFor(isMiss, options);
        bool isStart = isMiss && end > _aheadEnd;
        if (isStart || (_size > 0 && end > _growAt))
        {
            long least = isStart ? Math.Min(2L * Math.Max(length, layout.BlockSize), limit) : _size;
            long most = isStart ? limit : Math.Clamp(MaxAheadOfRead * _extent.Asked, least, limit);
            _size = Math.Clamp(Growth(isMiss) * _size, least, most);
            _growAt = end + (_size / 2);
        }

        if (isStart)
            return PlanTo(offset, Math.Max(end, offset + _size), layout, options);
        // As soon as there is room for one more range: all connections stay at work.
        bool hasRoom = _size > 0 && _aheadEnd < layout.Size && _aheadEnd - end < _size - Math.Min(_size / 2, RangeBytes(options));
        return hasRoom ? PlanTo(Math.Max(_aheadEnd, end), end + _size, layout, options) : default;
    }

    private long RangeBytes(ContentCacheOptions options) => Math.Clamp(_size / RangesPerWindow, options.MinRangeBytes, options.MaxAheadRangeBytes);

    /// <summary>A window that grew because its reader waited stays as large when that helps and nobody waits any more.</summary>
    private long LimitFor(bool isMiss, ContentCacheOptions options) =>
        isMiss ? Math.Clamp(options.MaxBytes / 4, options.MaxWindowBytes, options.MaxWaitedWindowBytes) : Math.Max(_size, options.MaxWindowBytes);

    private int Growth(bool isMiss) => isMiss && _size >= WaitedBytes ? 4 : 2;

    private AheadPlan PlanTo(long from, long to, BlockLayout layout, ContentCacheOptions options)
    {
        to = layout.Start(layout.BlockCeiling(Math.Min(to, layout.Size)));

        // A short rest is taken along: one request less.
        if (layout.Size - to <= Math.Min(_size, options.MaxRangeBytes) / 2)
            to = layout.Size;
        _aheadEnd = to;
        // Towards the end the ranges get shorter or a little longer, so that all end at about the same time.
        long range = RangeBytes(options);
        long rest = (layout.Size - from) / RangesPerWindow;
        return new AheadPlan(from, to, rest < range * 3 / 2 ? Math.Max(rest + layout.BlockSize, options.MinRangeBytes) : range);
    }

    private List<(ContentEntry Entry, Flight Flight)>? TakeHeld()
    {
        if (_held.Count == 0)
            return null;
        List<(ContentEntry Entry, Flight Flight)> taken = [.. _held];
        _held.Clear();
        return taken;
    }

    // Outside our gate: an entry takes its own gate first and then ours.
    private static void Drop(List<(ContentEntry Entry, Flight Flight)>? dropped)
    {
        if (dropped is null)
            return;
        foreach ((ContentEntry entry, Flight flight) in dropped)
            entry.Unhold(flight);
    }
}

/// <summary>Bytes to have fetched or in flight. Empty for none.</summary>
/// <param name="From">The first.</param>
/// <param name="To">Exclusive.</param>
/// <param name="RangeBytes">Of each of the ranges that bring them, within the cache's limits.</param>
internal readonly record struct AheadPlan(long From, long To, long RangeBytes)
{
    public bool IsEmpty => From >= To;
}
