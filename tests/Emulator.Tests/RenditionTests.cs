using System.Buffers.Binary;

namespace ImageKitFs.Emulator.Tests;

/// <summary>Pictures under a transformation: PNG of the size that the service would give.</summary>
public sealed class RenditionTests
{
    private static readonly byte[] Halves = PngEncoder.Encode(600, 300, (x, _) => x < 300 ? 0xFF0000 : 0x0000FF);
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0x01, 0x2C, 0x02, 0x58, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xFF, 0xD9];
    private static readonly byte[] Video = [0, 0, 0, 24, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'i', (byte)'s', (byte)'o', (byte)'m', 1, 2, 3];

    [Theory]
    [InlineData("w-128,h-128,c-at_max,f-png", 128, 64)]
    [InlineData("w-2000,h-2000,c-at_max,f-png", 600, 300)]
    [InlineData("w-1200,h-1200,c-at_max_enlarge", 1200, 600)]
    [InlineData("w-100,h-100,c-at_least", 200, 100)]
    [InlineData("w-100,h-80", 100, 80)]
    [InlineData("w-300", 300, 150)]
    [InlineData("h-0.5", 300, 150)]
    [InlineData("w-300:w-100", 100, 50)]
    [InlineData("f-png", 600, 300)]
    public async Task A_picture_has_the_size_that_was_asked_for(string transformation, int width, int height)
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.png", Halves);

        Answer answer = await server.DeliverAsync("/a.png?tr=" + transformation);
        Picture picture = Picture.TryDecodePng(answer.Body)!;

        Assert.Equal(("image/png", width, height), (answer.Header("Content-Type"), picture.Width, picture.Height));
    }

    [Fact]
    public async Task A_png_is_shown_smaller_and_what_cannot_be_decoded_in_one_colour()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.png", Halves);
        server.Emulator.Store.Put("/b.jpg", Jpeg);
        server.Emulator.Store.Put("/noise.png", [.. Halves[..33], .. new byte[500]]);

        byte[] small = (await server.DeliverAsync("/a.png?tr=w-2,h-1,f-png")).Body;
        byte[] jpeg = (await server.DeliverAsync("/b.jpg?tr=w-60,f-png")).Body;
        byte[] noise = (await server.DeliverAsync("/noise.png?tr=w-60,f-png")).Body;

        Assert.Equal(PngEncoder.Encode(2, 1, (x, _) => x == 0 ? 0xFF0000 : 0x0000FF), small);
        Assert.Equal([(60, 30), (60, 30)], new[] { SizeOf(jpeg), SizeOf(noise) });
        Assert.NotEqual(jpeg, noise);
    }

    [Fact]
    public async Task A_video_has_a_thumbnail_below_its_path_and_other_files_stay_what_they_are()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/clip.mp4", Video);
        server.Emulator.Store.Put("/a.bin", [1, 2, 3]);

        Answer frame = await server.DeliverAsync("/clip.mp4/ik-thumbnail.jpg?tr=w-128,h-128,c-at_max,f-png");
        Answer missing = await server.DeliverAsync("/none.mp4/ik-thumbnail.jpg?tr=w-128");
        byte[] video = (await server.DeliverAsync("/clip.mp4")).Body;
        byte[] other = (await server.DeliverAsync("/a.bin?tr=w-128,f-png")).Body;

        Assert.Equal(((128, 72), "image/png"), (SizeOf(frame.Body), frame.Header("Content-Type")));
        Assert.Equal(404, (int)missing.Status);
        Assert.Equal(Video, video);
        Assert.Equal([1, 2, 3], other);
    }

    [Fact]
    public async Task Bytes_of_originals_and_of_renditions_are_counted_apart()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.png", Halves);

        byte[] rendition = (await server.DeliverAsync("/a.png?tr=w-128,f-png")).Body;
        EmulatorStats afterRendition = server.Emulator.Stats;
        await server.DeliverAsync("/a.png?tr=orig-true");
        EmulatorStats after = server.Emulator.Stats;

        Assert.Equal((rendition.Length, 0), (afterRendition.RenditionBytes, afterRendition.OriginalBytes));
        Assert.Equal((rendition.Length, Halves.Length), (after.RenditionBytes, after.OriginalBytes));
    }

    [Theory]
    [InlineData(0, 1, "10 20 30")]
    [InlineData(2, 3, "1 2 3, 4 5 6")]
    [InlineData(3, 1, "7 8 9, 1 2 3")]
    [InlineData(4, 2, "50 255 60 128")]
    [InlineData(6, 4, "1 2 3 255, 4 5 6 0")]
    public void Pngs_of_every_colour_type_and_filter_are_read(byte colourType, int channels, string pixels)
    {
        byte[] samples = [.. pixels.Split(' ', ',').Where(part => part.Length > 0).Select(byte.Parse)];
        if (colourType == 3)
            samples = [1, 0];
        int width = samples.Length / channels;
        byte[] palette = [7, 8, 9, 1, 2, 3];

        foreach (byte filter in (byte[])[0, 1, 2, 3, 4])
        {
            Picture picture = Picture.TryDecodePng(Encode(width, colourType, channels, filter, samples, palette))!;
            byte[] expected = colourType switch
            {
                0 => [.. samples.SelectMany(grey => new[] { grey, grey, grey })],
                4 => [.. samples.Chunk(2).SelectMany(pair => new[] { pair[0], pair[0], pair[0] })],
                3 => [.. samples.SelectMany(index => palette.Skip(index * 3).Take(3))],
                _ => [.. samples.Chunk(channels).SelectMany(pixel => pixel[..3])],
            };

            Assert.Equal(PngEncoder.Encode(width, 2, (x, _) => (expected[x * 3] << 16) | (expected[(x * 3) + 1] << 8) | expected[(x * 3) + 2]), picture.ToPng(width, 2));
        }
    }

    private static (int Width, int Height) SizeOf(byte[] png) => (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));

    // Two equal lines, filtered as the standard says.
    private static byte[] Encode(int width, byte colourType, int channels, byte filter, byte[] samples, byte[] palette)
    {
        List<byte> lines = [];
        byte[] before = new byte[samples.Length];
        for (int y = 0; y < 2; y++)
        {
            lines.Add(filter);
            for (int i = 0; i < samples.Length; i++)
            {
                int left = i >= channels ? samples[i - channels] : 0;
                int corner = i >= channels ? before[i - channels] : 0;
                int predicted = filter switch { 1 => left, 2 => before[i], 3 => (left + before[i]) / 2, 4 => Paeth(left, before[i], corner), _ => 0 };
                lines.Add((byte)(samples[i] - predicted));
            }

            before = samples;
        }

        using var packed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(lines.ToArray());
        byte[] header = [0, 0, 0, (byte)width, 0, 0, 0, 2, 8, colourType, 0, 0, 0];
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. PngEncoder.Chunk("IHDR"u8, header), .. PngEncoder.Chunk("PLTE"u8, palette), .. PngEncoder.Chunk("IDAT"u8, packed.ToArray()), .. PngEncoder.Chunk("IEND"u8, [])];
    }

    private static int Paeth(int left, int above, int corner)
    {
        int estimate = left + above - corner;
        (int Distance, int Value)[] candidates = [(Math.Abs(estimate - left), left), (Math.Abs(estimate - above), above), (Math.Abs(estimate - corner), corner)];
        return candidates.MinBy(candidate => candidate.Distance).Value;
    }
}
