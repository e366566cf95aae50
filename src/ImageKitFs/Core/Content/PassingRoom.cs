namespace ImageKitFs.Core.Content;

/// <summary>How much all readers together may hold in memory ahead of themselves while nothing can be cached.</summary>
internal sealed class PassingRoom
{
    /// <summary>24 stretches of 1 MiB: at 50 ms more than 400 MB/s, and little for a process.</summary>
    private const int MaxStretches = 24;

    private int _taken;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= MaxStretches)
            return true;
        GiveBack();
        return false;
    }

    public void GiveBack() => Interlocked.Decrement(ref _taken);
}
