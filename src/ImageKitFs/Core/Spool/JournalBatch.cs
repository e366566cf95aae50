using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Spool;

/// <summary>Changes of the journal that happen together or not at all, in the order they were added. Not thread-safe; done with once committed.</summary>
internal sealed class JournalBatch
{
    private readonly List<JournalChange> _changes = [];
    private readonly TaskCompletionSource<FsError> _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<JournalChange> Changes => _changes;

    /// <summary>What may be done only once the batch is durable: deleting bytes that the journal named until then. Run by the volume.</summary>
    public List<Action> AfterCommit { get; } = [];

    /// <summary>Completes when the batch is durable, perhaps long after its commit was refused; with an error when it never will be.</summary>
    public Task<FsError> Applied => _applied.Task;

    /// <summary>True when there is nothing to store.</summary>
    public bool IsEmpty => _changes.Count == 0;

    /// <summary>Inserts the operation, or replaces the one with its Seq.</summary>
    public void Put(OpRecord op) => _changes.Add(new JournalChange.PutOp(op));

    public void Remove(long seq) => _changes.Add(new JournalChange.RemoveOp(seq));

    /// <summary>Rewrites every path, of operations and layers, that equals <paramref name="oldPrefix"/> or lies below it: a folder moved.</summary>
    /// <param name="oldPrefix">An absolute remote path, not the root.</param>
    /// <param name="newPrefix">What takes its place; not the root.</param>
    public void RewritePaths(string oldPrefix, string newPrefix) =>
        _changes.Add(new JournalChange.RewritePaths(WithoutSlash(oldPrefix), WithoutSlash(newPrefix)));

    /// <summary>Inserts the attributes, or replaces those with the same id.</summary>
    public void Put(ObjectAttr attr) => _changes.Add(new JournalChange.PutAttr(attr));

    public void RemoveAttr(string id) => _changes.Add(new JournalChange.RemoveAttr(id));

    /// <summary>The object got another id; what the new id had is replaced. Nothing happens when the old id has nothing.</summary>
    public void RebindAttr(string oldId, string newId) => _changes.Add(new JournalChange.RebindAttr(oldId, newId));

    /// <summary>The library has a version that we wrote.</summary>
    /// <param name="fileId">The file.</param>
    /// <param name="versionId">The version.</param>
    /// <param name="over">The version that this one, and nobody else's, took the place of; null when there was none, or that is not known.</param>
    public void AddOwnVersion(string fileId, string versionId, string? over) => _changes.Add(new JournalChange.AddOwnVersion(fileId, versionId, over));

    public void RemoveOwnVersion(string fileId, string versionId) => _changes.Add(new JournalChange.RemoveOwnVersion(fileId, versionId));

    public void SetMeta(string key, string value) => _changes.Add(new JournalChange.SetMeta(key, value));

    /// <summary>Inserts the layer, or replaces the one with the same file name.</summary>
    public void PutLayer(LayerRow layer) => _changes.Add(new JournalChange.PutLayer(layer));

    public void RemoveLayer(string fileName) => _changes.Add(new JournalChange.RemoveLayer(fileName));

    /// <summary>Told by the journal's writer, once.</summary>
    internal void End(FsError outcome) => _applied.TrySetResult(outcome);

    private static string WithoutSlash(string path)
    {
        string trimmed = path.TrimEnd('/');
        return trimmed.StartsWith('/') ? trimmed : throw new ArgumentException($"Not an absolute path below the root: '{path}'.", nameof(path));
    }
}

/// <summary>One change within a batch.</summary>
internal abstract record JournalChange
{
    private JournalChange()
    {
    }

    internal sealed record PutOp(OpRecord Op) : JournalChange;

    internal sealed record RemoveOp(long Seq) : JournalChange;

    internal sealed record RewritePaths(string OldPrefix, string NewPrefix) : JournalChange;

    internal sealed record PutAttr(ObjectAttr Attr) : JournalChange;

    internal sealed record RemoveAttr(string Id) : JournalChange;

    internal sealed record RebindAttr(string OldId, string NewId) : JournalChange;

    internal sealed record AddOwnVersion(string FileId, string VersionId, string? Over) : JournalChange;

    internal sealed record RemoveOwnVersion(string FileId, string VersionId) : JournalChange;

    internal sealed record SetMeta(string Key, string Value) : JournalChange;

    internal sealed record PutLayer(LayerRow Layer) : JournalChange;

    internal sealed record RemoveLayer(string FileName) : JournalChange;
}
