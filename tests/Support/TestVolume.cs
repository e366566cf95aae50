using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Tests.Support;

/// <summary>The real engine over real HTTP to an emulator, driven through the port by path. Folders and server are gone after disposal.</summary>
public sealed class TestVolume : IAsyncDisposable
{
    private readonly bool _ownsEmulator;
    private MediaVolume _volume;
    private int _kills;
    private bool _isClosed;

    private TestVolume(EmulatorServer emulator, bool ownsEmulator, string directory, MountOptions options, MediaVolume volume, TestLog log)
    {
        Emulator = emulator;
        _ownsEmulator = ownsEmulator;
        Directory = directory;
        Options = options;
        _volume = volume;
        Log = log;
    }

    public EmulatorServer Emulator { get; }

    public string Directory { get; }

    public MountOptions Options { get; private set; }

    public TestLog Log { get; }

    public MediaVolume Volume => _volume;

    public IFileSystem FileSystem => _volume.FileSystem;

    /// <param name="seed">Fills the library before the volume is opened.</param>
    public static async Task<TestVolume> StartAsync(
        EmulatorOptions? emulator = null, Func<MountOptions, MountOptions>? configure = null, EmulatorServer? share = null, TimeProvider? time = null,
        Action<EmulatorServer>? seed = null)
    {
        EmulatorServer server = share ?? await EmulatorServer.StartAsync(emulator ?? new EmulatorOptions());
        seed?.Invoke(server);
        string directory = System.IO.Directory.CreateTempSubdirectory("imagekitfs-test-").FullName;
        string origin = server.BaseAddress.GetLeftPart(UriPartial.Authority);
        IReadOnlyList<string> problems = ImageKitEndpoints.TryCreate(server.UrlEndpoint, origin, origin, out ImageKitEndpoints? endpoints);
        if (endpoints is null)
            throw new InvalidOperationException(string.Join(' ', problems));
        MountOptions options = new()
        {
            Endpoints = endpoints,
            Key = SecretKey.Of(server.PrivateKey),
            CacheDirectory = Path.Combine(directory, "cache"),
            StateDirectory = Path.Combine(directory, "state"),
            UnlinkQuiet = TimeSpan.FromMilliseconds(50),
            WritesPerSecond = 1000,
            ReadsPerSecond = 1000,
        };
        options = configure?.Invoke(options) ?? options;
        TestLog log = new();
        MediaVolume volume = await MediaVolume.OpenAsync(options, log, time ?? TimeProvider.System, CancellationToken.None);
        return new TestVolume(server, share is null, directory, options, volume, log);
    }

    /// <summary>Closes the volume as an unmount without a drain would, and opens it again over the same folders.</summary>
    public async Task RemountAsync(Func<MountOptions, MountOptions>? configure = null)
    {
        await CloseAsync();
        Options = configure?.Invoke(Options) ?? Options;
        _volume = await MediaVolume.OpenAsync(Options, Log, TimeProvider.System, CancellationToken.None);
        _isClosed = false;
    }

    /// <summary>Closes the volume as an unmount without a drain would: its folders are nobody's until <see cref="RemountAsync"/>.</summary>
    public async Task CloseAsync()
    {
        if (!_isClosed)
            await _volume.DisposeAsync();
        _isClosed = true;
    }

    /// <summary>
    /// Ends the process as SIGKILL would, as far as the disk and the service can tell: from one instant on no request takes effect, and the next volume
    /// opens a copy of what the disk had then. Fault rules are gone afterwards.
    /// </summary>
    public async Task KillAsync()
    {
        Emulator.Faults.Replace("any=reset");
        string copy = Path.Combine(Directory, $"after-kill-{++_kills}");
        string state = Path.Combine(copy, "state");
        string cache = Path.Combine(copy, "cache");
        CopyStill(Options.StateDirectory, state);
        CopyStill(Options.CacheDirectory, cache);
        await _volume.DisposeAsync();
        Emulator.Faults.Clear();
        Options = Options with { StateDirectory = state, CacheDirectory = cache };
        _volume = await MediaVolume.OpenAsync(Options, Log, TimeProvider.System, CancellationToken.None);
    }

