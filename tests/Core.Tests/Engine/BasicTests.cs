using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

public sealed class BasicTests
{
    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public async Task A_close_that_returned_none_means_that_the_library_has_the_file()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        byte[] content = Bytes(1, 200_000);

        FsError error = await volume.PutAsync("/a.bin", content);

        Assert.Equal(FsError.None, error);
        Assert.Equal(content, volume.Emulator.Store.Read("/a.bin"));
        Assert.Equal(content, await volume.ReadAsync("/a.bin"));
    }

    [Fact]
    public async Task Mounting_and_the_first_ls_cost_one_request()
    {
        await using TestVolume volume = await TestVolume.StartAsync();

        Assert.Empty(await volume.ListAsync("/"));

        Assert.Equal(1, volume.Emulator.Stats.Total);
    }

    [Fact]
    public async Task Copying_a_folder_of_200_files_in_costs_200_uploads_and_nothing_else()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.ListAsync("/");
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await volume.MkdirAsync("/photos"));
        for (int i = 0; i < 200; i++)
            Assert.Equal(FsError.None, await volume.PutAsync($"/photos/{i}.bin", Bytes(i, 1000)));

        Assert.Equal(200, volume.Emulator.Stats.Count("upload"));
        Assert.Equal(200, volume.Emulator.Stats.Total);
    }

    [Fact]
    public async Task An_overwrite_is_the_next_version_of_the_same_file()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a.txt", "one");
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "two, longer"));

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal("two, longer", Encoding.UTF8.GetString(volume.Emulator.Store.Read("/a.txt")!));
        Assert.Equal(2, volume.Emulator.Store.VersionsOf("/a.txt").Count);
    }

    [Fact]
    public async Task A_partial_write_keeps_the_rest_of_the_file()
    {
        byte[] content = Bytes(3, 300_000);
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.bin", content));
        TestFile file = await volume.OpenAsync("/a.bin", OpenMode.Read | OpenMode.Write);

        await file.WriteAsync(100_000, [1, 2, 3]);
        Assert.Equal(FsError.None, await file.CloseAsync());

        content[100_000] = 1;
        content[100_001] = 2;
        content[100_002] = 3;
        Assert.Equal(content, volume.Emulator.Store.Read("/a.bin"));
    }

    [Fact]
    public async Task Save_by_rename_is_one_upload_and_keeps_the_file_id()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a.txt", "one");
        volume.Emulator.ResetStats();

        TestFile temporary = await volume.CreateAsync("/.a.txt.Xy12Zq", Encoding.UTF8.GetBytes("two"), OpenMode.Read | OpenMode.Write | OpenMode.Exclusive);
        Assert.Equal(FsError.None, await temporary.CloseAsync());
        Assert.Equal(0, volume.Emulator.Stats.Total);
        Assert.Equal(FsError.None, await volume.RenameAsync("/.a.txt.Xy12Zq", "/a.txt"));

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal(2, volume.Emulator.Store.VersionsOf("/a.txt").Count);
        Assert.Equal(["a.txt"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task Renaming_over_a_committed_file_is_three_requests_and_never_leaves_the_name_empty()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a.txt", "a");
        await volume.PutAsync("/b.txt", "b");
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await volume.RenameAsync("/a.txt", "/b.txt"));

        Assert.Equal(3, volume.Emulator.Stats.Total);
        Assert.Equal("a", Encoding.UTF8.GetString(volume.Emulator.Store.Read("/b.txt")!));
        Assert.False(volume.Emulator.Store.Exists("/a.txt"));
        Assert.Equal(["b.txt"], await volume.ListAsync("/"));
        Assert.Single(volume.Emulator.Store.List());
    }

    [Fact]
    public async Task A_move_into_another_folder_is_one_request()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server =>
        {
            server.Store.Put("/a.txt", [1, 2, 3]);
            server.Store.Put("/folder/b.txt", [4]);
        });
        await volume.ListAsync("/folder");
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await volume.RenameAsync("/a.txt", "/folder/a.txt"));

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal(["a.txt", "b.txt"], await volume.ListAsync("/folder"));
        Assert.Equal([1, 2, 3], await volume.ReadAsync("/folder/a.txt"));
    }

    [Fact]
    public async Task A_folder_with_files_is_renamed_and_its_files_stay_readable()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/old");
        await volume.MkdirAsync("/old/inner");
        await volume.PutAsync("/old/inner/a.txt", "text");

        Assert.Equal(FsError.None, await volume.RenameAsync("/old", "/new"));

        Assert.Equal("text", Encoding.UTF8.GetString(await volume.ReadAsync("/new/inner/a.txt")));
        Assert.Equal(["new"], await volume.ListAsync("/"));
        Assert.True(volume.Emulator.Store.Exists("/new/inner/a.txt"));
    }

    [Fact]
    public async Task Removing_a_folder_of_200_files_costs_three_requests()
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            configure: options => options with { UnlinkQuiet = TimeSpan.FromSeconds(20) },
            seed: server =>
            {
                for (int i = 0; i < 200; i++)
                    server.Store.Put($"/folder/{i}.bin", [1]);
            });
        await volume.ListAsync("/");
        volume.Emulator.ResetStats();

        foreach (string name in await volume.ListAsync("/folder"))
            Assert.Equal(FsError.None, await volume.UnlinkAsync("/folder/" + name));
        Assert.Equal(FsError.None, await volume.RmdirAsync("/folder"));

        Assert.Equal(3, volume.Emulator.Stats.Total);
        Assert.Empty(volume.Emulator.Store.List());
        Assert.Empty(await volume.ListAsync("/"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public async Task What_was_known_of_files_goes_with_them_when_their_folder_is_removed(int secondsOfQuiet)
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { UnlinkQuiet = TimeSpan.FromSeconds(secondsOfQuiet) });
        Assert.Equal(FsError.None, await volume.PutAsync("/stays.txt", "x"));
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(FsError.None, await volume.MkdirAsync("/folder"));
            for (int i = 0; i < 5; i++)
                Assert.Equal(FsError.None, await volume.PutAsync($"/folder/{i}.txt", "x"));
            await volume.SyncAsync();
            foreach (string name in await volume.ListAsync("/folder"))
                Assert.Equal(FsError.None, await volume.UnlinkAsync("/folder/" + name));
            Assert.Equal(FsError.None, await volume.RmdirAsync("/folder"));
        }

        await volume.SyncAsync();
        string journalFile = Path.Combine(volume.Volume.GetStatus().StateFolder, "journal.db");
        await volume.CloseAsync();
        await using SpoolJournal journal = SpoolJournal.Open(journalFile, volume.Log);
        Assert.Single(journal.LoadAttrs());
    }

    [Fact]
    public async Task An_empty_file_is_a_placeholder_that_survives_a_remount_and_is_never_sent()
    {
        await using TestVolume volume = await TestVolume.StartAsync();

        Assert.Equal(FsError.None, await volume.PutAsync("/empty.txt", ""));
        await volume.RemountAsync();

        Assert.Equal(["empty.txt"], await volume.ListAsync("/"));
        Assert.Equal(0, (await volume.LookupAsync("/empty.txt")).Attr.Size);
        Assert.Equal(0, volume.Emulator.Stats.Count("upload"));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart_with_its_mode_time_and_number()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a.txt", "text");
        Entry before = await volume.LookupAsync("/a.txt");
        FsResult<AttrReply> set = await volume.FileSystem.SetAttrAsync(
            before.Inode, HandleId.None, new AttrChange(Mode: 0b110_000_000, Modified: TimeChange.To(new Timestamp(1_234_567_890_123_456_789))), CancellationToken.None);
        Assert.True(set.Ok);

        await volume.RemountAsync();

        Entry after = await volume.LookupAsync("/a.txt");
        Assert.Equal(before.Attr.Ino, after.Attr.Ino);
        Assert.Equal(0b110_000_000u, after.Attr.Mode);
        Assert.Equal(1_234_567_890_123_456_789, after.Attr.Modified.UnixNanoseconds);
    }

    [Fact]
    public async Task Unlink_then_create_of_one_name_never_deletes_the_newer_file()
    {
        await using TestVolume volume = await TestVolume.StartAsync(new EmulatorOptions());
        await volume.PutAsync("/a.txt", "old");

        Assert.Equal(FsError.None, await volume.UnlinkAsync("/a.txt"));
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "new"));
        await volume.SyncAsync();

        Assert.Equal("new", Encoding.UTF8.GetString(volume.Emulator.Store.Read("/a.txt")!));
        Assert.Equal("new", Encoding.UTF8.GetString(await volume.ReadAsync("/a.txt")));
    }

    [Fact]
    public async Task A_file_changed_by_someone_else_meanwhile_is_kept_beside_ours()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a.txt", "base");
        TestFile file = await volume.OpenAsync("/a.txt", OpenMode.Read | OpenMode.Write);
        await file.WriteAsync(0, Encoding.UTF8.GetBytes("ours"));

        volume.Emulator.Store.Put("/a.txt", Encoding.UTF8.GetBytes("theirs"));
        Assert.Equal(FsError.None, await file.CloseAsync());

        Assert.Equal("theirs", Encoding.UTF8.GetString(volume.Emulator.Store.Read("/a.txt")!));
        List<string> names = await volume.ListAsync("/");
        string conflict = Assert.Single(names, name => name != "a.txt");
        Assert.Equal("ours", Encoding.UTF8.GetString(await volume.ReadAsync("/" + conflict)));
    }
}
