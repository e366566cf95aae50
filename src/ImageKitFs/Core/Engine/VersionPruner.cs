using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Makes room in the history of a file that has as many versions as it may have: only at the cost of versions that we wrote and replaced ourselves.</summary>
internal sealed class VersionPruner(Volume volume)
{
    /// <summary>Deletes the oldest version of ours that can be deleted.</summary>
    /// <returns>Null: there is room for one more version. Otherwise why there is none.</returns>
    public async Task<PushResult?> MakeRoomAsync(RemoteVersion current, CancellationToken ct)
    {
        foreach (string versionId in volume.Journal.LoadSupersededVersions(current.FileId))
        {
            if (versionId == current.VersionId)
                continue; // Someone restored it.
            ApiResult<Nothing> deleted = await volume.Library.DeleteVersionAsync(current.FileId, versionId, ct);
            // Gone already, or current again: no room comes from it, the next one is tried.
            bool isOfNoUse = deleted.Error is { Kind: ApiErrorKind.NotFound or ApiErrorKind.BadRequest };
            if (!deleted.Ok && !isOfNoUse)
                return PushResult.From(deleted.Error);
            JournalBatch batch = new();
            batch.RemoveOwnVersion(current.FileId, versionId);
            lock (volume.Lock)
                _ = volume.Store(batch); // Lost in a crash, it is asked for once more and found gone.
            if (deleted.Ok)
                return null;
        }

        return PushResult.Refuse(
            FsError.QuotaExceeded, "the file has as many versions as ImageKit keeps, and none of them is one that was written and replaced here; delete old versions in the dashboard");
    }
}
