using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Content;

internal sealed partial class ContentEntry
{
    /// <summary>Looks again this often when blocks vanish while they are waited for (corrupt, evicted with a deleted folder), then reads past the cache.</summary>
    private const int MaxLooks = 4;

    /// <summary>Starts what a sequential reader will want.</summary>
    public void ReadAhead(AheadPlan plan, ReadaheadWindow window, IContentLocator locator)
    {
        lock (_gate)
            StartAhead(plan, window, locator);
    }

    /// <summary>Waits until the blocks of a read are local, fetching what is missing, and reads them.</summary>
    public async ValueTask<FsResult<int>> ReadMissingAsync(
        long offset, Memory<byte> buffer, AheadPlan plan, ReadaheadWindow window, IContentLocator locator, CancellationToken ct)
    {
        int first = Layout.BlockAt(offset);
        int end = Layout.BlockCeiling(offset + buffer.Length);
        for (int look = 0; look < MaxLooks; look++)
        {
            if (look > 0 && TryReadLocal(offset, buffer.Span))
                return buffer.Length;
            List<Waiter>? waiters;
            lock (_gate)
            {
                StartAhead(look == 0 ? plan : default, window, locator);
                waiters = JoinOrStart(first, end, locator);
            }

            if (waiters is null)
                break;
            (FlightEnd ended, FsError error) = await WaitAsync(waiters, ct);
            if (ct.IsCancellationRequested && ended != FlightEnd.Arrived)
                return FsError.Interrupted;
            if (ended == FlightEnd.Failed)
                return error;
            if (ended == FlightEnd.NotStored)
                break;
        }

        return TryReadLocal(offset, buffer.Span) ? buffer.Length : await ReadPastAsync(offset, buffer, plan.To, window, locator, ct);
    }

    /// <summary>Fetches every missing block that starts before <paramref name="limit"/>.</summary>
    public async Task<FsError> FetchAsync(long limit, IContentLocator locator, CancellationToken ct)
    {
        Queue<List<Waiter>> ahead = new();
        try
        {
            int rangeBlocks = BlocksPerRange;
            int count = Layout.BlockCeiling(limit);
            for (int first = 0; first < count; first += rangeBlocks)
            {
                if (ahead.Count == _cache.Options.MaxRangesInFlight && await FinishAsync(ahead.Dequeue(), ct) is var failed and not FsError.None)
                    return failed;
                List<Waiter>? waiters;
                lock (_gate)
                    waiters = JoinOrStart(first, Math.Min(count, first + rangeBlocks), locator);
                if (waiters is null)
                    return FsError.NoSpace;
                if (waiters.Count > 0)
                    ahead.Enqueue(waiters);
            }

            while (ahead.TryDequeue(out List<Waiter>? waiters))
            {
                if (await FinishAsync(waiters, ct) is var failed and not FsError.None)
                    return failed;
            }

            return FsError.None;
        }
        finally
        {
            foreach (List<Waiter> waiters in ahead)
                Leave(waiters);
        }
    }

    private int BlocksPerRange => Math.Max(1, _cache.Options.MaxRangeBytes / Layout.BlockSize);

    private async ValueTask<FsError> FinishAsync(List<Waiter> waiters, CancellationToken ct)
    {
        (FlightEnd end, FsError error) = await WaitAsync(waiters, ct);
        return end switch
        {
            FlightEnd.Arrived => FsError.None,
            FlightEnd.Failed => error,
            FlightEnd.NotStored => FsError.NoSpace,
            FlightEnd.Canceled => FsError.Interrupted,
        };
    }

    /// <summary>Waits for all, leaves all.</summary>
    private async ValueTask<(FlightEnd End, FsError Error)> WaitAsync(List<Waiter> waiters, CancellationToken ct)
    {
        try
        {
            foreach (Waiter waiter in waiters)
            {
                (FlightEnd end, FsError error) = await waiter.Done.WaitAsync(ct);
                if (end != FlightEnd.Arrived)
                    return (end, error);
            }

            return (FlightEnd.Arrived, FsError.None);
        }
        catch (OperationCanceledException)
        {
            return (FlightEnd.Canceled, FsError.Interrupted);
        }
        finally
        {
            Leave(waiters);
        }
    }

