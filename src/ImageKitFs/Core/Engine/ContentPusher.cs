using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Commits a sealed generation: one upload, without asking first; the reply is the evidence.</summary>
/// <remarks>
/// Rules (docs/SEMANTICS.md, Commits): a name the library does not know is created exclusively; a known one is overwritten, and the reply's id and
/// version number tell whether somebody else wrote meanwhile. After a lost reply the library is asked before anything is sent again.
/// </remarks>
internal sealed partial class ContentPusher(Volume volume, Publisher publisher, UploadPacing pacing)
{
    private readonly VersionPruner _pruner = new(volume);

    /// <summary>Clocks of client and service may differ by this much when a row's time is compared with an attempt's.</summary>
    private static readonly TimeSpan ClockAllowance = TimeSpan.FromMinutes(5);

    public async Task<PushResult> PushAsync(ContentOp op, CancellationToken ct)
    {
        if (op.BesideName is not null)
            return await PushBesideAsync(op, ct);
        FileInode inode = op.Inode;
        RemoteVersion? current;
        RemoteVersion? foreign;
        lock (volume.Lock)
        {
            current = inode.Base;
            foreign = inode.Dirty?.Foreign;
        }

        if (op.AmbiguousSince is not null)
        {
            PushResult? resolved = op.Stored is { } stored && current is not null
                ? await SettleStoredAsync(op, current, stored, ct)
                : await ResolveAsync(op, current, ct);
            if (resolved is { } verdict)
                return verdict;
            lock (volume.Lock)
            {
                if (!inode.IsLinked && op.AmbiguousSince is null)
                    return PushResult.RetryLater(FsError.None, "not stored, and no longer wanted");
                current = inode.Base;
                foreign = inode.Dirty?.Foreign;
            }
        }

        // A create that may be our own lost upload is repeated exclusively; only then is the row that is there looked into.
        if (foreign is not null && (current is not null || op.AmbiguousSince is null))
        {
            switch (volume.Options.OnConflict)
            {
                case ConflictPolicy.KeepBoth:
                    return await PushBesideAsync(op, ct);
                case ConflictPolicy.Fail:
                    return PushResult.Refuse(FsError.Remote, "changed by someone else since it was opened (--on-conflict fail)");
                case ConflictPolicy.Overwrite:
                    volume.Log.ConflictOverwritten(op.Path, foreign.VersionId);
                    lock (volume.Lock)
                    {
                        inode.Base = current = foreign;
                        inode.Dirty!.Foreign = null;
                    }

                    break;
            }
        }

        return await SendAsync(op, current, ct);
    }

