using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using Xunit;

namespace ImageKitFs.Core.Tests.Renditions;

public sealed class ThumbnailNameTests
{
    [Fact]
    public void Names_are_the_md5_of_the_uri()
    {
        // The example of the standard.
        Assert.Equal("c6ee772d9e49320e97ec29a7eb5b1697.png", ThumbnailName.Of("file:///home/jens/photos/me.png"));
        Assert.True(ThumbnailName.TryParse("c6ee772d9e49320e97ec29a7eb5b1697.png", out UInt128 hash));
        Assert.Equal(ThumbnailName.HashOf("file:///home/jens/photos/me.png"), hash);
        Assert.False(ThumbnailName.TryParse("c6ee772d9e49320e97ec29a7eb5b169.png", out _));
        Assert.False(ThumbnailName.TryParse("g6ee772d9e49320e97ec29a7eb5b1697.png", out _));
    }

    [Theory]
    [InlineData("a b.png", "a%20b.png")]
    [InlineData("50%.png", "50%25.png")]
    [InlineData("é.png", "%C3%A9.png")]
    [InlineData("a;b<c>d?e[f]^g`h{i|j}\"#\\.png", "a%3Bb%3Cc%3Ed%3Fe%5Bf%5D%5Eg%60h%7Bi%7Cj%7D%22%23%5C.png")]
    [InlineData("!$&'()*+,-.:=@_~", "!$&'()*+,-.:=@_~")]
    public void Uris_are_encoded_as_glib_does_it(string name, string encoded) => Assert.Equal(encoded, FileUri.Escape(name));

    [Fact]
    public void A_file_is_found_by_each_name_that_programs_give_its_shared_thumbnail() =>
        Assert.Equal(["a%20b.png", "./a%20b.png", "a b.png"], ThumbnailName.SharedUrisOf("a b.png"));

    [Theory]
    [InlineData(1_700_000_000_123_000_000, "1700000000.123000", "1700000000")]
    [InlineData(1_700_000_000_000_000_000, "1700000000", "1700000000")]
    [InlineData(1_700_000_000_000_000_999, "1700000000", "1700000000")]
    [InlineData(1_700_000_000_000_001_000, "1700000000.000001", "1700000000")]
    [InlineData(-1, "-1.999999", "-1")]
    public void Times_are_whole_seconds_or_have_microseconds(long nanoseconds, string exact, string seconds) =>
        Assert.Equal((exact, seconds), (ThumbnailText.Exact(new Timestamp(nanoseconds)), ThumbnailText.Seconds(new Timestamp(nanoseconds))));

    [Theory]
    [InlineData("image/jpeg", "x", "Image")]
    [InlineData("video/mp4", "x", "Video")]
    [InlineData("text/plain", "x.jpg", "Other")]
    [InlineData(null, "x.JPG", "Image")]
    [InlineData(null, "x.mp4", "Video")]
    [InlineData(null, "x.txt", "Other")]
    public void What_the_service_detected_counts_before_the_name(string? mime, string name, string kind) => Assert.Equal(kind, $"{ThumbnailSource.KindOf(mime, name)}");
}
