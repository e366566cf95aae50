using System.Text.Json;
using System.Text.Json.Serialization;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Why a journaled generation is not on its way.</summary>
internal enum HoldReason
{
    None,

    /// <summary>A temporary name that has not been left alone for long enough.</summary>
    Transient,

    /// <summary>Litter: stays here.</summary>
    Junk,

    /// <summary>ImageKit stores no empty files: a placeholder, until bytes come.</summary>
    Empty,

    /// <summary>A view of an older version (<see cref="BackupOp"/>); no bytes of its own.</summary>
    Backup,
}

/// <summary>One change that the journal holds and the library does not have yet. Guarded by the volume's lock.</summary>
internal abstract class PendingOp(long seq, string path)
{
    /// <summary>Order of the user's changes; ops that share a path go in this order.</summary>
    public long Seq { get; } = seq;

    /// <summary>Remote path it works on.</summary>
    public string Path { get; set; } = path;

    /// <summary>Second path, for a rename's target.</summary>
    public string? Path2 { get; set; }

    public OpState State { get; set; } = OpState.Waiting;

    public bool IsRunning { get; set; }

    /// <summary>The attempt that is running, or the last one.</summary>
    public Task Run { get; set; } = Task.CompletedTask;

    /// <summary>False until its journal row is on disk: nothing is sent before.</summary>
    public bool IsJournaled { get; set; }

    /// <summary>Earliest start (TimeProvider timestamp).</summary>
    public long NotBefore { get; set; }

    /// <summary>A drain, or another operation, waits for it: nothing is collected or hoped for any longer.</summary>
    public bool IsUrgent { get; set; }

    public int Attempts { get; set; }

    public string? LastError { get; set; }

    public FsError LastFsError { get; set; }

    /// <summary>Completes when the op succeeded, was refused for good, or is no longer wanted.</summary>
    public TaskCompletionSource<FsError> Outcome { get; private set; } = NewOutcome();

    public abstract string Verb { get; }

    /// <summary>False for what stays on this machine by rule.</summary>
    public virtual bool WillBePushed => true;

    public virtual long Bytes => 0;

    /// <summary>By the file's id, not its path: no other operation waits for it, and it waits for none.</summary>
    public virtual bool IsAddressedById => false;

    public abstract OpRecord ToRecord();

    /// <summary>Tried again after a refusal: those who wait from now on wait for the new attempt.</summary>
    public void Rearm()
    {
        State = OpState.Waiting;
        NotBefore = 0;
        if (Outcome.Task.IsCompleted)
            Outcome = NewOutcome();
    }

    /// <summary>A newer operation holds all of this one: who waits for this one waits for that.</summary>
    public void Forward(PendingOp newer) => _ = ForwardAsync(newer.Outcome.Task);

    protected OpRecord Record(OpKind kind, ulong ino, string? fileId, string data) =>
        new() { Seq = Seq, Kind = kind, State = State, Path = Path, Path2 = Path2, Ino = ino, FileId = fileId, Data = data, Error = LastError };

    private async Task ForwardAsync(Task<FsError> newer) => Outcome.TrySetResult(await newer);

    private static TaskCompletionSource<FsError> NewOutcome() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A sealed generation on its way to the library, or held here.</summary>
internal sealed class ContentOp(long seq, string path, FileInode inode, SealedLayer layer, HoldReason hold) : PendingOp(seq, path)
{
    public FileInode Inode { get; } = inode;

    /// <summary>The name of <see cref="PendingOp.Path"/> as the user sees it. The inode may have been renamed since: that is another operation's.</summary>
    public required string LocalName { get; set; }

    public SealedLayer Layer { get; set; } = layer;

    public HoldReason Hold { get; set; } = hold;

    /// <summary>Earlier attempts may have been stored although no reply came; when the first of them was begun, by the wall clock.</summary>
    public DateTimeOffset? AmbiguousSince { get; private set; }

    /// <summary>What those attempts sent: perhaps older generations than <see cref="Layer"/>.</summary>
    public IReadOnlyList<SentContent> AmbiguousContents { get; private set; } = [];

