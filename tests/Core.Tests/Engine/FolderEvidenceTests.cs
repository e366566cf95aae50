using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>A folder that the library has and no listing has shown yet: it is known by its journal row alone.</summary>
public sealed class FolderEvidenceTests
{
    [Fact]
    public async Task Mode_and_time_given_to_a_new_folder_survive_a_remount()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/photos");
        await volume.PutAsync("/photos/a.txt", "a");
        Timestamp time = new(1_577_934_245_123_456_000);

        await volume.FileSystem.SetAttrAsync(
            await volume.FolderAsync("/photos"), default, new AttrChange { Mode = 0b111_101_000, Modified = TimeChange.To(time) }, CancellationToken.None);
        await volume.RemountAsync();

        Attr attr = (await volume.LookupAsync("/photos")).Attr;
        Assert.Equal(0b111_101_000u, attr.Mode);
        Assert.Equal(time, attr.Modified);
    }

    [Fact]
    public async Task A_new_folder_that_was_renamed_has_only_its_new_name_after_a_remount()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/old");
        await volume.PutAsync("/old/a.txt", "a");

        Assert.Equal(FsError.None, await volume.RenameAsync("/old", "/new"));
        await volume.RemountAsync();

        Assert.Equal(["new"], await volume.ListAsync("/"));
        Assert.Equal(["a.txt"], await volume.ListAsync("/new"));
    }
}
