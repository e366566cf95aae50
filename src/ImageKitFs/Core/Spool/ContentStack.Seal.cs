using ImageKitFs.Core.FileSystem;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Spool;

internal sealed partial class ContentStack
{
    /// <summary>
    /// Freezes the changes made so far into a complete, immutable layer on disk, fetching the holes from below first. Writes that arrive meanwhile go to a new layer and are not part of it.
    /// With nothing unsealed, the newest sealed layer.
    /// </summary>
    /// <returns>
    /// Errors: those of the base, NoSpace, LocalFailure: the changes stay as they were, and sealing may be tried again. Stale: discarded meanwhile.
    /// InvalidArgument: the file is clean, there is nothing to seal (a new, empty file gives an empty layer instead).
    /// </returns>
    /// <remarks>
    /// One at a time per file. Cancelling releases the caller; the fetch goes on in the background.
    /// A sealed layer that was handed out stays on disk until <see cref="SpoolDirectory.Release"/>, also when a newer one supersedes it: someone may be uploading it.
    /// </remarks>
    public async ValueTask<FsResult<SealedLayer>> SealAsync(CancellationToken ct)
    {
        await _sealing.WaitAsync(ct);
        Layer? layer = null;
        try
        {
            Task<FsError> fill;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                if (_layers is [.., { Sealed: { } newest }])
                    return newest;
                if (_layers.Count == 0)
                    return _base is null ? SealEmpty() : FsError.InvalidArgument;
                layer = _layers[^1];
                FsError error = FoldBelow(layer);
                if (error == FsError.None)
                    error = TryEnsureFile(layer);
                if (error != FsError.None)
                    return error;
                layer.IsFrozen = true;
                fill = EnsureFill(layer);
            }
            FsError filled = await fill.WaitAsync(ct);
            if (filled != FsError.None)
                return filled;
            // From here on the disk only, which cannot be interrupted half-way to any use. Off the caller's thread: it may be the one that reads requests.
            return await Task.Run(() => Finish(layer), CancellationToken.None);
        }
        finally
        {
            Thaw(layer);
            _sealing.Release();
        }
    }

    private FsResult<SealedLayer> SealEmpty()
    {
        try
        {
            long generation = _spool.NextGeneration();
            var layer = new Layer(generation) { Sealed = new SealedLayer(generation, 0, ContentHash.Empty, FileName: null) };
            _layers.Add(layer);
            return layer.Sealed;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            FsError error = DiskErrors.ToFsError(exception);
            LogNoGeneration(error, exception);
            return error;
        }
    }

    private FsError TryEnsureFile(Layer layer)
    {
        if (layer.Size == 0)
            return FsError.None;
        try
        {
            _ = FileOf(layer);
            return FsError.None;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            return NoteDiskFailure(layer.FileName, exception);
        }
    }

    // The layer is frozen and its fill has ended: nothing but this touches its file.
    private FsResult<SealedLayer> Finish(Layer layer)
    {
        if (layer.Data.TryNextGap(0, layer.BelowLimit, out _))
            throw new InvalidOperationException("A layer with holes over its base cannot be sealed: they would become zeros.");
        var sealedLayer = new SealedLayer(layer.Generation, 0, ContentHash.Empty, FileName: null);
        Pinned<SpoolFile>? emptied = null;
        if (layer.Size == 0)
        {
            emptied = layer.File;
        }
        else
        {
            // The stack may be disposed meanwhile; the pin keeps the handle.
            Pinned<SpoolFile> file;
            lock (_gate)
            {
                if (_isDisposed || !_layers.Contains(layer))
                    return FsError.Stale;
                file = layer.File!.Pin();
            }
            try
            {
                FsResult<SealedLayer> durable = MakeDurable(layer, file.Value.Handle);
                if (!durable.Ok)
                    return durable.Error;
                sealedLayer = durable.Value;
            }
            finally
            {
                file.Unpin();
            }
        }

        List<Layer> superseded;
        lock (_gate)
        {
            int index = _layers.IndexOf(layer);
            if (index < 0)
                return FsError.Stale;
            layer.Sealed = sealedLayer;
            layer.BelowLimit = 0;
            layer.Data.Add(new ByteRange(0, layer.Size));
            if (emptied is not null)
                layer.File = null;
            superseded = _layers[..index];
            _layers.RemoveRange(0, index);
        }
        if (emptied is not null)
        {
            emptied.Unpin();
            _spool.Delete(layer.FileName);
        }
        // An older sealed layer's file belongs to whoever it was handed to, until Release; an unsealed one's bytes are all in the new layer.
        foreach (Layer older in superseded)
        {
            if (older.Sealed is null)
                Drop(older);
            else
                older.File?.Unpin();
        }
        return sealedLayer;
    }

    /// <remarks>
    /// Crash before the file is flushed: an unsealed layer, whatever is in it; the next start moves it to recover. Nobody was told that it is safe.
    /// Crash after the file and before the folder is flushed: the same, or no name at all. Nobody was told.
    /// Crash after both: the bytes are safe, but only the journal's `sealed` row, which the engine writes next, makes them an upload; until then recover.
    /// </remarks>
    private FsResult<SealedLayer> MakeDurable(Layer layer, SafeFileHandle file)
    {
        try
        {
            if (layer.HasDirtyHoles)
                ClearHoles(layer, file);
            if (RandomAccess.GetLength(file) != layer.Size)
                RandomAccess.SetLength(file, layer.Size);
            RandomAccess.FlushToDisk(file);
            _spool.Flush();
            UInt128 hash = ContentHash.Of(file, layer.Size, out ulong[] blocks);
            return new SealedLayer(layer.Generation, layer.Size, hash, layer.FileName) { Blocks = new BlockSums(blocks) };
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            return NoteDiskFailure(layer.FileName, exception);
        }
    }

    // After a seal that failed: without newer changes the layer takes writes again; with them it stays below, and the next seal folds it into the newer one.
    private void Thaw(Layer? layer)
    {
        if (layer is null)
            return;
        lock (_gate)
        {
            if (layer.Sealed is null && _layers is [.., var top] && top == layer)
                layer.IsFrozen = false;
        }
    }
}