    /// <summary>When the attempt that is under way was begun: ambiguous should this process die before its reply.</summary>
    public DateTimeOffset? SentAt { get; set; }

    /// <summary>The conflict name, as the user sees it, that it is sent under: its own is someone else's. What is in doubt is in doubt there.</summary>
    public string? BesideName { get; set; }

    /// <summary>After the reply: what the library has now.</summary>
    public RemoteVersion? Committed { get; set; }

    /// <summary>Empty, and still open: a shell closes a copy of the handle before it has written through the other.</summary>
    public bool IsBlankSoFar => Hold == HoldReason.Empty && Inode.Handles > 0;

    /// <summary>The attempt that was under way got no reply.</summary>
    public void Doubt(DateTimeOffset since) => Doubt(since, [new SentContent(Layer.Generation, Layer.Size)]);

    public void Doubt(DateTimeOffset since, IReadOnlyList<SentContent> sent)
    {
        AmbiguousSince = AmbiguousSince < since ? AmbiguousSince : since;
        AmbiguousContents = [.. AmbiguousContents.Union(sent)];
    }

    /// <summary>A version of ours that the library has, and of which it is not yet known whether it lies on top of someone else's.</summary>
    public StoredVersion? Stored { get; private set; }

    public void StoredAs(RemoteVersion version, long generation, DateTimeOffset now)
    {
        Stored = new StoredVersion(version, generation);
        Doubt(SentAt ?? now);
    }

    /// <summary>As an earlier run journaled it.</summary>
    public void Resume(StoredVersion? stored) => Stored = stored;

    /// <summary>It is known what became of all attempts.</summary>
    public void Resolve()
    {
        Stored = null;
        AmbiguousSince = null;
        AmbiguousContents = [];
    }

    /// <summary>An older generation of the same name, whose attempt may have been stored, is given up for this one.</summary>
    public void TakeDoubtOf(ContentOp older)
    {
        Stored ??= older.Stored;
        if (older.AmbiguousSince is not { } since)
            return;
        Doubt(since, older.AmbiguousContents);
        BesideName = older.BesideName;
    }

    private DateTimeOffset? UnansweredSince => State == OpState.Sent ? SentAt : null;

    private IReadOnlyList<SentContent> UnansweredContents =>
        UnansweredSince is null ? AmbiguousContents : [.. AmbiguousContents.Union([new SentContent(Layer.Generation, Layer.Size)])];

    public override string Verb => Hold switch
    {
        HoldReason.Junk => "local",
        HoldReason.Empty => "placeholder",
        HoldReason.Transient or HoldReason.None or HoldReason.Backup => "upload",
    };

    public override bool WillBePushed => Hold is HoldReason.None or HoldReason.Transient;

    public override long Bytes => State == OpState.Replied ? 0 : Layer.Size;

    public override OpRecord ToRecord() => Record(
        WillBePushed ? OpKind.Upload : OpKind.Hold,
        Inode.Ino,
        (Committed ?? Inode.Base)?.FileId,
        JsonSerializer.Serialize(
            new ContentOpData
            {
                LocalName = LocalName,
                Generation = Layer.Generation,
                Size = Layer.Size,
                Hash = Layer.Hash.ToString("x32"),
                FileName = Layer.FileName,
                Hold = Hold,
                NameClass = Inode.Dirty?.NameClass,
                Base = Inode.Base,
                Committed = Committed,
                Mode = Inode.Mode,
                Uid = Inode.Uid,
                Gid = Inode.Gid,
                ModifiedNs = Inode.Modified.UnixNanoseconds,
                BornNs = Inode.Born.UnixNanoseconds,
                AmbiguousSince = AmbiguousSince ?? UnansweredSince,
                AmbiguousContents = UnansweredContents,
                Stored = Stored,
                BesideName = BesideName,
            },
            OpJson.Default.ContentOpData));
}

/// <summary>A file to be deleted by id.</summary>
internal sealed class DeleteOp(long seq, string path, string? fileId, FileInode? inode) : PendingOp(seq, path)
{
    /// <summary>Null until the upload that was in flight at the unlink has answered.</summary>
    public string? FileId { get; set; } = fileId;

