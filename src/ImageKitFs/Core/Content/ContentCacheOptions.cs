namespace ImageKitFs.Core.Content;

/// <summary>Limits of the cache. The defaults are what a mount uses; tests make them small.</summary>
internal sealed record ContentCacheOptions
{
    /// <summary>Most bytes on disk, block maps included.</summary>
    public long MaxBytes { get; init; } = 10L << 30;

    /// <summary>Part of the disk that is always left free.</summary>
    public double MinFreeFraction { get; init; } = 0.05;

    /// <summary>64 KiB: what sniffing a file type or an image header reads, and half of the kernel's usual readahead.</summary>
    public int BlockSize { get; init; } = 64 << 10;

    /// <summary>2 MiB: a request's overhead is below 1 % of it, and a broken one loses little.</summary>
    public int MaxRangeBytes { get; init; } = 2 << 20;

    /// <summary>8 MiB ahead of the reader: 50 ms at 1 Gbit/s with room for one slow range.</summary>
    public int MaxWindowBytes { get; init; } = 8 << 20;

    /// <summary>Ranges that one reader has in flight.</summary>
    public int MaxRangesInFlight { get; init; } = 4;

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
