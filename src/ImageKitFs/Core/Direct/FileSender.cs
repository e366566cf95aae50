using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Direct;

/// <summary>Bytes to be stored.</summary>
/// <param name="Size">How many.</param>
/// <param name="Modified">When they were written last.</param>
/// <param name="Open">Opens them from the start; called once per attempt.</param>
public sealed record FileSource(long Size, Timestamp Modified, Func<Stream> Open);

/// <summary>What is stored now.</summary>
/// <param name="FileId">Of the file.</param>
/// <param name="VersionId">Of its current version.</param>
/// <param name="Hash">Of the bytes.</param>
/// <param name="LeftOut">What of the marks the account did not take, in words; null when it took all.</param>
internal sealed record Stored(string FileId, string VersionId, UInt128 Hash, string? LeftOut);

/// <summary>Stores one file by one upload; the reply is the evidence, and after a lost one the library is asked before anything is sent again.</summary>
/// <remarks>The rules are those of a mount's commits (docs/SEMANTICS.md), for bytes that lie in a file of the user's and need no journal.</remarks>
internal sealed class FileSender(IMediaLibrary library, FolderLister lister, AccountNames names, TimeProvider time)
{
    private const int MaxAttempts = 5;

    /// <summary>Clocks of client and service may differ by this much when a row's time is compared with an attempt's.</summary>
    private static readonly TimeSpan ClockAllowance = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>After the service said that it gets a file too often: twice as long each time.</summary>
    private static readonly TimeSpan ThrottlePause = TimeSpan.FromSeconds(15);

    /// <summary>The account does not take our custom metadata: it is not tried with every file.</summary>
    private volatile bool _isTimeRefused;

