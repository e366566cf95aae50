using System.IO.Hashing;
using ImageKitFs.Core.Streams;

namespace ImageKitFs.Core.Direct;

/// <summary>Reads another stream, and hashes what passes.</summary>
internal sealed class HashingStream(Stream inner) : ReadingStream(inner)
{
    private readonly XxHash128 _hash = new();

    /// <summary>Of all that was read.</summary>
    public UInt128 Hash => _hash.GetCurrentHashAsUInt128();

    /// <summary>Bytes read.</summary>
    public long Count { get; private set; }

    public override long Length => Inner.Length;

    public override int Read(byte[] buffer, int offset, int count) => Passed(buffer.AsSpan(offset, Inner.Read(buffer, offset, count)));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await Inner.ReadAsync(buffer, cancellationToken);
        return Passed(buffer.Span[..read]);
    }

    private int Passed(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        Count += bytes.Length;
        return bytes.Length;
    }
}
