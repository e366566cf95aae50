using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Where an inode's place in its folder comes from.</summary>
internal enum OverlayState
{
    /// <summary>The last listing shows it.</summary>
    Listed,

    /// <summary>The service acknowledged it; no listing agrees yet.</summary>
    Published,

    /// <summary>Dirty bytes or operations of ours are not in the library yet.</summary>
    Pending,
}

/// <summary>A version of a file in the library: what a clean inode shows, and what the next commit overwrites.</summary>
internal sealed record RemoteVersion(string FileId, string VersionId, int Number, long Size, bool IsPrivate)
{
    public string? ObjectVersion { get; init; }

    /// <summary>Resent on overwrite: the service erases it otherwise (imagekit-api.md 4.1).</summary>
    public string? CustomCoordinates { get; init; }

    /// <summary>Resent on overwrite: whether it survives is unknown (U40).</summary>
    public string? Description { get; init; }

    /// <summary>The service is asked to keep them on overwrite.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A JSON object with more than our own field, or null. The service is asked to keep it on overwrite.</summary>
    public string? CustomMetadataJson { get; init; }

    /// <summary>The row's updatedAt; the default where the version is known from a reply to an upload.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Timestamp UpdatedAt { get; init; }

    /// <summary>The mtime that the account stores for this version; null when it stores none.</summary>
    public Timestamp? StoredTime { get; init; }

    /// <summary>There is custom metadata besides that.</summary>
    public bool HasOtherMetadata { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public ContentKey Key => new(FileId, VersionId);

    public bool IsSameAs(RemoteVersion? other) => other is not null && other.FileId == FileId && other.VersionId == VersionId;

    public static RemoteVersion From(in Row row)
    {
        RowExtras? extras = row.Extras;
        string id = row.Id;
        return new RemoteVersion(id, row.VersionObjectId == row.ObjectId ? id : row.VersionId, row.VersionNumber, row.Size, row.IsPrivate)
        {
            ObjectVersion = row.ObjectVersion,
            CustomCoordinates = extras?.CustomCoordinates,
            Description = extras?.Description,
            Tags = extras?.Tags ?? [],
            CustomMetadataJson = extras?.CustomMetadataJson,
            UpdatedAt = row.Changed,
            StoredTime = row.StoredTime,
            HasOtherMetadata = extras?.CustomMetadataJson is not null,
        };
    }

    public static RemoteVersion From(Api.LibraryRow row) => new(row.Id, row.VersionId, row.VersionNumber, row.Size, row.IsPrivate)
    {
        ObjectVersion = row.ObjectVersion,
        CustomCoordinates = row.CustomCoordinates,
        Description = row.Description,
        Tags = row.Tags,
        UpdatedAt = Timestamp.From(row.UpdatedAt),
        StoredTime = Tree.StoredTime.Read(row.CustomMetadataJson, row.Size, out bool hasOthers),
        HasOtherMetadata = hasOthers,
        CustomMetadataJson = hasOthers ? row.CustomMetadataJson : null,
    };
}

/// <summary>An object with identity: the kernel's nodeid, stat's number, a name in one folder. Guarded by the volume's lock.</summary>
internal abstract class Inode(InodeId id, ulong ino)
{
    public InodeId Id { get; } = id;

    public ulong Ino { get; set; } = ino;

    /// <summary>Null once unlinked, replaced or found gone: open handles still work.</summary>
    public FolderInode? Parent { get; set; }

    public string Name { get; set; } = "";

    public string RemoteName { get; set; } = "";

    public OverlayState Overlay { get; set; }

    /// <summary>When the service acknowledged it (TimeProvider timestamp): only a listing asked for later can contradict.</summary>
    public long PublishedAt { get; set; }

    /// <summary>References that the kernel holds.</summary>
    public ulong Lookups { get; set; }

    public int Handles { get; set; }

