using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Cli.Library;

/// <summary>The library for one command, without a mount: the same engine, in folders of its own that are gone afterwards, so that mounts keep theirs.</summary>
internal sealed class LibrarySession : IAsyncDisposable
{
    // 1 MiB: few calls, and little memory.
    private const int ChunkBytes = 1 << 20;

    private const uint NewFileMode = 0b110_100_100;

    private readonly string _folder;
    private readonly EmbeddedEmulator? _emulator;
    private readonly MediaVolume _volume;
    private readonly TimeSpan _patience;

    private LibrarySession(string folder, EmbeddedEmulator? emulator, MediaVolume volume, TimeSpan patience)
    {
        _folder = folder;
        _emulator = emulator;
        _volume = volume;
        _patience = patience;
    }

    private IFileSystem FileSystem => _volume.FileSystem;

    /// <param name="request">Which account; its folders are not used.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="CliException">It cannot be opened.</exception>
    public static async Task<LibrarySession> OpenAsync(MountRequest request, CancellationToken ct)
    {
        MountOptionsFactory.RequireAccount(request);
        string folder = Directory.CreateTempSubdirectory("imagekitfs-").FullName;
        EmbeddedEmulator? emulator = null;
        try
        {
            emulator = await EmbeddedEmulator.StartAsync(request, ct);
            MountOptions options = MountOptionsFactory.Create(request with { CacheFolder = folder }, emulator);
            MediaVolume volume = await MediaVolume.OpenAsync(options, NullLoggerFactory.Instance, TimeProvider.System, ct);
            return new LibrarySession(folder, emulator, volume, options.DrainTimeout);
        }
        catch (Exception e)
        {
            if (emulator is not null)
                await emulator.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            if (e is VolumeException refused)
                throw new CliException(refused.Failure.ToExitCode(), refused.Message, refused);
            throw;
        }
    }

    /// <summary>What a folder holds, or the one file that is named, in ordinal order.</summary>
    public async Task<IReadOnlyList<LibraryRow>> ListAsync(string path, CancellationToken ct)
    {
        Entry entry = await FindAsync(path, ct);
        if (entry.Attr.Kind == FileKind.File)
            return [new LibraryRow(NamesOf(path)[^1], entry.Attr)];
        HandleId handle = Require(await FileSystem.OpenDirAsync(entry.Inode, ct), path).Handle;
        Sink sink = new();
        Require(await FileSystem.ReadDirAsync(entry.Inode, handle, cookie: 0, sink, ct), path);
        FileSystem.ReleaseDir(entry.Inode, handle);
        return [.. sink.Rows.OrderBy(row => row.Name, StringComparer.Ordinal)];
    }

    /// <summary>True when the path names a folder.</summary>
    public async Task<bool> IsFolderAsync(string path, CancellationToken ct) =>
        await TryFindAsync(path, ct) is { Ok: true } found && found.Value.Attr.Kind == FileKind.Directory;

