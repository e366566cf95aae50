using System.Buffers.Binary;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Library;

/// <summary>What the service says about bytes.</summary>
internal sealed record MediaInfo(string Mime, bool IsImage, int? Width = null, int? Height = null, bool? HasAlpha = null)
{
    /// <summary>True for what the plan limits call a video.</summary>
    public bool IsVideo => Mime.StartsWith("video/", StringComparison.Ordinal);
}

/// <summary>Type detection (section 4.6): binary types by magic number, text by the name's extension, the rest octet-stream.</summary>
internal static class MediaTypes
{
    /// <summary>How much of the start of a file is looked at: enough for a JPEG's size behind a full Exif segment and a thumbnail.</summary>
    public const int HeadLength = 256 * 1024;

    private static readonly Dictionary<string, string> TextTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html",
        [".htm"] = "text/html",
        [".css"] = "text/css",
        [".js"] = "application/javascript",
        [".mjs"] = "application/javascript",
        [".json"] = "application/json",
        [".txt"] = "text/plain",
        [".log"] = "text/plain",
        [".md"] = "text/markdown",
        [".csv"] = "text/csv",
        [".xml"] = "application/xml",
        [".yml"] = "text/yaml",
        [".yaml"] = "text/yaml",
        [".m3u8"] = "application/vnd.apple.mpegurl",
        [".vtt"] = "text/vtt",
        [".srt"] = "application/x-subrip",
        [".svg"] = "image/svg+xml",
    };

    private static readonly (int Offset, byte[] Magic, string Mime)[] Magics =
    [
        (0, [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A], "image/png"),
        (0, [0xFF, 0xD8, 0xFF], "image/jpeg"),
        (0, "GIF8"u8.ToArray(), "image/gif"),
        (8, "WEBP"u8.ToArray(), "image/webp"),
        (0, "BM"u8.ToArray(), "image/bmp"),
        (0, "II*\0"u8.ToArray(), "image/tiff"),
        (0, "MM\0*"u8.ToArray(), "image/tiff"),
        (0, "8BPS"u8.ToArray(), "image/vnd.adobe.photoshop"),
        (0, [0, 0, 1, 0], "image/x-icon"),
        (4, "ftypavif"u8.ToArray(), "image/avif"),
        (4, "ftypheic"u8.ToArray(), "image/heic"),
        (4, "ftypqt"u8.ToArray(), "video/quicktime"),
        (4, "ftypM4A"u8.ToArray(), "audio/x-m4a"),
        (4, "ftyp"u8.ToArray(), "video/mp4"),
        (0, [0x1A, 0x45, 0xDF, 0xA3], "video/webm"),
        (8, "AVI "u8.ToArray(), "video/x-msvideo"),
        (8, "WAVE"u8.ToArray(), "audio/vnd.wave"),
        (0, "ID3"u8.ToArray(), "audio/mpeg"),
        (0, [0xFF, 0xFB], "audio/mpeg"),
        (0, "OggS"u8.ToArray(), "audio/ogg"),
        (0, "fLaC"u8.ToArray(), "audio/x-flac"),
        (0, "%PDF"u8.ToArray(), "application/pdf"),
        (0, "%!PS"u8.ToArray(), "application/postscript"),
        (0, [(byte)'P', (byte)'K', 3, 4], "application/zip"),
        (0, [0x1F, 0x8B], "application/gzip"),
        (0, "BZh"u8.ToArray(), "application/x-bzip2"),
        (0, [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "application/x-xz"),
        (0, [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C], "application/x-7z-compressed"),
        (0, "Rar!"u8.ToArray(), "application/x-rar-compressed"),
        (0, "wOFF"u8.ToArray(), "font/woff"),
        (0, "wOF2"u8.ToArray(), "font/woff2"),
        (0, "OTTO\0"u8.ToArray(), "font/otf"),
        (0, [0, 1, 0, 0, 0], "font/ttf"),
        (0, [0x7F, (byte)'E', (byte)'L', (byte)'F'], "application/x-elf"),
        (0, "SQLite format 3"u8.ToArray(), "application/x-sqlite3"),
    ];

    /// <summary>What <see cref="SyntheticBlob"/> makes.</summary>
    public static MediaInfo OfSynthetic(long length) => length >= SyntheticBlob.HeaderLength
        ? new MediaInfo("image/png", IsImage: true, SyntheticBlob.Edge, SyntheticBlob.Edge, HasAlpha: false)
        : new MediaInfo("application/octet-stream", IsImage: false);

    /// <summary>Looks at a file's start, then at its name.</summary>
    public static MediaInfo Detect(ReadOnlySpan<byte> head, string name)
    {
        foreach ((int offset, byte[] magic, string mime) in Magics)
        {
            if (head.Length < offset + magic.Length || !head.Slice(offset, magic.Length).SequenceEqual(magic))
                continue;
            if (mime is "image/webp" or "video/x-msvideo" or "audio/vnd.wave" && !head.StartsWith("RIFF"u8))
                continue;
            if (mime == "image/bmp" && (head.Length < 26 || BinaryPrimitives.ReadInt32LittleEndian(head[6..]) != 0))
                continue;
            return Measure(head, mime);
        }

        string extension = Path.GetExtension(name);
        if (!TextTypes.TryGetValue(extension, out string? text))
            return new MediaInfo("application/octet-stream", IsImage: false);
        return new MediaInfo(text, IsImage: text == "image/svg+xml");
    }

    private static MediaInfo Measure(ReadOnlySpan<byte> head, string mime)
    {
        bool isImage = mime.StartsWith("image/", StringComparison.Ordinal) && mime != "image/vnd.adobe.photoshop";
        (int Width, int Height, bool HasAlpha)? size = mime switch
        {
            "image/png" => Png(head),
            "image/gif" when head.Length >= 10 => (BinaryPrimitives.ReadUInt16LittleEndian(head[6..]), BinaryPrimitives.ReadUInt16LittleEndian(head[8..]), false),
            "image/jpeg" => Jpeg(head),
            "image/webp" => WebP(head),
            "image/bmp" => (BinaryPrimitives.ReadInt32LittleEndian(head[18..]), Math.Abs(BinaryPrimitives.ReadInt32LittleEndian(head[22..])), false),
            _ => null,
        };
        return size is { } known ? new MediaInfo(mime, isImage, known.Width, known.Height, known.HasAlpha) : new MediaInfo(mime, isImage);
    }

    private static (int Width, int Height, bool HasAlpha)? Png(ReadOnlySpan<byte> head) =>
        head.Length < 26 ? null : (BinaryPrimitives.ReadInt32BigEndian(head[16..]), BinaryPrimitives.ReadInt32BigEndian(head[20..]), head[25] is 4 or 6);

    // Walks the segments up to the frame header (SOF0..SOF15 without DHT, JPG and DAC).
    private static (int Width, int Height, bool HasAlpha)? Jpeg(ReadOnlySpan<byte> head)
    {
        int at = 2;
        while (at + 9 <= head.Length && head[at] == 0xFF)
        {
            byte marker = head[at + 1];
            if (marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
                return (BinaryPrimitives.ReadUInt16BigEndian(head[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(head[(at + 5)..]), false);
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(head[(at + 2)..]);
        }

        return null;
    }

    private static (int Width, int Height, bool HasAlpha)? WebP(ReadOnlySpan<byte> head)
    {
        if (head.Length < 30)
            return null;
        ReadOnlySpan<byte> chunk = head.Slice(12, 4);
        if (chunk.SequenceEqual("VP8 "u8))
            return (BinaryPrimitives.ReadUInt16LittleEndian(head[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(head[28..]) & 0x3FFF, false);
        if (chunk.SequenceEqual("VP8L"u8))
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(head[21..]);
            return ((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1, ((bits >> 28) & 1) != 0);
        }

        if (chunk.SequenceEqual("VP8X"u8))
            return (Three(head[24..]) + 1, Three(head[27..]) + 1, (head[20] & 0x10) != 0);
        return null;

        static int Three(ReadOnlySpan<byte> at) => at[0] | (at[1] << 8) | (at[2] << 16);
    }
}
