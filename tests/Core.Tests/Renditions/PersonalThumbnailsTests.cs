using System.Runtime.Versioning;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using Xunit;

namespace ImageKitFs.Core.Tests.Renditions;

public sealed class PersonalThumbnailsTests : IDisposable
{
    private static readonly Timestamp Modified = new(1_700_000_000_123_000_000);

    private readonly string _root = Directory.CreateTempSubdirectory("imagekitfs-test-").FullName;

    private string Folder => Path.Combine(_root, "cache", "thumbnails");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_is_stored_is_named_and_says_what_the_standard_asks_for()
    {
        PersonalThumbnails thumbnails = new(Folder);
        byte[] png = SamplePictures.Png(10, 5);

        Assert.False(thumbnails.Has("/mnt/a b.png", Modified, "large"));
        Assert.True(thumbnails.TryStore("/mnt/a b.png", Modified, "large", PngText.Replace(png, "Thumb::", ThumbnailText.Of("a%20b.png", "5"))));

        byte[] stored = File.ReadAllBytes(Path.Combine(Folder, "large", ThumbnailName.Of("file:///mnt/a%20b.png")));
        Assert.Equal(("file:///mnt/a%20b.png", "1700000000"), (PngText.Find(stored, "Thumb::URI"), PngText.Find(stored, "Thumb::MTime")));
        Assert.True(thumbnails.Has("/mnt/a b.png", Modified, "large"));
        Assert.False(thumbnails.Has("/mnt/a b.png", new Timestamp(Modified.UnixNanoseconds + 1_000_000_000), "large"));
        Assert.False(thumbnails.Has("/mnt/a b.png", Modified, "normal"));
        Assert.Single(Directory.GetFiles(Path.Combine(Folder, "large")));
    }

    [Fact]
    public void What_is_no_png_is_not_stored() => Assert.False(new PersonalThumbnails(Folder).TryStore("/mnt/a.png", Modified, "large", "<html></html>"u8));

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public void Nobody_else_may_look()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no permission bits");
        new PersonalThumbnails(Folder).TryStore("/mnt/a.png", Modified, "normal", SamplePictures.Png(1, 1));

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.Equal(owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Folder, "normal")));
        Assert.Equal(owner, File.GetUnixFileMode(Directory.GetFiles(Path.Combine(Folder, "normal")).Single()));
    }

    [Fact]
    public void A_shared_thumbnail_lies_beside_its_file() =>
        Assert.Equal($"/mnt/p/.sh_thumbnails/large/{ThumbnailName.Of("a%20b.png")}", PersonalThumbnails.SharedPathOf("/mnt/p/a b.png", "large"));
}