    /// <summary>The unlinked inode, while it is in memory: it may be open, and knows its id.</summary>
    public FileInode? Inode { get; } = inode;

    /// <summary>When it was unlinked (TimeProvider timestamp); 0 after a restart: long ago.</summary>
    public long UnlinkedAt { get; init; }

    /// <summary>A new file of the same name was created and will replace it: wait for what becomes of that.</summary>
    public bool IsSuperseded { get; set; }

    /// <summary>The journaled generation of that new file: it takes the place of this one as soon as the upload that is under way for this one has ended.</summary>
    public ContentOp? SupersededBy { get; set; }

    /// <summary>Still open here, and another file wants its name: the service has it under a name of its own until it is closed.</summary>
    public bool IsParked { get; set; }

    /// <summary>That name; the same when it is tried again.</summary>
    public string ParkedName => $"{RemotePath.Name(Path)}_ikold-{Seq % 1_000_000:d6}";

    public override string Verb => "delete";

    public override OpRecord ToRecord() => Record(OpKind.Delete, Inode?.Ino ?? 0, FileId, "");
}

/// <summary>A committed file to be renamed or moved, over another one or onto a free name.</summary>
internal sealed class RenameOp(long seq, string from, FileInode inode, RemoteVersion version) : PendingOp(seq, from)
{
    public FileInode Inode { get; } = inode;

    /// <summary>The new name as the user sees it. The inode may have been renamed once more since.</summary>
    public required string LocalName { get; init; }

    public RemoteVersion Version { get; set; } = version;

    /// <summary>The committed file that had the new name, to be deleted once ours has it.</summary>
    public string? ReplacedFileId { get; set; }

    /// <summary>The inode of that, when its id is not known yet (its upload was in flight).</summary>
    public FileInode? ReplacedInode { get; set; }

    /// <summary>Onto a free name of the same folder: waits a moment for a file that takes the old name (<see cref="Tunnels"/>).</summary>
    public bool IsHeld { get; set; }

    /// <summary>Under which name the replaced file was parked: it is out of the way and not yet deleted.</summary>
    public string? ParkedPath { get; set; }

    /// <summary>The name at the source, when it had to be changed before the move.</summary>
    public string? MovedFrom { get; set; }

    /// <summary>
    /// The new name in the old folder, which the file has between the two steps of a move that changes the name as well: nothing else may use it meanwhile.
    /// Null: one step does it, or that name is not free and a name of its own is used.
    /// </summary>
    public string? Stopover { get; set; }

    /// <summary>The stopover of a move, or null when one step does it.</summary>
    public static string? StopoverOf(string from, string to) =>
        RemotePath.Parent(from) == RemotePath.Parent(to) || RemotePath.Name(from) == RemotePath.Name(to)
            ? null
            : RemotePath.Combine(RemotePath.Parent(from), RemotePath.Name(to));

    /// <summary>Ours has the new name; only the parked file is left.</summary>
    public bool IsInPlace { get; set; }

    /// <summary>The name to park under; the same after a restart.</summary>
    public string ParkedName => $"{RemotePath.Name(Path2!)}_ikold-{Seq % 1_000_000:d6}";

    /// <summary>The name on the way to another folder, when the wanted one is taken at the source.</summary>
    public string PassingName => ParkedName + "m";

    /// <summary>Rows that a listing may show while the file is under way.</summary>
    public List<HiddenRow> Steps { get; } = [];

    /// <summary>A folder above was renamed between two steps.</summary>
    public void Rebase(string oldFolder, string newFolder)
    {
        ParkedPath = Rebased(ParkedPath);
        MovedFrom = Rebased(MovedFrom);

        string? Rebased(string? path) => path is not null && RemotePath.IsBelow(path, oldFolder) ? RemotePath.Rebase(path, oldFolder, newFolder) : path;
    }

    public override string Verb => "rename";

