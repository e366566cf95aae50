namespace ImageKitFs.Model.Tests;

/// <summary>A file or folder of the reference tree.</summary>
internal sealed class ReferenceNode(bool isFolder)
{
    public bool IsFolder { get; } = isFolder;

    public SortedDictionary<string, ReferenceNode> Children { get; } = new(StringComparer.Ordinal);

    public ReferenceNode? Parent { get; set; }

    public string Name { get; set; } = "";

    public byte[] Content { get; set; } = [];

    /// <summary>What a crash may not take: the content at the last close or fsync that answered none; null before the first.</summary>
    public byte[]? Durable { get; set; }

    public uint Mode { get; set; }

    /// <summary>Set by utimens and not written since; null: whatever the clock said.</summary>
    public long? Modified { get; set; }

    /// <summary>Made under a name that is never uploaded, and never renamed to an ordinary one.</summary>
    public bool IsJunk { get; set; }

    public int Handles { get; set; }

    public string Path => Parent is null ? "" : Parent.Path + "/" + Name;

    public IEnumerable<ReferenceNode> Below()
    {
        foreach (ReferenceNode child in Children.Values)
        {
            yield return child;
            foreach (ReferenceNode deeper in child.Below())
                yield return deeper;
        }
    }
}
