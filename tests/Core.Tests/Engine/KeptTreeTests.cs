using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>What a mount makes of the listings that the one before kept.</summary>
public sealed class KeptTreeTests
{
    [Fact]
    public async Task A_mount_without_a_network_shows_what_was_known_and_keeps_what_is_written()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed);
        await volume.ListAsync("/d");
        volume.Emulator.Faults.Replace("any=reset");

        await volume.RemountAsync(options => options with { CommitDeadline = TimeSpan.FromMilliseconds(100) });

        Assert.Equal(["d"], await volume.ListAsync("/"));
        Assert.Equal(["f"], await volume.ListAsync("/d"));
        Assert.Equal(3, (await volume.FileSystem.GetAttrAsync((await volume.LookupAsync("/d/f")).Inode, CancellationToken.None)).Value.Attr.Size);
        Assert.NotEqual(FsError.None, await volume.PutAsync("/d/new", "bytes"));
        volume.Emulator.Faults.Clear();
        await volume.SyncAsync();
        Assert.Equal("bytes"u8.ToArray(), volume.Emulator.Store.Read("/d/new"));
    }

    [Fact]
    public async Task A_bad_key_is_told_at_the_mount_although_listings_are_kept()
    {
        await using EmulatorServer emulator = await EmulatorServer.StartAsync(new EmulatorOptions());
        Seed(emulator);
        await using TestVolume volume = await TestVolume.StartAsync(share: emulator);
        await volume.ListAsync("/d");
        // The same kept listings, but folders that no other volume holds.
        MountOptions wrong = volume.Options with { Key = SecretKey.Of("private_wrong_key"), StateDirectory = Path.Combine(volume.Directory, "other-state") };
        await volume.RemountAsync(options => options with { CacheDirectory = Path.Combine(volume.Directory, "other-cache") });

        VolumeException refused = await Assert.ThrowsAsync<VolumeException>(
            () => MediaVolume.OpenAsync(wrong, volume.Log, TimeProvider.System, CancellationToken.None));

        Assert.True(File.Exists(Path.Combine(wrong.CacheDirectory, "tree.db")));
        Assert.Equal(VolumeFailure.BadKey, refused.Failure);
    }

    [Fact]
    public async Task A_name_that_was_added_elsewhere_meanwhile_is_found_although_the_kept_listing_lacks_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero }, seed: Seed);
        await volume.ListAsync("/d");
        volume.Emulator.Store.Put("/d/added", [1]);

        await volume.RemountAsync();

        Assert.True((await volume.TryLookupAsync("/d/f")).Ok);
        Assert.True((await volume.TryLookupAsync("/d/added")).Ok);
    }

    private static void Seed(EmulatorServer emulator) => emulator.Store.Put("/d/f", [1, 2, 3]);
}
