using System.IO.Hashing;
using System.Text;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Content;

/// <summary>What delivery said about a version besides its length. Two replies that differ here are not the same bytes.</summary>
/// <param name="ETag">As sent, or a hash of one too long to keep; null when there was none.</param>
/// <param name="LastModifiedTicks">UTC ticks, 0 when there was none.</param>
internal readonly record struct VersionIdentity(string? ETag, long LastModifiedTicks)
{
    /// <summary>An ETag is 34 bytes at CloudFront; room for seven times that fits the map's header.</summary>
    public const int MaxETagBytes = 256;

    public static VersionIdentity Of(DeliveryReply reply)
    {
        string? etag = reply.ETag;
        if (etag is not null && Encoding.UTF8.GetByteCount(etag) > MaxETagBytes)
            etag = $"xxh128:{XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(etag)):x32}";
        return new VersionIdentity(etag, reply.LastModified?.UtcTicks ?? 0);
    }

    public string Difference(VersionIdentity other) =>
        ETag != other.ETag
            ? $"ETag {other.ETag ?? "(none)"} where it was {ETag ?? "(none)"}"
            : $"Last-Modified {Describe(other.LastModifiedTicks)} where it was {Describe(LastModifiedTicks)}";

    private static string Describe(long ticks) => ticks == 0 ? "(none)" : new DateTime(ticks, DateTimeKind.Utc).ToString("u");
}
