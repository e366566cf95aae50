using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>Empty files over committed ones: local only, and in nobody's way.</summary>
public sealed class PlaceholderTests
{
    [Fact]
    public async Task A_committed_file_that_was_emptied_is_renamed_in_the_library_too()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a.txt", "bytes");
        await volume.PutAsync("/a.txt", "");

        Assert.Equal(FsError.None, await volume.RenameAsync("/a.txt", "/b.txt"));
        await volume.SyncAsync();

        Assert.False(volume.Emulator.Store.Exists("/a.txt"));
        Assert.True(volume.Emulator.Store.Exists("/b.txt"));
        await volume.RemountAsync();
        Assert.Equal(["b.txt"], await volume.ListAsync("/"));
        Assert.Empty(await volume.ReadAsync("/b.txt"));
        await volume.PutAsync("/b.txt", "again");
        Assert.Equal(2, volume.Emulator.Store.VersionsOf("/b.txt").Count);
    }
}
