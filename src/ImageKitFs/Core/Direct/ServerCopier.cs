using System.Security.Cryptography;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Direct;

/// <summary>Copies inside one library: the service does it, no byte moves.</summary>
/// <remarks>
/// The service copies under the same name only, and into a file of that name by adding a version to it (imagekit-api.md 5). A copy of another name is therefore
/// made in a folder of its own beside the target, renamed there, and moved: an innocent file that has the old name in the target's folder is never touched.
/// </remarks>
internal sealed class ServerCopier(ImageKitClient library, FolderLister lister, TimeProvider time)
{
    private const int SuffixBytes = 4;

    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastPoll = TimeSpan.FromSeconds(2);

    /// <summary>The service documents no state for a job that failed.</summary>
    private static readonly TimeSpan JobLimit = TimeSpan.FromMinutes(5);

    /// <param name="source">A file.</param>
    /// <param name="folder">An existing folder.</param>
    /// <param name="remoteName">Under which name.</param>
    /// <param name="present">The file of that name: it gets the bytes as its next version. Null: there is none.</param>
    /// <param name="ct">Ends it.</param>
    public async Task CopyFileAsync(LibraryEntry source, FolderView folder, string remoteName, LibraryEntry? present, CancellationToken ct)
    {
        string baseName = RemotePath.Name(source.RemotePath);
        if (baseName == remoteName)
        {
            await CopyAsync(source, folder.RemotePath, ct);
        }
        else if (present is null && !folder.HasRemoteFile(baseName))
        {
            await CopyAsync(source, folder.RemotePath, ct);
            Check(source, await library.RenameFileAsync(RemotePath.Combine(folder.RemotePath, baseName), remoteName, ct), ct);
        }
        else
        {
            await BesideAsync(source, folder.RemotePath, async beside =>
            {
                await CopyAsync(source, beside, ct);
                Check(source, await library.RenameFileAsync(RemotePath.Combine(beside, baseName), remoteName, ct), ct);
                Check(source, await library.MoveFileAsync(RemotePath.Combine(beside, remoteName), folder.RemotePath, ct), ct);
            }, ct);
        }

        lister.Forget(folder.RemotePath);
        if (present is not null)
            await MakeCurrentAsync(present, ct);
    }

    /// <param name="source">A folder.</param>
    /// <param name="folder">An existing folder, not in <paramref name="source"/>.</param>
    /// <param name="remoteName">Under which name; a folder of that name takes the files in, those of equal names as their next versions.</param>
    /// <param name="ct">Ends it.</param>
    public async Task CopyFolderAsync(LibraryEntry source, FolderView folder, string remoteName, CancellationToken ct)
    {
        string baseName = RemotePath.Name(source.RemotePath);
        if ((await lister.ListAsync(source.Path, source.RemotePath, ct)).Entries.Count == 0)
        {
            Check(source, await library.CreateFolderAsync(folder.RemotePath, remoteName, ct), ct);
        }
        else if (baseName == remoteName)
        {
            await RunJobAsync(source, () => library.StartCopyFolderAsync(source.RemotePath, folder.RemotePath, ct), ct);
        }
        else if (!folder.HasRemoteFolder(baseName))
        {
            await RunJobAsync(source, () => library.StartCopyFolderAsync(source.RemotePath, folder.RemotePath, ct), ct);
            await RunJobAsync(source, () => library.StartRenameFolderAsync(RemotePath.Combine(folder.RemotePath, baseName), remoteName, ct), ct);
        }
        else
        {
            await BesideAsync(source, folder.RemotePath, async beside =>
            {
                await RunJobAsync(source, () => library.StartCopyFolderAsync(source.RemotePath, beside, ct), ct);
                await RunJobAsync(source, () => library.StartRenameFolderAsync(RemotePath.Combine(beside, baseName), remoteName, ct), ct);
                await RunJobAsync(source, () => library.StartMoveFolderAsync(RemotePath.Combine(beside, remoteName), folder.RemotePath, ct), ct);
            }, ct);
        }

        lister.Forget(folder.RemotePath);
    }

    private async Task CopyAsync(LibraryEntry source, string folder, CancellationToken ct) =>
        Check(source, await library.CopyFileAsync(source.RemotePath, folder, includeVersions: false, ct), ct);

    /// <summary>Works in a folder of its own, which is gone afterwards.</summary>
    private async Task BesideAsync(LibraryEntry source, string folder, Func<string, Task> work, CancellationToken ct)
    {
        string name = $"imagekitfs_copy_{RandomNumberGenerator.GetHexString(2 * SuffixBytes, lowercase: true)}";
        string beside = RemotePath.Combine(folder, name);
        Check(source, await library.CreateFolderAsync(folder, name, ct), ct);
        try
        {
            await work(beside);
        }
        finally
        {
            // Also when the command was stopped: it is ours, and nobody else knows it.
            await library.DeleteFolderAsync(beside, CancellationToken.None);
        }
    }

    /// <summary>A version that was added need not be the current one (imagekit-api.md U8).</summary>
    private async Task MakeCurrentAsync(LibraryEntry file, CancellationToken ct)
    {
        ApiResult<IReadOnlyList<LibraryRow>> versions = await library.VersionsAsync(file.File.Id, ct);
        if (!versions.Ok)
            throw LibraryException.Of(file.Path, versions.Error, ct);
        LibraryRow? current = versions.Value.FirstOrDefault(row => row.Kind == RowKind.File);
        if (current is null || current.VersionId != file.File.VersionId)
            return;
        LibraryRow? added = versions.Value.Where(row => row.VersionId != current.VersionId).MaxBy(row => (row.VersionNumber, row.UpdatedAt));
        if (added is not null)
            Check(file, await library.RestoreVersionAsync(file.File.Id, added.VersionId, ct), ct);
    }

    private async Task RunJobAsync(LibraryEntry source, Func<ValueTask<ApiResult<string>>> start, CancellationToken ct)
    {
        long begun = time.GetTimestamp();
        TimeSpan pause = FirstPoll;
        string? job = null;
        while (time.GetElapsedTime(begun) < JobLimit)
        {
            if (job is null)
            {
                ApiResult<string> started = await start();
                if (started.Ok)
                    job = started.Value;
                else if (started.Error.Kind != ApiErrorKind.Locked)
                    throw LibraryException.Of(source.Path, started.Error, ct);
            }
            else
            {
                ApiResult<JobState> state = await library.JobAsync(job, ct);
                if (state.Ok && state.Value == JobState.Completed)
                    return;
                if (!state.Ok && !state.Error.IsTransient)
                    throw LibraryException.Of(source.Path, state.Error, ct);
            }

            await Task.Delay(pause, time, ct);
            pause = pause * 2 < LastPoll ? pause * 2 : LastPoll;
        }

        throw new LibraryException(LibraryFailure.Service, $"{source.Path}: the service has not finished the job for this folder in {JobLimit.TotalMinutes:0} minutes; look again later");
    }

    private static void Check<T>(LibraryEntry about, ApiResult<T> result, CancellationToken ct)
    {
        if (!result.Ok)
            throw LibraryException.Of(about.Path, result.Error, ct);
    }
}