    /// <param name="folder">Where to; made by the service when it is not there.</param>
    /// <param name="name">As the user sees it.</param>
    /// <param name="source">The bytes; at least one.</param>
    /// <param name="present">The file that is replaced: it keeps its marks, and its bytes stay in the version history. Null: there is none.</param>
    /// <param name="marks">Marks to give instead of those that it has.</param>
    /// <param name="withTime">The account stores mtimes.</param>
    /// <param name="progress">Told the bytes sent.</param>
    /// <param name="ct">Ends it; what was sent whole may have been stored.</param>
    /// <exception cref="LibraryException">The library does not have it.</exception>
    /// <exception cref="IOException">The bytes cannot be read.</exception>
    public async Task<Stored> SendAsync(
        FolderTarget folder, string name, FileSource source, LibraryEntry? present, FileMarks? marks, bool withTime, IProgress<long>? progress, CancellationToken ct)
    {
        string shown = RemotePath.Combine(folder.Path, name);
        LibraryRow? current = present?.File;
        DateTimeOffset begun = time.GetUtcNow();
        bool isDoubtful = false;
        bool withMetadata = true;
        ApiError? refused = null;
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++)
        {
            // A listed name that the v1 rule would change is never an upload target: the bytes could land in another file (decision 0005).
            bool isForeign = current is not null && !names.IsStable(current.Name);
            string remoteName = current is null || isForeign ? names.ToRemote(name, isFolder: false) : current.Name;
            string remotePath = RemotePath.Combine(folder.RemotePath, remoteName);
            if (RemotePath.Check(remotePath, isFolder: false) != FsError.None)
                throw new LibraryException(LibraryFailure.NotStorable, $"{shown} is too long or too deep for the library");
            LibraryRow? over = isForeign ? null : current;
            HashingStream? body = null;
            UploadRequest request = new()
            {
                Folder = RemotePath.Parent(remotePath),
                FileName = remoteName,
                Size = source.Size,
                OpenBody = () => body = new HashingStream(source.Open()),
                Overwrite = over is not null,
                IsPrivate = marks?.IsPrivate ?? current?.IsPrivate ?? false,
                CustomCoordinates = marks is null ? current?.CustomCoordinates : marks.CustomCoordinates,
                Description = marks is null ? current?.Description : marks.Description,
                Tags = marks?.Tags ?? (isForeign ? current!.Tags : null),
                CustomMetadataJson = withMetadata ? MetadataOf(source, current, marks, withTime && !_isTimeRefused, isForeign) : null,
            };
            ApiResult<UploadReply> sent = await library.UploadAsync(request, progress, ct);
            if (sent.Ok)
            {
                if (sent.Value.FilePath != remotePath)
                {
                    if (await TakeBackAsync(remotePath, sent.Value, ct) && attempt < MaxAttempts)
                        continue;
                    throw new LibraryException(LibraryFailure.NotStorable, $"{shown}: the library stores this name as {sent.Value.FilePath}");
                }

                if (sent.Value.Size != source.Size)
                    throw new LibraryException(LibraryFailure.Service, $"{shown}: the library stored {sent.Value.Size} of {source.Size} bytes; store it again");
                if (isForeign)
                    await library.DeleteFileAsync(current!.Id, ct);
                if (!withMetadata && marks?.CustomMetadataJson is null)
                    _isTimeRefused = true;
                return new Stored(sent.Value.FileId, sent.Value.VersionId, body!.Hash, withMetadata || marks?.CustomMetadataJson is null ? null : refused?.Message);
            }

            ApiError error = sent.Error;
            isDoubtful |= error.MayHaveHappened;
            if (error is { Kind: ApiErrorKind.BadRequest, MayHaveHappened: false } && request.CustomMetadataJson is not null)
            {
                // Other fields may be required, or these be unknown to the account. If it takes the bytes alone, that was the reason.
                refused = error;
                withMetadata = false;
                continue;
            }

            if (error.Kind == ApiErrorKind.AlreadyExists && over is null && attempt < MaxAttempts)
            {
                if (await FindAsync(folder, remoteName, ct) is { } found)
                {
                    if (isDoubtful && found.VersionNumber == 1 && found.Size == source.Size && found.CreatedAt >= begun - ClockAllowance && body is not null)
                        return new Stored(found.Id, found.VersionId, body.Hash, LeftOut: null);
                    current = found;
                    continue;
                }
            }
            else if (error.MayHaveHappened && over is not null)
            {
                LibraryRow? now = await CurrentAsync(over, ct);
                if (now is not null && now.VersionNumber == over.VersionNumber + 1 && now.Size == source.Size && now.UpdatedAt >= begun - ClockAllowance && body is not null)
                    return new Stored(now.Id, now.VersionId, body.Hash, LeftOut: null);
                current = now;
            }
            else if (!error.IsTransient || attempt >= MaxAttempts)
            {
                throw LibraryException.Of(shown, error, ct);
            }

            ct.ThrowIfCancellationRequested();
            if (attempt >= MaxAttempts)
                throw LibraryException.Of(shown, error, ct);
            await Task.Delay(error.Kind == ApiErrorKind.UpdateThrottled ? ThrottlePause * (1 << (attempt - 1)) : pause, time, ct);
            pause *= 2;
        }
    }

    /// <summary>Null: what is there stays as it is.</summary>
    private static string? MetadataOf(FileSource source, LibraryRow? current, FileMarks? marks, bool withTime, bool isForeign)
    {
        if (marks is { CustomMetadataJson: { } given } && HasOthers(given, source.Size))
            return given;
        if (marks is null && current is { CustomMetadataJson: { } kept } && HasOthers(kept, source.Size))
            return isForeign ? kept : null;
        return withTime ? StoredTime.ToJson(source.Modified, source.Size) : null;
    }

    private static bool HasOthers(string metadata, long size)
    {
        _ = StoredTime.Read(metadata, size, out bool hasOthers);
        return hasOthers;
    }

    /// <summary>The file that is stored under a name that the service calls taken; null while no listing shows it.</summary>
    private async Task<LibraryRow?> FindAsync(FolderTarget folder, string remoteName, CancellationToken ct)
    {
        lister.Forget(folder.RemotePath);
        FolderView view = await lister.ListAsync(folder.Path, folder.RemotePath, ct);
        return view.Entries.FirstOrDefault(entry => entry.Row is { Kind: RowKind.File } row && row.Name == remoteName)?.Row;
    }

    /// <summary>What is there after an upload of unknown fate; null: the file is gone. Without an answer nothing is sent again: it could be a second version.</summary>
    private async Task<LibraryRow?> CurrentAsync(LibraryRow row, CancellationToken ct)
    {
        ApiResult<LibraryRow> details = await library.DetailsAsync(row.Id, ct);
        if (details.Ok)
            return details.Value;
        return details.Error.Kind == ApiErrorKind.NotFound ? null : throw LibraryException.Of($"{row.Path} may have been stored", details.Error, ct);
    }

    /// <summary>The service put the bytes elsewhere. A first version there is ours alone and is taken back; a later one belongs to an innocent file's history.</summary>
    /// <returns>True when they may be sent again, spelt in another way.</returns>
    private async Task<bool> TakeBackAsync(string asked, UploadReply reply, CancellationToken ct)
    {
        if (reply.VersionNumber == 1)
        {
            await library.DeleteFileAsync(reply.FileId, ct);
        }
        else if ((await library.VersionsAsync(reply.FileId, ct)) is { Ok: true } versions
            && versions.Value.Where(row => row.VersionId != reply.VersionId).MaxBy(row => row.VersionNumber) is { } before
            && (await library.RestoreVersionAsync(reply.FileId, before.VersionId, ct)).Ok)
        {
            await library.DeleteVersionAsync(reply.FileId, reply.VersionId, ct);
        }

        string folder = RemotePath.Parent(asked);
        bool isDash = folder.Contains('-') && folder.Replace('-', '_') == RemotePath.Parent(reply.FilePath);
        if (isDash)
            names.AdoptStricter();
        return isDash;
    }
}