    private async Task<PushResult> SendAsync(ContentOp op, RemoteVersion? current, CancellationToken ct, bool withTime = true)
    {
        TimeSpan wait = pacing.WaitOf(op.Path);
        if (wait > TimeSpan.Zero)
            return PushResult.RetryLater(FsError.Throttled, "ImageKit wants to get this file less often") with { MinDelay = wait, IsTold = true };

        string path = op.Path;
        string name = RemotePath.Name(path);
        // A listed name that the v1 rule would change is never an upload target: the bytes could land in another file (decision 0005).
        bool isForeignSpelling = current is not null && !volume.NameMap.IsStableUnderV1(name, isFolder: false);
        if (isForeignSpelling && volume.NameMap.TryToRemote(op.Inode.Name, isFolder: false, out string escaped) == FsError.None)
            path = RemotePath.Combine(RemotePath.Parent(path), escaped);
        bool overwrite = current is not null && !isForeignSpelling;

        if (op.Inode.IsTimeSet)
            await volume.Times.AskAsync(ct);
        (string Json, Timestamp Time)? time = withTime ? volume.Times.WithUpload(op, current) : null;

        volume.Passed(Step.UploadBegun);
        PushResult? journaled = await JournalSentAsync(op);
        if (journaled is { } failure)
            return failure;
        volume.Passed(Step.SentJournaled);
        UploadDetails details = volume.Details.WithUpload(op.Inode, current, overwrite);
        ApiResult<UploadReply> sent = await volume.Library.UploadAsync(RequestFor(op, current, path, overwrite, time?.Json, details), bytesSent: null, ct);
        if (sent.Error is { Kind: ApiErrorKind.BadRequest } refused && time is not null)
            return await SendWithoutTimeAsync(op, current, refused, ct);
        if (!sent.Ok)
            return await RejectedAsync(op, current, sent.Error, overwrite, ct);

        volume.Passed(Step.ReplyReceived);
        pacing.Stored(op.Path);
        UploadReply reply = sent.Value;
        if (reply.FilePath != path)
            return await MisplacedAsync(path, reply, ct);
        volume.Dash.Confirm(RemotePath.Parent(path));
        RemoteVersion version = VersionOf(op, current, reply) with
        {
            StoredTime = time?.Time,
            Tags = details.Tags,
            Description = details.Description,
            CustomMetadataJson = details.CustomMetadataJson,
        };
        if (reply.Size != op.Layer.Size)
        {
            volume.Log.SizeDiffers(path, reply.Size, op.Layer.Size);
            lock (volume.Lock)
                op.Inode.Base = version;
            return PushResult.RetryLater(FsError.Remote, $"the library stored {reply.Size} of {op.Layer.Size} bytes");
        }

        if (overwrite && reply.FileId != current!.FileId)
            volume.Log.BaseGone(path);
        else if (overwrite && reply.VersionNumber != current!.Number + 1)
        {
            FsError stored = await JournalStoredAsync(op, version, op.Layer.Generation);
            if (stored != FsError.None)
                return PushResult.RetryLater(stored, "the journal could not be written");
            return await SettleStoredAsync(op, current, op.Stored!, ct) ?? PushResult.RetryLater(FsError.None, "a newer generation follows");
        }

        return await PublishAsync(op, path, version, over: overwrite && reply.FileId == current!.FileId ? current.VersionId : null);
    }

    /// <summary>The account may not take our custom metadata: other fields may be required, or ours be gone. If it takes the bytes alone, that was the reason.</summary>
    private async Task<PushResult> SendWithoutTimeAsync(ContentOp op, RemoteVersion? current, ApiError refused, CancellationToken ct)
    {
        PushResult result = await SendAsync(op, current, ct, withTime: false);
        if (result.Verdict == PushVerdict.Done)
            volume.Times.SwitchOff(refused.Message);
        return result;
    }

    /// <param name="op">What was stored.</param>
    /// <param name="path">Where.</param>
    /// <param name="version">As what.</param>
    /// <param name="over">The version that ours, and nobody else's, took the place of.</param>
    private async Task<PushResult> PublishAsync(ContentOp op, string path, RemoteVersion version, string? over = null)
    {
        FsError published = await publisher.CommittedAsync(op, path, version, over);
        return published == FsError.None ? PushResult.Done : PushResult.RetryLater(published, "the journal could not be written");
    }

