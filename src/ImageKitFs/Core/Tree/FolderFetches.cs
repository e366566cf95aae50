namespace ImageKitFs.Core.Tree;

/// <summary>The fetches of one folder: one in flight, one that starts when it ends. Belongs to the tree's lock.</summary>
internal sealed class FolderFetches(string folder)
{
    public string Folder { get; } = folder;

    public SharedFetch? Current { get; set; }

    public SharedFetch? Queued { get; set; }

    /// <summary>What a fetch of an earlier order brings is not kept: the folder was forgotten meanwhile.</summary>
    public long DiscardBefore { get; set; }

    /// <summary>What a fetch of an earlier order brings is not fresh: the folder was expired meanwhile.</summary>
    public long StaleBefore { get; set; }
}
