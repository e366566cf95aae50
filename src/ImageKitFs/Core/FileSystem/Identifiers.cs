namespace ImageKitFs.Core.FileSystem;

/// <summary>Names one inode for the life of a mount. Never reused, so the kernel needs no generation number.</summary>
public readonly record struct InodeId(ulong Value)
{
    /// <summary>The mount's root directory: FUSE fixes it at 1.</summary>
    public static readonly InodeId Root = new(1);
}

/// <summary>Names one open of a file or directory. Zero is no handle.</summary>
public readonly record struct HandleId(ulong Value)
{
    /// <summary>No handle: the caller named the inode only.</summary>
    public static readonly HandleId None;

    /// <summary>True when this is <see cref="None"/>.</summary>
    public bool IsNone => Value == 0;
}

/// <summary>A point in time in nanoseconds since 1970-01-01T00:00:00Z; negative before it.</summary>
public readonly record struct Timestamp(long UnixNanoseconds)
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Converts from the framework's type; exact, since a tick is 100 ns.</summary>
    public static Timestamp From(DateTimeOffset time) =>
        new((time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * NanosecondsPerTick);

    /// <summary>Converts to the framework's type; rounds down to 100 ns.</summary>
    public DateTimeOffset ToDateTimeOffset() =>
        new(DateTimeOffset.UnixEpoch.UtcTicks + Math.DivRem(UnixNanoseconds, NanosecondsPerTick).Quotient, TimeSpan.Zero);
}

/// <summary>The user on whose behalf a call is made: who owns what it creates.</summary>
public readonly record struct Caller(uint Uid, uint Gid);
