using System.Globalization;
using System.Text.Json;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Lays an earlier run's journal over the tree, before anything is served: from then on it is the same code as in normal operation.</summary>
internal sealed class Recovery(Volume volume, FolderMover mover)
{
    private readonly JournalBatch _cleanup = new();

    private int _resumed;
    private int _damaged;
    private long _bytes;

    /// <summary>What was found.</summary>
    public ResumeReport Report { get; private set; } = ResumeReport.Nothing;

    public async Task RunAsync()
    {
        await FinishFolderJobsAsync();
        IReadOnlyList<OpRecord> records = volume.Journal.LoadOps();
        HashSet<string> claimed = [];
        foreach (OpRecord record in records)
        {
            if (record.Kind is OpKind.Upload or OpKind.Hold && Parse(record, OpJson.Default.ContentOpData) is { FileName: { } file })
                claimed.Add(file);
        }

        IReadOnlyList<LayerRow> unsealed = volume.Journal.LoadLayers();
        IReadOnlyList<Orphan> orphans = volume.Journal.CorruptCopy is { } copy
            ? volume.Spool.MoveOrphans(claimed, KeptFiles.NamesLeftIn(copy), RecoverReason.JournalLost)
            : volume.Spool.MoveOrphans(claimed, unsealed);
        foreach (LayerRow row in unsealed)
            _cleanup.RemoveLayer(row.FileName); // What they knew stands in the notes beside the files now.
        Task<FsError> stored;
        lock (volume.Lock)
        {
            foreach (OpRecord record in records)
                Apply(record);
            // Last: they belong to files that the rows before have brought back.
            foreach (OpRecord record in records)
                ApplyDetails(record);
            stored = volume.Store(_cleanup);
        }

        await stored;
        if (_resumed > 0)
            volume.Log.Resumed(_resumed, _bytes);
        Report = new ResumeReport(_resumed, _bytes, orphans.Count, _damaged, volume.Journal.CorruptCopy);
    }

    /// <summary>A folder rename that was under way: where everything below is must be known first.</summary>
    private async Task FinishFolderJobsAsync()
    {
        foreach (OpRecord record in volume.Journal.LoadOps())
        {
            if (record.Kind != OpKind.FolderJob || Parse(record, OpJson.Default.FolderJobData) is not { } job)
                continue;
            _resumed++;
            FsError outcome = job.JobId is { } id
                ? await mover.AwaitJobAsync(id, job.StepFrom, job.StepTo)
                : await mover.RepeatAsync(record.Seq, record.Path, record.Path2 ?? job.StepTo, job);
            if (outcome == FsError.Remote)
                continue; // Not to be learnt now: the row stays for the next start.
            string at = outcome == FsError.None ? job.StepTo : job.StepFrom;
            await RewriteAsync(record.Path, at, ended: null);
            // Neither the old place nor the new one: a move that also changes the name is two jobs.
            if (at != record.Path && at != record.Path2 && record.Path2 is { } to)
            {
                (outcome, string reached) = await mover.ResumeAsync(record.Seq, at, to, job.LocalName);
                await RewriteAsync(at, reached, ended: outcome == FsError.Remote ? null : record.Seq);
                continue;
            }

            await RewriteAsync(at, at, ended: record.Seq);
        }
    }

    private async Task RewriteAsync(string from, string to, long? ended)
    {
        // The first listing of the root may be from before the job ended.
        foreach (string path in (string[])[from, to])
        {
            volume.Tree.Forget(RemotePath.Parent(path));
            volume.Tree.Forget(path);
            volume.Tree.ForgetBelow(path);
        }

        JournalBatch batch = new();
        if (from != to)
            batch.RewritePaths(from, to);
        if (ended is { } seq)
            batch.Remove(seq);
        await StoreAsync(batch);
    }

    private Task<FsError> StoreAsync(JournalBatch batch)
    {
        lock (volume.Lock)
            return volume.Store(batch);
    }