    /// <summary>Copies a file's bytes out.</summary>
    /// <returns>Its time.</returns>
    public async Task<DateTime> ReadAsync(string path, Stream target, CancellationToken ct)
    {
        Entry entry = await FindAsync(path, ct);
        HandleId handle = Require(await FileSystem.OpenAsync(entry.Inode, OpenMode.Read, ct), path).Handle;
        byte[] buffer = new byte[ChunkBytes];
        long at = 0;
        while (Require(await FileSystem.ReadAsync(entry.Inode, handle, at, buffer, ct), path) is var count and > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, count), ct);
            at += count;
        }

        FileSystem.Release(entry.Inode, handle);
        return TimeOf(entry.Attr);
    }

    /// <summary>Stores a file; returns when the library has it.</summary>
    public async Task WriteAsync(string path, Stream source, DateTimeOffset written, CancellationToken ct)
    {
        (InodeId inode, HandleId handle) = await OpenForWritingAsync(path, ct);
        byte[] buffer = new byte[ChunkBytes];
        long at = 0;
        while (await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct) is var count and > 0)
        {
            Require(await FileSystem.WriteAsync(inode, handle, at, buffer.AsMemory(0, count), ct), path);
            at += count;
        }

        var time = TimeChange.To(Timestamp.From(written));
        Require(await FileSystem.SetAttrAsync(inode, handle, new AttrChange(Size: at, Modified: time), ct), path);
        FsError error = await FileSystem.FlushAsync(inode, handle, ct);
        FileSystem.Release(inode, handle);
        Require(error, path);
        // What a mount would hold back for a while, such as a temporary's name, is sent now.
        DrainReport report = await _volume.DrainAsync(_patience, progress: null, ct);
        if (!report.Complete)
            throw new CliException(ExitCode.ServiceFailed, $"{path} is not in the library: {(report.Items.Count > 0 ? report.Items[0].Error : null) ?? "not finished in time"}");
        if (_volume.GetStatus().LocalCount > 0)
            throw new CliException(ExitCode.Failed, $"{path} is not in the library: ImageKit stores no empty files, and names such as Thumbs.db are kept out of it");
    }

    public async ValueTask DisposeAsync()
    {
        await _volume.DisposeAsync();
        if (_emulator is not null)
            await _emulator.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>When a file was written last, as local files have it.</summary>
    public static DateTime TimeOf(in Attr attr) => attr.Modified.ToDateTimeOffset().UtcDateTime;

    private async Task<(InodeId Inode, HandleId Handle)> OpenForWritingAsync(string path, CancellationToken ct)
    {
        FsResult<Entry> present = await TryFindAsync(path, ct);
        if (present.Ok)
            return (present.Value.Inode, Require(await FileSystem.OpenAsync(present.Value.Inode, OpenMode.Write | OpenMode.Truncate, ct), path).Handle);
        if (present.Error != FsError.NotFound)
            Require(present.Error, path);
        string[] names = NamesOf(path);
        string folder = string.Join('/', names[..^1]);
        InodeId parent = (await FindAsync(folder, ct)).Inode;
        Created created = Require(await FileSystem.CreateAsync(parent, NameOf(names[^1]), NewFileMode, OpenMode.Write | OpenMode.Exclusive, default, ct), path);
        return (created.Entry.Inode, created.Opened.Handle);
    }

    private async Task<Entry> FindAsync(string path, CancellationToken ct) => Require(await TryFindAsync(path, ct), path);

    // References are given back by closing the volume.
    private async Task<FsResult<Entry>> TryFindAsync(string path, CancellationToken ct)
    {
        AttrReply root = Require(await FileSystem.GetAttrAsync(InodeId.Root, ct), path);
        Entry at = new(InodeId.Root, root.Attr, root.Ttl, root.Ttl);
        foreach (string name in NamesOf(path))
        {
            FsResult<Entry> next = await FileSystem.LookupAsync(at.Inode, NameOf(name), ct);
            if (!next.Ok)
                return next.Error;
            at = next.Value;
        }

        return at;
    }

    private static string[] NamesOf(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static EntryName NameOf(string name) =>
        EntryName.TryParse(name, out EntryName parsed) == FsError.None ? parsed : throw new CliException(ExitCode.Usage, $"'{name}' is no file name");

    private static T Require<T>(FsResult<T> result, string path)
        where T : struct
    {
        Require(result.Error, path);
        return result.Value;
    }

    private static void Require(FsError error, string path)
    {
        if (error == FsError.None)
            return;
        string shown = '/' + path.Trim('/');
        throw error switch
        {
            FsError.NotFound or FsError.NotDirectory => new CliException(ExitCode.Failed, $"{shown} is not in the library"),
            FsError.IsDirectory => new CliException(ExitCode.Usage, $"{shown} is a folder"),
            FsError.AccessDenied or FsError.ReadOnly or FsError.NotPermitted => new CliException(ExitCode.NotPermitted, $"{shown}: the key does not allow this"),
            FsError.Remote or FsError.Throttled or FsError.TimedOut => new CliException(ExitCode.ServiceFailed, $"{shown}: the service failed or could not be reached"),
            _ => new CliException(ExitCode.Failed, $"{shown}: {error}"),
        };
    }

    private sealed class Sink : IDirectorySink
    {
        public List<LibraryRow> Rows { get; } = [];

        public bool WantsEntries => true;

        public bool TryAdd(in DirEntry entry, in Entry? node)
        {
            if (node is { } known && entry.Name is not ("." or ".."))
                Rows.Add(new LibraryRow(entry.Name, known.Attr));
            return true;
        }
    }
}

/// <summary>One name in the library.</summary>
internal readonly record struct LibraryRow(string Name, Attr Attr);
