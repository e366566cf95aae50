using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Fills the mounting user's own thumbnails for folders as they are opened: <c>--thumbnails user</c>.</summary>
/// <remarks>
/// A file manager that lists a folder asks for its thumbnails in the same moment, and reads the originals of those that are not there. So who opens a folder
/// waits for them, but not for long.
/// </remarks>
internal sealed class ThumbnailFiller : IAsyncDisposable
{
    /// <summary>A walk opens more than anybody looks at: the last ones count.</summary>
    private const int MaxQueued = 16;

    /// <summary>More than a person scrolls through; two renditions each.</summary>
    private const int MaxFiles = 5000;

    private const int Parallelism = 16;

    /// <summary>What a person bears from a folder that opens for the first time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Volume _volume;
    private readonly RenditionCache _renditions;
    private readonly RenditionFinder _finder;
    private readonly PersonalThumbnails _thumbnails;
    private readonly string _folder;
    private readonly string _mountPoint;
    private readonly Channel<OpenedFolder> _opened = Channel.CreateBounded<OpenedFolder>(
        new BoundedChannelOptions(MaxQueued) { FullMode = BoundedChannelFullMode.DropOldest }, static dropped => dropped.Filled.TrySetResult());
    private readonly ConditionalWeakTable<Listing, object> _filled = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _work;
    private bool _hasWarned;

    public ThumbnailFiller(Volume volume, RenditionCache renditions, RenditionFinder finder, string folder, string mountPoint)
    {
        _volume = volume;
        _renditions = renditions;
        _finder = finder;
        _thumbnails = new PersonalThumbnails(folder);
        _folder = folder;
        _mountPoint = mountPoint.TrimEnd('/');
        _work = Task.Run(RunAsync);
    }

    /// <summary>A folder is being opened: ends when its thumbnails are there, or patience does.</summary>
    public async ValueTask OpenedAsync(InodeId folder, CancellationToken ct)
    {
        OpenedFolder opened = new(folder, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_opened.Writer.TryWrite(opened))
            return;
        try
        {
            await opened.Filled.Task.WaitAsync(Patience, _volume.Time, ct);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The rest follows behind.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _opened.Writer.TryComplete();
        await _closing.CancelAsync();
        await _work;
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (OpenedFolder opened in _opened.Reader.ReadAllAsync(_closing.Token))
            {
                if (_finder.Folder(opened.Inode) is { Ok: true } folder)
                    await FillAsync(folder.Value, _closing.Token);
                opened.Filled.TrySetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // The mount ends.
        }
    }

    private async Task FillAsync(FolderInode folder, CancellationToken ct)
    {
        FsResult<Listing?> listed = await _volume.ListAsync(folder, proof: false, ct, browse: true);
        if (!listed.Ok || listed.Value is not { } listing || !_filled.TryAdd(listing, this))
            return;
        string path;
        lock (_volume.Lock)
            path = _volume.Names.LocalPathOf(folder).TrimEnd('/');
        List<RenditionSource> files = _finder.Following(folder, listing, row: 0, MaxFiles);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Parallelism, CancellationToken = ct };
        // The size that Nautilus looks for first.
        foreach (string size in PersonalThumbnails.Sizes.Reverse())
        {
            await Parallel.ForEachAsync(
                files.Where(file => file.Kind != MediaKind.Other), parallel, (file, token) => FillAsync($"{_mountPoint}{path}/{file.Name}", file, size, token));
        }
    }

    private async ValueTask FillAsync(string file, RenditionSource source, string size, CancellationToken ct)
    {
        if (_thumbnails.Has(file, source.Modified, size))
            return;
        FsResult<RenditionContent> opened = await _renditions.OpenAsync(source.Thumbnail(ThumbnailSize.Find(size)!), ct);
        if (!opened.Ok)
            return;
        using RenditionContent content = opened.Value;
        byte[] png = new byte[content.Size];
        FsResult<int> read = await content.ReadAsync(0, png, ct);
        if (!read.Ok || read.Value != png.Length)
            return;
        try
        {
            _thumbnails.TryStore(file, source.Modified, size, png);
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            if (!Interlocked.Exchange(ref _hasWarned, true))
                RenditionLog.NotStored(_volume.Log, _folder, e.Message);
        }
    }

    /// <param name="Inode">Of the folder.</param>
    /// <param name="Filled">Set when it is done with, whatever became of it.</param>
    private sealed record OpenedFolder(InodeId Inode, TaskCompletionSource Filled);
}
