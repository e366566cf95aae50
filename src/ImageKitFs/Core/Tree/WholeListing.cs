namespace ImageKitFs.Core.Tree;

/// <summary>A listing of the whole library that is under way, and what happened to folders meanwhile. Belongs to the tree's lock.</summary>
/// <param name="order">Place in the order of events of the tree: when it began.</param>
/// <param name="requestedAt">Timestamp just before its first request.</param>
internal sealed class WholeListing(long order, long requestedAt)
{
    private readonly HashSet<string> _outdated = [];
    private readonly List<string> _outdatedBelow = [];

    public long Order { get; } = order;

    public long RequestedAt { get; } = requestedAt;

    /// <summary>What the listing will bring of this folder is not to be kept.</summary>
    public void Outdate(string folder) => _outdated.Add(folder);

    public void OutdateBelow(string folder) => _outdatedBelow.Add(folder);

    public bool IsOutdated(string folder) =>
        _outdated.Contains(folder) || _outdatedBelow.Exists(above => folder == above || Names.RemotePath.IsBelow(folder, above));
}
