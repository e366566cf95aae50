using System.Collections.Immutable;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Library;

/// <summary>
/// The library: folders, files, versions, jobs. One lock guards all of it; every public member takes it, lets jobs that are due take effect,
/// and writes its records before it returns.
/// </summary>
internal sealed partial class MediaStore : IDisposable
{
    /// <summary>The birthday of synthetic files and of the root.</summary>
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly Func<EmulatorOptions> _options;
    private readonly TimeProvider _time;
    private readonly LibraryLog? _log;
    private readonly ObjectIds _ids;
    private readonly ListingLag _lag;
    private readonly Dictionary<string, FileNode> _files = new(StringComparer.Ordinal);
    private readonly SequenceList<FileNode> _allFiles = new();
    private readonly SequenceList<FolderNode> _allFolders = new();
    private readonly SyntheticFiles? _synthetic;
    private readonly FolderNode _root;
    private long _nextSequence;
    private long _storedBytes;

    /// <summary>Opens the library that the options name.</summary>
    public MediaStore(Func<EmulatorOptions> options)
    {
        _options = options;
        EmulatorOptions now = options();
        _time = now.TimeProvider;
        _ids = new ObjectIds(_time);
        _lag = new ListingLag(options, _time);
        _root = new FolderNode { Id = new string('0', 24), Sequence = -1, Name = "", CreatedAt = Epoch };
        _root.Touch(Epoch);
        Account = new AccountData(_ids, SaveAccountRecord);
        if (now.Synthetic is { } shape)
        {
            _synthetic = new SyntheticFiles(shape, Epoch);
            _nextSequence = _synthetic.FirstFreeSequence;
            foreach (FolderNode folder in _synthetic.MakeFolders(_root))
            {
                folder.Parent!.Folders.Add(folder);
                _allFolders.Add(folder);
            }

            _storedBytes = (long)_synthetic.All.Count * shape.FileSize;
        }

        if (now.Root is null)
        {
            Blobs = new MemoryBlobStore();
            return;
        }

        var blobs = new FolderBlobStore(now.Root);
        Blobs = blobs;
        _log = new LibraryLog(now.Root);
        Load(_log.Records, blobs);
    }

    /// <summary>Where uploads put their bytes.</summary>
    public BlobStore Blobs { get; }

    /// <summary>Custom metadata fields, URL endpoints, origins.</summary>
    public AccountData Account { get; }

    /// <summary>Bytes of all versions.</summary>
    public long StoredBytes
    {
        get
        {
            lock (_gate)
                return _storedBytes;
        }
    }

    private EmulatorOptions Options => _options();

    /// <inheritdoc/>
    public void Dispose() => _log?.Dispose();

    private DateTimeOffset Now()
    {
        // The service's times have milliseconds.
        DateTimeOffset now = _time.GetUtcNow();
        return DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
    }

    /// <summary>Runs one operation: under the lock, after the jobs that are due, its records written.</summary>
    private T Enter<T>(Func<T> operation)
    {
        lock (_gate)
        {
            try
            {
                Settle();
                return operation();
            }
            finally
            {
                _log?.Flush();
            }
        }
    }

    private void Enter(Action operation) => Enter(() =>
    {
        operation();
        return true;
    });

    private FolderNode? FindFolder(string path)
    {
        FolderNode? at = _root;
        foreach (string name in NameRules.Split(path))
        {
            at = at.Folders.Find(name);
            if (at is null)
                return null;
        }

        return at;
    }