    private void Apply(OpRecord record)
    {
        bool isInside = record.Path != volume.Names.Root.RemotePath && RemotePath.IsBelow(record.Path, volume.Names.Root.RemotePath);
        if (!isInside)
            return;
        switch (record.Kind)
        {
            case OpKind.Upload or OpKind.Hold:
                ApplyContent(record);
                break;
            case OpKind.Delete:
                ApplyDelete(record);
                break;
            case OpKind.Rename:
                ApplyRename(record);
                break;
            case OpKind.Mkdir:
                ApplyMkdir(record);
                break;
            case OpKind.Rmdir:
                Volume.Hide(FolderAt(RemotePath.Parent(record.Path)), record.FileId ?? "", RemotePath.Name(record.Path), record.Seq).DoneAt = volume.Time.GetTimestamp();
                break;
            case OpKind.Patch when record.FileId is not null && Parse(record, OpJson.Default.PatchOpData) is { } data:
                Count(volume.Times.Resume(record, data), record);
                break;
            case OpKind.FolderJob or OpKind.Patch or OpKind.Details:
                break;
        }
    }

    private void ApplyContent(OpRecord record)
    {
        if (Parse(record, OpJson.Default.ContentOpData) is not { } data)
            return;
        if (data is { Hold: HoldReason.Backup, Base: { } version })
        {
            ApplyBackup(record, data, version);
            return;
        }

        SealedLayer layer = new(data.Generation, data.Size, UInt128.Parse(data.Hash, NumberStyles.HexNumber, CultureInfo.InvariantCulture), data.FileName);
        FolderInode parent = FolderAt(RemotePath.Parent(record.Path));
        if (record.State == OpState.Replied)
        {
            ApplyCommitted(record, data, layer, parent);
            return;
        }

        SpoolCheck check = volume.Spool.Verify(layer);
        if (check != SpoolCheck.Ok)
        {
            volume.Log.SpoolDamaged(record.Path, check == SpoolCheck.Missing ? "gone" : "damaged");
            volume.Spool.MoveDamaged(layer, record.Path, data.LocalName, new Timestamp(data.ModifiedNs));
            _damaged++;
            _cleanup.Remove(record.Seq);
            return;
        }

        DateTimeOffset? ambiguous = record.State == OpState.Sent ? data.AmbiguousSince ?? volume.Time.GetUtcNow() : data.AmbiguousSince;
        FileInode inode = FileFor(record.Ino, parent, data, OverlayState.Pending, RemotePath.Name(record.Path));
        // A row may be older than the reply to the generation before it.
        bool isOlder = inode.Base is { } known && (data.Base is null || (data.Base.FileId == known.FileId && data.Base.Number < known.Number));
        if (!isOlder)
            inode.Base = data.Base;
        ContentOp? superseded = inode.Dirty?.Queued;
        inode.Dirty?.Dispose();

        inode.Dirty = new DirtyState(ContentStack.Reopen(volume.Spool, layer, volume.Time, volume.Log))
        {
            NameClass = data.NameClass ?? data.Hold switch
            {
                HoldReason.Junk => NameClass.Junk,
                HoldReason.Transient => NameClass.Transient,
                HoldReason.Empty => NameRules.Classify(data.LocalName, isExclusiveReadWrite: false),
                HoldReason.None or HoldReason.Backup => NameClass.Ordinary,
            },
        };
        ContentOp op = new(record.Seq, record.Path, inode, layer, data.Hold)
        {
            LocalName = data.LocalName,
            IsJournaled = true,
            BesideName = data.BesideName,
            NotBefore = data.Hold == HoldReason.Transient ? volume.After(volume.Options.TransientDelay) : 0,
        };
        if (ambiguous is { } since)
            op.Doubt(since, data.AmbiguousContents);
        op.Resume(data.Stored);
        inode.Dirty.Queued = op;
        volume.Queue.Add(op);
        Count(op, record);
        if (superseded is null)
            return;
        if (superseded.WillBePushed && (superseded.Path != op.Path || (op.Hold != HoldReason.None && superseded.AmbiguousSince is not null)))
        {
            // A rename lies between: the older one goes first, under the name that the rename expects. Or it may have been stored, and the newer one stays here.
            inode.Dirty.InFlight = superseded;
            return;
        }

        // An older generation of the same file was on its way: the newer one holds all of it.
        op.TakeDoubtOf(superseded);
        volume.Queue.Remove(superseded);
        _cleanup.Remove(superseded.Seq);
        _cleanup.Put(op.ToRecord());
        _cleanup.AfterCommit.Add(() => volume.Spool.Release(superseded.Layer));
    }

