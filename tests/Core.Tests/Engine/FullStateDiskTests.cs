using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>The journal's disk is full: programs are told, and memory, journal and library agree again when there is room.</summary>
public sealed class FullStateDiskTests
{
    private const long DiskBytes = 8 << 20;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_of_names_that_found_no_room_leave_no_disagreement_behind(bool isKilled)
    {
        Skip.IfNot(SmallDisk.IsPossible, "nothing can be mounted here");
        using SmallDisk disk = SmallDisk.Mount(DiskBytes);
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { StateDirectory = disk.At("state"), Commit = CommitMode.Journal });
        foreach (string name in (string[])["/renamed", "/deleted", "/kept", "/written"])
            await volume.PutAsync(name, name);
        await volume.SyncAsync();
        TestFile written = await volume.OpenAsync("/written", OpenMode.Write | OpenMode.Truncate);
        await written.WriteAsync(0, new byte[50_000]);
        disk.Fill();
        await FillJournalAsync(volume);

        Assert.Equal(FsError.NoSpace, await volume.MkdirAsync("/folder"));
        Assert.Equal(FsError.NoSpace, await volume.RenameAsync("/renamed", "/new-name"));
        Assert.Equal(FsError.NoSpace, await volume.UnlinkAsync("/deleted"));
        Assert.Equal(FsError.NoSpace, await written.FsyncAsync());
        Assert.Equal(FsError.NoSpace, await written.CloseAsync());
        Assert.Equal("/kept", Encoding.UTF8.GetString(await volume.ReadAsync("/kept")));
        Assert.DoesNotContain("folder", await volume.ListAsync("/"));
        disk.Free();
        if (isKilled)
        {
            await volume.MkdirAsync("/after"); // Stored behind what was refused.
            await volume.KillAsync();
        }

        await volume.SyncAsync();

        List<string> names = await volume.ListAsync("/");
        Assert.DoesNotContain("folder", names);
        Assert.DoesNotContain("deleted", names);
        Assert.Contains("new-name", names);
        Assert.Equal(new byte[50_000], volume.Emulator.Store.Read("/written"));
        Assert.Equal(names, [.. volume.Emulator.Store.List().Select(entry => entry.Path[1..]).Order(StringComparer.Ordinal)]);
        Assert.Equal(0, volume.Volume.GetStatus().NotDurableFiles);
        Assert.DoesNotContain(volume.Log.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    // The journal has some blocks to spare, taken before the disk was full.
    private static async Task FillJournalAsync(TestVolume volume)
    {
        InodeId kept = (await volume.LookupAsync("/kept")).Inode;
        for (uint i = 0; ; i++)
        {
            AttrChange change = new() { Mode = i & 0b111_111_111 };
            FsResult<AttrReply> changed = await volume.FileSystem.SetAttrAsync(kept, HandleId.None, change, CancellationToken.None);
            if (changed.Error == FsError.NoSpace)
                return;
            Assert.Equal(FsError.None, changed.Error);
        }
    }
}
