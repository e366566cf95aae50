using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>A version of a listed file, to be fetched.</summary>
internal readonly record struct CopyFile(string RemotePath, RemoteVersion Version)
{
    public static CopyFile Of(Listing listing, in Row row) => new(Names.RemotePath.Combine(listing.Folder, row.RemoteName), RemoteVersion.From(row));
}

/// <summary>Walks listings and fetches what they show into the content cache.</summary>
internal sealed class CopyFetcher(Volume volume)
{
    private const int ParallelFolders = 8;

    private const int ParallelFiles = 8;

    /// <summary>Larger files are read in steps, so that progress shows.</summary>
    private const int StepBytes = 4 << 20;

    /// <summary>Every listing at and below a folder, level by level.</summary>
    /// <returns>The first error; what could be listed was given to <paramref name="found"/>.</returns>
    public async Task<FsError> WalkAsync(string folder, Action<Listing> found, CancellationToken ct)
    {
        List<string> level = [folder];
        FsError error = FsError.None;
        while (level.Count > 0)
        {
            List<string> next = [];
            Lock gate = new();
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = ParallelFolders, CancellationToken = ct };
            await Parallel.ForEachAsync(level, parallel, async (path, token) =>
            {
                TreeResult result = await ListAsync(path, token);
                lock (gate)
                {
                    if (result.Listing is not { } listing)
                    {
                        error = result.Error!.ToReadError();
                        return;
                    }

                    found(listing);
                    for (int i = 0; i < listing.Count; i++)
                    {
                        if (listing[i].Kind == FileKind.Directory)
                            next.Add(RemotePath.Combine(path, listing[i].RemoteName));
                    }
                }
            });
            level = next;
        }

        return error;
    }

    /// <summary>A listing that shows what was stored here a moment ago as well: the one at hand does when nothing of ours lies over it.</summary>
    public async ValueTask<TreeResult> ListAsync(string folder, CancellationToken ct)
    {
        bool hasOurs;
        lock (volume.Lock)
            hasOurs = volume.Names.FindFolder(folder) is { OverlayChildren.Count: > 0 };
        if (hasOurs && await volume.Tree.FetchAsync(folder, ct) is { Ok: true } fetched)
            return fetched;
        return await volume.Tree.GetAsync(folder, ct);
    }

    /// <summary>Fetches files side by side; each failure is the job's to tell.</summary>
    public Task FetchAsync(CopyJob job, IEnumerable<CopyFile> files) => Parallel.ForEachAsync(
        files, new ParallelOptions { MaxDegreeOfParallelism = ParallelFiles, CancellationToken = job.Stopping }, (file, ct) => FetchAsync(job, file, ct));

    private async ValueTask FetchAsync(CopyJob job, CopyFile file, CancellationToken ct)
    {
        RemoteVersion version = file.Version;
        if (volume.Content.IsComplete(version.Key, version.Size))
        {
            job.Progress(version.Size);
            job.Done();
            return;
        }

        using CachedContent content = volume.Content.Acquire(version.Key, version.Size, new ListedLocator(volume, file));
        long counted = 0;
        FsError error = FsError.None;
        if (version.Size > StepBytes)
            (counted, error) = await ReadInStepsAsync(job, content, ct);
        if (error == FsError.None)
            error = await content.FetchAllAsync(ct);
        ct.ThrowIfCancellationRequested();
        if (error != FsError.None)
        {
            job.Failed(file.RemotePath, counted, error);
            return;
        }

        job.Progress(version.Size - counted);
        job.Done();
    }

    private static async ValueTask<(long Counted, FsError Error)> ReadInStepsAsync(CopyJob job, CachedContent content, CancellationToken ct)
    {
        using ReadaheadWindow window = new();
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(StepBytes);
        try
        {
            long offset = 0;
            while (offset < content.Size)
            {
                FsResult<int> read = await content.ReadAsync(offset, buffer.AsMemory(0, StepBytes), window, ct);
                if (!read.Ok)
                    return (offset, read.Error);
                offset += read.Value;
                job.Progress(read.Value);
            }

            return (offset, FsError.None);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Where a listing has a version; its own row when it is not there.</summary>
    private sealed class ListedLocator(Volume volume, CopyFile file) : IContentLocator
    {
        public async ValueTask<FsResult<DeliveryTarget>> LocateAsync(int attempt, CancellationToken ct)
        {
            if (attempt == 0)
                return new DeliveryTarget(file.RemotePath, file.Version.ObjectVersion, file.Version.IsPrivate);
            return await VersionLocator.FindAsync(volume, file.Version, ct);
        }
    }
}