    /// <summary>From here on a crash leaves a row that says "sent": recovery asks the library before it sends again.</summary>
    private async Task<PushResult?> JournalSentAsync(ContentOp op)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            op.State = OpState.Sent;
            op.SentAt = volume.Time.GetUtcNow();
            batch.Put(op.ToRecord());
            stored = volume.Store(batch);
        }

        FsError error = await stored;
        return error == FsError.None ? null : PushResult.RetryLater(error, "the journal could not be written");
    }

    private async Task<PushResult> RejectedAsync(ContentOp op, RemoteVersion? current, ApiError error, bool overwrite, CancellationToken ct)
    {
        if (error.Kind == ApiErrorKind.VersionLimit && overwrite)
            return await _pruner.MakeRoomAsync(current!, ct) ?? await SendAsync(op, current, ct);

        if (error.Kind == ApiErrorKind.AlreadyExists && !overwrite)
        {
            if (op.AmbiguousSince is { } since)
                return await ClaimAsync(op, since, ct);
            return volume.Options.OnConflict switch
            {
                ConflictPolicy.KeepBoth => await PushBesideAsync(op, ct),
                ConflictPolicy.Fail => PushResult.Refuse(FsError.Exists, "someone else created a file of this name (--on-conflict fail)"),
                ConflictPolicy.Overwrite => await OverwriteFoundAsync(op, ct),
            };
        }

        if (error.MayHaveHappened)
        {
            lock (volume.Lock)
                op.Doubt(op.SentAt ?? volume.Time.GetUtcNow());
        }

        TimeSpan pause = error.Kind == ApiErrorKind.UpdateThrottled ? pacing.Refused(op.Path) : default;
        return PushResult.From(error) with { MinDelay = pause };
    }

    /// <summary>Decides what became of an attempt whose reply was lost. Null: it did not happen (or cannot be told apart from that), send again.</summary>
    private async Task<PushResult?> ResolveAsync(ContentOp op, RemoteVersion? current, CancellationToken ct)
    {
        if (current is null)
            return null; // A repeated create is exclusive: the "already exists" it may get is looked into then.
        ApiResult<LibraryRow> details = await volume.Library.DetailsAsync(current.FileId, ct);
        if (!details.Ok)
            return details.Error.Kind == ApiErrorKind.NotFound ? null : PushResult.From(details.Error);
        LibraryRow row = details.Value;
        if (row.VersionId == current.VersionId)
        {
            lock (volume.Lock)
                op.Resolve();
            return null;
        }

        bool isOurs = row.VersionNumber == current.Number + 1 && IsSizeOfOurs(op, row) && row.UpdatedAt >= op.AmbiguousSince - ClockAllowance;
        return isOurs ? await FoundOwnAsync(op, row) : await SearchHistoryAsync(op, current, row, ct);
    }

    /// <summary>An exclusive create that was repeated found the name taken: by our own lost upload, or by someone else.</summary>
    private async Task<PushResult> ClaimAsync(ContentOp op, DateTimeOffset since, CancellationToken ct)
    {
        (LibraryRow? found, PushResult why) = await FindTakenAsync(op.Path, ct);
        if (found is not { } row)
            return why;
        if (IsSizeOfOurs(op, row) && row.VersionNumber == 1 && row.CreatedAt >= since - ClockAllowance)
            return await FoundOwnAsync(op, row) ?? await SendAsync(op, RemoteVersion.From(row), ct);
        return await PushBesideAsync(op, ct);
    }

    /// <summary>The row of a name that the service calls taken; without one, why it is not known.</summary>
    private async Task<(LibraryRow? Row, PushResult Why)> FindTakenAsync(string path, CancellationToken ct)
    {
        TreeResult listed = await volume.Tree.FetchAsync(RemotePath.Parent(path), ct);
        if (!listed.Ok || listed.IsStale)
            return (null, PushResult.From(listed.Error!));
        if (!TryFindRemote(listed.Listing, RemotePath.Name(path), out string? fileId))
            return (null, PushResult.RetryLater(FsError.Remote, "the name is taken, but no listing shows it yet"));
        ApiResult<LibraryRow> details = await volume.Library.DetailsAsync(fileId, ct);
        return details.Ok ? (details.Value, PushResult.Done) : (null, PushResult.From(details.Error));
    }

    private async Task<PushResult> OverwriteFoundAsync(ContentOp op, CancellationToken ct)
    {
        (LibraryRow? row, PushResult why) = await FindTakenAsync(op.Path, ct);
        if (row is null)
            return why;
        volume.Log.ConflictOverwritten(op.Path, row.VersionId);
        RemoteVersion found = RemoteVersion.From(row);
        lock (volume.Lock)
            op.Inode.Base = found;
        return await SendAsync(op, found, ct);
    }

    private static bool IsSizeOfOurs(ContentOp op, LibraryRow row) => op.AmbiguousContents.Any(sent => sent.Size == row.Size);

    /// <summary>False when an older generation of this size may have been stored: equal sizes prove nothing then.</summary>
    private static bool IsOnlyThisGeneration(ContentOp op, LibraryRow row) =>
        op.AmbiguousContents.All(sent => sent.Size != row.Size || sent.Generation == op.Layer.Generation);

    /// <summary>
    /// A lost attempt had been stored. When it was an older generation, or may have been, the newer one goes on top of it. Null: send.
    /// </summary>
    private async Task<PushResult?> FoundOwnAsync(ContentOp op, LibraryRow row)
    {
        if (IsOnlyThisGeneration(op, row))
            return await PublishAsync(op, op.Path, RemoteVersion.From(row));
        lock (volume.Lock)
        {
            op.Inode.Base = RemoteVersion.From(row);
            op.Resolve();
            if (op.Inode.Dirty is { Foreign: not null } dirty)
                dirty.Foreign = null; // A listing that was seen before this was known took our own version for someone else's.
        }

        return null;
    }

    /// <summary>The service put the bytes elsewhere. A first version there is ours alone and is taken back; a later one belongs to an innocent file's history.</summary>
    private async Task<PushResult> MisplacedAsync(string asked, UploadReply reply, CancellationToken ct)
    {
        volume.Log.Misplaced(asked, reply.FilePath);
        if (reply.VersionNumber == 1)
            await volume.Library.DeleteFileAsync(reply.FileId, ct);
        else
            await TakeBackVersionAsync(reply, ct);
        if (FolderDash.IsCause(asked, reply.FilePath))
        {
            await volume.Dash.AdoptStricterAsync();
            return PushResult.RetryLater(FsError.Remote, "the account spells this folder in another way");
        }

        return PushResult.Refuse(FsError.InvalidName, $"the library stores this name as {reply.FilePath}");
    }

    /// <summary>The current version cannot be deleted: the one before it is restored first.</summary>
    private async Task TakeBackVersionAsync(UploadReply reply, CancellationToken ct)
    {
        ApiResult<IReadOnlyList<LibraryRow>> versions = await volume.Library.VersionsAsync(reply.FileId, ct);
        if (!versions.Ok)
            return;
        LibraryRow? before = null;
        foreach (LibraryRow row in versions.Value)
        {
            if (row.VersionId != reply.VersionId && (before is null || row.VersionNumber > before.VersionNumber))
                before = row;
        }

        if (before is not null && (await volume.Library.RestoreVersionAsync(reply.FileId, before.VersionId, ct)).Ok)
            await volume.Library.DeleteVersionAsync(reply.FileId, reply.VersionId, ct);
    }

    private UploadRequest RequestFor(ContentOp op, RemoteVersion? current, string path, bool overwrite, string? metadata = null, UploadDetails? details = null) => new()
    {
        Folder = RemotePath.Parent(path),
        FileName = RemotePath.Name(path),
        Size = op.Layer.Size,
        OpenBody = () => volume.Spool.OpenRead(op.Layer),
        Overwrite = overwrite,
        IsPrivate = current?.IsPrivate ?? false,
        CustomCoordinates = current?.CustomCoordinates,
        Tags = details?.SentTags,
        Description = details is null ? current?.Description : details.SentDescription,
        CustomMetadataJson = metadata,
    };

    private static RemoteVersion VersionOf(ContentOp op, RemoteVersion? current, UploadReply reply) =>
        new(reply.FileId, reply.VersionId, reply.VersionNumber, reply.Size, reply.IsPrivate ?? current?.IsPrivate ?? false)
        {
            CustomCoordinates = current?.CustomCoordinates,
            Description = current?.Description,
            HasOtherMetadata = current?.HasOtherMetadata ?? false,
        };

    private static bool TryFindRemote(Listing listing, string remoteName, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? id)
    {
        for (int i = 0; i < listing.Count; i++)
        {
            Row row = listing[i];
            if (row.Kind == FileKind.File && row.RemoteName == remoteName)
            {
                id = row.Id;
                return true;
            }
        }

        id = null;
        return false;
    }
}
