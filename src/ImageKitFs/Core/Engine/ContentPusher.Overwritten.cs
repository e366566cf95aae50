using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <content>The reply told of another version than the next one: somebody else may have written between our base and ours (rule 4).</content>
internal sealed partial class ContentPusher
{
    /// <summary>
    /// Decides about a version of ours that is stored. Until that is done the operation keeps it (<see cref="ContentOp.Stored"/>), so that a question or a restore
    /// that fails is repeated, after a restart too, and ours is not sent a second time.
    /// </summary>
    /// <returns>Null: nobody else wrote, and a newer generation goes on top of what is stored.</returns>
    private async Task<PushResult?> SettleStoredAsync(ContentOp op, RemoteVersion current, StoredVersion stored, CancellationToken ct)
    {
        RemoteVersion ours = stored.Version;
        ApiResult<IReadOnlyList<LibraryRow>> versions = await volume.Library.VersionsAsync(ours.FileId, ct);
        // Deleted by someone after we wrote: what had been there before ours is gone with it.
        if (!versions.Ok && versions.Error.Kind != ApiErrorKind.NotFound)
            return PushResult.From(versions.Error);
        LibraryRow? theirs = versions.Ok ? NewestForeign(versions.Value, current, ours) : null;
        lock (volume.Lock)
        {
            if (!op.Inode.IsLinked)
                theirs = null; // It is about to be deleted, whatever it holds.
            if (op.Inode.Dirty is { Foreign: { } seen } dirty && seen.VersionId == ours.VersionId)
                dirty.Foreign = null; // A listing showed ours before this was settled.
        }

        if (theirs is null)
            return await TakeStoredAsync(op, stored, current.VersionId);
        if (volume.Options.OnConflict != ConflictPolicy.Overwrite)
            return await YieldAsync(op, versions.Value, ours, theirs, ct);

        volume.Log.ConflictOverwritten(op.Path, theirs.VersionId);
        if (!theirs.IsPrivate || ours.IsPrivate)
            return await TakeStoredAsync(op, stored, over: null);
        // Made private meanwhile: ours is public now, which nobody wanted, and goes up again at once.
        RemoteVersion secret = ours with { IsPrivate = true };
        lock (volume.Lock)
        {
            op.Inode.Base = secret;
            op.Resolve();
        }

        return await SendAsync(op, secret, ct);
    }

    /// <summary>
    /// A reply was lost, and what the library has is not simply our version on top of the base: the history tells whether ours is in it. Size and time
    /// tell, and where they fit several versions their bytes.
    /// </summary>
    /// <param name="op">What was sent.</param>
    /// <param name="current">Its base.</param>
    /// <param name="row">What the library has now.</param>
    /// <param name="ct">The caller's.</param>
    /// <returns>Null: not stored as far as can be told, or a newer generation goes on top of what is.</returns>
    private async Task<PushResult?> SearchHistoryAsync(ContentOp op, RemoteVersion current, LibraryRow row, CancellationToken ct)
    {
        ApiResult<IReadOnlyList<LibraryRow>> versions = await volume.Library.VersionsAsync(current.FileId, ct);
        if (!versions.Ok)
            return versions.Error.Kind == ApiErrorKind.NotFound ? null : PushResult.From(versions.Error);
        IReadOnlyList<string> known = volume.Journal.LoadSupersededVersions(current.FileId);
        LibraryRow[] fitting =
        [
            .. versions.Value.Where(version => version.VersionId != current.VersionId && version.VersionNumber > current.Number
                && IsSizeOfOurs(op, version) && version.UpdatedAt >= op.AmbiguousSince - ClockAllowance && !known.Contains(version.VersionId)),
        ];
        LibraryRow? own = fitting.Length == 1 ? fitting[0] : null;
        foreach (LibraryRow version in fitting.Length > 1 ? fitting : [])
        {
            FsResult<bool> same = await HasBytesOfAsync(op, RemoteVersion.From(version), ct);
            if (!same.Ok && same.Error != FsError.Stale)
                return PushResult.RetryLater(same.Error, "several versions may be ours, and they could not be read");
            if (same.Ok && same.Value)
                own = version;
        }

        if (own is null)
        {
            lock (volume.Lock)
            {
                if (op.Inode.Dirty is { } dirty)
                    dirty.Foreign ??= RemoteVersion.From(row);
            }

            return null;
        }

        long generation = IsOnlyThisGeneration(op, own) ? op.Layer.Generation : op.AmbiguousContents.First(sent => sent.Size == own.Size).Generation;
        FsError stored = await JournalStoredAsync(op, RemoteVersion.From(own), generation);
        if (stored != FsError.None)
            return PushResult.RetryLater(stored, "the journal could not be written");
        // Ours came first and was replaced by somebody who wrote later: that is no conflict.
        return own.VersionNumber == current.Number + 1
            ? await TakeStoredAsync(op, op.Stored!, current.VersionId)
            : await SettleStoredAsync(op, current, op.Stored!, ct);
    }

