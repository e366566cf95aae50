using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>Files with a new name that no listing has shown yet.</summary>
public sealed class UnlistedRenameTests
{
    [Fact]
    public async Task A_renamed_file_keeps_mode_and_time_over_a_remount()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a.txt", "a");
        Timestamp time = new(1_577_934_245_123_456_000);
        await volume.FileSystem.SetAttrAsync(
            (await volume.LookupAsync("/a.txt")).Inode, default, new AttrChange { Mode = 0b100_000_000, Modified = TimeChange.To(time) }, CancellationToken.None);

        await volume.RenameAsync("/a.txt", "/b.txt");
        await volume.RemountAsync();

        Attr attr = (await volume.LookupAsync("/b.txt")).Attr;
        Assert.Equal(0b100_000_000u, attr.Mode);
        Assert.Equal(time, attr.Modified);
    }

    [Fact]
    public async Task A_renamed_file_of_another_writer_keeps_its_time_over_a_remount()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "a"u8));
        Timestamp time = (await volume.LookupAsync("/a.txt")).Attr.Modified;

        await volume.RenameAsync("/a.txt", "/b.txt");
        await volume.RemountAsync();

        Assert.Equal(time, (await volume.LookupAsync("/b.txt")).Attr.Modified);
    }

    [Fact]
    public async Task A_file_made_here_and_renamed_elsewhere_loses_its_old_name()
    {
        await using TestVolume one = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero });
        await one.PutAsync("/a.txt", "a");
        await using TestVolume two = await TestVolume.StartAsync(share: one.Emulator);

        Assert.Equal(FsError.None, await two.RenameAsync("/a.txt", "/b.txt"));
        await two.SyncAsync(); // A rename in one folder is held for a moment.

        Assert.Equal(["b.txt"], await one.ListAsync("/"));
    }
}
