using Xunit;

namespace ImageKitFs.Platform.Linux.Tests;

public sealed class MountTableTests
{
    [Fact]
    public void Lines_are_parsed_with_escapes_and_optional_fields() => Assert.Equal(
        new MountInfo("0:52", "/mnt/my media\\x", "fuse.imagekitfs", "a\tb"),
        MountTable.Parse(@"36 35 0:52 / /mnt/my\040media\134x rw,noatime shared:1 master:2 - fuse.imagekitfs a\011b rw,user_id=0"));

    [Fact]
    public void Lines_without_optional_fields_are_parsed() => Assert.Equal(
        new MountInfo("0:5", "/proc", "proc", "proc"), MountTable.Parse("22 28 0:5 / /proc rw,nosuid - proc proc rw"));

    [Theory]
    [InlineData("")]
    [InlineData("36 35 0:52 /")]
    [InlineData("36 35 0:52 / /mnt rw shared:1 fuse.imagekitfs a rw")]
    [InlineData("36 35 0:52 / /mnt rw - fuse")]
    public void What_is_not_a_line_is_skipped(string line) => Assert.Null(MountTable.Parse(line));

    [Fact]
    public void Fusermount_options_escape_the_source() => Assert.Equal(
        @"nosuid,nodev,default_permissions,subtype=imagekitfs,max_read=1048576,fsname=a\,b\\c,ro,noatime,allow_other",
        FusermountClient.OptionsOf(new FuseMountOptions { MountPoint = "/m", Source = @"a,b\c", ReadOnly = true, AllowOther = true }));

    [Theory]
    [InlineData("fusermount3: option allow_other only allowed if 'user_allow_other' is set in /etc/fuse.conf", FuseMountFailure.AllowOtherRefused)]
    [InlineData("fusermount3: fuse device not found, try 'modprobe fuse' first", FuseMountFailure.NoDevice)]
    [InlineData("fusermount3: failed to open /dev/fuse: Permission denied", FuseMountFailure.DeviceDenied)]
    [InlineData("fusermount3: failed to access mountpoint /x: No such file or directory", FuseMountFailure.MountPointMissing)]
    [InlineData("fusermount3: failed to access mountpoint /x: Permission denied", FuseMountFailure.MountPointDenied)]
    [InlineData("fusermount3: user has no write access to mountpoint /x", FuseMountFailure.MountPointDenied)]
    [InlineData("fusermount3: mount failed: Operation not permitted", FuseMountFailure.NotPermitted)]
    [InlineData("fusermount3: something new\n", FuseMountFailure.Other)]
    [InlineData("", FuseMountFailure.Other)]
    public void Fusermounts_words_are_sorted_into_causes(string stderr, FuseMountFailure failure) =>
        Assert.Equal(failure, FusermountClient.Refused(stderr, "/x").Failure);
}
