using System.Buffers.Binary;
using System.IO.Compression;

namespace ImageKitFs.Emulator;

/// <summary>Writes 8-bit RGB pictures as PNG (ISO/IEC 15948): one IHDR, one IDAT, one IEND.</summary>
internal static class PngEncoder
{
    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>The checksum that PNG puts behind each chunk, over its type and data.</summary>
    public static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in data)
            crc = CrcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        return crc ^ 0xFFFFFFFF;
    }

    /// <summary>Encodes a picture whose colours come from <paramref name="pixel"/>, as 0xRRGGBB.</summary>
    public static byte[] Encode(int width, int height, Func<int, int, int> pixel)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] line = new byte[1 + (width * 3)];
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int colour = pixel(x, y);
                    line[1 + (x * 3)] = (byte)(colour >> 16);
                    line[2 + (x * 3)] = (byte)(colour >> 8);
                    line[3 + (x * 3)] = (byte)colour;
                }

                zlib.Write(line);
            }
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8; // bits per channel
        header[9] = 2; // RGB

        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        png.Write(Chunk("IHDR"u8, header));
        png.Write(Chunk("IDAT"u8, packed.ToArray()));
        png.Write(Chunk("IEND"u8, []));
        return png.ToArray();
    }

    /// <summary>One chunk: length, type, data, checksum.</summary>
    public static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), Crc(chunk.AsSpan(4, data.Length + 4)));
        return chunk;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            table[i] = value;
        }

        return table;
    }
}
