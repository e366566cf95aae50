using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>U5: whether a created folder keeps its '-'. The mount must be right either way.</summary>
public sealed class FolderDashTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_with_a_dash_keeps_its_name_and_its_files(bool isReplaced)
    {
        await using TestVolume volume = await TestVolume.StartAsync(new EmulatorOptions { FolderDashReplaced = isReplaced });
        Assert.Equal(FsError.None, await volume.MkdirAsync("/spring-2026"));
        Assert.Equal(FsError.None, await volume.MkdirAsync("/spring-2026/press-kit"));
        Assert.Equal(FsError.None, await volume.PutAsync("/spring-2026/press-kit/a-b.txt", "text"));
        await volume.SyncAsync();

        await volume.RemountAsync();

        Assert.Contains("spring-2026", await volume.ListAsync("/"));
        Assert.Equal(["press-kit"], await volume.ListAsync("/spring-2026"));
        Assert.Equal("text", Encoding.UTF8.GetString(await volume.ReadAsync("/spring-2026/press-kit/a-b.txt")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_with_a_dash_that_stays_empty_keeps_its_name(bool isReplaced)
    {
        await using TestVolume volume = await TestVolume.StartAsync(new EmulatorOptions { FolderDashReplaced = isReplaced });
        Assert.Equal(FsError.None, await volume.MkdirAsync("/spring-2026"));
        await volume.SyncAsync();

        await volume.RemountAsync();

        Assert.Contains("spring-2026", await volume.ListAsync("/"));
        volume.Emulator.ResetStats();
        Assert.Equal(FsError.None, await volume.MkdirAsync("/autumn-2026"));
        await volume.SyncAsync();
        Assert.Equal(1, volume.Emulator.Stats.Total); // The rule is remembered: nothing is asked again.
    }
}
