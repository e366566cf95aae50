using System.Threading.Channels;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Brings files and folders to this machine: `warm` once, `pin` for good.</summary>
/// <remarks>
/// A pin belongs to a path. Its files are fetched, never evicted, and fetched anew whenever a listing shows another version or a new file; a mount lists what
/// is pinned once at its start. Two pins of one version: the last to go lets it go, so a pin below another is refused.
/// </remarks>
internal sealed class Keeper : IAsyncDisposable
{
    /// <summary>Jobs that are over stay this many, so that who started one sees how it ended.</summary>
    private const int MaxEnded = 32;

    private readonly Volume _volume;
    private readonly IFileSystem _files;
    private readonly CopyFetcher _fetcher;
    private readonly PinFile _pinFile;
    private readonly Lock _lock = new();
    private readonly List<PinnedTree> _pins = [];
    private readonly List<CopyJob> _jobs = [];
    private readonly Channel<Listing> _refreshed = Channel.CreateUnbounded<Listing>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _following;

    /// <param name="volume">The volume.</param>
    /// <param name="files">To find paths by their names.</param>
    /// <param name="pinFile">Where pins are kept.</param>
    public Keeper(Volume volume, IFileSystem files, PinFile pinFile)
    {
        _volume = volume;
        _files = files;
        _fetcher = new CopyFetcher(volume);
        _pinFile = pinFile;
        try
        {
            foreach (Pin pin in pinFile.Read())
                _pins.Add(new PinnedTree(pin, volume.Content));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            volume.Log.PinsUnreadable(e.Message);
        }

        foreach (PinnedTree pin in _pins)
            StartFromRoot(pin);
        _following = Task.Run(FollowAsync);
    }

    /// <summary>Pins, then what is or was fetched once; oldest first.</summary>
    public IReadOnlyList<LocalCopyItem> Items
    {
        get
        {
            lock (_lock)
                return [.. _jobs.Select(job => job.Item).OrderByDescending(item => item.IsPinned)];
        }
    }

    /// <summary>A listing arrived. Never blocks, never throws.</summary>
    public void Refreshed(Listing listing)
    {
        lock (_lock)
        {
            if (!_pins.Exists(pin => pin.Covers(listing.Folder)))
                return;
        }

        _refreshed.Writer.TryWrite(listing);
    }

    /// <summary>Starts to fetch a file or folder; <see cref="Items"/> tells how it goes.</summary>
    public async ValueTask<FsError> WarmAsync(string path, CancellationToken ct)
    {
        FsResult<Pin> found = await FindAsync(path, ct);
        if (!found.Ok)
            return found.Error;
        CopyJob job = new(found.Value.Path, isPinned: false, _closing.Token);
        Begin(job, () => RunAsync(job, found.Value));
        return FsError.None;
    }

    /// <summary>Ends a <see cref="WarmAsync"/>; what was fetched stays.</summary>
    public FsError Stop(string path)
    {
        lock (_lock)
        {
            CopyJob? job = _jobs.Find(job => !job.IsPinned && job.Path == path);
            job?.Stop();
            return job is null ? FsError.NotFound : FsError.None;
        }
    }

    /// <summary>Pins a file or folder; it is stored before this returns, and fetched behind.</summary>
    /// <returns>Exists: it is pinned, or lies in a pinned folder, or has a pin below it. LocalFailure: it could not be stored.</returns>
    public async ValueTask<FsError> PinAsync(string path, CancellationToken ct)
    {
        FsResult<Pin> found = await FindAsync(path, ct);
        if (!found.Ok)
            return found.Error;
        PinnedTree pin = new(found.Value, _volume.Content);
        lock (_lock)
        {
            if (_pins.Exists(other => Overlap(other.Pin, pin.Pin)))
                return FsError.Exists;
            if (!TryStore([.. _pins.Select(other => other.Pin), pin.Pin]))
                return FsError.LocalFailure;
            _pins.Add(pin);
            StartFromRoot(pin);
            return FsError.None;
        }
    }

