using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>Times as Windows counts them: 100 ns since 1601-01-01T00:00:00Z.</summary>
internal static class FileTime
{
    /// <summary>1970-01-01 in FILETIME.</summary>
    private const long UnixEpoch = 116_444_736_000_000_000;

    private const long NanosecondsPerUnit = 100;

    /// <summary>In a request: leave this time as it is.</summary>
    internal const ulong Unchanged = 0;

    /// <summary>In a request: leave it, and do not move it for what this handle does. The driver turns it into 0; a test or an older driver may not.</summary>
    internal const ulong DoNotTouch = ulong.MaxValue;

    /// <summary>Rounds down to 100 ns. Always positive: a <see cref="Timestamp"/> reaches back to 1677.</summary>
    internal static ulong From(Timestamp time)
    {
        long units = Math.DivRem(time.UnixNanoseconds, NanosecondsPerUnit, out long rest);
        return (ulong)(units - (rest < 0 ? 1 : 0) + UnixEpoch);
    }

    /// <summary>Exact within 1677..2262; the nearest end of that range beyond it.</summary>
    internal static Timestamp ToTimestamp(ulong fileTime)
    {
        Int128 nanoseconds = ((Int128)fileTime - UnixEpoch) * NanosecondsPerUnit;
        return new Timestamp((long)Int128.Clamp(nanoseconds, long.MinValue, long.MaxValue));
    }

    /// <summary>What a time in SetBasicInfo asks for.</summary>
    internal static TimeChange ToChange(ulong fileTime) =>
        fileTime is Unchanged or DoNotTouch ? default : TimeChange.To(ToTimestamp(fileTime));
}
