namespace ImageKitFs.Core.Spool;

/// <summary>Numbers that grow and are never given twice, also after a crash: the journal durably reserves a stretch of them ahead.</summary>
/// <param name="key">Where the end of the reserved stretch stands in the journal.</param>
/// <param name="last">The highest number that an earlier run may have given.</param>
internal sealed class JournalCounter(string key, long last)
{
    // A crash skips at most so many of 2^63 numbers, and in return a number costs no commit of its own.
    private const long Stretch = 1 << 16;

    private long _last = last;
    private long _reserved = last;

    public string Key { get; } = key;

    /// <summary>The end of the stretch that the next transaction must reserve; 0 when enough is left.</summary>
    public long Wanted => Volatile.Read(ref _last) is var now && now + (Stretch / 2) > Volatile.Read(ref _reserved) ? now + Stretch : 0;

    /// <summary>A transaction that reserved up to <paramref name="end"/> is durable.</summary>
    public void Reserved(long end) => Volatile.Write(ref _reserved, end);

    /// <summary>Takes the next number; <paramref name="isReserved"/> is false when it may be used only after another reservation.</summary>
    public long Next(out bool isReserved)
    {
        long number = Interlocked.Increment(ref _last);
        isReserved = IsReserved(number);
        return number;
    }

    public bool IsReserved(long number) => number <= Volatile.Read(ref _reserved);
}
