using System.Buffers;
using ImageKitFs.Core.FileSystem;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Spool;

internal sealed partial class ContentStack
{
    /// <summary>Writes all of <paramref name="data"/> to the local disk. Never waits for the network.</summary>
    /// <returns>The bytes written, which are all. Errors: NoSpace (disk or spool limit), TooLarge, LocalFailure.</returns>
    public FsResult<int> Write(long offset, ReadOnlySpan<byte> data)
    {
        if (offset < 0)
            return FsError.InvalidArgument;
        if (offset > MaxSize - data.Length)
            return FsError.TooLarge;
        if (data.IsEmpty)
            return 0;

        var range = new ByteRange(offset, offset + data.Length);
        Layer layer;
        bool created;
        lock (_gate)
        {
            FsError error = TryOpenLayer(_size, out layer);
            if (error != FsError.None)
                return error;
            created = layer.File is null;
            error = Settle(layer, WriteTo(layer, range, data));
            if (error != FsError.None)
                return error;
            StartFillIfNeeded(layer);
        }
        if (created)
            _layerCreated?.Invoke(layer.FileName, layer.Generation);
        return data.Length;
    }

    /// <summary>Cuts or grows the file; growth reads as zeros, and what a cut took never comes back.</summary>
    public FsError Truncate(long size)
    {
        if (size < 0)
            return FsError.InvalidArgument;
        if (size > MaxSize)
            return FsError.TooLarge;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return size == _size ? FsError.None : Resize(size);
        }
    }

    /// <summary>fallocate(2): refuses now what has no room, and grows the file unless <paramref name="keepSize"/>.</summary>
    /// <remarks>The room is checked, not set aside: another writer may use it first.</remarks>
    public FsError Allocate(long offset, long length, bool keepSize)
    {
        if (offset < 0 || length <= 0)
            return FsError.InvalidArgument;
        if (offset > MaxSize - length)
            return FsError.TooLarge;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var range = new ByteRange(offset, offset + length);
            long wanted = _layers is [.., { IsOpen: true } top]
                ? top.NewBytes(range)
                : _size + Math.Max(0, range.End - Math.Max(_size, range.Start));
            if (!_spool.HasRoom(wanted))
                return FsError.NoSpace;
            return keepSize || range.End <= _size ? FsError.None : Resize(range.End);
        }
    }

    // The layer that takes the next change: the open one, or a new one, which joins the stack only in Settle. All below: under the lock.
    private FsError TryOpenLayer(long size, out Layer layer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_layers is [.., { IsOpen: true } top])
        {
            layer = top;
            return FsError.None;
        }
        layer = null!;
        try
        {
            layer = new Layer(_spool.NextGeneration()) { Size = _size, BelowLimit = Math.Min(_size, size) };
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            FsError error = DiskErrors.ToFsError(exception);
            LogNoGeneration(error, exception);
            return error;
        }

        // A self-contained generation: what shows through from below will be copied in, so its room is taken now.
        return _spool.TryCharge(layer.FileName, layer.BelowLimit) ? FsError.None : FsError.NoSpace;
    }

    // A new layer whose first change failed leaves no trace.
    private FsError Settle(Layer layer, FsError error)
    {
        bool isNew = !_layers.Contains(layer);
        if (error != FsError.None)
        {
            if (isNew)
                Drop(layer);
            return error;
        }
        if (isNew)
            _layers.Add(layer);
        UpdateSize();
        Volatile.Write(ref _lastWrite, Timestamp.From(_time.GetUtcNow()).UnixNanoseconds);
        return FsError.None;
    }

    private FsError Resize(long size)
    {
        FsError error = TryOpenLayer(size, out Layer layer);
        return error == FsError.None ? Settle(layer, TruncateTo(layer, size)) : error;
    }

    private FsError WriteTo(Layer layer, ByteRange range, ReadOnlySpan<byte> data)
    {
        long added = layer.NewBytes(range);
        if (!_spool.TryCharge(layer.FileName, added))
            return FsError.NoSpace;
        FsError error = Store(layer, range.Start, data);
        if (error != FsError.None)
        {
            _spool.TryCharge(layer.FileName, -added);
            return error;
        }
        layer.Size = Math.Max(layer.Size, range.End);
        return FsError.None;
    }

    private FsError TruncateTo(Layer layer, long size)
    {
        long held = layer.HeldBytes;
        try
        {
            // Cutting the file first makes sure that a later growth finds zeros there.
            if (size < layer.Size && layer.File is { } file && RandomAccess.GetLength(file.Value.Handle) > size)
                RandomAccess.SetLength(file.Value.Handle, size);
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            return NoteDiskFailure(layer.FileName, exception);
        }
        layer.Data.Truncate(size);
        layer.BelowLimit = Math.Min(layer.BelowLimit, size);
        layer.Size = size;
        _spool.TryCharge(layer.FileName, layer.HeldBytes - held);
        return FsError.None;
    }

    // Puts bytes into a layer's file and its map; what they are charged is the caller's. Under the lock.
    private FsError Store(Layer layer, long offset, ReadOnlySpan<byte> data)
    {
        try
        {
            RandomAccess.Write(FileOf(layer), data, offset);
            layer.Data.Add(new ByteRange(offset, offset + data.Length));
            return FsError.None;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            layer.HasDirtyHoles = true;
            return NoteDiskFailure(layer.FileName, exception);
        }
    }

    private SafeFileHandle FileOf(Layer layer) =>
        (layer.File ??= new Pinned<SpoolFile>(_spool.Create(layer.Generation))).Value.Handle;

    // A half-failed write left bytes where the map says hole, and holes are zeros.
    private static void ClearHoles(Layer layer, SafeFileHandle file)
    {
        byte[] zeros = ArrayPool<byte>.Shared.Rent(FillChunkBytes);
        try
        {
            Array.Clear(zeros);
            foreach (ByteRange gap in layer.Data.Gaps(0, layer.Size))
            {
                for (long offset = gap.Start; offset < gap.End; offset += FillChunkBytes)
                    RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(FillChunkBytes, gap.End - offset)), offset);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(zeros);
        }
    }
}
