using System.Globalization;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Renditions;

/// <summary>What a thumbnail says about its original, so that a program can tell whether it is still true.</summary>
internal static class ThumbnailText
{
    public const string Prefix = "Thumb::";
    public const string Uri = "Thumb::URI";
    public const string ModifiedTime = "Thumb::MTime";

    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long NanosecondsPerMicrosecond = 1000;

    /// <summary>Both texts, to be put in behind the header.</summary>
    public static byte[] Of(string uri, string modified) => [.. PngText.Chunk(Uri, uri), .. PngText.Chunk(ModifiedTime, modified)];

    /// <summary>Whole seconds: what GLib and Qt programs compare, digit by digit.</summary>
    public static string Seconds(Timestamp modified) => SecondsOf(modified).ToString(CultureInfo.InvariantCulture);

    /// <summary>Seconds with microseconds where there are any: tumbler compares these too, and makes its own thumbnail of the whole original when they are missing.</summary>
    public static string Exact(Timestamp modified)
    {
        long seconds = SecondsOf(modified);
        long micros = (modified.UnixNanoseconds - (seconds * NanosecondsPerSecond)) / NanosecondsPerMicrosecond;
        return micros == 0 ? Seconds(modified) : string.Create(CultureInfo.InvariantCulture, $"{seconds}.{micros:D6}");
    }

    private static long SecondsOf(Timestamp time)
    {
        (long quotient, long remainder) = Math.DivRem(time.UnixNanoseconds, NanosecondsPerSecond);
        return remainder < 0 ? quotient - 1 : quotient;
    }
}