    private void ApplyDetails(OpRecord record)
    {
        if (record.Kind == OpKind.Details && Parse(record, OpJson.Default.DetailsOpData) is { } data && volume.Details.Resume(record, data, _cleanup) is { } op)
            Count(op, record);
    }

    /// <summary>A backup name that shows the version before a save.</summary>
    private void ApplyBackup(OpRecord record, ContentOpData data, RemoteVersion version)
    {
        FileInode inode = FileFor(record.Ino, FolderAt(RemotePath.Parent(record.Path)), data, OverlayState.Pending, RemotePath.Name(record.Path));
        inode.Base = version;
        inode.IsSuperseded = true;
        inode.Backup = new BackupOp(record.Seq, record.Path, inode, version) { IsJournaled = true };
        volume.Queue.Add(inode.Backup);
        Count(inode.Backup, record);
    }

    /// <summary>The reply was journaled: the bytes are in the spool folder or in the cache, and no listing has agreed yet.</summary>
    private void ApplyCommitted(OpRecord record, ContentOpData data, SealedLayer layer, FolderInode parent)
    {
        if (data.Committed is not { } version)
        {
            _cleanup.Remove(record.Seq);
            return;
        }

        if (volume.Spool.Verify(layer) == SpoolCheck.Ok)
            volume.Content.Adopt(version.Key, layer.Size, volume.Spool.PathOf(layer), layer.Hash);
        volume.Spool.Release(layer); // The library has the bytes, whether the cache has them or not.
        FileInode inode = FileFor(record.Ino, parent, data, OverlayState.Published, RemotePath.Name(record.Path));
        inode.Base = version;
        volume.Names.ApplyStored(inode, version.FileId, version.VersionId);
        Prove(inode, record);
        inode.PublishedAt = volume.Time.GetTimestamp();
    }

    /// <summary>The newest acknowledgement is what counts.</summary>
    private void Prove(Inode inode, OpRecord record)
    {
        if (inode.EvidenceSeq != 0)
            _cleanup.Remove(inode.EvidenceSeq);
        inode.EvidenceSeq = record.Seq;
    }

    private void ApplyDelete(OpRecord record)
    {
        FolderInode parent = FolderAt(RemotePath.Parent(record.Path));
        FileInode? uploading = null;
        foreach (Inode child in parent.Dentries.Values.ToArray())
        {
            if (child is not FileInode file)
                continue;
            // An upload that was on its way when the file was unlinked: what became of it is learnt first, then that is deleted.
            bool isUploading = file.Dirty is not null && (file.Ino == record.Ino || (record.FileId is not null && file.ObjectId == record.FileId));
            if (!isUploading && (record.FileId is null || file.ObjectId != record.FileId))
                continue;
            if (file.EvidenceSeq != 0)
                _cleanup.Remove(file.EvidenceSeq);
            uploading = isUploading ? file : uploading;
            volume.Names.Unbind(file);
        }

        if (record.FileId is null && uploading is null)
        {
            _cleanup.Remove(record.Seq);
            return;
        }

        HiddenRow? hidden = null;
        if (record.FileId is { } id)
        {
            hidden = Volume.Hide(parent, id, RemotePath.Name(record.Path), record.Seq);
            hidden.IsUnseen = true;
        }
        else
        {
            parent.Hidden[HiddenKey.AnyFile(RemotePath.Name(record.Path))] = new HiddenRow();
        }

        if (record.State == OpState.Replied)
        {
            hidden?.DoneAt = volume.Time.GetTimestamp();
            return;
        }

        DeleteOp op = new(record.Seq, record.Path, record.FileId, uploading) { IsJournaled = true };
        volume.Queue.Add(op);
        Count(op, record);
    }

