using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>What the service erases on an overwrite unless it is sent again, or asked to keep it, is all there afterwards, at no further request.</summary>
public sealed class ResentFieldsTests
{
    private static readonly PutOptions Everything = new(Tags: ["sea", "summer"], IsPrivate: true, Description: "the beach")
    {
        CustomCoordinates = "1,2,30,40",
        CustomMetadata = """{"rights":"all","year":2026}""",
    };

    [Theory]
    [InlineData(Save.InPlace, false)]
    [InlineData(Save.InPlace, true)]
    [InlineData(Save.ByRename, false)]
    [InlineData(Save.ByRename, true)]
    [InlineData(Save.Partly, false)]
    public async Task An_overwrite_keeps_privacy_tags_coordinates_description_and_metadata(Save save, bool serviceKeepsMore)
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            new EmulatorOptions { MergeCustomMetadata = serviceKeepsMore, KeepDescription = serviceKeepsMore },
            seed: server => server.Store.Put("/a.txt", "first"u8, Everything));
        await volume.ReadAsync("/a.txt");
        volume.Emulator.ResetStats();

        await SaveAsync(volume, save);

        Assert.Equal(1, volume.Emulator.Stats.Count(EndpointKind.Upload));
        Assert.Equal(1, volume.Emulator.Stats.Total);
        AssertHasEverything(volume, "/a.txt", 2);
    }

    [Fact]
    public async Task A_second_overwrite_and_one_after_a_restart_keep_them_too()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "first"u8, Everything));

        await SaveAsync(volume, Save.InPlace);
        await SaveAsync(volume, Save.ByRename);
        await volume.RemountAsync();
        await SaveAsync(volume, Save.InPlace);

        AssertHasEverything(volume, "/a.txt", 4);
    }

    public enum Save
    {
        InPlace,
        ByRename,
        Partly,
    }

    private static async Task SaveAsync(TestVolume volume, Save save)
    {
        switch (save)
        {
            case Save.InPlace:
                Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "second"));
                break;
            case Save.ByRename:
                TestFile temporary = await volume.CreateAsync("/.a.txt.Xy12Zq", Encoding.UTF8.GetBytes("second"), OpenMode.Read | OpenMode.Write | OpenMode.Exclusive);
                Assert.Equal(FsError.None, await temporary.CloseAsync());
                Assert.Equal(FsError.None, await volume.RenameAsync("/.a.txt.Xy12Zq", "/a.txt"));
                break;
            case Save.Partly:
                TestFile file = await volume.OpenAsync("/a.txt", OpenMode.Read | OpenMode.Write);
                await file.WriteAsync(0, Encoding.UTF8.GetBytes("F"));
                Assert.Equal(FsError.None, await file.CloseAsync());
                break;
        }
    }

    private static void AssertHasEverything(TestVolume volume, string path, int versions)
    {
        IReadOnlyList<LibraryVersion> stored = volume.Emulator.Store.VersionsOf(path);
        Assert.Equal(versions, stored.Count);
        LibraryVersion current = stored[^1];
        Assert.True(current.IsCurrent);
        Assert.True(current.IsPrivate);
        Assert.Equal(Everything.Tags, current.Tags);
        Assert.Equal(Everything.Description, current.Description);
        Assert.Equal(Everything.CustomCoordinates, current.CustomCoordinates);
        Assert.Equal(Everything.CustomMetadata, current.CustomMetadata);
    }
}