    /// <summary>Copies a folder as it is at one instant: again, when something moved meanwhile.</summary>
    private static void CopyStill(string from, string to)
    {
        string before;
        do
        {
            if (System.IO.Directory.Exists(to))
                System.IO.Directory.Delete(to, recursive: true);
            before = Fingerprint(from);
            try
            {
                foreach (string file in System.IO.Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
                {
                    if (Path.GetFileName(file) == "lock")
                        continue; // Held by the process that dies; another one takes its own.
                    string target = Path.Combine(to, Path.GetRelativePath(from, file));
                    System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    using FileStream source = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                    using FileStream copy = File.Create(target);
                    source.CopyTo(copy);
                }
            }
            catch (FileNotFoundException)
            {
                before = "a file went while it was copied";
            }
        }
        while (before != Fingerprint(from));
    }

    private static string Fingerprint(string folder)
    {
        try
        {
            IEnumerable<FileInfo> files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories);
            return string.Join('\n', files.Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}").Order(StringComparer.Ordinal));
        }
        catch (FileNotFoundException)
        {
            return $"a file went meanwhile {Guid.NewGuid()}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_ownsEmulator)
            await Emulator.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    public async Task<Entry> LookupAsync(string path)
    {
        FsResult<Entry> found = await TryLookupAsync(path);
        return found.Ok ? found.Value : throw new FsErrorException(found.Error, path);
    }

    public async Task<FsResult<Entry>> TryLookupAsync(string path)
    {
        InodeId at = InodeId.Root;
        FsResult<Entry> entry = FsError.InvalidArgument;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            entry = await FileSystem.LookupAsync(at, EntryName.Of(part), CancellationToken.None);
            if (!entry.Ok)
                return entry;
            at = entry.Value.Inode;
        }

        return entry;
    }

    public async Task<InodeId> FolderAsync(string path) => path is "/" or "" ? InodeId.Root : (await LookupAsync(path)).Inode;

    /// <summary>Creates (or opens) and writes, without closing.</summary>
    public async Task<TestFile> CreateAsync(string path, byte[] content, OpenMode mode = OpenMode.Read | OpenMode.Write)
    {
        (string folder, string name) = Split(path);
        FsResult<Created> created = await FileSystem.CreateAsync(
            await FolderAsync(folder), EntryName.Of(name), 0b110_100_100, mode, new Caller(0, 0), CancellationToken.None);
        if (!created.Ok)
            throw new FsErrorException(created.Error, path);
        TestFile file = new(this, created.Value.Entry.Inode, created.Value.Opened.Handle);
        if (content.Length > 0)
            await file.WriteAsync(0, content);
        return file;
    }

    public async Task<TestFile> OpenAsync(string path, OpenMode mode = OpenMode.Read)
    {
        InodeId inode = (await LookupAsync(path)).Inode;
        FsResult<Opened> opened = await FileSystem.OpenAsync(inode, mode, CancellationToken.None);
        return opened.Ok ? new TestFile(this, inode, opened.Value.Handle) : throw new FsErrorException(opened.Error, path);
    }

    /// <summary>Writes a whole file as `cp` does: create or truncate, write, close. The error is close's.</summary>
    public async Task<FsError> PutAsync(string path, byte[] content)
    {
        TestFile file = (await TryLookupAsync(path)).Ok
            ? await OpenAsync(path, OpenMode.Write | OpenMode.Truncate)
            : await CreateAsync(path, [], OpenMode.Write);
        if (content.Length > 0)
            await file.WriteAsync(0, content);
        return await file.CloseAsync();
    }

    public Task<FsError> PutAsync(string path, string content) => PutAsync(path, Encoding.UTF8.GetBytes(content));

    public async Task<byte[]> ReadAsync(string path)
    {
        TestFile file = await OpenAsync(path);
        byte[] content = await file.ReadAllAsync();
        await file.CloseAsync();
        return content;
    }

    public async Task<FsError> MkdirAsync(string path)
    {
        (string folder, string name) = Split(path);
        FsResult<Entry> made = await FileSystem.MkdirAsync(await FolderAsync(folder), EntryName.Of(name), 0b111_101_101, new Caller(0, 0), CancellationToken.None);
        return made.Error;
    }

    public async Task<FsError> RmdirAsync(string path)
    {
        (string folder, string name) = Split(path);
        return await FileSystem.RmdirAsync(await FolderAsync(folder), EntryName.Of(name), CancellationToken.None);
    }

    public async Task<FsError> UnlinkAsync(string path)
    {
        (string folder, string name) = Split(path);
        return await FileSystem.UnlinkAsync(await FolderAsync(folder), EntryName.Of(name), CancellationToken.None);
    }

    public async Task<FsError> RenameAsync(string from, string to, RenameMode mode = RenameMode.Replace)
    {
        (string oldFolder, string oldName) = Split(from);
        (string newFolder, string newName) = Split(to);
        return await FileSystem.RenameAsync(
            await FolderAsync(oldFolder), EntryName.Of(oldName), await FolderAsync(newFolder), EntryName.Of(newName), mode, CancellationToken.None);
    }

    public async Task<List<string>> ListAsync(string path) =>
        [.. (await ReadDirAsync(path)).Select(entry => entry.Name).Order(StringComparer.Ordinal)];

    /// <summary>A folder's entries as a program reads them, without the dots.</summary>
    public async Task<List<DirEntry>> ReadDirAsync(string path)
    {
        InodeId folder = await FolderAsync(path);
        FsResult<Opened> opened = await FileSystem.OpenDirAsync(folder, CancellationToken.None);
        if (!opened.Ok)
            throw new FsErrorException(opened.Error, path);
        EntrySink sink = new();
        FsError error = await FileSystem.ReadDirAsync(folder, opened.Value.Handle, 0, sink, CancellationToken.None);
        FileSystem.ReleaseDir(folder, opened.Value.Handle);
        if (error != FsError.None)
            throw new FsErrorException(error, path);
        return sink.Entries;
    }

    /// <summary>Pushes everything and fails when something did not get out.</summary>
    public async Task SyncAsync()
    {
        DrainReport report = await _volume.DrainAsync(TimeSpan.FromSeconds(30), progress: null, CancellationToken.None);
        if (!report.Complete)
            throw new InvalidOperationException($"{report.Remaining} operations remain: {string.Join("; ", report.Items)}");
    }

    private static (string Folder, string Name) Split(string path)
    {
        int slash = path.LastIndexOf('/');
        return (path[..slash], path[(slash + 1)..]);
    }

    private sealed class EntrySink : IDirectorySink
    {
        public List<DirEntry> Entries { get; } = [];

        public bool WantsEntries => false;

        public bool TryAdd(in DirEntry entry, in Entry? node)
        {
            if (entry.Name is not ("." or ".."))
                Entries.Add(entry);
            return true;
        }
    }
}

/// <summary>One open file of a <see cref="TestVolume"/>.</summary>
public sealed class TestFile(TestVolume volume, InodeId inode, HandleId handle)
{
    public InodeId Inode { get; } = inode;

