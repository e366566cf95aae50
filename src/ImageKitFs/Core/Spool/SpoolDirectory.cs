using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Spool;

/// <summary>Whether a sealed layer that the journal names is still what was sealed.</summary>
internal enum SpoolCheck
{
    Ok,
    Missing,

    /// <summary>Other bytes, another size, or unreadable.</summary>
    Corrupt,
}

/// <summary>The folder of spool files: one per layer, named for its generation. Counts what they hold against a limit.</summary>
/// <remarks>
/// Thread-safe. One process owns the folder (<see cref="FolderLock"/>). Nothing here is deleted because it is unknown: see <see cref="MoveOrphans"/>.
/// What counts is what a layer holds or will hold once it is complete, not the length of a sparse file.
/// </remarks>
internal sealed partial class SpoolDirectory
{
    /// <summary>Where files that nobody claims go; `imagekitfs recover` takes them out.</summary>
    public const string RecoverFolder = "recover";

    /// <summary>What layer files are called.</summary>
    public const string Pattern = "*" + Extension;

    private const string Extension = ".layer";

    // 8 chunks of 1 MiB: as many ranged reads as keep a link busy, and a bound on the memory of all fills together.
    private const int MaxFillsInFlight = 8;

    private static readonly TimeSpan FullSaidEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _charges = [];
    private readonly Func<long> _nextGeneration;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _highestFound;
    private long _usedBytes;
    private long? _saidFull;

    private SpoolDirectory(string path, long limitBytes, Func<long> nextGeneration, TimeProvider time, ILogger logger)
    {
        Path = path;
        LimitBytes = limitBytes;
        _nextGeneration = nextGeneration;
        _time = time;
        _logger = logger;
        foreach (FileInfo file in new DirectoryInfo(path).EnumerateFiles(Pattern))
        {
            _charges.Add(file.Name, file.Length);
            _usedBytes += file.Length;
            _highestFound = Math.Max(_highestFound, GenerationOf(file.Name));
        }
        string recover = System.IO.Path.Combine(path, RecoverFolder);
        if (Directory.Exists(recover))
        {
            foreach (string file in Directory.EnumerateFiles(recover))
                _highestFound = Math.Max(_highestFound, GenerationOf(System.IO.Path.GetFileName(file)));
        }
        FilesFound = [.. _charges.Keys];
    }

    public string Path { get; }

    public long LimitBytes { get; }

