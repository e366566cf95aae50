using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace ImageKitFs.Core.Renditions;

/// <summary>Texts inside PNG files (ISO/IEC 15948, tEXt): read, and put in behind the header, without touching the picture.</summary>
internal static class PngText
{
    /// <summary>Signature (8) and header chunk (25): where texts go.</summary>
    public const int HeaderEnd = 33;

    /// <summary>Length, type and checksum around a chunk's data.</summary>
    private const int ChunkOverhead = 12;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>True for a signature, a header, and whole chunks up to the last one.</summary>
    public static bool IsPng(ReadOnlySpan<byte> png)
    {
        if (png.Length < HeaderEnd || !png.StartsWith(Signature) || !png[12..16].SequenceEqual("IHDR"u8))
            return false;
        for (int at = Signature.Length; TryChunk(png, at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data); at += data.Length + ChunkOverhead)
        {
            if (type.SequenceEqual("IEND"u8))
                return at + ChunkOverhead == png.Length;
        }

        return false;
    }

    /// <summary>One text chunk. Keyword and text are Latin-1; ours are ASCII.</summary>
    public static byte[] Chunk(string keyword, string text)
    {
        byte[] chunk = new byte[ChunkOverhead + keyword.Length + 1 + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, chunk.Length - ChunkOverhead);
        "tEXt"u8.CopyTo(chunk.AsSpan(4));
        Encoding.Latin1.GetBytes(keyword, chunk.AsSpan(8));
        Encoding.Latin1.GetBytes(text, chunk.AsSpan(8 + keyword.Length + 1));
        // The polynomial, reflection and complement of PNG are those of this class.
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, chunk.Length - 8)));
        return chunk;
    }

    /// <summary>A text by its keyword; null when there is none before the picture.</summary>
    public static string? Find(ReadOnlySpan<byte> png, string keyword)
    {
        if (!png.StartsWith(Signature))
            return null;
        for (int at = Signature.Length; TryChunk(png, at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data); at += data.Length + ChunkOverhead)
        {
            if (type.SequenceEqual("IDAT"u8))
                return null;
            int end = type.SequenceEqual("tEXt"u8) ? data.IndexOf((byte)0) : -1;
            if (end >= 0 && Encoding.Latin1.GetString(data[..end]) == keyword)
                return Encoding.Latin1.GetString(data[(end + 1)..]);
        }

        return null;
    }

    /// <summary>The picture with these texts, and without those whose keyword starts as given.</summary>
    public static byte[] Replace(ReadOnlySpan<byte> png, string prefix, params ReadOnlySpan<byte[]> texts)
    {
        using MemoryStream result = new(png.Length);
        result.Write(png[..HeaderEnd]);
        foreach (byte[] text in texts)
            result.Write(text);
        int at = HeaderEnd;
        while (TryChunk(png, at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data))
        {
            int length = data.Length + ChunkOverhead;
            if (!type.SequenceEqual("tEXt"u8) || !data.StartsWith(Encoding.Latin1.GetBytes(prefix)))
                result.Write(png.Slice(at, length));
            at += length;
        }

        return result.ToArray();
    }

    private static bool TryChunk(ReadOnlySpan<byte> png, int at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> data)
    {
        type = data = default;
        if (png.Length - at < ChunkOverhead)
            return false;
        int length = BinaryPrimitives.ReadInt32BigEndian(png[at..]);
        if (length < 0 || length > png.Length - at - ChunkOverhead)
            return false;
        type = png.Slice(at + 4, 4);
        data = png.Slice(at + 8, length);
        return true;
    }
}
