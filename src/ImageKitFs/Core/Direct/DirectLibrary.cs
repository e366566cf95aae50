using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Direct;

/// <summary>
/// A library for one command, without a mount: listings, whole files in and out, server-side copies, deletes. Names, versions and evidence are the mount's; there
/// is no cache and no journal, because bytes go straight between the user's files and the service.
/// </summary>
/// <remarks>Paths are absolute, as a mount shows them. Safe to use from many tasks. All methods throw <see cref="LibraryException"/> for what the service or the network does.</remarks>
public sealed class DirectLibrary : IDisposable
{
    private readonly MountOptions _options;
    private readonly ImageKitApi _api;
    private readonly VersionMemory _memory;
    private readonly AccountNames _names;
    private readonly FolderLister _lister;
    private readonly FileFetcher _fetcher;
    private readonly FileSender _sender;
    private readonly FileRemover _remover;
    private readonly ServerCopier _copier;

    private DirectLibrary(MountOptions options, string? memoryFile, TimeProvider time, ILogger logger)
    {
        _options = options;
        _api = ImageKitApi.Create(options.Endpoints, options.Key, ApiTuning.From(options), time, logger);
        _memory = new VersionMemory(memoryFile, time);
        _names = new AccountNames(_memory, options.MaxNameBytes);
        _lister = new FolderLister(_api.Library, _names, _memory);
        _fetcher = new FileFetcher(_api.Library, _api.Delivery, time, logger);
        _sender = new FileSender(_api.Library, _lister, _names, time);
        _remover = new FileRemover(_api.Library, _lister);
        _copier = new ServerCopier(_api.Library, _lister, time);
    }

    /// <summary>Which account; not secret.</summary>
    public Uri Account => _options.Endpoints.Delivery;

    private bool StoresTimes => _options.StoresTimes || _lister.HasSeenStoredTime;

    /// <summary>Sends nothing yet.</summary>
    /// <param name="options">Which account; its folders are not used.</param>
    /// <param name="memoryFile">Where to remember which versions were copied; null, or one that cannot be used: nowhere.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets no secrets.</param>
    public static DirectLibrary Open(MountOptions options, string? memoryFile, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new DirectLibrary(options, memoryFile, time, logger);
    }

    /// <summary>A folder with what it holds; null when the path is not in the library, or names a file.</summary>
    public Task<FolderView?> FindFolderAsync(string path, CancellationToken ct) => _lister.FindFolderAsync(path, ct);

    /// <summary>What the folder that holds it lists of a path; null when it is not in the library.</summary>
    public Task<LibraryEntry?> FindAsync(string path, CancellationToken ct) => _lister.FindAsync(path, ct);

    /// <summary>As <see cref="FindAsync"/>, by fewer requests: a folder may come without what its own listing does not say (id, time).</summary>
    public Task<LibraryEntry?> FindEitherAsync(string path, bool isLikelyFolder, CancellationToken ct) => _lister.FindEitherAsync(path, isLikelyFolder, ct);

    /// <summary>A folder that was listed, with what it holds.</summary>
    public Task<FolderView> ListAsync(LibraryEntry folder, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return _lister.ListAsync(folder.Path, folder.RemotePath, ct);
    }

    /// <summary>An existing folder, to store into.</summary>
    public FolderTarget TargetOf(FolderView folder) => new(_names, folder);

    /// <summary>Reads a file whole.</summary>
    /// <param name="file">As it was listed: never the bytes of another version.</param>
    /// <param name="target">Written in order; on failure it has a part.</param>
    /// <param name="progress">Told the bytes that came.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The hash of the bytes.</returns>
    /// <exception cref="IOException">The target does not take them.</exception>
    public Task<UInt128> ReadAsync(LibraryEntry file, Stream target, IProgress<long>? progress, CancellationToken ct) => _fetcher.FetchAsync(file, target, progress, ct);

    /// <summary>Stores a file; returns when the library has it.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="name">As a mount shows it.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="present">The file that it replaces, with its marks kept and its bytes in the version history; null: there is none.</param>
    /// <param name="marks">Marks to give it instead; null: those that it has.</param>
    /// <param name="progress">Told the bytes that went.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>What of the marks the account did not take, in words; null when it took all.</returns>
    /// <exception cref="IOException">The bytes cannot be read.</exception>
    public async Task<string?> SendAsync(
        FolderTarget folder, string name, FileSource source, LibraryEntry? present, FileMarks? marks, IProgress<long>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(source);
        if (WhyNotStored(name, source.Size) is { } reason)
            throw new LibraryException(LibraryFailure.NotStorable, $"{RemotePath.Combine(folder.Path, name)} is not in the library: {reason}");
        Stored stored = await _sender.SendAsync(folder, name, source, present, marks, StoresTimes, progress, ct);
        _memory.Remember(stored.FileId, stored.VersionId, new KnownVersion(source.Size, source.Modified, stored.Hash));
        return stored.LeftOut;
    }

    /// <summary>What keeps a file of this name and size out of every library; null: nothing.</summary>
    public static string? WhyNotStored(string name, long size)
    {
        if (size == 0)
            return "ImageKit stores no empty files";
        return IsLitter(name) ? "names such as Thumbs.db are kept out of it" : null;
    }