    /// <summary>Ends a pin; its files stay until the cache needs the room.</summary>
    public FsError Unpin(string path)
    {
        lock (_lock)
        {
            PinnedTree? pin = _pins.Find(pin => pin.Pin.Path == path);
            if (pin is null)
                return FsError.NotFound;
            if (!TryStore([.. _pins.Where(other => other != pin).Select(other => other.Pin)]))
                return FsError.LocalFailure;
            _pins.Remove(pin);
            foreach (CopyJob job in _jobs.Where(job => job.IsPinned && job.Path == path).ToList())
            {
                job.Stop();
                _jobs.Remove(job);
            }

            pin.Release();
            return FsError.None;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _refreshed.Writer.TryComplete();
        await _closing.CancelAsync();
        await _following;
        CopyJob[] jobs;
        lock (_lock)
            jobs = [.. _jobs];
        foreach (CopyJob job in jobs)
        {
            await job.Work;
            job.Dispose();
        }
    }

    private static bool Overlap(Pin a, Pin b) => a.Remote == b.Remote || RemotePath.IsBelow(a.Remote, b.Remote) || RemotePath.IsBelow(b.Remote, a.Remote);

    /// <summary>With the lock held: pins and file change together.</summary>
    private bool TryStore(List<Pin> pins)
    {
        try
        {
            _pinFile.Write(pins);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _volume.Log.PinsNotStored(e.Message);
            return false;
        }
    }

    private void StartFromRoot(PinnedTree pin)
    {
        pin.Folders.Add(pin.Root);
        Start(pin);
    }

    /// <summary>With the lock held, or before anybody else can.</summary>
    private void Start(PinnedTree pin)
    {
        pin.IsRunning = true;
        CopyJob job = new(pin.Pin.Path, isPinned: true, _closing.Token);
        Begin(job, () => RunGuardedAsync(job, pin));
    }

    private void Begin(CopyJob job, Func<Task> work)
    {
        lock (_lock)
        {
            _jobs.RemoveAll(old => old.IsPinned == job.IsPinned && old.Path == job.Path && IsReplaced(old));
            foreach (CopyJob old in _jobs.Where(old => !old.IsPinned && old.Item.IsOver).SkipLast(MaxEnded).ToList())
                _jobs.Remove(old);
            _jobs.Add(job);
            job.Work = Task.Run(() => GuardAsync(job, work));
        }

        static bool IsReplaced(CopyJob old)
        {
            old.Stop();
            return true;
        }
    }

    private async Task GuardAsync(CopyJob job, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // Stopped, or the mount ends.
        }
        catch (Exception e)
        {
            job.Failed(job.Path, bytes: 0, FsError.LocalFailure);
            _volume.Log.CopyThrew(e, job.Path);
        }

        job.End();
    }

    private async Task RunAsync(CopyJob job, Pin path)
    {
        List<CopyFile> files = [];
        string root = path.IsFolder ? path.Remote : RemotePath.Parent(path.Remote);
        if (path.IsFolder)
        {
            FsError error = await _fetcher.WalkAsync(root, listing => Add(listing, _ => true), job.Stopping);
            if (error != FsError.None)
                job.Failed(path.Path, bytes: 0, error);
        }
        else if ((await _fetcher.ListAsync(root, job.Stopping)).Listing is { } listing)
        {
            Add(listing, row => RemotePath.Combine(root, row.RemoteName) == path.Remote);
        }

        job.Fetching();
        await _fetcher.FetchAsync(job, files);

        void Add(Listing listing, Func<Row, bool> isWanted)
        {
            for (int i = 0; i < listing.Count; i++)
            {
                Row row = listing[i];
                if (row.Kind != FileKind.File || !isWanted(row))
                    continue;
                CopyFile file = CopyFile.Of(listing, row);
                files.Add(file);
                job.Found(file.Version.Size);
            }
        }
    }

