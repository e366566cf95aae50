namespace ImageKitFs.Core.Spool;

/// <summary>The whole content of a file at one moment, frozen for ever, on disk, and fit to be uploaded.</summary>
/// <param name="Generation">Grows with every layer of the volume and is never used twice.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Hash">XxHash128 over all bytes: finds a damaged disk, is no proof against forgery.</param>
/// <param name="FileName">Name within the spool folder; null when <paramref name="Size"/> is 0, which needs no file.</param>
internal sealed record SealedLayer(long Generation, long Size, UInt128 Hash, string? FileName)
{
    /// <summary>What its blocks had when it was sealed; null in a run that did not seal it.</summary>
    public BlockSums? Blocks { get; init; }
}

/// <summary>XxHash3 of each block of <see cref="ContentHash.BlockBytes"/>. Derived from the layer, so that it makes no difference between two of them.</summary>
internal sealed record BlockSums(ulong[] Values)
{
    public bool Equals(BlockSums? other) => true;

    public override int GetHashCode() => 0;
}
