using ImageKitFs.Cli.Library;

namespace ImageKitFs.Cli.Tests.Library;

public sealed class LibraryPathTests
{
    [Theory]
    [InlineData("/a/b", null, "/a/b", false)]
    [InlineData("a/b/", null, "/a/b", true)]
    [InlineData("//a/./b", null, "/a/b", false)]
    [InlineData("/", null, "/", true)]
    [InlineData("ik:/a", null, "/a", false)]
    [InlineData("staging:/a b", "staging", "/a b", false)]
    [InlineData("a:b", null, "/a:b", false)]
    [InlineData("what is it:/a", null, "/what is it:/a", false)]
    public void A_path_is_read_with_its_profile(string text, string? profile, string path, bool hasSlash)
    {
        var read = LibraryPath.Parse(text);

        Assert.Equal((profile, path, hasSlash), (read.Profile, read.Path, read.HasSlash));
    }

    [Theory]
    [InlineData("./a", false)]
    [InlineData("/tmp/a", false)]
    [InlineData("a:b", false)]
    [InlineData("ik:/", true)]
    [InlineData("production:/a", true)]
    public void Only_a_prefix_says_that_a_path_is_a_librarys(string text, bool isLibrary) =>
        Assert.Equal(isLibrary, LibraryPath.TryParsePrefixed(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("/a/../b")]
    public void What_names_nothing_in_a_library_is_refused(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => LibraryPath.Parse(text)).Code);
}
