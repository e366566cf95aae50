namespace ImageKitFs.Core.Content;

/// <summary>How a file of some size falls into blocks; the last one may be short.</summary>
internal readonly record struct BlockLayout(long Size, int BlockSize)
{
    public int Count => checked((int)((Size + BlockSize - 1) / BlockSize));

    public int BlockAt(long offset) => (int)(offset / BlockSize);

    /// <summary>First block that starts at or after <paramref name="offset"/>.</summary>
    public int BlockCeiling(long offset) => Math.Min(Count, (int)((offset + BlockSize - 1) / BlockSize));

    public long Start(int block) => Math.Min(Size, (long)block * BlockSize);

    public int Length(int block) => (int)(Start(block + 1) - Start(block));
}
