using ImageKitFs.Core.Renditions;
using Xunit;

namespace ImageKitFs.Core.Tests.Renditions;

public sealed class PngTextTests
{
    // One red pixel, made by a common encoder.
    private static readonly byte[] Pixel = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==");

    [Fact]
    public void A_text_is_found_again_where_it_was_put_and_its_checksum_is_that_of_the_standard()
    {
        byte[] chunk = PngText.Chunk("Thumb::MTime", "1700000000");

        byte[] png = PngText.Replace(Pixel, "Thumb::", chunk);

        Assert.Equal("1700000000", PngText.Find(png, "Thumb::MTime"));
        Assert.Null(PngText.Find(png, "Thumb::URI"));
        Assert.Equal(Pixel[..PngText.HeaderEnd], png[..PngText.HeaderEnd]);
        Assert.Equal(Pixel[PngText.HeaderEnd..], png[(PngText.HeaderEnd + chunk.Length)..]);
        // The CRC-32 of "IEND" as every PNG file ends with.
        Assert.Equal([0xAE, 0x42, 0x60, 0x82], Pixel[^4..]);
        Assert.Equal("00000017744558745468756D", Convert.ToHexString(chunk[..12]));
        Assert.Equal(0x2144DF1Cu, System.IO.Hashing.Crc32.HashToUInt32([0, 0, 0, 0]));
    }

    [Fact]
    public void Texts_of_a_prefix_are_replaced_and_others_stay()
    {
        byte[] first = PngText.Replace(Pixel, "Thumb::", PngText.Chunk("Thumb::URI", "a"), PngText.Chunk("Software", "b"));

        byte[] second = PngText.Replace(first, "Thumb::", ThumbnailText.Of("file:///c", "5"));

        Assert.Equal(("file:///c", "5", "b"), (PngText.Find(second, "Thumb::URI"), PngText.Find(second, "Thumb::MTime"), PngText.Find(second, "Software")));
        Assert.True(PngText.IsPng(second));
    }

    [Fact]
    public void Only_a_whole_png_is_one()
    {
        Assert.True(PngText.IsPng(Pixel));
        Assert.False(PngText.IsPng(Pixel.AsSpan(0, Pixel.Length - 1)));
        Assert.False(PngText.IsPng([.. Pixel, 0]));
        Assert.False(PngText.IsPng([]));
        Assert.False(PngText.IsPng("<html><head><title>400</title></head></html>"u8));
        byte[] endless = [.. Pixel];
        endless[PngText.HeaderEnd] = 0x7F;
        Assert.False(PngText.IsPng(endless));
    }
}
