using ImageKitFs.Core.Api;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Direct;

/// <summary>Deletes files a hundred at a time, and folders whole.</summary>
internal sealed class FileRemover(IMediaLibrary library, FolderLister lister)
{
    /// <summary>The most that one request may name.</summary>
    private const int BatchSize = 100;

    /// <returns>The files that are still there, each with why.</returns>
    public async Task<IReadOnlyList<(LibraryEntry File, Exception Why)>> DeleteAsync(IReadOnlyList<LibraryEntry> files, CancellationToken ct)
    {
        List<(LibraryEntry File, Exception Why)> failed = [];
        foreach (LibraryEntry[] batch in files.Chunk(BatchSize))
        {
            await DeleteBatchAsync([.. batch], failed, ct);
            foreach (LibraryEntry file in batch)
                lister.Forget(RemotePath.Parent(file.RemotePath));
        }

        return failed;
    }

    /// <exception cref="LibraryException">It is still there, at least in part.</exception>
    public async Task DeleteFolderAsync(LibraryEntry folder, CancellationToken ct)
    {
        ApiResult<Nothing> deleted = await library.DeleteFolderAsync(folder.RemotePath, ct);
        if (deleted.Error is { Kind: ApiErrorKind.TooManyObjects })
        {
            FolderView view = await lister.ListAsync(folder.Path, folder.RemotePath, ct);
            foreach ((LibraryEntry _, Exception why) in await DeleteAsync([.. view.Entries.Where(entry => !entry.IsFolder)], ct))
                throw why;
            foreach (LibraryEntry below in view.Entries.Where(entry => entry.IsFolder))
                await DeleteFolderAsync(below, ct);
            deleted = await library.DeleteFolderAsync(folder.RemotePath, ct);
        }

        lister.Forget(RemotePath.Parent(folder.RemotePath));
        // Gone after an attempt that may have worked, or by somebody else a moment ago: gone.
        if (!deleted.Ok && deleted.Error.Kind != ApiErrorKind.NotFound)
            throw LibraryException.Of(folder.Path, deleted.Error, ct);
    }

    private async Task DeleteBatchAsync(List<LibraryEntry> left, List<(LibraryEntry File, Exception Why)> failed, CancellationToken ct)
    {
        while (left.Count > 0)
        {
            if (left.Count == 1)
            {
                ApiResult<Nothing> single = await library.DeleteFileAsync(left[0].File.Id, ct);
                if (!single.Ok && single.Error.Kind != ApiErrorKind.NotFound)
                    failed.Add((left[0], LibraryException.Of(left[0].Path, single.Error, ct)));
                return;
            }

            ApiResult<BulkDeleteReply> reply = await library.DeleteFilesAsync(left.ConvertAll(file => file.File.Id), ct);
            if (reply.Ok)
            {
                HashSet<string> refused = [.. reply.Value.Failed];
                foreach (LibraryEntry file in left.Where(file => refused.Contains(file.File.Id)))
                    failed.Add((file, new LibraryException(LibraryFailure.Service, $"{file.Path}: the service could not delete it now")));
                return;
            }

            // Nothing was deleted because some are gone already: the rest is sent again.
            HashSet<string> missing = [.. reply.Error.MissingFileIds];
            List<LibraryEntry> again = left.FindAll(file => !missing.Contains(file.File.Id));
            if (reply.Error.Kind != ApiErrorKind.NotFound || again.Count == left.Count)
            {
                ct.ThrowIfCancellationRequested();
                failed.AddRange(left.ConvertAll(file => (file, LibraryException.Of(file.Path, reply.Error, ct))));
                return;
            }

            left = again;
        }
    }
}