    public HandleId Handle { get; } = handle;

    public async Task WriteAsync(long offset, byte[] data)
    {
        FsResult<int> written = await volume.FileSystem.WriteAsync(Inode, Handle, offset, data, CancellationToken.None);
        if (!written.Ok)
            throw new FsErrorException(written.Error, "write");
        if (written.Value != data.Length)
            throw new InvalidOperationException($"Wrote {written.Value} of {data.Length} bytes.");
    }

    public async Task<byte[]> ReadAllAsync()
    {
        FsResult<AttrReply> attr = await volume.FileSystem.GetAttrAsync(Inode, CancellationToken.None);
        byte[] content = new byte[attr.Value.Attr.Size];
        FsResult<int> read = await volume.FileSystem.ReadAsync(Inode, Handle, 0, content, CancellationToken.None);
        if (!read.Ok)
            throw new FsErrorException(read.Error, "read");
        return content[..read.Value];
    }

    public Task<FsError> FsyncAsync() => volume.FileSystem.FsyncAsync(Inode, Handle, CancellationToken.None).AsTask();

    public async Task<FsError> CloseAsync()
    {
        FsError error = await volume.FileSystem.FlushAsync(Inode, Handle, CancellationToken.None);
        volume.FileSystem.Release(Inode, Handle);
        return error;
    }
}

/// <summary>An error of the port where a test expected none.</summary>
public sealed class FsErrorException(FsError error, string what) : Exception($"{what}: {error}")
{
    public FsError Error { get; } = error;
}

/// <summary>Keeps what was logged.</summary>
public sealed class TestLog : ILoggerFactory, ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add($"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : " " + exception)}");
    }

    public void Dispose()
    {
    }
}
