using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

public sealed class RenameTests
{
    [Fact]
    public async Task A_move_under_a_name_that_the_source_folder_also_has_goes_by_way_of_a_name_of_its_own()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/from");
        await volume.MkdirAsync("/to");
        await volume.PutAsync("/from/a", "a");
        await volume.PutAsync("/from/b", "b");
        await volume.PutAsync("/to/x", "x");

        Assert.Equal(FsError.None, await volume.RenameAsync("/from/a", "/to/b"));

        Assert.Equal("a", Text(volume.Emulator.Store.Read("/to/b")));
        Assert.Equal("b", Text(volume.Emulator.Store.Read("/from/b")));
        Assert.DoesNotContain(volume.Emulator.Store.List(), entry => entry.Path.Contains("_ikold", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_moved_out_of_a_folder_survives_the_removal_of_the_folder()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { RenameWait = TimeSpan.Zero });
        await volume.MkdirAsync("/folder");
        await volume.PutAsync("/folder/a", "a");
        volume.Emulator.Configure(options => options with { Latency = TimeSpan.FromMilliseconds(20) });

        Assert.Equal(FsError.None, await volume.RenameAsync("/folder/a", "/a"));
        Assert.Equal(FsError.None, await volume.RmdirAsync("/folder"));
        await volume.SyncAsync();

        Assert.Equal("a", Text(volume.Emulator.Store.Read("/a")));
        Assert.False(volume.Emulator.Store.Exists("/folder"));
    }

    [Fact]
    public async Task An_emptied_file_can_be_renamed_and_its_old_name_used_again()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/a", "bytes");
        await volume.PutAsync("/a", "");

        Assert.Equal(FsError.None, await volume.RenameAsync("/a", "/b"));
        Assert.Equal(FsError.None, await volume.PutAsync("/a", "new"));
        await volume.SyncAsync();
        await volume.RemountAsync();

        Assert.Equal(["a", "b"], await volume.ListAsync("/"));
        Assert.Equal(0, (await volume.LookupAsync("/b")).Attr.Size);
        Assert.Equal("new", Text(volume.Emulator.Store.Read("/a")));
    }

    [Fact]
    public async Task A_folder_cannot_replace_what_holds_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/above");
        await volume.MkdirAsync("/above/below");

        Assert.Equal(FsError.NotEmpty, await volume.RenameAsync("/above/below", "/above").WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(FsError.InvalidArgument, await volume.RenameAsync("/above", "/above/below/x").WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_file_moved_into_a_new_folder_and_written_there_does_not_wait_for_itself()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { RenameWait = TimeSpan.Zero });
        await volume.PutAsync("/a", "one");
        await volume.MkdirAsync("/new");

        Assert.Equal(FsError.None, await volume.RenameAsync("/a", "/new/a"));
        Assert.Equal(FsError.None, await volume.PutAsync("/new/a", "two").WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal("two", Text(volume.Emulator.Store.Read("/new/a")));
        Assert.Equal(2, volume.Emulator.Store.VersionsOf("/new/a").Count);
    }

    [Fact]
    public async Task A_chain_of_renames_before_the_first_is_pushed_ends_at_the_last_name()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { RenameWait = TimeSpan.Zero });
        await volume.PutAsync("/a", "a");

        Assert.Equal(FsError.None, await volume.RenameAsync("/a", "/b"));
        Assert.Equal(FsError.None, await volume.RenameAsync("/b", "/c"));
        Assert.Equal(FsError.None, await volume.RenameAsync("/c", "/a"));
        await volume.SyncAsync();

        Assert.Equal(["/a"], volume.Emulator.Store.List().Select(entry => entry.Path));
        Assert.Equal(["a"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task An_open_file_that_was_replaced_by_one_of_equal_size_keeps_its_bytes()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a", Encoding.UTF8.GetBytes("old")));
        TestFile old = await volume.OpenAsync("/a");

        TestFile temporary = await volume.CreateAsync("/.a.Xy12Zq", Encoding.UTF8.GetBytes("new"), OpenMode.Read | OpenMode.Write | OpenMode.Exclusive);
        await temporary.CloseAsync();
        Assert.Equal(FsError.None, await volume.RenameAsync("/.a.Xy12Zq", "/a"));

        Assert.Equal("old", Text(await old.ReadAllAsync()));
        Assert.Equal("new", Text(await volume.ReadAsync("/a")));
    }

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_whose_making_had_no_reply_before_a_restart_is_removed_or_renamed_in_the_library_too(bool renames)
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/d");
        volume.Emulator.Store.CreateFolder("/d"); // The request arrived, its reply was not journaled.
        await volume.RemountAsync();

        Assert.Equal(FsError.None, renames ? await volume.RenameAsync("/d", "/e") : await volume.RmdirAsync("/d"));
        await volume.SyncAsync();
        await volume.RemountAsync();

        Assert.Equal(renames ? ["e"] : [], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task A_folder_moved_under_a_name_that_a_new_folder_beside_it_has_goes_there()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/source");
        await volume.PutAsync("/source/a.txt", "text");
        await volume.MkdirAsync("/name");
        await volume.PutAsync("/name/b.txt", "b");
        await volume.MkdirAsync("/name/inner");

        Assert.Equal(FsError.None, await volume.RenameAsync("/source", "/name/inner/name"));
        await volume.SyncAsync();

        Assert.True(volume.Emulator.Store.Exists("/name/inner/name/a.txt"));
        Assert.True(volume.Emulator.Store.Exists("/name/b.txt"));
    }

    [Fact]
    public async Task A_file_created_under_the_name_that_a_move_takes_on_its_way_waits_for_the_move()
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            new EmulatorOptions { Latency = TimeSpan.FromMilliseconds(60) },
            options => options with { Commit = CommitMode.Journal, RenameWait = TimeSpan.Zero },
            seed: server => server.Store.Put("/s/a", "moved"u8.ToArray()));
        await volume.MkdirAsync("/t");
        Assert.Equal(FsError.None, await volume.RenameAsync("/s/a", "/t/b"));
        Assert.Equal(FsError.None, await volume.PutAsync("/s/b", "created"));
        await volume.SyncAsync();
        Assert.Equal(["/s", "/s/b", "/t", "/t/b"], volume.Emulator.Store.List().Select(entry => entry.Path).Order(StringComparer.Ordinal));
        Assert.Equal("moved"u8.ToArray(), volume.Emulator.Store.Read("/t/b"));
        Assert.Equal("created"u8.ToArray(), volume.Emulator.Store.Read("/s/b"));
    }
}