    private void Leave(List<Waiter> waiters)
    {
        lock (_gate)
        {
            foreach (Waiter waiter in waiters)
            {
                waiter.Flight.Leave(waiter);
                CancelIfUnwanted(waiter.Flight);
            }
        }
    }

    /// <summary>Under the gate. One waiter for each flight that brings a part of the blocks; null when they cannot be kept.</summary>
    private List<Waiter>? JoinOrStart(int first, int end, IContentLocator locator)
    {
        List<Waiter> waiters = [];
        BlockStore? store = Store();
        for (int block = first; block < end;)
        {
            if (store is not null && store.Has(block))
            {
                block++;
                continue;
            }

            Flight? flight = Covering(block) ?? Start(block, MissingUntil(store, block, Math.Min(end, block + BlocksPerRange)), locator);
            if (flight is null)
            {
                Leave(waiters);
                return null;
            }

            store = _store;
            block = Math.Min(flight.End, end);
            waiters.Add(flight.Wait(block));
        }

        return waiters;
    }

    /// <summary>Under the gate. As far as the window has room; a range may be half again as long rather than leave a short one.</summary>
    private void StartAhead(AheadPlan plan, ReadaheadWindow window, IContentLocator locator)
    {
        if (plan.IsEmpty)
            return;
        BlockStore? store = Store();
        int end = Layout.BlockCeiling(plan.To);
        int rangeBlocks = (int)Math.Max(1, plan.RangeBytes / Layout.BlockSize);
        for (int block = Layout.BlockAt(plan.From); block < end;)
        {
            if (store is not null && store.Has(block))
            {
                block++;
                continue;
            }

            if (Covering(block) is { } known)
            {
                block = known.End;
                continue;
            }

            int range = end - block <= rangeBlocks * 3 / 2 ? end - block : rangeBlocks;
            Flight? flight = window.HasRoom(_cache.Options) && !_cache.IsBusy ? Start(block, MissingUntil(store, block, block + range), locator) : null;
            if (flight is null)
            {
                window.ReachedOnly(Layout.Start(block));
                return;
            }

            flight.Hold();
            if (!window.TryHold(this, flight))
            {
                flight.Unhold();
                CancelIfUnwanted(flight);
                return;
            }

            store = _store;
            block = flight.End;
        }
    }

    private Flight? Covering(int block)
    {
        foreach (Flight flight in _flights)
        {
            if (flight.Covers(block))
                return flight;
        }

        return null;
    }

    private int MissingUntil(BlockStore? store, int block, int end)
    {
        int next = block + 1;
        while (next < end && store?.Has(next) != true && Covering(next) is null)
            next++;
        return next;
    }

    /// <summary>Under the gate.</summary>
    private Flight? Start(int first, int end, IContentLocator locator)
    {
        long bytes = Layout.Start(end) - Layout.Start(first);
        if (StoreFor(bytes) is not { } store)
            return null;
        Flight flight = new(first, end, new CancellationTokenSource());
        _flights.Add(flight);
        CacheSlot slot = Slot;
        _cache.Track(Task.Run(() => RunAsync(flight, store, slot, bytes, locator)));
        return flight;
    }

    /// <summary>Reads from the network into memory alone.</summary>
    private async ValueTask<FsResult<int>> ReadPastAsync(
        long offset, Memory<byte> buffer, long aheadTo, ReadaheadWindow window, IContentLocator locator, CancellationToken ct)
    {
        try
        {
            FsError error = await window.Passing.ReadAsync(_reader, locator, Layout, _cache.PassingRoom, offset, buffer, aheadTo, ct);
            return error == FsError.None ? buffer.Length : error;
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
    }
}
