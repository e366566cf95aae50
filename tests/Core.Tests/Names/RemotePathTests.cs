using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using Xunit;

namespace ImageKitFs.Core.Tests.Names;

public sealed class RemotePathTests
{
    [Theory]
    [InlineData("/", "a", "/a")]
    [InlineData("/a", "b.jpg", "/a/b.jpg")]
    public void A_child_path_splits_back_into_folder_and_name(string folder, string name, string path)
    {
        Assert.Equal(path, RemotePath.Combine(folder, name));
        Assert.Equal(folder, RemotePath.Parent(path));
        Assert.Equal(name, RemotePath.Name(path));
    }

    [Theory]
    [InlineData("/a/b", "/a", true)]
    [InlineData("/a", "/", true)]
    [InlineData("/a", "/a", false)]
    [InlineData("/ab", "/a", false)]
    [InlineData("/", "/", false)]
    [InlineData("/A/b", "/a", false)]
    public void Below_means_a_whole_component_further_down(string path, string ancestor, bool expected) =>
        Assert.Equal(expected, RemotePath.IsBelow(path, ancestor));

    [Theory]
    [InlineData("/a/b/c", "/a", "/x/y", "/x/y/b/c")]
    [InlineData("/a", "/a", "/x", "/x")]
    [InlineData("/a/b", "/a", "/", "/b")]
    [InlineData("/a/b", "/", "/x", "/x/a/b")]
    public void Paths_below_a_renamed_folder_follow_it(string path, string from, string to, string expected) =>
        Assert.Equal(expected, RemotePath.Rebase(path, from, to));

    [Theory]
    [InlineData("/", true)]
    [InlineData("/a/b", true)]
    [InlineData("a", false)]
    [InlineData("", false)]
    [InlineData("/a/", false)]
    [InlineData("/a//b", false)]
    [InlineData("/a/../b", false)]
    [InlineData("/./b", false)]
    [InlineData("/a\0", false)]
    public void Only_paths_that_cannot_climb_are_well_formed(string path, bool expected) => Assert.Equal(expected, RemotePath.IsWellFormed(path));

    // Attributes are stored as UTF-8, which cannot hold half a pair.
    [Fact]
    public void Half_a_surrogate_pair_is_not_well_formed() => Assert.False(RemotePath.IsWellFormed("/\ud800"));

    [Theory]
    [InlineData("/фото/кот.jpg", "%D1%84%D0%BE%D1%82%D0%BE/%D0%BA%D0%BE%D1%82.jpg")]
    [InlineData("/a b/c%2F?#&.jpg", "a%20b/c%252F%3F%23%26.jpg")]
    [InlineData("/tr:w-1/a-._~b", "tr%3Aw-1/a-._~b")]
    public void Delivery_paths_are_percent_encoded_by_component(string path, string expected) => Assert.Equal(expected, RemotePath.ToUrlPath(path));

    [Fact]
    public void Paths_that_the_service_may_not_store_are_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("/a", 50));

        Assert.Equal(FsError.None, RemotePath.Check(deep, isFolder: true));
        Assert.Equal(FsError.None, RemotePath.Check(deep + "/f", isFolder: false));
        Assert.Equal(FsError.NameTooLong, RemotePath.Check(deep + "/b", isFolder: true));
        Assert.Equal(FsError.None, RemotePath.Check("/" + new string('a', 999), isFolder: false));
        Assert.Equal(FsError.NameTooLong, RemotePath.Check("/" + new string('a', 1000), isFolder: false));
    }
}