    /// <summary>The journal row of the last acknowledged operation, kept until a listing agrees; 0 = none.</summary>
    public long EvidenceSeq { get; set; }

    public uint? Mode { get; set; }

    public uint? Uid { get; set; }

    public uint? Gid { get; set; }

    public Timestamp Modified { get; set; }

    public Timestamp Changed { get; set; }

    public Timestamp? Accessed { get; set; }

    public Timestamp Born { get; set; }

    public bool IsLinked => Parent is not null;

    /// <summary>fileId or folderId; null while the library has none for it.</summary>
    public abstract string? ObjectId { get; }

    public abstract FileKind Kind { get; }

    /// <summary>True while something besides the kernel needs the object in memory.</summary>
    public virtual bool IsPinned => Handles > 0 || Overlay != OverlayState.Listed;
}

internal sealed class FolderInode(InodeId id, ulong ino, string remotePath) : Inode(id, ino)
{
    /// <summary>Some 3 kB; less is not worth the copying.</summary>
    private const int MinTrimmed = 100;

    /// <summary>Absolute path in the library; kept when an ancestor is renamed.</summary>
    public string RemotePath { get; set; } = remotePath;

    /// <summary>Names bound to inodes that are in memory; not the whole folder.</summary>
    public Dictionary<string, Inode> Dentries { get; } = new(StringComparer.Ordinal);

    /// <summary>Gives back what a walk through the folder took: the kernel keeps folders long after it forgot their files. Not while something goes through <see cref="Dentries"/>.</summary>
    public void TrimDentries()
    {
        if (Dentries.Capacity > MinTrimmed && Dentries.Count * 4L < Dentries.Capacity)
            Dentries.TrimExcess(Dentries.Count * 2);
    }

    /// <summary>Those of <see cref="Dentries"/> that do not rest on a listing.</summary>
    public HashSet<Inode> OverlayChildren { get; } = [];

    /// <summary>Listed rows that are not shown: we deleted or moved them. Ids are never reused, so a row hidden once stays false.</summary>
    public Dictionary<HiddenKey, HiddenRow> Hidden { get; } = [];

    public string? FolderId { get; set; }

    /// <summary>The library does not have this folder yet: nothing below it needs a listing.</summary>
    public bool IsLocalOnly { get; set; }

    /// <summary>Bound because the journal names something below it: nothing is known of it but its path. The first listing that shows it tells the rest.</summary>
    public bool IsAssumed { get; set; }

    /// <summary>Made by this process: once the service has it, what is in it is known. After a restart it may have been made, and filled, before.</summary>
    public bool IsFresh { get; set; }

    public override string? ObjectId => FolderId;

    public override FileKind Kind => FileKind.Directory;

    /// <remarks>Hidden rows pin it too: without them what was deleted would be shown again by a listing that is still fresh.</remarks>
    public override bool IsPinned => base.IsPinned || Dentries.Count > 0 || (IsLinked && Hidden.Count > 0);
}

/// <summary>A row by identity and stored name: the same id under another name is another sight of it.</summary>
internal readonly record struct HiddenKey(string ObjectId, string RemoteName)
{
    /// <summary>For a file that was unlinked before its id was known, or that a move may have given another one: whatever has the name is hidden.</summary>
    public static HiddenKey AnyFile(string remoteName) => new("*", remoteName);
}

/// <summary>Why a row is hidden, until a listing asked for after <see cref="DoneAt"/> no longer shows it.</summary>
internal sealed class HiddenRow
{
    /// <summary>Null while our operation is not acknowledged.</summary>
    public long? DoneAt { get; set; }

    /// <summary>The journal row that repeats this after a restart.</summary>
    public long JournalSeq { get; set; }

    /// <summary>No listing had shown the row when it was hidden: one that does not show it may be from before it was made, and is no evidence.</summary>
    public bool IsUnseen { get; set; }
}

internal sealed class FileInode(InodeId id, ulong ino) : Inode(id, ino)
{
    /// <summary>The version our bytes derive from; null for a file the library has never had.</summary>
    public RemoteVersion? Base { get; set; }

