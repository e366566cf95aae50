namespace ImageKitFs.Core.Tree;

/// <summary>A set of ids by a 64-bit hash: 16 bytes or so each. Two ids of a million share a hash once in ten million libraries.</summary>
internal sealed class IdFilter
{
    private readonly NumberTable _hashes = new();

    public int Count { get; private set; }

    /// <returns>False when it was there.</returns>
    public bool Add(ObjectId id)
    {
        if (!_hashes.TryAdd(Math.Max(1, id.LongHash()), mark: 0))
            return false;
        Count++;
        return true;
    }
}
