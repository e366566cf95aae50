using System.Buffers;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Spool;

internal sealed partial class ContentStack
{
    // 1 MiB: large enough that a ranged read is mostly transfer, small enough that a failed one costs little.
    private const int FillChunkBytes = 1 << 20;

    // Per file; all files together share the spool's slots.
    private const int MaxChunksInFlight = 4;

    // A write that cannot be part of a rewrite from the start makes the rest of the base needed: fetch it while the user goes on writing.
    // Not when it is local: copying that at seal takes no longer then, and costs nothing if a later truncate or write makes it unneeded.
    private void StartFillIfNeeded(Layer layer)
    {
        if (layer.Fill is null && layer.BelowLimit > 0 && !layer.IsRewriteFromStart && FillNeedsNetwork && layer.Data.TryNextGap(0, layer.BelowLimit, out _))
            layer.Fill = StartFill(layer);
    }

    // A sealed layer is complete, so the base does not show through it.
    private bool FillNeedsNetwork => _base is { Value.IsLocal: false } && !_layers.Exists(layer => layer.Sealed is not null);

    // The fill that a seal waits for: the one under way, or a new one when there was none or it failed.
    private Task<FsError> EnsureFill(Layer layer)
    {
        if (!layer.Data.TryNextGap(0, layer.BelowLimit, out _))
            return Task.FromResult(FsError.None);
        if (layer.Fill is null || layer.Fill.IsCompleted)
            layer.Fill = StartFill(layer);
        return layer.Fill;
    }

    private Task<FsError> StartFill(Layer layer)
    {
        long chunks = Math.Max(1, layer.Data.MissingBytes(0, layer.BelowLimit) / FillChunkBytes);
        var cursor = new FillCursor { NeedsNetwork = FillNeedsNetwork };
        var workers = new Task<FsError>[(int)Math.Min(chunks, MaxChunksInFlight)];
        for (int i = 0; i < workers.Length; i++)
            workers[i] = Task.Run(() => FillAsync(layer, cursor), CancellationToken.None);
        return FirstErrorAsync(workers);
    }

    private static async Task<FsError> FirstErrorAsync(Task<FsError>[] workers)
    {
        FsError[] errors = await Task.WhenAll(workers);
        return Array.Find(errors, error => error != FsError.None);
    }

    private async Task<FsError> FillAsync(Layer layer, FillCursor cursor)
    {
        try
        {
            FsError error = FsError.None;
            bool more = true;
            while (more && error == FsError.None)
            {
                // Local copies do not queue behind a network that stalls.
                if (cursor.NeedsNetwork)
                    await _spool.FillSlots.WaitAsync(_stopping.Token);
                byte[] buffer = ArrayPool<byte>.Shared.Rent(FillChunkBytes);
                try
                {
                    (error, more) = await FillChunkAsync(layer, cursor, buffer.AsMemory(0, FillChunkBytes));
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    if (cursor.NeedsNetwork)
                        _spool.FillSlots.Release();
                }
            }
            return error;
        }
        catch (OperationCanceledException)
        {
            return FsError.Stale;
        }
        catch (Exception exception)
        {
            // A bug in a base must not become an unobserved exception: the seal that needs these bytes fails instead.
            cursor.IsStopped = true;
            LogFillFailure(layer.FileName, exception);
            return FsError.LocalFailure;
        }
    }

    private async ValueTask<(FsError Error, bool More)> FillChunkAsync(Layer layer, FillCursor cursor, Memory<byte> buffer)
    {
        long start;
        Segment segment;
        lock (_gate)
        {
            int index = _layers.IndexOf(layer);
            if (index < 0)
                return (FsError.Stale, false);
            if (cursor.IsStopped || !layer.Data.TryNextGap(cursor.Position, layer.BelowLimit, out ByteRange gap))
                return (FsError.None, false);
            start = gap.Start;
            segment = Resolve(index, start, Math.Min(gap.End, start + buffer.Length));
            cursor.Position = start + segment.Length;
            segment.Pin();
        }
        try
        {
            for (int done = 0; done < segment.Length;)
            {
                FsResult<int> read = await ReadSegmentAsync(segment, start + done, buffer[done..segment.Length], _stopping.Token);
                if (!read.Ok)
                {
                    cursor.IsStopped = true;
                    return (read.Error, false);
                }
                done += read.Value;
            }
        }
        finally
        {
            segment.Unpin();
        }
        FsError error = StoreFetched(layer, start, buffer.Span[..segment.Length]);
        cursor.IsStopped |= error != FsError.None;
        return (error, true);
    }

    // Only into what is still a hole: the user may have written or cut there while the chunk was on its way.
    private FsError StoreFetched(Layer layer, long start, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (!_layers.Contains(layer))
                return FsError.Stale;
            foreach (ByteRange gap in layer.Data.Gaps(start, Math.Min(start + data.Length, layer.BelowLimit)))
            {
                FsError error = Store(layer, gap.Start, data.Slice((int)(gap.Start - start), (int)gap.Length));
                if (error != FsError.None)
                    return error;
            }
            return FsError.None;
        }
    }

    // A seal that failed left its layer under this one. Its bytes move up, so that failing seals (a service away for long) do not pile up layers. Under the lock.
    private FsError FoldBelow(Layer layer)
    {
        int index = _layers.IndexOf(layer);
        while (index > 0 && _layers[index - 1] is { Sealed: null } older)
        {
            FsError error = CopyUp(older, layer);
            if (error != FsError.None)
                return error;
            long held = layer.HeldBytes;
            layer.BelowLimit = Math.Min(layer.BelowLimit, older.BelowLimit);
            _spool.TryCharge(layer.FileName, layer.HeldBytes - held);
            _layers.RemoveAt(--index);
            Drop(older);
        }
        return FsError.None;
    }

    private FsError CopyUp(Layer older, Layer layer)
    {
        if (older.File is not { } source)
            return FsError.None;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FillChunkBytes);
        try
        {
            for (int i = 0; i < older.Data.Count && older.Data[i].Start < layer.BelowLimit; i++)
            {
                foreach (ByteRange gap in layer.Data.Gaps(older.Data[i].Start, Math.Min(older.Data[i].End, layer.BelowLimit)))
                {
                    for (long offset = gap.Start; offset < gap.End;)
                    {
                        FsResult<int> read = ReadFile(source, offset, buffer.AsSpan(0, (int)Math.Min(FillChunkBytes, gap.End - offset)));
                        if (!read.Ok)
                            return read.Error;
                        FsError error = Store(layer, offset, buffer.AsSpan(0, read.Value));
                        if (error != FsError.None)
                            return error;
                        offset += read.Value;
                    }
                }
            }
            return FsError.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Fetching the rest of a changed file for {FileName} failed; its changes are kept.")]
    private partial void LogFillFailure(string fileName, Exception exception);

    /// <summary>Shared by the workers of one fill, under the stack's lock except for the flag, which only ever rises.</summary>
    private sealed class FillCursor
    {
        public required bool NeedsNetwork { get; init; }

        public long Position { get; set; }

        public bool IsStopped { get; set; }
    }
}
