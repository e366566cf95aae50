using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <summary>Memory for one reply of variable length: room for the header, then the payload, so that one write(2) sends both.</summary>
internal sealed class ReplyBuffer(int sizeClass, int capacity)
{
    // Pinned: the same arrays go to write(2) again and again.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(FuseOutHeader.Bytes + capacity, pinned: true);

    /// <summary>Which shelf of the pool it belongs to.</summary>
    internal int SizeClass => sizeClass;

    /// <summary>The next one on the shelf.</summary>
    internal ReplyBuffer? Next { get; set; }

    /// <summary>Where the payload goes.</summary>
    internal Memory<byte> Payload(int length) => _bytes.AsMemory(FuseOutHeader.Bytes, length);

    /// <summary>Header and payload.</summary>
    internal Span<byte> Message(int payloadLength) => _bytes.AsSpan(0, FuseOutHeader.Bytes + payloadLength);
}

/// <summary>Lends reply buffers of a few sizes; allocates only while more are lent at once than ever before.</summary>
internal sealed class ReplyBufferPool
{
    /// <summary>4 KiB ... 1 MiB in steps of four.</summary>
    private static readonly int[] Capacities = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];

    /// <summary>16 of each size are kept: 21 MiB at most, enough for readahead of a few files; more only while they are lent.</summary>
    private const int KeptPerSize = 16;

    private readonly Lock _lock = new();
    private readonly ReplyBuffer?[] _free = new ReplyBuffer?[Capacities.Length];
    private readonly int[] _freeCount = new int[Capacities.Length];

    /// <summary>The largest payload lent: 1 MiB, the kernel's default ceiling for one request.</summary>
    internal static int MaxCapacity => Capacities[^1];

    /// <summary>Lends a buffer for <paramref name="length"/> bytes, at most <see cref="MaxCapacity"/>.</summary>
    internal ReplyBuffer Rent(int length)
    {
        int sizeClass = 0;
        while (Capacities[sizeClass] < length)
            sizeClass++;
        lock (_lock)
        {
            if (_free[sizeClass] is { } buffer)
            {
                _free[sizeClass] = buffer.Next;
                _freeCount[sizeClass]--;
                buffer.Next = null;
                return buffer;
            }
        }

        return new ReplyBuffer(sizeClass, Capacities[sizeClass]);
    }

    /// <summary>Takes a buffer back. One whose operation failed unexpectedly is not given back: someone may still write to it.</summary>
    internal void Return(ReplyBuffer buffer)
    {
        lock (_lock)
        {
            if (_freeCount[buffer.SizeClass] == KeptPerSize)
                return;
            buffer.Next = _free[buffer.SizeClass];
            _free[buffer.SizeClass] = buffer;
            _freeCount[buffer.SizeClass]++;
        }
    }
}
