using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Spool;

/// <summary>The content of one file: layers of local changes over the clean version that it was opened with. One per inode, shared by its handles.</summary>
/// <remarks>
/// <para>Thread-safe. Writing and truncating touch the local disk only; nothing holds the lock while it waits for the network.</para>
/// <para>
/// From bottom to top: the base; at most one sealed layer (complete, so what is below it does not show); layers whose seal failed or is under way; the open layer.
/// Sealing freezes the open layer; a later write opens a new one over it, so a sealed layer never changes.
/// </para>
/// <para>
/// When the base is fetched: never for a file that is cut to 0 or rewritten from start to end. A layer that is written anywhere else first has its holes fetched in the
/// background from then on; what is missing when it is sealed is fetched then. <see cref="Write"/> never waits for either.
/// </para>
/// </remarks>
internal sealed partial class ContentStack : IDisposable
{
    // What long offsets allow everywhere; the service's limit is the engine's business.
    private const long MaxSize = 1L << 62;

    private readonly Lock _gate = new();
    private readonly SpoolDirectory _spool;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<string, long>? _layerCreated;
    private readonly List<Layer> _layers = [];
    private readonly SemaphoreSlim _sealing = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private Pinned<IBaseContent>? _base;
    private long _size;
    private long _lastWrite;

    // Moves when the content is replaced by another version's: a read that sees it begins again.
    private int _epoch;
    private bool _isDisposed;

    /// <param name="spool">Where layers go.</param>
    /// <param name="baseContent">The clean version, owned by the stack from here on; null for a new, empty file.</param>
    /// <param name="time">For <see cref="LastWrite"/>.</param>
    /// <param name="logger">For failures of the disk.</param>
    /// <param name="layerCreated">Told the name and generation of the file of each new layer that is written, outside the lock, so that the journal can note whose it is.</param>
    public ContentStack(SpoolDirectory spool, IBaseContent? baseContent, TimeProvider time, ILogger logger, Action<string, long>? layerCreated = null)
    {
        _spool = spool;
        _time = time;
        _logger = logger;
        _layerCreated = layerCreated;
        _base = baseContent is null ? null : new Pinned<IBaseContent>(baseContent);
        _size = baseContent?.Size ?? 0;
    }

    /// <summary>The size as the user sees it now.</summary>
    public long Size => Volatile.Read(ref _size);

    /// <summary>When the content last changed here; null when it did not since the stack was made.</summary>
    public Timestamp? LastWrite => Volatile.Read(ref _lastWrite) is var time and not 0 ? new Timestamp(time) : null;

    /// <summary>True when there are changes that are not sealed.</summary>
    public bool IsDirty
    {
        get
        {
            lock (_gate)
                return _layers is [.., { Sealed: null }];
        }
    }

    /// <summary>True when there are no layers at all, sealed or not: the content is the base.</summary>
    public bool IsClean
    {
        get
        {
            lock (_gate)
                return _layers.Count == 0;
        }
    }

    /// <summary>Bytes held here that the library may not have: written, fetched to complete a layer, or sealed.</summary>
    public long DirtyBytes
    {
        get
        {
            lock (_gate)
            {
                long bytes = 0;
                foreach (Layer layer in _layers)
                    bytes += layer.Data.TotalBytes;
                return bytes;
            }
        }
    }

    /// <summary>The sealed layer that is not committed yet, if there is one; newer changes may lie over it.</summary>
    public SealedLayer? NewestSealed
    {
        get
        {
            lock (_gate)
                return _layers.FindLast(layer => layer.Sealed is not null)?.Sealed;
        }
    }

    /// <summary>At recovery: a sealed layer that the journal names is the content. Call <see cref="SpoolDirectory.Verify"/> first.</summary>
    /// <param name="baseContent">The version it was made from, for <see cref="Discard"/>; not needed to read.</param>
    /// <exception cref="IOException">Its file is gone, or the disk refused.</exception>
    public static ContentStack Reopen(
        SpoolDirectory spool, SealedLayer recovered, TimeProvider time, ILogger logger, Action<string, long>? layerCreated = null, IBaseContent? baseContent = null)
    {
        var layer = new Layer(recovered.Generation)
        {
            File = recovered.FileName is null ? null : new Pinned<SpoolFile>(spool.OpenExisting(recovered.FileName)),
            Size = recovered.Size,
            Sealed = recovered,
        };
        layer.Data.Add(new ByteRange(0, recovered.Size));
        var stack = new ContentStack(spool, baseContent, time, logger, layerCreated);
        stack._layers.Add(layer);
        stack._size = recovered.Size;
        return stack;
    }

    /// <summary>
    /// The layer's bytes are the clean version <paramref name="newBase"/> now, which becomes the base and is owned by the stack.
    /// Newer layers stay and rest on it. The layer's file is left to <see cref="SpoolDirectory.Release"/> or to the content cache.
    /// </summary>
    public void Committed(SealedLayer layer, IBaseContent newBase)
    {
        List<Pinned<SpoolFile>> closing = [];
        Pinned<IBaseContent>? oldBase;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            while (_layers is [{ Sealed: not null } bottom, ..] && bottom.Generation <= layer.Generation)
            {
                if (bottom.File is not null)
                    closing.Add(bottom.File);
                _layers.RemoveAt(0);
            }
            oldBase = _base;
            _base = new Pinned<IBaseContent>(newBase);
            UpdateSize();
        }
        oldBase?.Unpin();
        foreach (Pinned<SpoolFile> file in closing)
            file.Unpin();
    }

    /// <summary>Puts another clean version under a clean file. Returns false, and does not own it, when there are layers.</summary>
    public bool ReplaceBase(IBaseContent? newBase)
    {
        Pinned<IBaseContent>? oldBase;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_layers.Count > 0)
                return false;
            oldBase = _base;
            _base = newBase is null ? null : new Pinned<IBaseContent>(newBase);
            _epoch++;
            UpdateSize();
        }
        oldBase?.Unpin();
        return true;
    }

    /// <summary>Forgets all layers, sealed ones too, and deletes their files: the content is the base again. A seal under way fails with Stale.</summary>
    public void Discard()
    {
        List<Layer> dropped;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            dropped = [.. _layers];
            _layers.Clear();
            _epoch++;
            UpdateSize();
        }
        foreach (Layer layer in dropped)
            Drop(layer);
    }

    /// <summary>Closes everything. Files stay: sealed ones are the journal's, others go to recover at the next start.</summary>
    public void Dispose()
    {
        List<Layer> closing;
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            closing = [.. _layers];
            _layers.Clear();
        }
        // Not disposed: fills that are ending still look at it. It has no timer and no wait handle, so nothing leaks.
        _stopping.Cancel();
        _base?.Unpin();
        foreach (Layer layer in closing)
            layer.File?.Unpin();
    }

    private void Drop(Layer layer)
    {
        layer.File?.Unpin();
        _spool.Delete(layer.FileName);
    }

    private void UpdateSize() => Volatile.Write(ref _size, _layers is [.., var top] ? top.Size : _base?.Value.Size ?? 0);

    private FsError NoteDiskFailure(string fileName, Exception exception)
    {
        FsError error = DiskErrors.ToFsError(exception);
        if (error == FsError.NoSpace)
            _spool.NoteFull("the disk is full");
        else
            LogDiskFailure(fileName, error, exception);
        return error;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The spool file {FileName} failed: {Error}. Check the disk; what was acknowledged is kept.")]
    private partial void LogDiskFailure(string fileName, FsError error, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal cannot be written, so no new changes are taken: {Error}. Check the disk.")]
    private partial void LogNoGeneration(FsError error, Exception exception);
}
