using System.Buffers.Binary;
using System.IO.Compression;

namespace ImageKitFs.Emulator;

/// <summary>A picture in memory, three bytes a pixel.</summary>
internal sealed class Picture(int width, int height, byte[] rgb)
{
    /// <summary>What is decoded at most: a larger original is shown as a plain picture.</summary>
    private const long MaxPixels = 40_000_000;

    private const int HeaderEnd = 33;

    /// <summary>In pixels.</summary>
    public int Width => width;

    /// <summary>In pixels.</summary>
    public int Height => height;

    /// <summary>Reads a PNG of 8 bits a channel that is not interlaced; transparency is left out. Null for any other, and for a broken one.</summary>
    public static Picture? TryDecodePng(byte[] png)
    {
        if (png.Length < HeaderEnd || BinaryPrimitives.ReadUInt64BigEndian(png) != 0x89504E470D0A1A0A)
            return null;
        int width = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16));
        int height = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20));
        int channels = png[25] switch { 0 => 1, 2 => 3, 3 => 1, 4 => 2, 6 => 4, _ => 0 };
        bool isPlain = png[24] == 8 && png[28] == 0 && channels > 0;
        if (!isPlain || width <= 0 || height <= 0 || (long)width * height > MaxPixels)
            return null;
        try
        {
            byte[] palette = [];
            using var packed = new MemoryStream();
            for (int at = 8; at + 12 <= png.Length;)
            {
                int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
                if (length < 0 || length > png.Length - at - 12)
                    return null;
                ReadOnlySpan<byte> type = png.AsSpan(at + 4, 4);
                if (type.SequenceEqual("PLTE"u8))
                    palette = png[(at + 8)..(at + 8 + length)];
                else if (type.SequenceEqual("IDAT"u8))
                    packed.Write(png, at + 8, length);
                at += length + 12;
            }

            packed.Position = 0;
            using var lines = new ZLibStream(packed, CompressionMode.Decompress);
            return Unfilter(lines, width, height, channels, png[25] == 3 ? palette : null);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>As PNG, in another size: each pixel is the mean of those that it stands for.</summary>
    public byte[] ToPng(int newWidth, int newHeight) => PngEncoder.Encode(newWidth, newHeight, (x, y) => MeanOf(
        Part(x, newWidth, width), Part(x + 1, newWidth, width), Part(y, newHeight, height), Part(y + 1, newHeight, height)));

    private static int Part(int at, int of, int whole) => (int)((long)at * whole / of);

    private int MeanOf(int left, int right, int top, int bottom)
    {
        right = Math.Max(right, left + 1);
        bottom = Math.Max(bottom, top + 1);
        long red = 0, green = 0, blue = 0;
        for (int y = top; y < bottom; y++)
        {
            for (int at = ((y * width) + left) * 3; at < ((y * width) + right) * 3; at += 3)
            {
                red += rgb[at];
                green += rgb[at + 1];
                blue += rgb[at + 2];
            }
        }

        long count = (long)(right - left) * (bottom - top);
        return (int)(((red / count) << 16) | ((green / count) << 8) | (blue / count));
    }

    // ISO/IEC 15948, 9: each line is a filter's number and the differences to what that filter predicts.
    private static Picture Unfilter(Stream lines, int width, int height, int channels, byte[]? palette)
    {
        byte[] rgb = new byte[width * height * 3];
        byte[] before = new byte[width * channels];
        byte[] line = new byte[width * channels];
        Span<byte> filter = stackalloc byte[1];
        for (int y = 0; y < height; y++)
        {
            lines.ReadExactly(filter);
            lines.ReadExactly(line);
            for (int i = 0; i < line.Length; i++)
            {
                int left = i >= channels ? line[i - channels] : 0;
                int corner = i >= channels ? before[i - channels] : 0;
                line[i] += filter[0] switch
                {
                    0 => 0,
                    1 => (byte)left,
                    2 => before[i],
                    3 => (byte)((left + before[i]) / 2),
                    4 => Paeth(left, before[i], corner),
                    _ => throw new InvalidDataException("an unknown filter"),
                };
            }

            for (int x = 0; x < width; x++)
            {
                ReadOnlySpan<byte> colour = palette is not null ? palette.AsSpan(line[x] * 3, 3) : line.AsSpan(x * channels, channels);
                bool isGrey = palette is null && channels < 3;
                for (int channel = 0; channel < 3; channel++)
                    rgb[(((y * width) + x) * 3) + channel] = colour[isGrey ? 0 : channel];
            }

            (before, line) = (line, before);
        }

        return new Picture(width, height, rgb);
    }

    private static byte Paeth(int left, int above, int corner)
    {
        int estimate = left + above - corner;
        int toLeft = Math.Abs(estimate - left);
        int toAbove = Math.Abs(estimate - above);
        int toCorner = Math.Abs(estimate - corner);
        return (byte)(toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner);
    }
}
