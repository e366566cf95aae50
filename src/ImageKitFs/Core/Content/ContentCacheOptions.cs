namespace ImageKitFs.Core.Content;

/// <summary>Limits of the cache. The defaults are what a mount uses; tests make them small.</summary>
internal sealed record ContentCacheOptions
{
    /// <summary>See <see cref="BlockSize"/>.</summary>
    public const int UsualBlockSize = 64 << 10;

    /// <summary>Most bytes on disk, block maps included.</summary>
    public long MaxBytes { get; init; } = 10L << 30;

    /// <summary>Part of the disk that is always left free.</summary>
    public double MinFreeFraction { get; init; } = 0.05;

    /// <summary>64 KiB: what sniffing a file type or an image header reads, and half of the kernel's usual readahead.</summary>
    public int BlockSize { get; init; } = UsualBlockSize;

    /// <summary>4 MiB: at 8 MB/s a round trip of 50 ms is a tenth of it, and a broken one loses little.</summary>
    public int MaxRangeBytes { get; init; } = 4 << 20;

    /// <summary>1.5 MiB: while the window is small, several of these use several connections, and each is still worth its round trip.</summary>
    public int MinRangeBytes { get; init; } = 3 << 19;

    /// <summary>64 MiB ahead of a reader who does not wait for them.</summary>
    public int MaxWindowBytes { get; init; } = 64 << 20;

    /// <summary>256 MiB ahead of a reader who waits, and a quarter of the cache at most: the line is slower than the reader, and longer ranges lose less of it to round trips.</summary>
    public int MaxWaitedWindowBytes { get; init; } = 256 << 20;

    /// <summary>8 MiB: of a range that is read ahead.</summary>
    public int MaxAheadRangeBytes { get; init; } = 8 << 20;

    /// <summary>Ranges that one reader has in flight: one connection is often slower than the line; sixteen of 8 MB/s fill 1 Gbit/s.</summary>
    public int MaxRangesInFlight { get; init; } = 16;

    /// <summary>Fetches under way above which nothing is read ahead: a quarter of the connections stays for what programs wait for.</summary>
    public int MaxFetchesForAhead { get; init; } = 48;

    /// <summary>How often the disk is looked at while nothing is fetched: others fill it too.</summary>
    public TimeSpan DiskCheckInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Asks the disk that holds a folder; one statvfs.</summary>
    public Func<string, DiskSpace> MeasureDisk { get; init; } = DiskSpace.Of;
}

/// <summary>What a disk has, in bytes.</summary>
internal readonly record struct DiskSpace(long Total, long Free)
{
    public static DiskSpace Of(string directory)
    {
        DriveInfo drive = new(directory);
        return new DiskSpace(drive.TotalSize, drive.AvailableFreeSpace);
    }
}
