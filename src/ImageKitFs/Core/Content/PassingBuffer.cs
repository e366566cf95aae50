using System.Buffers;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Content;

/// <summary>
/// What one handle reads while its bytes cannot be cached: stretches of the file in memory, the one being read and those ahead of a sequential reader, which come side by side.
/// </summary>
/// <remarks>Memory: one stretch for each handle that reads, and as many more as <see cref="PassingRoom"/> has for all of them.</remarks>
internal sealed class PassingBuffer : IDisposable
{
    /// <summary>1 MiB: the largest single read of the kernel, and little enough for every open handle to have one.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>4 MiB: what is asked for in larger pieces goes straight to where it is wanted.</summary>
    private const int MaxDestination = 4 << 20;

    private readonly SemaphoreSlim _turn = new(1); // one read at a time; has no wait handle, so there is nothing to dispose
    private readonly Queue<Stretch> _stretches = new(); // one behind the other
    private readonly Lock _gate = new(); // over the queue, for disposal beside a read
    private RangedReader? _reader; // whose bytes they are
    private long _end; // of the last one
    private bool _disposed;

    /// <summary>Fills <paramref name="destination"/>, from memory where it can.</summary>
    /// <param name="reader">Fetches.</param>
    /// <param name="locator">Knows where from.</param>
    /// <param name="layout">Of the file.</param>
    /// <param name="room">For what is ahead.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="aheadTo">How far the reader is expected to go on.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<FsError> ReadAsync(
        RangedReader reader, IContentLocator locator, BlockLayout layout, PassingRoom room, long offset, Memory<byte> destination, long aheadTo, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (destination.Length > MaxDestination)
                return await reader.FetchAsync(locator, new MemorySink(offset, destination), ct);
            DropUnless(reader, offset);
            long needed = layout.Start(layout.BlockCeiling(offset + destination.Length));
            Extend(reader, locator, layout, room, layout.Start(layout.BlockAt(offset)), needed, Math.Max(needed, aheadTo));
            FsError error = await CopyAsync(offset, destination, ct);
            if (error != FsError.None)
                Drop();
            return error;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        Drop();
    }

    /// <summary>Keeps what goes on from <paramref name="offset"/>; when nothing does, starts anew.</summary>
    private void DropUnless(RangedReader reader, long offset)
    {
        lock (_gate)
        {
            while (_reader == reader && _stretches.TryPeek(out Stretch? first) && first.Start <= offset && first.End <= offset)
                _stretches.Dequeue().Drop();
            if (_reader == reader && _stretches.TryPeek(out Stretch? next) && next.Start <= offset)
                return;
        }

        Drop();
        _reader = reader;
    }

    private void Drop()
    {
        lock (_gate)
        {
            while (_stretches.TryDequeue(out Stretch? stretch))
                stretch.Drop();
        }
    }

    /// <summary>Starts what is missing up to <paramref name="needed"/>, and beyond it what there is room for.</summary>
    private void Extend(RangedReader reader, IContentLocator locator, BlockLayout layout, PassingRoom room, long from, long needed, long aheadTo)
    {
        lock (_gate)
        {
            if (_stretches.Count == 0)
                _end = from;
            while (!_disposed && _end < Math.Min(layout.Size, aheadTo))
            {
                bool isAhead = _end >= needed;
                if (isAhead && !room.TryTake())
                    return;
                int length = (int)Math.Min(MaxBytes, Math.Min(layout.Size, aheadTo) - _end);
                _stretches.Enqueue(new Stretch(_end, length, isAhead ? room : null, new CancellationTokenSource()).Begin(reader, locator));
                _end += length;
            }
        }
    }

    private async ValueTask<FsError> CopyAsync(long offset, Memory<byte> destination, CancellationToken ct)
    {
        Stretch[] stretches;
        lock (_gate)
            stretches = [.. _stretches];
        int done = 0;
        foreach (Stretch stretch in stretches)
        {
            if (done == destination.Length)
                break;
            FsError error = await stretch.CopyAsync(offset + done, destination[done..], ct);
            if (error != FsError.None)
                return error;
            done += (int)Math.Min(destination.Length - done, stretch.End - (offset + done));
        }

        return done == destination.Length ? FsError.None : FsError.Interrupted; // the handle was closed meanwhile
    }

    /// <summary>A part of the file in memory, or on its way there.</summary>
    /// <param name="stop">Has no timer and no link, so there is nothing to dispose.</param>
    private sealed class Stretch(long start, int length, PassingRoom? room, CancellationTokenSource stop)
    {
        private readonly Lock _gate = new();
        private Task<FsError> _fetch = Task.FromResult(FsError.None);
        private byte[]? _bytes;

        public long Start => start;

        public long End => start + length;

        public Stretch Begin(RangedReader reader, IContentLocator locator)
        {
            byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
            CancellationToken token = stop.Token;
            _bytes = bytes;
            _fetch = Task.Run(() => reader.FetchAsync(locator, new MemorySink(start, bytes.AsMemory(0, length)), token), CancellationToken.None);
            return this;
        }

        public async ValueTask<FsError> CopyAsync(long offset, Memory<byte> destination, CancellationToken ct)
        {
            FsError error = await _fetch.WaitAsync(ct);
            if (error != FsError.None)
                return error;
            lock (_gate)
            {
                if (_bytes is null)
                    return FsError.Interrupted; // the handle was closed meanwhile
                _bytes.AsMemory((int)(offset - start), (int)Math.Min(destination.Length, End - offset)).CopyTo(destination);
                return FsError.None;
            }
        }

        /// <summary>Nobody reads it any more. Its memory goes back once the fetch no longer writes to it.</summary>
        public void Drop()
        {
            _ = stop.CancelAsync();
            _ = _fetch.ContinueWith(
                static (fetch, state) => ((Stretch)state!).GiveBack(fetch), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        private void GiveBack(Task<FsError> fetch)
        {
            _ = fetch.Exception; // who waited for it has had it
            lock (_gate)
            {
                if (_bytes is { } bytes)
                    ArrayPool<byte>.Shared.Return(bytes);
                _bytes = null;
            }

            room?.GiveBack();
        }
    }
}
