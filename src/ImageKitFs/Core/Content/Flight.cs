using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Content;

/// <summary>How a wait for blocks ended.</summary>
internal enum FlightEnd
{
    /// <summary>The blocks are stored.</summary>
    Arrived,

    /// <summary>The fetch failed; the error says why.</summary>
    Failed,

    /// <summary>The disk refused the blocks: read past the cache.</summary>
    NotStored,

    /// <summary>Cancelled before they came; look again.</summary>
    Canceled,
}

/// <summary>One range of blocks on its way. All members are guarded by the gate of its <see cref="ContentEntry"/>.</summary>
/// <remarks>Lives while someone waits for it or a <see cref="ReadaheadWindow"/> holds it; cancelled when the last of them leaves.</remarks>
/// <param name="cancellation">Has no timer and no link, so there is nothing to dispose.</param>
internal sealed class Flight(int first, int end, CancellationTokenSource cancellation)
{
    private readonly List<Waiter> _waiters = [];
    private int _holders;

    public int First { get; } = first;

    public int End { get; } = end;

    /// <summary>Blocks before this one are stored.</summary>
    public int DoneUpTo { get; private set; } = first;

    public bool IsOver { get; private set; }

    public bool IsWanted => _waiters.Count > 0 || _holders > 0;

    public CancellationToken Token => cancellation.Token;

    /// <summary>True when this flight will still bring <paramref name="block"/>.</summary>
    public bool Covers(int block) => !IsOver && DoneUpTo <= block && block < End;

    public Waiter Wait(int untilBlock)
    {
        Waiter waiter = new(this, untilBlock);
        _waiters.Add(waiter);
        return waiter;
    }

    public void Leave(Waiter waiter) => _waiters.Remove(waiter);

    public void Hold() => _holders++;

    public void Unhold() => _holders--;

    public void Cancel()
    {
        if (IsOver)
            return;
        Finish(FlightEnd.Canceled, FsError.Interrupted);
        _ = cancellation.CancelAsync(); // callbacks must not run under the gate
    }

    public void Progress(int doneUpTo)
    {
        DoneUpTo = doneUpTo;
        for (int i = _waiters.Count - 1; i >= 0; i--)
        {
            if (_waiters[i].UntilBlock > doneUpTo)
                continue;
            _waiters[i].Complete(FlightEnd.Arrived, FsError.None);
            _waiters.RemoveAt(i);
        }
    }

    public void Finish(FlightEnd end, FsError error)
    {
        if (IsOver)
            return;
        IsOver = true;
        foreach (Waiter waiter in _waiters)
            waiter.Complete(end, error);
        _waiters.Clear();
    }
}

/// <summary>One reader's wait for a flight to pass a block.</summary>
internal sealed class Waiter(Flight flight, int untilBlock)
{
    // Readers go on elsewhere: the fetch must not run their code while it holds the gate.
    private readonly TaskCompletionSource<(FlightEnd End, FsError Error)> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Flight Flight { get; } = flight;

    public int UntilBlock { get; } = untilBlock;

    public Task<(FlightEnd End, FsError Error)> Done => _done.Task;

    public void Complete(FlightEnd end, FsError error) => _done.TrySetResult((end, error));
}
