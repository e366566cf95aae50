namespace ImageKitFs.Core.Spool;

/// <summary>Bytes from <paramref name="Start"/> up to, not including, <paramref name="End"/>.</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;
}
