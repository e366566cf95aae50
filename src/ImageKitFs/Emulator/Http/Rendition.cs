using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Http;

/// <summary>
/// What a URL without <c>orig-true</c> shows. Where a size or format is asked for, a PNG of the size that the service would give: the picture itself when the
/// original is a plain PNG, else one colour taken from its bytes, since nothing else is decoded or encoded here. Without, the original with a remark put in
/// near its start (U16): it still opens, and neither its length nor any range of it is that of the original.
/// </summary>
/// <remarks>Not done: formats other than PNG, quality, overlays, effects, focus; crops are scaled instead; named transformations count as "without".</remarks>
internal static class Rendition
{
    // For originals whose size is not known to the emulator: a frame of a video, a vector drawing.
    private const int AssumedWidth = 1280;
    private const int AssumedHeight = 720;

    private const int SampleBytes = 64 << 10;

    /// <summary>A rendition under a transformation, and its type.</summary>
    /// <param name="original">The bytes.</param>
    /// <param name="media">What they are.</param>
    /// <param name="transformation">As asked for.</param>
    /// <param name="isFrame">The file's thumbnail was asked for by its name below the file: always a picture.</param>
    public static (Blob Body, string Mime) Of(Blob original, MediaInfo media, string transformation, bool isFrame)
    {
        Transformation wanted = Transformation.Parse(transformation);
        if (isFrame || (wanted.MakesPicture && media.IsImage))
            return (new MemoryBlob(Draw(original, media, wanted)), "image/png");
        byte[] note = Encoding.UTF8.GetBytes("rendition " + transformation);
        Blob noted = media.Mime switch
        {
            // Behind the header chunk, which has a fixed size.
            "image/png" => new InsertedBlob(original, 33, PngEncoder.Chunk("tEXt"u8, [.. "Comment\0"u8, .. note])),
            "image/jpeg" => new InsertedBlob(original, 2, JpegComment(note)),
            _ => new InsertedBlob(original, 0, note),
        };
        return (noted, media.Mime);
    }

    private static byte[] Draw(Blob original, MediaInfo media, Transformation wanted)
    {
        Picture? picture = media.Mime == "image/png" ? Picture.TryDecodePng(original.ReadAll()) : null;
        (int width, int height) = wanted.SizeFor(picture?.Width ?? media.Width ?? AssumedWidth, picture?.Height ?? media.Height ?? AssumedHeight);
        if (picture is not null)
            return picture.ToPng(width, height);
        int colour = ColourOf(original);
        return PngEncoder.Encode(width, height, (_, _) => colour);
    }

    private static int ColourOf(Blob original)
    {
        byte[] sample = new byte[(int)Math.Min(original.Length, SampleBytes)];
        using IBlobReader reader = original.Open();
        int read = reader.Read(0, sample);
        byte[] hash = SHA1.HashData(sample.AsSpan(0, read));
        return (hash[0] << 16) | (hash[1] << 8) | hash[2];
    }

    private static byte[] JpegComment(byte[] note)
    {
        byte[] segment = new byte[note.Length + 4];
        segment[0] = 0xFF;
        segment[1] = 0xFE;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)(note.Length + 2));
        note.CopyTo(segment, 4);
        return segment;
    }
}
