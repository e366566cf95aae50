using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>How a program goes through the files of one folder. Guarded by the gate of <see cref="SiblingReadahead"/>.</summary>
internal sealed class SiblingRun(FolderInode folder, Listing listing)
{
    /// <summary>Programs that open several files at once take them a little out of order, and some skip a few.</summary>
    private const int MaxStep = 8;

    /// <summary>Opens that are kept until the files are sorted.</summary>
    private const int MaxUnsorted = 64;

    private List<int> _unsorted = []; // rows, as they were opened before there were orders
    private int[] _fits = [];         // of each order: how often a file was opened just after the one before it
    private int _previous = -1;       // the row that was opened before this one
    private long _wholeAtGrowth;
    private int _passedBy;

    public FolderInode Folder { get; } = folder;

    public Listing Listing { get; } = listing;

    /// <summary>Null until they are sorted.</summary>
    public SiblingOrders? Orders { get; private set; }

    public bool IsSorting { get; set; }

    /// <summary>The order that the files are opened in; -1 while none is seen.</summary>
    public int Order { get; private set; } = -1;

    /// <summary>Row of the file that was opened furthest on in the order, or last of all while there is no order; -1 before the first.</summary>
    public int Last { get; private set; } = -1;

    /// <summary>Files opened since the run began.</summary>
    public int OpenedCount { get; private set; }

    /// <summary>Bytes of the files that were read to their end.</summary>
    public long WholeBytes { get; private set; }

    /// <summary>The largest of those files.</summary>
    public long LargestWhole { get; private set; }

    /// <summary>How many files may be ahead; 0 while nothing says that there is a pattern.</summary>
    public int Window { get; private set; }

    /// <summary>Rows whose bytes were asked for and that were not opened yet, with those bytes.</summary>
    public Dictionary<int, long> Ahead { get; } = [];

    public long AheadBytes { get; private set; }

    /// <summary>Place up to which files were looked at.</summary>
    public int AskedUpTo { get; set; } = -1;

    /// <summary>Ends what is under way.</summary>
    public CancellationTokenSource Stop { get; private set; } = new();

    /// <summary>The same run over a newer listing of the folder, without what is under way; null when there is nothing to go on with.</summary>
    public SiblingRun? Over(Listing newer) =>
        Last < 0 || !newer.TryFindId(Listing[Last].Id, out Row last)
            ? null
            : new SiblingRun(Folder, newer)
            {
                Order = Order,
                Last = last.Index,
                OpenedCount = OpenedCount,
                WholeBytes = WholeBytes,
                LargestWhole = LargestWhole,
                Window = Window,
                _unsorted = [last.Index],
                _fits = _fits,
                _wholeAtGrowth = _wholeAtGrowth,
            };

    /// <summary>The files are sorted: what was opened meanwhile counts as if they had been so from the start.</summary>
    public void Sorted(SiblingOrders orders, int maxWindow)
    {
        Orders = orders;
        if (_fits.Length == 0)
            _fits = new int[orders.Count];
        List<int> opened = _unsorted;
        _unsorted = [];
        if (opened.Count == 0)
            return;
        Last = _previous = opened[0];
        foreach (int row in opened.Skip(1))
        {
            if (!TryStep(orders, row, maxWindow))
                Restart(row);
        }
    }

    /// <summary>A file is opened. False when that does not fit any order: the run is to be broken off.</summary>
    public bool TryOpen(int row, int maxWindow)
    {
        OpenedCount++;
        if (Ahead.Remove(row, out long bytes))
            AheadBytes -= bytes;
        if (Orders is { } orders)
            return TryStep(orders, row, maxWindow);
        if (row != Last && _unsorted.Count < MaxUnsorted)
            _unsorted.Add(row);
        Last = row;
        return true;
    }

    private bool TryStep(SiblingOrders orders, int row, int maxWindow)
    {
        int previous = _previous;
        _previous = row;
        if (row == Last)
            return true;
        if (Last < 0)
        {
            Last = row;
            return true;
        }

        int best = Order;
        for (int order = 0; order < orders.Count; order++)
        {
            if (previous < 0 || orders.PlaceOf(order, row) != orders.PlaceOf(order, previous) + 1)
                continue;
            _fits[order]++;
            // Two files may follow each other in more orders than one: the third tells.
            if (best < 0 || _fits[order] > _fits[best] || (_fits[order] == _fits[best] && orders.PlaceOf(best, row) != orders.PlaceOf(best, previous) + 1))
                best = order;
        }

        if (best != Order)
        {
            (Order, Last, AskedUpTo) = (best, row, orders.PlaceOf(best, row));
            return Grow(maxWindow);
        }

        if (Order < 0 || Math.Abs(orders.PlaceOf(Order, row) - orders.PlaceOf(Order, Last)) > MaxStep)
            return false;
        if (orders.PlaceOf(Order, row) > orders.PlaceOf(Order, Last))
            Last = row;
        ForgetPassed(orders);
        return _passedBy <= OpenedCount / 2 && Grow(maxWindow);
    }

    public void ReadWhole(long size)
    {
        WholeBytes += size;
        LargestWhole = Math.Max(LargestWhole, size);
    }

    /// <summary>The run of the folder before ended a moment ago, and this one begins like it.</summary>
    public void Trust(SiblingRun before)
    {
        if (Order >= 0 || WholeBytes == 0 || before.Order < 0 || Orders is not { } orders || orders.PlaceOf(before.Order, Last) != 0)
            return;
        (Order, AskedUpTo, Window) = (before.Order, 0, Math.Max(2, before.Window));
        WholeBytes += before.WholeBytes;
    }

    public void Add(int row, long bytes)
    {
        Ahead.Add(row, bytes);
        AheadBytes += bytes;
    }

    /// <summary>From here on everything counts anew.</summary>
    /// <returns>To be cancelled, outside of any lock.</returns>
    public CancellationTokenSource Break(int row)
    {
        CancellationTokenSource stop = Stop;
        Stop = new CancellationTokenSource();
        Ahead.Clear();
        Restart(row);
        (OpenedCount, WholeBytes, LargestWhole, AheadBytes, _wholeAtGrowth, _passedBy) = (0, 0, 0, 0, 0, 0);
        return stop;
    }

    private void Restart(int row)
    {
        (Order, Last, _previous, AskedUpTo, Window) = (-1, row, row, -1, 0);
        Array.Clear(_fits);
        _unsorted = Orders is null && row >= 0 ? [row] : [];
    }

    private bool Grow(int maxWindow)
    {
        if (WholeBytes > _wholeAtGrowth)
            Window = Math.Clamp(2 * Window, 2, maxWindow);
        _wholeAtGrowth = WholeBytes;
        return true;
    }

    private void ForgetPassed(SiblingOrders orders)
    {
        int place = orders.PlaceOf(Order, Last);
        foreach (int row in Ahead.Keys)
        {
            if (orders.PlaceOf(Order, row) >= place - MaxStep)
                continue;
            Ahead.Remove(row, out long bytes); // allowed while enumerating
            AheadBytes -= bytes;
            _passedBy++;
        }
    }
}