    /// <summary>Bytes that the files here hold, or will hold once their layers are complete.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate)
                return _usedBytes;
        }
    }

    /// <summary>Names of the layer files that lay here when the folder was opened.</summary>
    public IReadOnlyList<string> FilesFound { get; }

    /// <summary>Shared by all stacks: one per chunk that is being fetched over the network.</summary>
    public SemaphoreSlim FillSlots { get; } = new(MaxFillsInFlight);

    /// <summary>Opens the folder, making it when it is missing, readable by its owner only.</summary>
    /// <param name="nextGeneration">The journal's counter.</param>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public static SpoolDirectory Open(string path, long limitBytes, Func<long> nextGeneration, TimeProvider time, ILogger logger)
    {
        PrivateFolder.Create(path);
        return new SpoolDirectory(path, limitBytes, nextGeneration, time, logger);
    }

    /// <summary>A number for a new layer, above that of every file found here: also when the journal was lost and counts anew.</summary>
    /// <exception cref="IOException">The journal cannot be written.</exception>
    public long NextGeneration()
    {
        long generation = _nextGeneration();
        while (generation <= _highestFound)
            generation = _nextGeneration();
        return generation;
    }

    /// <summary>The name of a generation's file.</summary>
    public static string FileNameOf(long generation) => generation.ToString("x16", CultureInfo.InvariantCulture) + Extension;

    /// <summary>Makes the file of a layer, empty. Its name is durable only after <see cref="Flush"/>.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public SpoolFile Create(long generation) => new(FileNameOf(generation), OpenHandle(FileNameOf(generation), FileMode.CreateNew));

    /// <summary>Opens the file of a layer found in the journal.</summary>
    /// <exception cref="IOException">It is missing, or the disk refused.</exception>
    public SpoolFile OpenExisting(string fileName) => new(fileName, OpenHandle(fileName, FileMode.Open));

    /// <summary>Adds to what a layer holds, or takes off it; false when the limit forbids it.</summary>
    public bool TryCharge(string fileName, long bytes)
    {
        lock (_gate)
        {
            if (bytes > 0 && bytes > LimitBytes - _usedBytes)
            {
                NoteFull("the limit of --spool-size is reached");
                return false;
            }
            long held = _charges.GetValueOrDefault(fileName);
            // A layer that was released meanwhile owes nothing.
            bytes = Math.Max(bytes, -held);
            _charges[fileName] = held + bytes;
            _usedBytes += bytes;
            return true;
        }
    }

    /// <summary>True when so many more bytes fit under the limit and on the disk, now.</summary>
    public bool HasRoom(long bytes)
    {
        lock (_gate)
        {
            if (bytes > LimitBytes - _usedBytes)
                return false;
        }
        try
        {
            return bytes <= new DriveInfo(Path).AvailableFreeSpace;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            // Unknown: the write itself will tell.
            return true;
        }
    }

    /// <summary>Makes the names in the folder durable.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Flush() => FolderSync.Flush(Path);

    /// <summary>Where a sealed layer's file lies, for the rename into the content cache.</summary>
    public string PathOf(SealedLayer layer) =>
        layer.FileName is not null ? PathOf(layer.FileName) : throw new ArgumentException("An empty layer has no file.", nameof(layer));

    /// <summary>Opens a sealed layer for uploading, independent of every stack.</summary>
    /// <exception cref="IOException">The file is gone, or the disk refused.</exception>
    public Stream OpenRead(SealedLayer layer) =>
        layer.FileName is null
            ? Stream.Null
            : new FileStream(PathOf(layer), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });

    /// <summary>Compares a layer's file with what was sealed: size, then hash.</summary>
    public SpoolCheck Verify(SealedLayer layer)
    {
        if (layer.FileName is null)
            return layer.Size == 0 ? SpoolCheck.Ok : SpoolCheck.Missing;
        try
        {
            using SafeFileHandle file = File.OpenHandle(PathOf(layer), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return RandomAccess.GetLength(file) == layer.Size && ContentHash.Of(file, layer.Size) == layer.Hash ? SpoolCheck.Ok : SpoolCheck.Corrupt;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return SpoolCheck.Missing;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            LogUnreadable(layer.FileName, exception);
            return SpoolCheck.Corrupt;
        }
    }

    /// <summary>Ends a sealed layer: its file is deleted if it still lies here, and counts no more. Handles that are open stay good.</summary>
    public void Release(SealedLayer layer)
    {
        if (layer.FileName is not null)
            Delete(layer.FileName);
    }

    /// <summary>Deletes a layer's file, if it has one, and stops counting it.</summary>
    public void Delete(string fileName)
    {
        lock (_gate)
        {
            if (_charges.Remove(fileName, out long held))
                _usedBytes -= held;
        }
        try
        {
            File.Delete(PathOf(fileName));
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            // It wastes space until the next start, which finds it unclaimed and moves it to recover.
            LogNotDeleted(fileName, exception);
        }
    }

    private string PathOf(string fileName) => System.IO.Path.Combine(Path, fileName);

    // Shared for deletion, so that Windows too can rename and unlink what is open.
    private SafeFileHandle OpenHandle(string fileName, FileMode mode) =>
        File.OpenHandle(PathOf(fileName), mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>A write found no room. Logged once in a while: a program that copies a thousand files meets it a thousand times.</summary>
    public void NoteFull(string reason)
    {
        lock (_gate)
        {
            if (_saidFull is { } said && _time.GetElapsedTime(said) < FullSaidEvery)
                return;
            _saidFull = _time.GetTimestamp();
        }
        LogFull(reason, UsedBytes);
    }

    private static long GenerationOf(string fileName) =>
        long.TryParse(System.IO.Path.GetFileNameWithoutExtension(fileName), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long generation)
            ? generation
            : 0;

    [LoggerMessage(Level = LogLevel.Error, Message = "The spool file {FileName} cannot be read; check the disk.")]
    private partial void LogUnreadable(string fileName, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "There is no room for changes ({Reason}; {Used} bytes wait for the library). Programs get ENOSPC until uploads have made room, or somebody has on the disk of the state folder.")]
    private partial void LogFull(string reason, long used);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The spool file {FileName} cannot be deleted and goes on using space.")]
    private partial void LogNotDeleted(string fileName, Exception exception);
}