    private void ApplyRename(OpRecord record)
    {
        if (Parse(record, OpJson.Default.RenameOpData) is not { } data || record.Path2 is not { } target)
            return;
        FolderInode from = FolderAt(RemotePath.Parent(record.Path));
        FolderInode to = FolderAt(RemotePath.Parent(target));
        FileInode? inode = null;
        foreach (Inode child in from.Dentries.Values)
        {
            if (child is FileInode file && (file.Ino == record.Ino || file.Base?.FileId == data.Version.FileId))
                inode = file;
        }

        if (inode is null)
        {
            inode = volume.Names.NewFile(record.Ino);
            inode.Base = data.Version;
            inode.Modified = inode.Changed = new Timestamp(data.ModifiedNs);
            inode.Born = new Timestamp(data.BornNs);
            volume.Names.ApplyStored(inode, data.Version.FileId, data.Version.VersionId);
            inode.Ino = record.Ino; // What is stored may still be of the file that this one took the place of.
        }

        bool done = record.State == OpState.Replied;
        string before = inode.ServerPath ?? record.Path;
        HiddenRow hidden = Volume.Hide(from, data.Version.FileId, RemotePath.Name(record.Path), record.Seq);
        hidden.IsUnseen = true;
        if (data.Version.FileId.Length == 0)
            from.Hidden[HiddenKey.AnyFile(RemotePath.Name(record.Path))] = hidden;
        to.Dentries.TryGetValue(data.LocalName, out Inode? inTheWay);
        volume.Names.Bind(to, data.LocalName, RemotePath.Name(target), inode, done ? OverlayState.Published : OverlayState.Pending);
        if (data.ReplacedFileId is { } replaced)
        {
            HiddenRow gone = Volume.Hide(to, replaced, RemotePath.Name(target), record.Seq);
            gone.DoneAt = done ? volume.Time.GetTimestamp() : null;
            gone.IsUnseen = true;
        }

        if (done)
        {
            hidden.DoneAt = volume.Time.GetTimestamp();
            inode.ServerPath = null;
            Prove(inode, record);
            inode.IsIdUnconfirmed = true;
            inode.PublishedAt = volume.Time.GetTimestamp();
            return;
        }

        inode.ServerPath = before;
        RenameOp op = new(record.Seq, record.Path, inode, data.Version.FileId.Length > 0 ? data.Version : inode.Base ?? data.Version)
        {
            LocalName = data.LocalName,
            Path2 = target,
            ReplacedFileId = data.ReplacedFileId,
            ReplacedInode = inTheWay is FileInode { Dirty.Queued: not null } uploading && uploading != inode ? uploading : null,
            ParkedPath = data.ParkedPath,
            MovedFrom = data.MovedFrom,
            IsInPlace = data.IsInPlace,
            IsJournaled = true,
            Attempts = 1, // A step may have happened without our knowing: look before refusing.
        };
        if (RenameOp.StopoverOf(record.Path, target) is { } stopover && !op.IsInPlace && (op.MovedFrom == stopover || !volume.Queue.HasOpsOn(stopover)))
            op.Stopover = stopover;
        // It may have been parked, or be under way by another name, just before the end: nobody is to see that.
        if (op.ReplacedFileId is { } parked)
            op.Steps.Add(Volume.Hide(to, parked, op.ParkedName, journalSeq: 0));
        if (op.Version.FileId.Length > 0 && from != to)
        {
            foreach (string passing in (string[])[RemotePath.Name(target), op.PassingName])
                op.Steps.Add(Volume.Hide(from, op.Version.FileId, passing, journalSeq: 0));
            op.Steps.Add(Volume.Hide(to, op.Version.FileId, op.PassingName, journalSeq: 0));
        }

        volume.Queue.Add(op);
        Count(op, record);
    }