    private async Task RunGuardedAsync(CopyJob job, PinnedTree pin)
    {
        try
        {
            await RunAsync(job, pin);
        }
        finally
        {
            lock (_lock)
                pin.IsRunning = false;
        }
    }

    private async Task RunAsync(CopyJob job, PinnedTree pin)
    {
        while (true)
        {
            List<CopyFile> files;
            List<string> folders;
            lock (_lock)
            {
                // What a walk listed itself was also told as refreshed.
                (files, folders) = ([.. pin.Files], [.. pin.Folders.Where(folder => !pin.Knows(folder)).Distinct(StringComparer.Ordinal)]);
                pin.Files.Clear();
                pin.Folders.Clear();
                pin.IsRunning = files.Count + folders.Count > 0;
                if (!pin.IsRunning)
                {
                    job.Counted(pin.Count());
                    return;
                }
            }

            foreach (CopyFile file in files)
                job.Found(file.Version.Size);
            foreach (string folder in folders)
                await ListAsync(job, pin, folder, files);
            job.Fetching();
            await _fetcher.FetchAsync(job, files);
        }
    }

    private async Task ListAsync(CopyJob job, PinnedTree pin, string folder, List<CopyFile> files)
    {
        if (!pin.Pin.IsFolder)
        {
            if ((await _fetcher.ListAsync(folder, job.Stopping)).Listing is { } listing)
                Add(listing);
            return;
        }

        FsError error = await _fetcher.WalkAsync(folder, Add, job.Stopping);
        if (error != FsError.None)
            job.Failed(folder, bytes: 0, error);

        void Add(Listing listing)
        {
            List<CopyFile> found;
            lock (_lock)
            {
                if (!_pins.Contains(pin))
                    return;
                found = pin.Take(listing).Files;
            }

            foreach (CopyFile file in found)
                job.Found(file.Version.Size);
            files.AddRange(found);
        }
    }

    /// <summary>Goes after what listings show to have changed.</summary>
    private async Task FollowAsync()
    {
        try
        {
            await foreach (Listing listing in _refreshed.Reader.ReadAllAsync(_closing.Token))
                Follow(listing);
        }
        catch (OperationCanceledException)
        {
            // The mount ends.
        }
    }

    private void Follow(Listing listing)
    {
        lock (_lock)
        {
            foreach (PinnedTree pin in _pins.Where(pin => pin.Covers(listing.Folder)).ToList())
            {
                (List<CopyFile> files, List<string> newFolders) = pin.Take(listing);
                pin.Files.AddRange(files.Where(file => !_volume.Content.IsComplete(file.Version.Key, file.Version.Size)));
                pin.Folders.AddRange(newFolders);
                if (!pin.IsRunning && pin.Files.Count + pin.Folders.Count > 0)
                    Start(pin);
            }
        }
    }

    private async ValueTask<FsResult<Pin>> FindAsync(string path, CancellationToken ct)
    {
        List<InodeId> looked = [];
        try
        {
            InodeId at = InodeId.Root;
            foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (EntryName.TryParse(part, out EntryName name) is var bad and not FsError.None)
                    return bad;
                FsResult<Entry> entry = await _files.LookupAsync(at, name, ct);
                if (!entry.Ok)
                    return entry.Error;
                at = entry.Value.Inode;
                looked.Add(at);
            }

            lock (_volume.Lock)
            {
                return !_volume.Names.TryGet(at, out Inode? inode) ? FsError.NotFound
                    : inode is FolderInode folder ? new Pin(_volume.Names.LocalPathOf(inode), folder.RemotePath, IsFolder: true)
                    : new Pin(_volume.Names.LocalPathOf(inode), Namespace.RemotePathOf(inode), IsFolder: false);
            }
        }
        finally
        {
            foreach (InodeId inode in looked)
                _files.Forget(inode, 1);
        }
    }
}