    // Each missing part is made under the name rule; a part that is there under its given name is taken as it is.
    private FolderNode EnsureFolder(string[] parts, bool isV2, bool creating)
    {
        if (parts.Length > NameRules.MaxDepth)
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "Folder path cannot be nested more than 50 levels.");
        if (parts.Any(NameRules.IsDots))
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "'.' & '..' can not be used as folder-name");
        FolderNode at = _root;
        foreach (string part in parts)
        {
            string name = NameRules.Folder(part, isV2, Options, creating);
            at = at.Folders.Find(name) ?? AddFolder(at, name);
        }

        return at;
    }

    private FolderNode AddFolder(FolderNode parent, string name)
    {
        if (Options.RefuseSharedNames && FindFile(parent, name) is not null)
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "A file with the same name already exists at the same location.");
        var folder = new FolderNode { Id = _ids.Next(), Sequence = _nextSequence++, Name = name, Parent = parent, CreatedAt = Now() };
        folder.Touch(folder.CreatedAt);
        _lag.Remember(folder.Id, before: null);
        parent.Folders.Add(folder);
        _allFolders.Add(folder);
        Save(folder);
        return folder;
    }

    private FileNode? FindFile(FolderNode folder, string name)
    {
        if (folder.Files.Find(name) is { } file)
            return file;
        int index = _synthetic?.FindName(folder, name) ?? -1;
        return index < 0 ? null : MakeReal(index);
    }

    private FileNode? FindFile(string path)
    {
        string[] parts = NameRules.Split(path);
        return parts.Length == 0 || FindFolder(string.Join('/', parts[..^1])) is not { } folder ? null : FindFile(folder, parts[^1]);
    }

    private FileNode? FindFileById(string id)
    {
        if (_files.GetValueOrDefault(id) is { } file)
            return file;
        int index = _synthetic?.FindId(id) ?? -1;
        return index < 0 ? null : MakeReal(index);
    }

    private FileNode GetFileById(string id)
    {
        if (!ObjectIds.IsValid(id) && !Options.AnyIdFormat)
            throw new Refusal(400, "Your request contains invalid fileId parameter.");
        return FindFileById(id) ?? throw Refusal.NoSuchFile();
    }

    // A synthetic file that someone names becomes a node with the same id, place and bytes. Nothing else can tell.
    private FileNode MakeReal(int index)
    {
        FileNode file = _synthetic!.Make(index);
        _synthetic.Remove(index);
        file.Current.Blob.Retain();
        Link(file, file.Parent!);
        return file;
    }

    private void Link(FileNode file, FolderNode folder)
    {
        file.Parent = folder;
        folder.Files.Add(file);
        _allFiles.Add(file);
        _files.Add(file.Id, file);
    }

    private void Unlink(FileNode file)
    {
        file.Parent!.Files.Remove(file);
        _allFiles.Remove(file);
        _files.Remove(file.Id);
    }

    private void Hold(FileVersion version)
    {
        version.Blob.Retain();
        _storedBytes += version.Blob.Length;
    }

    private void LetGo(FileVersion version)
    {
        _storedBytes -= version.Blob.Length;
        version.Blob.Release();
    }

    /// <summary>Adds versions behind those there are, numbering on. The last becomes current unless told otherwise.</summary>
    private void Append(FileNode file, IEnumerable<FileVersion> versions, bool makeCurrent)
    {
        foreach (FileVersion version in versions)
        {
            int number = Options.VersionNumbersRepeat ? file.Versions.Length + 1 : file.LastNumber + 1;
            FileVersion added = version with { Number = number, Id = _ids.Next() };
            file.LastNumber = Math.Max(file.LastNumber, number);
            file.Versions = file.Versions.Add(added);
            Hold(added);
            if (makeCurrent)
                file.Current = added;
        }
    }

    private void DropOldest(FileNode file)
    {
        FileVersion oldest = file.Versions.First(version => !ReferenceEquals(version, file.Current));
        file.Versions = file.Versions.Remove(oldest);
        LetGo(oldest);
    }

    private void MoveUpdatedAt(FileNode file)
    {
        if (!Options.MovesKeepUpdatedAt)
            file.Replace(file.Current, file.Current with { UpdatedAt = Now() });
    }

    private void DeleteFile(FileNode file)
    {
        _lag.Before(file);
        Unlink(file);
        foreach (FileVersion version in file.Versions)
            LetGo(version);
        SaveGone("file", file.Id);
    }
}
