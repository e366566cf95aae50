using System.Buffers.Binary;
using System.Globalization;

namespace ImageKitFs.Emulator.Storage;

/// <summary>Bytes computed from a seed: the first 33 are a PNG's signature and header, the rest look random. Takes no memory.</summary>
internal sealed class SyntheticBlob(ulong seed, long length) : Blob, IBlobReader
{
    /// <summary>Signature (8), length and type of the header chunk (8), the header (13), its checksum (4).</summary>
    public const int HeaderLength = 33;

    /// <summary>Width and height that the header states.</summary>
    public const int Edge = 64;

    private const string KeyPrefix = "synthetic-";

    private static readonly byte[] Header = MakeHeader();

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"{KeyPrefix}{seed}-{length}");

    /// <summary>The blob behind a key, or null when the key is of another kind.</summary>
    public static SyntheticBlob? FromKey(string key)
    {
        string[] parts = key.Split('-');
        return parts.Length == 3 && key.StartsWith(KeyPrefix, StringComparison.Ordinal)
            ? new SyntheticBlob(ulong.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture))
            : null;
    }

    /// <inheritdoc/>
    public override IBlobReader Open() => this;

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> buffer)
    {
        if (offset >= length)
            return 0;
        int count = (int)Math.Min(buffer.Length, length - offset);
        Span<byte> wanted = buffer[..count];
        Span<byte> word = stackalloc byte[8];
        int done = 0;
        while (done < count)
        {
            long position = offset + done;
            int within = (int)(position & 7);
            BinaryPrimitives.WriteUInt64LittleEndian(word, Mix(seed + (ulong)(position >> 3)));
            int take = Math.Min(8 - within, count - done);
            word.Slice(within, take).CopyTo(wanted[done..]);
            done += take;
        }

        if (length >= HeaderLength && offset < HeaderLength)
        {
            int take = (int)Math.Min(count, HeaderLength - offset);
            Header.AsSpan((int)offset, take).CopyTo(wanted);
        }

        return count;
    }

    /// <summary>Nothing is held open.</summary>
    public void Dispose()
    {
    }

    // SplitMix64: each word depends on its position alone, so any range can be read without the bytes before it.
    private static ulong Mix(ulong value)
    {
        value *= 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static byte[] MakeHeader()
    {
        byte[] header = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R', 0, 0, 0, Edge, 0, 0, 0, Edge, 8, 2, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(29), PngEncoder.Crc(header.AsSpan(12, 17)));
        return header;
    }
}