    private async ValueTask<FsResult<bool>> HasBytesOfAsync(ContentOp op, RemoteVersion version, CancellationToken ct)
    {
        if (version.Size != op.Layer.Size)
            return false;
        using var content = new CleanBase(volume.Content.Acquire(version.Key, version.Size, new VersionLocator(volume, op.Inode, version)));
        FsResult<UInt128> hash = await ContentHash.OfAsync(content, ct);
        return hash.Ok ? hash.Value == op.Layer.Hash : hash.Error;
    }

    /// <summary>Ours stands.</summary>
    private async Task<PushResult?> TakeStoredAsync(ContentOp op, StoredVersion stored, string? over)
    {
        if (stored.Generation == op.Layer.Generation)
            return await PublishAsync(op, op.Path, stored.Version, over);
        lock (volume.Lock)
        {
            op.Inode.Base = stored.Version;
            op.Resolve();
        }

        return null;
    }

    /// <summary>Theirs becomes current again if ours lies on top of it, and ours goes beside it.</summary>
    private async Task<PushResult> YieldAsync(ContentOp op, IReadOnlyList<LibraryRow> versions, RemoteVersion ours, LibraryRow theirs, CancellationToken ct)
    {
        lock (volume.Lock)
        {
            if (op.Inode.Dirty is { } dirty)
                dirty.Foreign = RemoteVersion.From(theirs);
        }

        bool isOursCurrent = versions.Any(row => row.VersionId == ours.VersionId && row.Kind == RowKind.File);
        if (isOursCurrent)
        {
            ApiResult<LibraryRow> restored = await volume.Library.RestoreVersionAsync(ours.FileId, theirs.VersionId, ct);
            if (!restored.Ok)
                return PushResult.From(restored.Error);
        }

        return volume.Options.OnConflict == ConflictPolicy.Fail
            ? PushResult.Refuse(FsError.Remote, "changed by someone else since it was opened (--on-conflict fail); theirs is current")
            : await PushBesideAsync(op, ct);
    }

    /// <summary>Journaled before the question: what is stored is not sent again, whatever happens here.</summary>
    private async Task<FsError> JournalStoredAsync(ContentOp op, RemoteVersion ours, long generation)
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            op.StoredAs(ours, generation, volume.Time.GetUtcNow());
            batch.Put(op.ToRecord());
            stored = volume.Store(batch);
        }

        return await stored;
    }

    /// <summary>The newest version since our base that is neither ours nor known to be. Numbers may repeat after pruning (U38), so an equal number counts too.</summary>
    private LibraryRow? NewestForeign(IReadOnlyList<LibraryRow> versions, RemoteVersion current, RemoteVersion ours)
    {
        IReadOnlyList<string> own = volume.Journal.LoadSupersededVersions(ours.FileId);
        LibraryRow? newest = null;
        foreach (LibraryRow row in versions)
        {
            bool isForeign = row.VersionId != ours.VersionId && row.VersionId != current.VersionId && row.VersionNumber >= current.Number && !own.Contains(row.VersionId);
            if (isForeign && (newest is null || (row.VersionNumber, row.UpdatedAt).CompareTo((newest.VersionNumber, newest.UpdatedAt)) > 0))
                newest = row;
        }

        return newest;
    }
}
