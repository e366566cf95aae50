using System.Globalization;
using System.Text.Json;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Renames and moves folders: a job at the service, during which the folder is closed here.</summary>
/// <remarks>
/// The job is journaled before it is started and again with its id; the paths in the journal are rewritten in the transaction that ends it. After a crash
/// the id is polled, else both names are listed: the one that is there tells. The target is seen free before, since the service merges silently.
/// </remarks>
internal sealed class FolderMover(Volume volume, FolderRemover remover)
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastPoll = TimeSpan.FromSeconds(2);

    /// <summary>No failed state is documented for jobs: past this the listings decide.</summary>
    private static readonly TimeSpan JobLimit = TimeSpan.FromMinutes(5);

    public async ValueTask<FsError> MoveAsync(FolderInode folder, FolderInode newParent, EntryName newName, string newRemoteName, CancellationToken ct)
    {
        PathGates.Gate? source = null;
        PathGates.Gate? target = null;
        string targetPath = RemotePath.Combine(newParent.RemotePath, newRemoteName);
        FsError settled = await remover.SettleRenamesAsync(targetPath, ct);
        if (settled == FsError.None)
            settled = await remover.SettleMakingAsync(folder, ct);
        if (settled != FsError.None)
            return settled;
        while (true)
        {
            Task busy;
            lock (volume.Lock)
            {
                if (!folder.IsLinked || (!newParent.IsLinked && newParent != volume.Names.Root))
                    return FsError.NotFound;
                targetPath = RemotePath.Combine(newParent.RemotePath, newRemoteName);
                source = volume.Gates.TryClose(folder.RemotePath);
                target = source is null ? null : volume.Gates.TryClose(targetPath);
                if (target is not null)
                    break;
                busy = source is null ? volume.Gates.WaitForRelated(folder.RemotePath) : volume.Gates.WaitForRelated(targetPath);
                source?.Open();
            }

            await busy.WaitAsync(ct);
        }

        try
        {
            await remover.SettleBelowAsync(folder.RemotePath, ct);
            await remover.SettleBelowAsync(targetPath, ct);
            return await MoveClosedAsync(folder, newParent, newName, newRemoteName, ct);
        }
        finally
        {
            lock (volume.Lock)
            {
                source!.Open();
                target.Open();
            }

            volume.Wake();
        }
    }

    private async ValueTask<FsError> MoveClosedAsync(FolderInode folder, FolderInode newParent, EntryName newName, string newRemoteName, CancellationToken ct)
    {
        FsError error = await ClearTargetAsync(newParent, newName, ct);
        if (error != FsError.None)
            return error;
        string from = folder.RemotePath;
        string to = RemotePath.Combine(newParent.RemotePath, newRemoteName);
        long seq = volume.Journal.NextSeq();
        if (!folder.IsLocalOnly)
        {
            if (newParent.IsLocalOnly && await MakeParentAsync(newParent, ct) is var made && made != FsError.None)
                return made;
            (error, string at) = await RunAsync(seq, from, to, newName.Value, ct);
            if (error != FsError.None)
            {
                await StopAsync(folder, newParent, seq, from, at);
                return error;
            }
        }

        return await PublishAsync(folder, newParent, newName, newRemoteName, seq, from, to);
    }

    /// <summary>rename(2) replaces an empty folder and nothing else.</summary>
    private async ValueTask<FsError> ClearTargetAsync(FolderInode newParent, EntryName newName, CancellationToken ct)
    {
        Listing? listing = null;
        if (!newParent.IsLocalOnly)
        {
            TreeResult listed = await volume.Tree.GetAsync(newParent.RemotePath, ct);
            if (!listed.Ok || listed.IsStale)
                return listed.Error!.ToFsError();
            listing = listed.Listing;
        }

        Inode? present;
        lock (volume.Lock)
            present = volume.Names.Find(newParent, newName.Value, listing);
        return present switch
        {
            null => FsError.None,
            FolderInode inner => await remover.RemoveClosedAsync(inner, ct),
            _ => FsError.NotDirectory,
        };
    }

    /// <summary>The folder to move into must be there, and known to be: by its own operation, which tells everybody.</summary>
    private ValueTask<FsError> MakeParentAsync(FolderInode parent, CancellationToken ct) =>
        remover.MakeNowAsync(() => volume.Queue.FindMkdir(parent.RemotePath), ct);

    /// <summary>The job is over without having got there: the folder is shown where the library has it.</summary>
    private async ValueTask StopAsync(FolderInode folder, FolderInode newParent, long seq, string from, string at)
    {
        FolderInode? parent = folder.Parent is { } old && old.RemotePath == RemotePath.Parent(at) ? old : newParent;
        string name = volume.NameMap.ToLocal(RemotePath.Name(at), isFolder: true);
        if (at != from && EntryName.TryParse(name, out EntryName entry) == FsError.None)
        {
            volume.Log.JobStopped(from, at);
            await PublishAsync(folder, parent, entry, RemotePath.Name(at), seq, from, at);
            volume.Kernel.InvalidateEntry(parent.Id, entry);
            return;
        }

        JournalBatch undo = new();
        undo.Remove(seq);
        Task<FsError> stored;
        lock (volume.Lock)
            stored = volume.Store(undo);
        await stored;
    }

    /// <summary>
    /// One job, or two: a move keeps the base name, so another name under another parent is taken at the source first, or at the target afterwards, wherever
    /// no other folder has the name in between (the service would merge them). Where both are taken it goes by way of a name of its own: three.
    /// </summary>
    /// <returns>Where the folder is in the end.</returns>
    private async ValueTask<(FsError Error, string At)> RunAsync(long seq, string from, string to, string localName, CancellationToken ct)
    {
        string fromParent = RemotePath.Parent(from);
        string toParent = RemotePath.Parent(to);
        if (fromParent == toParent || RemotePath.Name(from) == RemotePath.Name(to))
            return await StepsAsync(seq, [from, to], localName);
        string[] ways = [RemotePath.Combine(fromParent, RemotePath.Name(to)), RemotePath.Combine(toParent, RemotePath.Name(from))];
        foreach (string way in ways)
        {
            PathGates.Gate? gate;
            lock (volume.Lock)
                gate = volume.Gates.TryClose(way);
            if (gate is null)
                continue;
            try
            {
                if (!await IsTakenAsync(RemotePath.Parent(way), RemotePath.Name(way), ct))
                    return await StepsAsync(seq, [from, way, to], localName);
            }
            finally
            {
                lock (volume.Lock)
                    gate.Open();
            }
        }

        string own = string.Create(CultureInfo.InvariantCulture, $"{RemotePath.Name(to)}_ikold_{seq % 1_000_000:d6}");
        return await StepsAsync(seq, [from, RemotePath.Combine(fromParent, own), RemotePath.Combine(toParent, own), to], localName);
    }

    private async ValueTask<(FsError Error, string At)> StepsAsync(long seq, string[] stops, string localName)
    {
        for (int i = 1; i < stops.Length; i++)
        {
            FolderJobData step = new() { LocalName = localName, StepFrom = stops[i - 1], StepTo = stops[i] };
            FsError error = await StepAsync(seq, stops[0], stops[^1], step, isBegun: i > 1, mayHaveRun: false);
            if (error != FsError.None)
                return (error, stops[i - 1]);
        }

        return (FsError.None, stops[^1]);
    }

    /// <summary>After a crash: the steps that were left, from where the ones that happened had brought the folder.</summary>
    public async ValueTask<(FsError Error, string At)> ResumeAsync(long seq, string at, string to, string localName)
    {
        // Seen free before the crash; who took it since must not be merged with.
        if (await IsTakenAsync(RemotePath.Parent(to), RemotePath.Name(to), CancellationToken.None))
            return (FsError.Exists, at);
        return await RunAsync(seq, at, to, localName, CancellationToken.None);
    }

    /// <summary>After a crash between a request and its reply: asked again. Had it been taken, its folder is locked or no longer there.</summary>
    public ValueTask<FsError> RepeatAsync(long seq, string from, string to, FolderJobData step) => StepAsync(seq, from, to, step, isBegun: true, mayHaveRun: true);

    private async ValueTask<bool> IsTakenAsync(string folder, string remoteName, CancellationToken ct)
    {
        lock (volume.Lock)
        {
            // What we made since the listing counts as well.
            if (volume.Names.FindFolder(RemotePath.Combine(folder, remoteName)) is not null)
                return true;
        }

        TreeResult listed = await volume.Tree.GetAsync(folder, ct);
        if (!listed.Ok)
            return true;
        for (int i = 0; i < listed.Listing.Count; i++)
        {
            if (listed.Listing[i].RemoteName == remoteName && listed.Listing[i].Kind == FileKind.Directory)
                return true;
        }

        return false;
    }

    /// <param name="seq">The journal row.</param>
    /// <param name="from">Where the whole move starts.</param>
    /// <param name="to">Where it is to end.</param>
    /// <param name="step">This job.</param>
    /// <param name="isBegun">An earlier step happened: this one is tried for longer, so that the folder does not stay half-way.</param>
    /// <param name="mayHaveRun">An earlier request for it had no reply.</param>
    private async ValueTask<FsError> StepAsync(long seq, string from, string to, FolderJobData step, bool isBegun, bool mayHaveRun)
    {
        (string stepFrom, string stepTo) = (step.StepFrom, step.StepTo);
        FsError error = await JournalAsync(seq, from, to, step);
        if (error != FsError.None)
            return error;
        volume.Passed(Step.JobJournaled);
        long begun = volume.Time.GetTimestamp();
        for (TimeSpan pause = FirstPoll; ; pause = pause * 2 < LastPoll ? pause * 2 : LastPoll)
        {
            ApiResult<string> started = RemotePath.Parent(stepFrom) == RemotePath.Parent(stepTo)
                ? await volume.Library.StartRenameFolderAsync(stepFrom, RemotePath.Name(stepTo), CancellationToken.None)
                : await volume.Library.StartMoveFolderAsync(stepFrom, RemotePath.Parent(stepTo), CancellationToken.None);
            if (started.Ok)
                return await FinishStepAsync(seq, from, to, step with { JobId = started.Value });
            if (started.Error.Kind == ApiErrorKind.NotFound && !mayHaveRun)
                return await MoveUnlistedAsync(stepFrom, stepTo);
            mayHaveRun |= started.Error.MayHaveHappened;
            bool isPassing = started.Error.IsTransient || started.Error.Kind == ApiErrorKind.Locked;
            bool goesOn = isPassing && (isBegun || mayHaveRun) && volume.Time.GetElapsedTime(begun) < volume.Options.CommitDeadline;
            if (!goesOn)
                return mayHaveRun ? await DecideAsync(stepFrom, stepTo, CancellationToken.None) : started.Error.ToFsError();
            await Task.Delay(pause, volume.Time, CancellationToken.None);
        }
    }

    private async ValueTask<FsError> FinishStepAsync(long seq, string from, string to, FolderJobData step)
    {
        volume.Passed(Step.JobStarted);
        FsError error = await JournalAsync(seq, from, to, step);
        if (error != FsError.None)
            return error;
        volume.Passed(Step.JobIdJournaled);
        FsError ended = await AwaitJobAsync(step.JobId!, step.StepFrom, step.StepTo);
        volume.Passed(Step.JobEnded);
        return ended;
    }

    /// <summary>The service may refuse to move a folder that is empty (U17): then it is made anew and the old one removed.</summary>
    private async ValueTask<FsError> MoveUnlistedAsync(string stepFrom, string stepTo)
    {
        TreeResult listed = await volume.Tree.FetchAsync(stepFrom, CancellationToken.None);
        if (!listed.Ok || listed.IsStale)
            return listed.Error!.ToFsError();
        if (listed.Listing.Count > 0)
            return FsError.Busy;
        if (await IsListedAsync(stepFrom, CancellationToken.None) is not true)
            return FsError.NotFound; // Not empty but gone: somebody else moved it.
        ApiResult<Nothing> made = await volume.Library.CreateFolderAsync(RemotePath.Parent(stepTo), RemotePath.Name(stepTo), CancellationToken.None);
        if (!made.Ok)
            return made.Error.ToFsError();
        ApiResult<Nothing> removed = await volume.Library.DeleteFolderAsync(stepFrom, CancellationToken.None);
        return removed.Ok || removed.Error.Kind == ApiErrorKind.NotFound ? FsError.None : removed.Error.ToFsError();
    }

    /// <summary>Once started, a job is waited for whatever the caller does: its outcome decides where everything below is.</summary>
    public async ValueTask<FsError> AwaitJobAsync(string jobId, string from, string to)
    {
        long begun = volume.Time.GetTimestamp();
        TimeSpan pause = FirstPoll;
        while (volume.Time.GetElapsedTime(begun) < JobLimit)
        {
            await Task.Delay(pause, volume.Time, CancellationToken.None);
            ApiResult<JobState> state = await volume.Library.JobAsync(jobId, CancellationToken.None);
            if (state.Ok && state.Value == JobState.Completed)
                return FsError.None;
            if (!state.Ok && state.Error.Kind == ApiErrorKind.NotFound)
                break;
            pause = pause * 2 < LastPoll ? pause * 2 : LastPoll;
        }

        volume.Log.JobOverdue(from, to, JobLimit.ToWords());
        return await DecideAsync(from, to, CancellationToken.None);
    }

    /// <summary>No word about the job: the folder that is listed under its parent tells.</summary>
    public async ValueTask<FsError> DecideAsync(string from, string to, CancellationToken ct)
    {
        bool? atTarget = await IsListedAsync(to, ct);
        bool? atSource = await IsListedAsync(from, ct);
        return (atTarget, atSource) switch
        {
            (true, false) => FsError.None,
            (null, _) or (_, null) => FsError.Remote,
            _ => FsError.Busy,
        };
    }

    private async ValueTask<bool?> IsListedAsync(string path, CancellationToken ct)
    {
        TreeResult listed = await volume.Tree.FetchAsync(RemotePath.Parent(path), ct);
        if (!listed.Ok || listed.IsStale)
            return null;
        string name = RemotePath.Name(path);
        for (int i = 0; i < listed.Listing.Count; i++)
        {
            if (listed.Listing[i].Kind == FileKind.Directory && listed.Listing[i].RemoteName == name)
                return true;
        }

        return false;
    }

    private Task<FsError> JournalAsync(long seq, string from, string to, FolderJobData data)
    {
        JournalBatch batch = new();
        batch.Put(new OpRecord
        {
            Seq = seq,
            Kind = OpKind.FolderJob,
            State = OpState.Sent,
            Path = from,
            Path2 = to,
            Ino = 0,
            FileId = null,
            Data = JsonSerializer.Serialize(data, OpJson.Default.FolderJobData),
        });
        lock (volume.Lock)
            return volume.Store(batch);
    }

    private void Keep(FolderInode folder, JournalBatch batch)
    {
        if (volume.Queue.FindMkdir(folder.RemotePath) is { } mkdir)
        {
            batch.Put(mkdir.ToRecord());
            return;
        }

        if (folder.EvidenceSeq == 0)
            folder.EvidenceSeq = volume.Journal.NextSeq();
        batch.Put(MkdirOp.EvidenceOf(folder));
    }

    private async ValueTask<FsError> PublishAsync(
        FolderInode folder, FolderInode newParent, EntryName newName, string newRemoteName, long seq, string from, string to)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            long now = volume.Time.GetTimestamp();
            bool wasLocal = folder.IsLocalOnly;
            OverlayState overlay = wasLocal ? OverlayState.Pending : OverlayState.Published;
            volume.Queue.Rebase(from, to);
            batch.Remove(seq);
            batch.RewritePaths(from, to);
            if (!wasLocal && folder.Parent is { } oldParent)
            {
                HiddenRow hidden = Volume.Hide(oldParent, folder.FolderId ?? "", folder.RemoteName, journalSeq: 0);
                hidden.IsUnseen = folder.Overlay != OverlayState.Listed;
                hidden.DoneAt = now;
            }

            newParent.Hidden.Remove(new HiddenKey(folder.FolderId ?? "", newRemoteName));
            newParent.Hidden.Remove(new HiddenKey("", newRemoteName));
            volume.Names.Bind(newParent, newName.Value, newRemoteName, folder, overlay);
            folder.PublishedAt = now;
            volume.Tree.Forget(from);
            volume.Tree.ForgetBelow(from);
            volume.Tree.Forget(to);
            volume.Tree.ForgetBelow(to);
            foreach (Inode below in Namespace.Below(folder))
            {
                if (below.Overlay != OverlayState.Listed)
                    continue;
                // No listing has shown it at its new place: one that lags must not take the name from what is open.
                below.PublishedAt = now;
                Namespace.SetOverlay(below, OverlayState.Published);
                if (below is FileInode file)
                    file.IsIdUnconfirmed = true;
            }

            foreach (PendingOp below in volume.Queue.Below(to))
            {
                if (below is RenameOp rename)
                    batch.Put(rename.ToRecord()); // It names places on the way as well.
            }

            // The ids of folders may be others at the new place, so what is remembered by id is kept by path until a listing tells.
            foreach (Inode moved in Namespace.Below(folder).Prepend(folder))
            {
                if (moved is FolderInode { IsAssumed: false } inner)
                    Keep(inner, batch);
            }
            stored = volume.Store(batch);
        }

        FsError error = await stored;
        volume.Passed(Step.JobPublished);
        return error;
    }
}
