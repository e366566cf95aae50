using System.Buffers;

namespace ImageKitFs.Core.Api;

/// <summary>The body of a reply while it is read: pooled pieces, so that a page of 1000 rows (700 kB) is no large object of the runtime's.</summary>
internal sealed class ReplyBody
{
    /// <summary>Below 85,000 bytes, from where on the runtime frees late and does not compact.</summary>
    private const int PieceBytes = 64 << 10;

    private readonly Piece _first = new(start: 0);
    private Piece _last;
    private int _used;

    public ReplyBody() => _last = _first;

    public long Length => _last.RunningIndex + _used;

    /// <summary>What was read; valid until <see cref="Return"/>.</summary>
    public ReadOnlySequence<byte> Bytes => new(_first, 0, _last, _used);

    /// <summary>Room for more, never empty.</summary>
    public Memory<byte> Free()
    {
        if (_used == PieceBytes)
        {
            _last = _last.Append();
            _used = 0;
        }

        return _last.Buffer.AsMemory(_used, PieceBytes - _used);
    }

    public void Advance(int count) => _used += count;

    /// <summary>Gives the pieces back. Not after a read that failed: whoever was reading may still write into one.</summary>
    public void Return()
    {
        for (Piece? piece = _first; piece is not null; piece = (Piece?)piece.Next)
            ArrayPool<byte>.Shared.Return(piece.Buffer);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(long start)
        {
            Buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
            Memory = Buffer.AsMemory(0, PieceBytes);
            RunningIndex = start;
        }

        public byte[] Buffer { get; }

        public Piece Append()
        {
            var next = new Piece(RunningIndex + PieceBytes);
            Next = next;
            return next;
        }
    }
}