    private void ApplyMkdir(OpRecord record)
    {
        if (Parse(record, OpJson.Default.FolderOpData) is not { } data)
            return;
        FolderInode parent = FolderAt(RemotePath.Parent(record.Path));
        // From the path: a folder rename rewrites the paths of the journal, not the texts of its rows.
        string name = volume.NameMap.ToLocal(RemotePath.Name(record.Path), isFolder: true);
        bool done = record.State == OpState.Replied;
        FolderInode inode = parent.Dentries.TryGetValue(name, out Inode? known) && known is FolderInode folder
            ? folder
            : volume.Names.NewFolder(record.Path, record.Ino);
        inode.Ino = record.Ino;
        inode.Mode = data.Mode;
        inode.Uid = data.Uid;
        inode.Gid = data.Gid;
        inode.Modified = inode.Changed = inode.Born = new Timestamp(data.ModifiedNs);
        inode.IsAssumed = false;
        inode.IsLocalOnly = !done;
        inode.PublishedAt = volume.Time.GetTimestamp();
        volume.Names.Bind(parent, name, RemotePath.Name(record.Path), inode, done ? OverlayState.Published : OverlayState.Pending);
        if (done)
        {
            Prove(inode, record);
            return;
        }

        MkdirOp op = new(record.Seq, record.Path, inode) { IsJournaled = true };
        volume.Queue.Add(op);
        Count(op, record);
    }

    private FileInode FileFor(ulong ino, FolderInode parent, ContentOpData data, OverlayState overlay, string remoteName)
    {
        FileInode inode = parent.Dentries.TryGetValue(data.LocalName, out Inode? known) && known is FileInode file && file.Ino == ino
            ? file
            : volume.Names.NewFile(ino);
        inode.Mode = data.Mode;
        inode.Uid = data.Uid;
        inode.Gid = data.Gid;
        inode.Modified = inode.Changed = new Timestamp(data.ModifiedNs);
        inode.Born = new Timestamp(data.BornNs);
        volume.Names.Bind(parent, data.LocalName, remoteName, inode, overlay);
        return inode;
    }

    /// <summary>The folder at a path; folders that the journal takes for granted are bound without a listing, which comes when they are looked at.</summary>
    private FolderInode FolderAt(string remotePath)
    {
        FolderInode folder = volume.Names.Root;
        if (remotePath == folder.RemotePath)
            return folder;
        int start = RemotePath.IsRoot(folder.RemotePath) ? 1 : folder.RemotePath.Length + 1;
        foreach (string remoteName in remotePath[start..].Split('/'))
        {
            FolderInode? next = null;
            foreach (Inode child in folder.Dentries.Values)
            {
                if (child is FolderInode candidate && candidate.RemoteName == remoteName)
                    next = candidate;
            }

            if (next is null)
            {
                next = volume.Names.NewFolder(RemotePath.Combine(folder.RemotePath, remoteName));
                next.IsAssumed = true;
                volume.Names.Bind(folder, volume.NameMap.ToLocal(remoteName, isFolder: true), remoteName, next, OverlayState.Listed);
            }

            folder = next;
        }

        return folder;
    }

    private T? Parse<T>(OpRecord record, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(record.Data, type);
        }
        catch (JsonException)
        {
            volume.Log.SpoolDamaged(record.Path, "without a readable journal row");
            _cleanup.Remove(record.Seq);
            return null;
        }
    }

    private void Count(PendingOp op, OpRecord record)
    {
        op.LastError = record.Error;
        if (!op.WillBePushed)
            return;
        _resumed++;
        _bytes += op.Bytes;
    }
}
