using System.Buffers.Binary;
using System.Text;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Http;

/// <summary>
/// The bytes that a URL without <c>orig-true</c> shows (U16): the picture with a comment put in near its start. It still opens, and neither
/// its length nor any range of it is that of the original.
/// </summary>
internal static class Rendition
{
    /// <summary>A rendition of an image or video under a transformation.</summary>
    public static Blob Of(Blob original, MediaInfo media, string transformation)
    {
        byte[] note = Encoding.UTF8.GetBytes("rendition " + transformation);
        return media.Mime switch
        {
            // Behind the header chunk, which has a fixed size.
            "image/png" => new InsertedBlob(original, 33, PngEncoder.Chunk("tEXt"u8, [.. "Comment\0"u8, .. note])),
            "image/jpeg" => new InsertedBlob(original, 2, JpegComment(note)),
            _ => new InsertedBlob(original, 0, note),
        };
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
