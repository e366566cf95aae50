using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Renditions;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Opens the rooms one after another, so that a failure in the middle closes what was opened.</summary>
internal sealed class VolumeBuilder(MountOptions options, CountingLogger log, TimeProvider time, HttpMessageHandler? handler) : IAsyncDisposable
{
    private readonly Stack<Func<ValueTask>> _opened = new();
    private Publisher? _publisher;
    private FolderRemover? _remover;
    private FolderMover? _mover;

    public Volume Volume { get; private set; } = null!;

    public Pusher Pusher { get; private set; } = null!;

    public Committer Committer { get; private set; } = null!;

    public ImageKitApi Api { get; private set; } = null!;

    public CountingLogger Log { get; } = log;

    public OperationCounters Operations { get; } = new();

    /// <summary>What a platform serves: the library's file system, with its failures told.</summary>
    public IFileSystem Served { get; private set; } = null!;

    public FolderLock Lock { get; private set; } = null!;

    public RenditionCache Renditions { get; private set; } = null!;

    public Keeper Keeper { get; private set; } = null!;

    /// <summary>Null unless it was asked for.</summary>
    public ThumbnailFiller? Filler { get; private set; }

    public ResumeReport Resumed { get; private set; } = ResumeReport.Nothing;

    public async Task OpenAsync(CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(options.StateDirectory);
            Directory.CreateDirectory(options.CacheDirectory);
            Lock = FolderLock.TryAcquire(options.StateDirectory, out LockOwner? owner)
                ?? throw new VolumeException(
                    VolumeFailure.CacheBusy,
                    $"Another imagekitfs{(owner is null ? "" : $" (process {owner.ProcessId})")} uses {options.StateDirectory}; unmount it first, or give this mount another --cache-dir.");
            _opened.Push(() => Close(Lock));
            OpenRooms();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception);
        }
        catch (InvalidDataException exception)
        {
            throw new VolumeException(VolumeFailure.NewerFormat, $"{options.StateDirectory}: {exception.Message}", exception);
        }

        await CheckServiceAsync(ct);
        Reconciler reconciler = new(Volume, _publisher!);
        Volume.Tree.Refreshed = reconciler.Refreshed;
        Recovery recovery = new(Volume, _mover!);
        try
        {
            await recovery.RunAsync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception);
        }

        Resumed = recovery.Report;
        // Asked for before there was anything to compare it with.
        if (Volume.Tree.TryPeek(Volume.Names.Root.RemotePath, out Listing? root, out _))
            reconciler.Refreshed(before: null, root);
        Pusher = new Pusher(Volume, _publisher!);
        _opened.Push(Pusher.DisposeAsync);
        Committer = new Committer(Volume, _publisher!, Pusher);
        Committer.Attach();
    }

    public IFileSystem BuildFileSystem(Func<VolumeStatus> status, Func<byte[]> metrics, Func<string, CancellationToken, ValueTask<FsError>> control)
    {
        MediaFileSystem library = new(Volume, _publisher!, Committer, _remover!, _mover!, new VirtualFolder(Volume, status, metrics, control));
        RenditionFinder finder = new(Volume);
        if (options is { ThumbnailFolder: { } folder, MountPoint: { } mountPoint })
        {
            Filler = new ThumbnailFiller(Volume, Renditions, finder, folder, mountPoint);
            _opened.Push(Filler.DisposeAsync);
        }

        RenditionView view = new(Volume, library, Renditions, finder) { Filler = Filler };
        Keeper = new Keeper(Volume, view, new PinFile(Path.Combine(options.StateDirectory, "pins.json")));
        _opened.Push(Keeper.DisposeAsync);
        Action<Listing?, Listing>? reconcile = Volume.Tree.Refreshed;
        Volume.Tree.Refreshed = (before, listing) =>
        {
            reconcile?.Invoke(before, listing);
            Keeper.Refreshed(listing);
        };
        Served = new ServedFileSystem(view, new FailureLog(Volume, view.PathOf, Api.Counters, Operations, Log), time);
        return view;
    }

    public async ValueTask DisposeAsync()
    {
        while (_opened.TryPop(out Func<ValueTask>? close))
            await close();
    }

    private void OpenRooms()
    {
        Api = ImageKitApi.Create(options.Endpoints, options.Key, ApiTuning.From(options), time, Log, handler);
        _opened.Push(() => Close(Api));
        Api.Library.FoundReadOnlyKey = () =>
        {
            Log.ReadOnlyKey();
            options.FoundReadOnlyKey?.Invoke();
        };
        SpoolJournal journal = SpoolJournal.Open(Path.Combine(options.StateDirectory, "journal.db"), Log, time);
        _opened.Push(journal.DisposeAsync);
        SpoolDirectory spool = SpoolDirectory.Open(
            Path.Combine(options.StateDirectory, "spool"), MediaVolume.SpoolBytesOf(options), journal.NextGeneration, time, Log);
        CacheTrouble trouble = new(options.CacheDirectory, Log);
        ContentCache content = ContentCache.Open(
            Path.Combine(options.CacheDirectory, "content"), new ContentCacheOptions { MaxBytes = options.CacheBytes }, Api.Delivery, trouble, time, Log);
        _opened.Push(content.DisposeAsync);
        Renditions = new RenditionCache(content, Api.Delivery, Path.Combine(options.CacheDirectory, "renditions"), time, Log);
        _opened.Push(Renditions.DisposeAsync);
        NameMap names = new(FolderDash.IsReplaced(journal), options.MaxNameBytes);
        // Whose listings they are, and the rules by which their names were made local.
        string account = $"{options.Endpoints.Api} {options.Endpoints.Delivery} {FolderDash.IsReplaced(journal)} {options.MaxNameBytes}";
        TreeStore? store = TreeStore.Open(Path.Combine(options.CacheDirectory, "tree.db"), account, trouble, time, Log);
        DirectoryTree tree = new(Api.Library, ToLocal, new TreeOptions { Ttl = options.DirectoryTtl, Root = RootPath() }, time, Log, store);
        _opened.Push(() => Close(tree));
        InodeNumbers numbers = new();
        Volume = new Volume(options, Api.Library, tree, content, spool, journal, names, new Namespace(RootPath(), journal.LoadAttrs(), numbers), time, Log);
        Volume.Names.Root.Born = Volume.Names.Root.Modified = Volume.Names.Root.Changed = Volume.Now;
        _publisher = new Publisher(Volume);
        _remover = new FolderRemover(Volume);
        _mover = new FolderMover(Volume, _remover);

        string ToLocal(string remoteName, bool isFolder)
        {
            NameMap map = Volume?.NameMap ?? names;
            string local = map.ToLocal(remoteName, isFolder);
            // The mount's own folder hides a remote one of that name: that is shown by its stored spelling, escaped.
            return isFolder && local == VirtualFolder.FolderName ? map.ToLocal("_x002E_x002E_imagekit", isFolder: true) : local;
        }
    }

    private static VolumeException Unusable(Exception cause) =>
        new(VolumeFailure.CacheUnusable, $"The cache or state folder cannot be used: {cause.Message}", cause);

    private string RootPath()
    {
        string path = "/" + options.Folder.Trim('/');
        return path;
    }

    /// <summary>The first listing is the check of key and network, and what the first `ls` will show. With the service away, what an earlier run kept is shown.</summary>
    private async Task CheckServiceAsync(CancellationToken ct)
    {
        TreeResult root = await Volume.Tree.FetchAsync(Volume.Names.Root.RemotePath, ct);
        if (root.Ok || (root.Error.IsTransient && (await Volume.Tree.GetAsync(Volume.Names.Root.RemotePath, ct)).Ok))
            return;
        VolumeFailure failure = root.Error.Kind switch
        {
            ApiErrorKind.Unauthorized or ApiErrorKind.Forbidden or ApiErrorKind.Refused => VolumeFailure.BadKey,
            ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.TimedOut => VolumeFailure.NoNetwork,
            _ => VolumeFailure.Service,
        };
        throw new VolumeException(failure, $"{options.Endpoints.Api} did not give the library's root: {root.Error}");
    }

    private static ValueTask Close(IDisposable opened)
    {
        opened.Dispose();
        return ValueTask.CompletedTask;
    }
}
