using Xunit;

namespace ImageKitFs.Platform.Linux.Tests;

/// <summary>What /proc says of watches. Lines as Linux 6.18 writes them.</summary>
public sealed class WatchFinderTests
{
    [Theory]
    [InlineData("inotify wd:1 ino:4b1d8e0012ff8801 sdev:3d mask:fc6 ignored_mask:0 fhandle-bytes:10 fhandle-type:81 f_handle:01", 0x4b1d8e0012ff8801UL)]
    [InlineData("inotify wd:2 ino:1 sdev:3d mask:800afce ignored_mask:0", 1UL)]
    [InlineData("fanotify ino:2a sdev:3d mflags:0 mask:3b ignored_mask:0", 0x2aUL)]
    public void A_watch_on_this_device_is_its_number(string line, ulong number) => Assert.Equal(number, WatchFinder.NumberIn(line, "3d"));

    [Theory]
    [InlineData("inotify wd:1 ino:2a sdev:3e mask:fc6 ignored_mask:0")]
    [InlineData("inotify wd:1 ino:2a sdev:80003d mask:fc6 ignored_mask:0")]
    [InlineData("fanotify mnt_id:1f mflags:0 mask:3b ignored_mask:0")]
    [InlineData("inotify wd:1 ino:xyz sdev:3d")]
    [InlineData("inotify wd:1 sdev:3d")]
    [InlineData("pos:\t0")]
    [InlineData("")]
    public void Anything_else_is_none(string line) => Assert.Null(WatchFinder.NumberIn(line, "3d"));

    [Theory]
    [InlineData("0:61", "3d")]
    [InlineData("8:1", "800001")]
    [InlineData("0:1048575", "fffff")]
    public void A_device_is_written_as_the_kernel_keeps_it(string device, string text) => Assert.Equal(text, WatchFinder.DeviceText(device));
}
