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
        Order order = new(folder, name, source, marks, withTime) { Current = present?.File, Begun = time.GetUtcNow() };
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++)
        {
            UploadRequest request = RequestFor(order);
            ApiResult<UploadReply> sent = await library.UploadAsync(request, progress, ct);
            bool isLast = attempt == MaxAttempts;
            if (sent.Ok)
            {
                if (await AcceptAsync(order, request, sent.Value, ct) is { } accepted)
                    return accepted;
                if (isLast)
                    throw new LibraryException(LibraryFailure.NotStorable, $"{order.Shown}: the library stores this name as {sent.Value.FilePath}");
                continue;
            }

            if (await FindOwnAsync(order, request, sent.Error, ct) is { } found)
                return found;
            bool isAnotherWay = order.IsChanged;
            if (isLast || !(isAnotherWay || sent.Error.IsTransient || sent.Error.Kind == ApiErrorKind.AlreadyExists))
                throw LibraryException.Of(order.Shown, sent.Error, ct);
            if (isAnotherWay)
                continue;
            await Task.Delay(sent.Error.Kind == ApiErrorKind.UpdateThrottled ? ThrottlePause * (1 << (attempt - 1)) : pause, time, ct);
            pause *= 2;
        }
    }

    private UploadRequest RequestFor(Order order)
    {
        LibraryRow? current = order.Current;
        FileMarks? marks = order.Marks;
        // A listed name that the v1 rule would change is never an upload target: the bytes could land in another file (decision 0005).
        order.IsForeign = current is not null && !names.IsStable(current.Name);
        string remoteName = current is null || order.IsForeign ? names.ToRemote(order.Name, isFolder: false) : current.Name;
        string remotePath = RemotePath.Combine(order.Folder.RemotePath, remoteName);
        if (RemotePath.Check(remotePath, isFolder: false) != FsError.None)
            throw new LibraryException(LibraryFailure.NotStorable, $"{order.Shown} is too long or too deep for the library");
        order.IsChanged = false;
        return new UploadRequest
        {
            Folder = RemotePath.Parent(remotePath),
            FileName = remoteName,
            Size = order.Source.Size,
            OpenBody = () => order.Body = new HashingStream(order.Source.Open()),
            Overwrite = current is not null && !order.IsForeign,
            IsPrivate = marks?.IsPrivate ?? current?.IsPrivate ?? false,
            CustomCoordinates = marks is null ? current?.CustomCoordinates : marks.CustomCoordinates,
            Description = marks is null ? current?.Description : marks.Description,
            Tags = marks?.Tags ?? (order.IsForeign ? current!.Tags : null),
            CustomMetadataJson = order.Refused is null ? MetadataOf(order) : null,
        };
    }

    /// <returns>Null: it was taken back, and is to be sent again, spelt in another way.</returns>
    private async Task<Stored?> AcceptAsync(Order order, UploadRequest request, UploadReply reply, CancellationToken ct)
    {
        string asked = RemotePath.Combine(request.Folder, request.FileName);
        if (reply.FilePath != asked)
        {
            return await TakeBackAsync(asked, reply, ct)
                ? null
                : throw new LibraryException(LibraryFailure.NotStorable, $"{order.Shown}: the library stores this name as {reply.FilePath}");
        }

        if (reply.Size != order.Source.Size)
            throw new LibraryException(LibraryFailure.Service, $"{order.Shown}: the library stored {reply.Size} of {order.Source.Size} bytes; store it again");
        if (order.IsForeign)
            await library.DeleteFileAsync(order.Current!.Id, ct);
        bool hadMarks = order.Marks?.CustomMetadataJson is not null;
        if (order.Refused is not null && !hadMarks)
            _isTimeRefused = true;
        return new Stored(reply.FileId, reply.VersionId, await order.HashAsync(ct), hadMarks ? order.Refused?.Message : null);
    }

    /// <summary>What an upload that failed left behind: our own bytes after a lost reply, or what has to be known before it is sent again.</summary>
    private async Task<Stored?> FindOwnAsync(Order order, UploadRequest request, ApiError error, CancellationToken ct)
    {
        order.IsDoubtful |= error.MayHaveHappened;
        if (error is { Kind: ApiErrorKind.BadRequest, MayHaveHappened: false } && request.CustomMetadataJson is not null)
        {
            // Other fields may be required, or these be unknown to the account. If it takes the bytes alone, that was the reason.
            order.Refused = error;
            order.IsChanged = true;
            return null;
        }

        LibraryRow? over = request.Overwrite ? order.Current : null;
        LibraryRow? now;
        if (error.Kind == ApiErrorKind.AlreadyExists && over is null)
        {
            // While no listing shows it yet, there is nothing that could be overwritten, or be ours.
            now = await FindAsync(order.Folder, request.FileName, ct);
            if (now is null)
                return null;
        }
        else if (error.MayHaveHappened && over is not null)
        {
            now = await CurrentAsync(order, over, ct);
        }
        else
        {
            return null;
        }

        DateTimeOffset? written = over is null ? now?.CreatedAt : now?.UpdatedAt;
        bool isOurs = order.IsDoubtful && now is not null && now.VersionNumber == (over?.VersionNumber ?? 0) + 1
            && now.Size == order.Source.Size && written >= order.Begun - ClockAllowance;
        if (isOurs)
            return new Stored(now!.Id, now.VersionId, await order.HashAsync(ct), LeftOut: null);
        order.IsChanged = now?.VersionId != over?.VersionId;
        order.Current = now;
        return null;
    }

    /// <summary>Null: what is there stays as it is.</summary>
    private string? MetadataOf(Order order)
    {
        if (order.Marks is { CustomMetadataJson: { } given } && HasOthers(given, order.Source.Size))
            return given;
        if (order.Marks is null && order.Current is { CustomMetadataJson: { } kept } && HasOthers(kept, order.Source.Size))
            return order.IsForeign ? kept : null;
        return order.WithTime && !_isTimeRefused ? StoredTime.ToJson(order.Source.Modified, order.Source.Size) : null;
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
    private async Task<LibraryRow?> CurrentAsync(Order order, LibraryRow row, CancellationToken ct)
    {
        ApiResult<LibraryRow> details = await library.DetailsAsync(row.Id, ct);
        if (details.Ok)
            return details.Value;
        return details.Error.Kind == ApiErrorKind.NotFound ? null : throw LibraryException.Of($"{order.Shown} may have been stored", details.Error, ct);
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

    /// <summary>One file to be stored, and what its attempts have shown so far.</summary>
    private sealed class Order(FolderTarget folder, string name, FileSource source, FileMarks? marks, bool withTime)
    {
        public FolderTarget Folder => folder;

        public string Name => name;

        public FileSource Source => source;

        public FileMarks? Marks => marks;

        public bool WithTime => withTime;

        /// <summary>As the user sees it.</summary>
        public string Shown { get; } = RemotePath.Combine(folder.Path, name);

        /// <summary>When the first attempt began.</summary>
        public required DateTimeOffset Begun { get; init; }

        /// <summary>The file of this name, as far as it is known.</summary>
        public LibraryRow? Current { get; set; }

        /// <summary>Its name is not stored as it would be by an upload.</summary>
        public bool IsForeign { get; set; }

        /// <summary>An attempt may have been stored although no reply said so.</summary>
        public bool IsDoubtful { get; set; }

        /// <summary>Why the custom metadata is left out.</summary>
        public ApiError? Refused { get; set; }

        /// <summary>The next attempt is another one than the last: no need to wait.</summary>
        public bool IsChanged { get; set; }

        /// <summary>The bytes of the last attempt.</summary>
        public HashingStream? Body { get; set; }

        /// <summary>Of the bytes; an attempt that was refused early has not read them all.</summary>
        public async Task<UInt128> HashAsync(CancellationToken ct)
        {
            if (Body is { } sent && sent.Count == source.Size)
                return sent.Hash;
            await using HashingStream reading = new(source.Open());
            await reading.CopyToAsync(Stream.Null, ct);
            return reading.Hash;
        }
    }
}
