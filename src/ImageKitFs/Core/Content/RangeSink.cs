using System.Buffers;

namespace ImageKitFs.Core.Content;

/// <summary>Takes the bytes of one range as replies bring them, in order, possibly over several replies.</summary>
internal abstract class RangeSink
{
    /// <summary>First byte still needed; where a repeated request starts.</summary>
    public abstract long Next { get; }

    /// <summary>End of the range, exclusive.</summary>
    public abstract long End { get; }

    public bool IsDone => Next >= End;

    /// <summary>A reply was accepted; its body starts at <paramref name="offset"/>, at or before <see cref="Next"/>. What was taken half is dropped.</summary>
    public abstract void Begin(long offset, VersionIdentity identity);

    /// <summary>The next bytes of the body.</summary>
    public abstract void Take(ReadOnlySpan<byte> bytes);
}

/// <summary>Takes a range into the caller's memory: for reads past the cache.</summary>
internal sealed class MemorySink(long start, Memory<byte> destination) : RangeSink
{
    private readonly long _start = start;
    private long _position;
    private long _next = start;

    public override long Next => _next;

    public override long End => _start + destination.Length;

    public override void Begin(long offset, VersionIdentity identity) => _position = offset;

    public override void Take(ReadOnlySpan<byte> bytes)
    {
        long skip = Math.Min(bytes.Length, Math.Max(0, _next - _position));
        _position += skip;
        bytes = bytes[(int)skip..];
        if (bytes.IsEmpty)
            return;
        bytes = bytes[..(int)Math.Min(bytes.Length, End - _position)];
        bytes.CopyTo(destination.Span[(int)(_position - _start)..]);
        _position += bytes.Length;
        _next = Math.Max(_next, _position);
    }
}

/// <summary>Takes a range block by block into the cache of an entry.</summary>
internal sealed class BlockSink : RangeSink, IDisposable
{
    private readonly ContentEntry _entry;
    private readonly BlockStore _store;
    private readonly Flight _flight;
    private readonly BlockLayout _layout;
    private byte[] _buffer;
    private int _block;      // the block being collected
    private int _collected;  // bytes of it
    private int _nextBlock;

    public BlockSink(ContentEntry entry, BlockStore store, Flight flight)
    {
        _entry = entry;
        _store = store;
        _flight = flight;
        _layout = entry.Layout;
        _nextBlock = flight.First;
        _buffer = ArrayPool<byte>.Shared.Rent(_layout.BlockSize);
    }

    /// <summary>Bytes committed out of the flight's reservation.</summary>
    public long Committed { get; private set; }

    public override long Next => _layout.Start(_nextBlock);

    public override long End => _layout.Start(_flight.End);

    public override void Begin(long offset, VersionIdentity identity)
    {
        // Offsets asked for are starts of blocks, and a whole file starts at 0.
        _block = _layout.BlockAt(offset);
        _collected = 0;
        _store.SetIdentity(identity);
    }

    public override void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _block < _flight.End)
        {
            int length = _layout.Length(_block);
            int take = Math.Min(bytes.Length, length - _collected);
            bytes[..take].CopyTo(_buffer.AsSpan(_collected));
            _collected += take;
            bytes = bytes[take..];
            if (_collected < length)
                return;

            Complete(_block, _buffer.AsSpan(0, length));
            _block++;
            _collected = 0;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Complete(int block, ReadOnlySpan<byte> bytes)
    {
        if (block < _nextBlock)
        {
            // The service sent the whole file: what passes on the way is kept while there is room.
            if (!_store.Has(block))
                _entry.KeepPassing(_store, block, bytes);
            return;
        }

        if (_store.Commit(block, bytes))
            Committed += bytes.Length;
        _nextBlock = block + 1;
        _entry.Progress(_flight, _nextBlock);
    }
}
