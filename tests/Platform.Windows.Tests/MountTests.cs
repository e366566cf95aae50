using Fsp;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>Mounting and unmounting, over a host that has no driver.</summary>
public sealed class MountTests
{
    private static readonly WinFspMountOptions Options = new()
    {
        MountPoint = "Q:",
        Account = "ik.imagekit.io/demo",
        OwnerSid = "S-1-5-21-1-2-3-1001",
        WatchInterval = TimeSpan.Zero,
    };

    [Fact]
    public async Task A_taken_letter_is_refused_and_free_again_after_the_unmount()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        WinFspMount first = await WinFspMount.MountAsync(volume.FileSystem, Options, volume.Log, TimeProvider.System);

        WinFspMountException refused = await Assert.ThrowsAsync<WinFspMountException>(
            () => WinFspMount.MountAsync(volume.FileSystem, Options, volume.Log, TimeProvider.System));
        await first.UnmountAsync();
        await using WinFspMount second = await WinFspMount.MountAsync(volume.FileSystem, Options, volume.Log, TimeProvider.System);

        Assert.Equal(WinFspFailure.MountPointTaken, refused.Failure);
        Assert.Equal("Q:", second.MountPoint);
        Assert.Equal(WinFspExitReason.Requested, await first.Completion);
    }

    [Fact]
    public async Task A_star_takes_a_free_letter()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await using WinFspMount mount = await WinFspMount.MountAsync(volume.FileSystem, Options with { MountPoint = "*" }, volume.Log, TimeProvider.System);

        Assert.Equal("Z:", mount.MountPoint);
    }

    [Fact]
    public async Task The_volume_is_declared_as_windows_needs_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        using WinFspVolume shim = new(
            volume.FileSystem,
            new WinFspVolumeSettings { Security = SecurityDescriptors.For(Sid.LocalSystem, false, false), Account = "a", Prefix = @"\imagekitfs\a" },
            volume.Log,
            TimeProvider.System);
        using FileSystemHost host = new(shim);

        Assert.Equal(0, shim.Init(host));

        Assert.Equal((4096, 1, 255), (host.SectorSize, host.SectorsPerAllocationUnit, host.MaxComponentLength));
        Assert.True(host is { CasePreservedNames: true, UnicodeOnDisk: true, PassQueryDirectoryFileName: true, FlushAndPurgeOnCleanup: true });
        Assert.True(host is { CaseSensitiveSearch: false, NamedStreams: false, ExtendedAttributes: false, ReparsePoints: false, PersistentAcls: false });
        Assert.True(host is { PassQueryDirectoryPattern: false, PostCleanupWhenModifiedOnly: false, SupportsPosixUnlinkRename: false });
        Assert.NotEqual(uint.MaxValue, host.FileInfoTimeout); // For ever would let the driver keep data that we never see.
        Assert.True(host.FileSystemName.Length <= 15);
        Assert.Equal(@"\imagekitfs\a", host.Prefix);
    }

    [Fact]
    public async Task A_driver_that_goes_away_ends_the_mount()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        using WinFspVolume shim = new(
            volume.FileSystem, new WinFspVolumeSettings { Security = SecurityDescriptors.For(Sid.LocalSystem, false, false) }, volume.Log, TimeProvider.System);
        using FileSystemHost host = new(shim);
        Assert.Equal(0, host.MountEx("R:", 0));

        host.LoseDriver();

        Assert.False(await shim.Ended);
    }

    [Theory]
    [InlineData(NtStatus.STATUS_OBJECT_NAME_COLLISION, "X:", WinFspFailure.MountPointTaken)]
    [InlineData(NtStatus.STATUS_OBJECT_NAME_COLLISION, @"C:\mnt", WinFspFailure.MountPointTaken)]
    [InlineData(NtStatus.STATUS_ACCESS_DENIED, "X:", WinFspFailure.MountPointDenied)]
    [InlineData(NtStatus.STATUS_OBJECT_PATH_NOT_FOUND, @"C:\none\mnt", WinFspFailure.MountPointMissing)]
    [InlineData(unchecked((int)0xC000000E), "X:", WinFspFailure.Incomplete)]
    [InlineData(NtStatus.STATUS_INSUFFICIENT_RESOURCES, "X:", WinFspFailure.Other)]
    public void Each_refusal_of_the_driver_has_its_cause(int status, string mountPoint, WinFspFailure failure) =>
        Assert.Equal(failure, MountedHost.Explain(status, mountPoint, isLetter: mountPoint.Length == 2).Failure);

    [Fact]
    public void The_binding_is_found_here_as_its_stub()
    {
        WinFspProbe probe = WinFspBinding.Probe();

        Assert.Null(probe.Failure);
        Assert.Equal(new Version(2, 0), probe.Version);
    }
}