    public override OpRecord ToRecord() => Record(
        OpKind.Rename,
        Inode.Ino,
        Version.FileId,
        JsonSerializer.Serialize(
            new RenameOpData
            {
                LocalName = LocalName,
                Version = Version,
                ReplacedFileId = ReplacedFileId,
                ParkedPath = ParkedPath,
                MovedFrom = MovedFrom,
                IsInPlace = IsInPlace,
                ModifiedNs = Inode.Modified.UnixNanoseconds,
                BornNs = Inode.Born.UnixNanoseconds,
            },
            OpJson.Default.RenameOpData));
}

/// <summary>A folder to be made. An upload below makes it as well and ends this.</summary>
internal sealed class MkdirOp(long seq, string path, FolderInode inode) : PendingOp(seq, path)
{
    public FolderInode Inode { get; } = inode;

    /// <summary>When it was made here (TimeProvider timestamp); 0 after a restart: long ago.</summary>
    public long MadeAt { get; init; }

    /// <summary>A move waits for it: it does not wait for uploads, which may in turn wait for the move.</summary>
    public bool IsNeeded { get; set; }

    public override string Verb => "mkdir";

    public override OpRecord ToRecord() => Record(
        OpKind.Mkdir,
        Inode.Ino,
        null,
        JsonSerializer.Serialize(
            new FolderOpData { Mode = Inode.Mode, Uid = Inode.Uid, Gid = Inode.Gid, ModifiedNs = Inode.Modified.UnixNanoseconds },
            OpJson.Default.FolderOpData));

    /// <summary>The row of a folder that the library has made and no listing shows yet, as the folder is called and looks now.</summary>
    public static OpRecord EvidenceOf(FolderInode folder) => new MkdirOp(folder.EvidenceSeq, folder.RemotePath, folder) { State = OpState.Replied }.ToRecord();
}

internal sealed record ContentOpData
{
    public required string LocalName { get; init; }

    public long Generation { get; init; }

    public long Size { get; init; }

    public string Hash { get; init; } = "";

    public string? FileName { get; init; }

    public HoldReason Hold { get; init; }

    /// <summary>What the name that it was created under said: a later name does not change it.</summary>
    public NameClass? NameClass { get; init; }

    public RemoteVersion? Base { get; init; }

    public RemoteVersion? Committed { get; init; }

    public uint? Mode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public long ModifiedNs { get; init; }

    public long BornNs { get; init; }

    public DateTimeOffset? AmbiguousSince { get; init; }

    public IReadOnlyList<SentContent> AmbiguousContents { get; init; } = [];

    public StoredVersion? Stored { get; init; }

    public string? BesideName { get; init; }
}

/// <summary>A version of ours and the generation that it holds.</summary>
internal sealed record StoredVersion(RemoteVersion Version, long Generation);

/// <summary>A generation as it was sent, for telling it from a newer one of the same file.</summary>
internal sealed record SentContent(long Generation, long Size);

internal sealed record RenameOpData
{
    public required string LocalName { get; init; }

    public required RemoteVersion Version { get; init; }

    public string? ReplacedFileId { get; init; }

    public string? ParkedPath { get; init; }

    public string? MovedFrom { get; init; }

    public bool IsInPlace { get; init; }

    public long ModifiedNs { get; init; }

    public long BornNs { get; init; }
}

internal sealed record FolderOpData
{
    public uint? Mode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public long ModifiedNs { get; init; }
}

/// <summary>A folder rename or move in progress, as journaled.</summary>
internal sealed record FolderJobData
{
    public required string LocalName { get; init; }

    /// <summary>Null until the service answered with one.</summary>
    public string? JobId { get; init; }

    /// <summary>Path that the running step starts from.</summary>
    public required string StepFrom { get; init; }

    /// <summary>Path that the running step ends at.</summary>
    public required string StepTo { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContentOpData))]
[JsonSerializable(typeof(RenameOpData))]
[JsonSerializable(typeof(FolderOpData))]
[JsonSerializable(typeof(PatchOpData))]
[JsonSerializable(typeof(DetailsOpData))]
[JsonSerializable(typeof(FolderJobData))]
internal sealed partial class OpJson : JsonSerializerContext;