    /// <summary>A name that desktops and editors leave behind; no library gets it.</summary>
    public static bool IsLitter(string name) => NameRules.Classify(name, isExclusiveReadWrite: false) == NameClass.Junk || NameRules.IsTrash(name);

    /// <summary>True when size and time say that both have the same bytes: the time that the account stores, that this machine remembers, or that a copy out has set.</summary>
    public static bool IsSame(LibraryEntry file, long size, Timestamp modified)
    {
        ArgumentNullException.ThrowIfNull(file);
        // Windows and .NET count in 100 ns.
        return file.Size == size && file.Modified.ToDateTimeOffset() == modified.ToDateTimeOffset();
    }

    /// <summary>True when bytes are those of a listed file: by the hash that is remembered of it, else by reading both, up to the first difference.</summary>
    /// <param name="file">A file of the same size.</param>
    /// <param name="source">The other bytes.</param>
    /// <param name="mayFetch">False: without a remembered hash they count as different.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<bool> HasSameBytesAsync(LibraryEntry file, FileSource source, bool mayFetch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(source);
        if (file.Size != source.Size)
            return false;
        UInt128 hash;
        if (_memory.Find(file.File.Id, file.File.VersionId) is { } known)
        {
            await using HashingStream reading = new(source.Open());
            await reading.CopyToAsync(Stream.Null, ct);
            if (reading.Hash != known.Hash)
                return false;
            hash = known.Hash;
        }
        else
        {
            // A time that another machine stored speaks for itself: another time, other bytes.
            if (!mayFetch || file.HasStoredTime)
                return false;
            await using ComparingStream comparing = new(source.Open());
            try
            {
                hash = await _fetcher.FetchAsync(file, comparing, progress: null, ct);
            }
            catch (ComparingStream.DifferentException)
            {
                return false;
            }
        }

        _memory.Remember(file.File.Id, file.File.VersionId, new KnownVersion(source.Size, source.Modified, hash));
        return true;
    }

    /// <summary>Remembers that a local file has the bytes of a version.</summary>
    public void Remember(LibraryEntry file, Timestamp modified, UInt128 hash)
    {
        ArgumentNullException.ThrowIfNull(file);
        _memory.Remember(file.File.Id, file.File.VersionId, new KnownVersion(file.Size, modified, hash));
    }

    /// <summary>Deletes files with all their versions, a hundred a request.</summary>
    /// <returns>Those that are still there, each with why.</returns>
    public Task<IReadOnlyList<(LibraryEntry File, Exception Why)>> DeleteAsync(IReadOnlyList<LibraryEntry> files, CancellationToken ct) => _remover.DeleteAsync(files, ct);

    /// <summary>Deletes a folder with all that is in it, by one request.</summary>
    public Task DeleteFolderAsync(LibraryEntry folder, CancellationToken ct) => _remover.DeleteFolderAsync(folder, ct);

    /// <summary>Makes a folder, and those above it that are not there.</summary>
    public async Task MakeFolderAsync(FolderTarget folder, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string remotePath = folder.RemotePath;
        if (RemotePath.Check(remotePath, isFolder: true) != FsError.None)
            throw new LibraryException(LibraryFailure.NotStorable, $"{folder.Path} is too long or too deep for the library");
        ApiResult<Nothing> made = await _api.Library.CreateFolderAsync(RemotePath.Parent(remotePath), RemotePath.Name(remotePath), ct);
        if (!made.Ok)
            throw LibraryException.Of(folder.Path, made.Error, ct);
        _lister.Forget(RemotePath.Parent(remotePath));
    }

    /// <summary>Copies a file or folder inside this library: the service does it.</summary>
    /// <param name="source">What is copied.</param>
    /// <param name="folder">Into which folder.</param>
    /// <param name="name">Under which name; a folder of that name takes the files in, a file of that name gets the next version.</param>
    /// <param name="ct">Ends it.</param>
    public async Task CopyAsync(LibraryEntry source, FolderView folder, string name, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(folder);
        string shown = RemotePath.Combine(folder.Path, name);
        LibraryEntry? present = folder.Find(name);
        if (present is not null && present.IsFolder != source.IsFolder)
            throw new LibraryException(LibraryFailure.Taken, $"{shown} is a {(present.IsFolder ? "folder" : "file")}");
        if (present is not null && present.RemotePath == source.RemotePath)
            throw new LibraryException(LibraryFailure.Taken, $"{source.Path} and {shown} are the same");
        if (source.IsFolder && (source.RemotePath == folder.RemotePath || RemotePath.IsBelow(folder.RemotePath, source.RemotePath)))
            throw new LibraryException(LibraryFailure.Taken, $"{source.Path} cannot be copied into itself");
        // The same name is spelt as it is at the source: only so can the service copy it at once.
        string remoteName = present is not null ? RemotePath.Name(present.RemotePath)
            : name == source.Name ? RemotePath.Name(source.RemotePath)
            : _names.ToRemote(name, source.IsFolder);
        if (source.IsFolder)
            await _copier.CopyFolderAsync(source, folder, remoteName, ct);
        else
            await _copier.CopyFileAsync(source, folder, remoteName, present, ct);
    }

    /// <summary>Closes connections.</summary>
    public void Dispose()
    {
        _api.Dispose();
        _memory.Dispose();
    }
}