    /// <summary>The clean bytes, while a handle is open.</summary>
    public CachedContent? Clean { get; set; }

    /// <summary>What is written and not yet clean again; null for a file that is only read.</summary>
    public DirtyState? Dirty { get; set; }

    /// <summary>Tags and the like that were set before the library had the file as it is now: they ride in its upload, or follow it.</summary>
    public DetailsOp? Details { get; set; }

    /// <summary>Where the service has the file when that is not where its name says: a rename is pending, or the name is gone.</summary>
    public string? ServerPath { get; set; }

    /// <summary>After a move the id may be another one (U9); the next listing tells.</summary>
    public bool IsIdUnconfirmed { get; set; }

    /// <summary>Its mtime was set, not only left by a write: worth asking whether the account stores times.</summary>
    public bool IsTimeSet { get; set; }

    /// <summary>Another version took the place of this one's: its bytes are found through the version's own row alone.</summary>
    public bool IsSuperseded { get; set; }

    /// <summary>A file made for the mount itself (status, control); never in the library.</summary>
    public bool IsVirtual { get; init; }

    /// <summary>Set while this name shows a version that a save took the place of.</summary>
    public BackupOp? Backup { get; set; }

    /// <summary>The new file that took the name this one was renamed from, while it is not committed.</summary>
    public FileInode? TunnelTo { get; set; }

    /// <summary>A view has none: the id belongs to the file that took its place.</summary>
    public override string? ObjectId => Backup is null ? Base?.FileId : null;

    public override FileKind Kind => FileKind.File;

    public long Size => Dirty is { } dirty ? dirty.Stack.Size : Base?.Size ?? 0;

    public override bool IsPinned => base.IsPinned || Dirty is not null;
}

/// <summary>The writing side of a file inode.</summary>
internal sealed class DirtyState(ContentStack stack) : IDisposable
{
    public ContentStack Stack { get; } = stack;

    /// <summary>Seal, journal and enqueue happen one after another for one inode.</summary>
    public SemaphoreSlim CommitLock { get; } = new(1, 1);

    /// <summary>Created here and not committed or journaled yet: even an empty file is then something to keep.</summary>
    public bool IsNew { get; set; }

    public NameClass NameClass { get; set; }

    /// <summary>Why the last attempt to seal and journal it failed; None when it did not.</summary>
    public FsError LastError { get; set; }

    /// <summary>The newest generation that is journaled and not yet in the library.</summary>
    public ContentOp? Queued { get; set; }

    /// <summary>The generation being uploaded.</summary>
    public ContentOp? InFlight { get; set; }

    /// <summary>What someone else stored under our name meanwhile, seen in a listing.</summary>
    public RemoteVersion? Foreign { get; set; }

    /// <summary>The held rename whose old name this file took: committing this makes it the next version of that file.</summary>
    public RenameOp? Tunnel { get; set; }

    /// <summary>The view that this was made from; its journal row goes with the first that is written here.</summary>
    public BackupOp? Supersedes { get; set; }

    /// <summary>An unsent delete of the file whose name this one took: committing this replaces it.</summary>
    public DeleteOp? Replaces { get; set; }

    /// <summary>The queued generation may have been stored by an attempt that had no reply.</summary>
    public bool IsDoubtful => this is { InFlight: null, Queued.AmbiguousSince: not null };

    /// <summary>Such a generation is brought to an end before anything else is done with the name.</summary>
    public void Doubt()
    {
        InFlight = Queued;
        Queued = null;
    }

    public bool HasOps => Queued is not null || InFlight is not null;

    /// <summary>Calls that are sealing, resizing or renaming it right now: it stays while there are any, clean or not.</summary>
    public int Users { get; set; }

    public void Dispose()
    {
        Stack.Dispose();
        CommitLock.Dispose();
    }
}
