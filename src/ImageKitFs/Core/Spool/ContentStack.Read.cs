using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Spool;

internal sealed partial class ContentStack
{
    /// <summary>Reads the newest bytes at <paramref name="offset"/>: from the newest layer that has them, else from below; holes are zeros.</summary>
    /// <returns>Bytes read; fewer than asked only at end of file. Completes synchronously when everything is local.</returns>
    /// <remarks>What a completed write left is seen by every read that begins later. Errors: those of the base; LocalFailure.</remarks>
    public async ValueTask<FsResult<int>> ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        if (offset < 0)
            return FsError.InvalidArgument;
        int done = 0;
        int? epoch = null;
        while (done < buffer.Length)
        {
            Segment segment;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                if (epoch != _epoch)
                {
                    // Another version took the place of the one read so far: begin again, never a mixture.
                    epoch = _epoch;
                    done = 0;
                }
                long position = offset + done;
                long end = Math.Min(_size, buffer.Length - done > MaxSize - position ? MaxSize : position + buffer.Length - done);
                if (position >= end)
                    return done;
                segment = Resolve(_layers.Count, position, end);
                if (segment.IsChanging)
                {
                    // What is not sealed may be cut at any time, hence under the lock; sealed files are read outside.
                    FsResult<int> read = ReadFile(segment.File!, position, buffer.Span.Slice(done, segment.Length));
                    if (!read.Ok)
                        return read.Error;
                    done += read.Value;
                    continue;
                }
                segment.Pin();
            }
            try
            {
                FsResult<int> read = await ReadSegmentAsync(segment, offset + done, buffer.Slice(done, segment.Length), ct);
                if (!read.Ok)
                    return read.Error;
                done += read.Value;
            }
            finally
            {
                segment.Unpin();
            }
        }
        return done;
    }

    // Where the bytes at a position come from, looking below the layer at an index, and how many of them come from there.
    private Segment Resolve(int below, long position, long end)
    {
        for (int index = below - 1; index >= 0; index--)
        {
            Layer layer = _layers[index];
            if (layer.Data.TryFind(position, out ByteRange data))
                return new Segment(layer.File, null, position, Math.Min(end, data.End), layer.Sealed is null);
            if (layer.Data.TryNextGap(position, end, out ByteRange gap))
                end = gap.End;
            if (position >= layer.BelowLimit)
                return new Segment(null, null, position, end, false);
            end = Math.Min(end, layer.BelowLimit);
        }
        return _base is null || position >= _base.Value.Size
            ? new Segment(null, null, position, end, false)
            : new Segment(null, _base, position, Math.Min(end, _base.Value.Size), false);
    }

    // Reads some of a pinned segment, at least one byte.
    private async ValueTask<FsResult<int>> ReadSegmentAsync(Segment segment, long position, Memory<byte> buffer, CancellationToken ct)
    {
        if (segment.File is { } file)
            return ReadFile(file, position, buffer.Span);
        if (segment.Base is not { } source)
        {
            buffer.Span.Clear();
            return buffer.Length;
        }
        FsResult<int> read = await source.Value.ReadAsync(position, buffer, ct);
        // A base that ends before its size is broken; taking it for the end of the file would lose the rest.
        return read is { Ok: true, Value: 0 } ? FsError.LocalFailure : read;
    }

    private FsResult<int> ReadFile(Pinned<SpoolFile> file, long position, Span<byte> buffer)
    {
        try
        {
            int read = RandomAccess.Read(file.Value.Handle, buffer, position);
            return read > 0 ? read : FsError.LocalFailure;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            LogDiskFailure(file.Value.Name, FsError.LocalFailure, exception);
            return FsError.LocalFailure;
        }
    }

    /// <summary>A run of bytes that comes from one place: a layer's file, the base, or nowhere, which is zeros.</summary>
    private readonly struct Segment(Pinned<SpoolFile>? file, Pinned<IBaseContent>? source, long start, long end, bool isChanging)
    {
        public Pinned<SpoolFile>? File { get; } = file;

        public Pinned<IBaseContent>? Base { get; } = source;

        // A segment is never longer than the buffer it is for.
        public int Length { get; } = (int)(end - start);

        /// <summary>True for the file of a layer that is not sealed.</summary>
        public bool IsChanging { get; } = isChanging;

        public void Pin()
        {
            File?.Pin();
            Base?.Pin();
        }

        public void Unpin()
        {
            File?.Unpin();
            Base?.Unpin();
        }
    }
}
