using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>Saves by way of a backup name.</summary>
public sealed class TunnelTests
{
    private static async Task<TestVolume> StartAsync()
    {
        TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/foo.txt", "one"u8.ToArray()));
        await volume.ListAsync("/");
        volume.Emulator.ResetStats();
        return volume;
    }

    private static string TextOf(TestVolume volume, string path) => Encoding.UTF8.GetString(volume.Emulator.Store.Read(path)!);

    [Fact]
    public async Task A_save_that_renames_the_file_aside_and_deletes_the_backup_is_one_upload_of_the_same_file()
    {
        await using TestVolume volume = await StartAsync();
        string? id = volume.Emulator.Store.IdOf("/foo.txt");

        Assert.Equal(FsError.None, await volume.RenameAsync("/foo.txt", "/foo.txt~"));
        Assert.Equal(FsError.None, await volume.PutAsync("/foo.txt", "two"));
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/foo.txt~"));
        await volume.SyncAsync();

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal(id, volume.Emulator.Store.IdOf("/foo.txt"));
        Assert.Equal("two", TextOf(volume, "/foo.txt"));
        Assert.Equal(["foo.txt"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task A_temporary_renamed_over_the_vacated_name_is_one_upload_of_the_same_file()
    {
        await using TestVolume volume = await StartAsync();
        string? id = volume.Emulator.Store.IdOf("/foo.txt");

        TestFile temporary = await volume.CreateAsync("/.foo.txt.Ab12Cd", "two"u8.ToArray(), OpenMode.Read | OpenMode.Write | OpenMode.Exclusive);
        Assert.Equal(FsError.None, await temporary.CloseAsync());
        Assert.Equal(FsError.None, await volume.RenameAsync("/foo.txt", "/foo.bak"));
        Assert.Equal(FsError.None, await volume.RenameAsync("/.foo.txt.Ab12Cd", "/foo.txt"));
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/foo.bak"));
        await volume.SyncAsync();

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal(id, volume.Emulator.Store.IdOf("/foo.txt"));
        Assert.Equal("two", TextOf(volume, "/foo.txt"));
    }

    [Fact]
    public async Task A_backup_that_stays_shows_the_old_bytes_and_becomes_a_file_of_its_own()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/foo.txt~");
        Assert.Equal("one", Encoding.UTF8.GetString(await volume.ReadAsync("/foo.txt~")));
        await volume.PutAsync("/foo.txt", "two");

        Assert.Equal("one", Encoding.UTF8.GetString(await volume.ReadAsync("/foo.txt~")));
        await volume.SyncAsync();

        Assert.Equal("two", TextOf(volume, "/foo.txt"));
        Assert.Equal("one", Encoding.UTF8.GetString(await volume.ReadAsync("/foo.txt~")));
        Assert.Equal(2, volume.Emulator.Store.List().Count);
        Assert.Equal(["foo.txt", "foo.txt~"], await volume.ListAsync("/"));
        await volume.RemountAsync();
        Assert.Equal("one", Encoding.UTF8.GetString(await volume.ReadAsync("/foo.txt~")));
    }

    [Fact]
    public async Task A_backup_view_survives_a_restart_before_it_is_made_real()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/foo.txt~");
        await volume.PutAsync("/foo.txt", "two");

        await volume.RemountAsync();

        Assert.Equal(["foo.txt", "foo.txt~"], await volume.ListAsync("/"));
        Assert.Equal("one", Encoding.UTF8.GetString(await volume.ReadAsync("/foo.txt~")));
        Assert.Equal("two", Encoding.UTF8.GetString(await volume.ReadAsync("/foo.txt")));
        await volume.SyncAsync();
        Assert.Equal(2, volume.Emulator.Store.List().Count);
    }

    [Fact]
    public async Task Deleting_the_new_file_keeps_the_backup()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/foo.txt~");
        await volume.PutAsync("/foo.txt", "two");

        Assert.Equal(FsError.None, await volume.UnlinkAsync("/foo.txt"));
        await volume.SyncAsync();

        Assert.Equal(["foo.txt~"], await volume.ListAsync("/"));
        Assert.Equal("one", Encoding.UTF8.GetString(await volume.ReadAsync("/foo.txt~")));
        Assert.Single(volume.Emulator.Store.List());
    }

    [Fact]
    public async Task A_backup_can_be_changed_and_renamed_like_any_file()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/foo.bak");
        await volume.PutAsync("/foo.txt", "two");

        TestFile file = await volume.OpenAsync("/foo.bak", OpenMode.Read | OpenMode.Write);
        await file.WriteAsync(3, "!"u8.ToArray());
        Assert.Equal(FsError.None, await file.CloseAsync());
        Assert.Equal(FsError.None, await volume.RenameAsync("/foo.bak", "/kept.txt"));
        await volume.SyncAsync();

        Assert.Equal("one!", TextOf(volume, "/kept.txt"));
        Assert.Equal("two", TextOf(volume, "/foo.txt"));
        Assert.Equal(2, volume.Emulator.Store.List().Count);
    }

    [Fact]
    public async Task A_view_that_is_renamed_keeps_the_old_bytes_under_its_new_name()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/foo.bak");
        await volume.PutAsync("/foo.txt", "two");

        Assert.Equal(FsError.None, await volume.RenameAsync("/foo.bak", "/older.txt"));
        await volume.SyncAsync();

        Assert.Equal("one", TextOf(volume, "/older.txt"));
        Assert.Equal("two", TextOf(volume, "/foo.txt"));
        Assert.Equal(["foo.txt", "older.txt"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task A_plain_rename_is_one_request_and_reaches_the_library_by_itself()
    {
        await using TestVolume volume = await StartAsync();

        Assert.Equal(FsError.None, await volume.RenameAsync("/foo.txt", "/bar.txt"));
        Assert.Equal(["bar.txt"], await volume.ListAsync("/"));
        await volume.SyncAsync();

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal("one", TextOf(volume, "/bar.txt"));
    }

    [Fact]
    public async Task A_new_file_that_is_dropped_before_its_commit_leaves_the_rename_as_it_was()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/bar.txt");
        TestFile file = await volume.CreateAsync("/foo.txt", "two"u8.ToArray());
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/foo.txt"));
        await file.CloseAsync();
        await volume.SyncAsync();

        Assert.Equal("one", TextOf(volume, "/bar.txt"));
        Assert.False(volume.Emulator.Store.Exists("/foo.txt"));
        Assert.Equal(["bar.txt"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task An_empty_new_file_leaves_the_rename_as_it_was()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/bar.txt");
        Assert.Equal(FsError.None, await volume.PutAsync("/foo.txt", ""));
        await volume.SyncAsync();

        Assert.Equal("one", TextOf(volume, "/bar.txt"));
        Assert.Equal(["bar.txt", "foo.txt"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task Backup_and_new_file_both_deleted_before_the_commit_delete_the_file()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/bar.txt");
        TestFile file = await volume.CreateAsync("/foo.txt", "two"u8.ToArray());
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/bar.txt"));
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/foo.txt"));
        await file.CloseAsync();
        await volume.SyncAsync();

        Assert.Empty(volume.Emulator.Store.List());
        Assert.Empty(await volume.ListAsync("/"));
    }

    [Fact]
    public async Task A_rename_of_the_backup_while_the_new_file_is_open_ends_the_tunnel()
    {
        await using TestVolume volume = await StartAsync();
        await volume.RenameAsync("/foo.txt", "/bar.txt");
        TestFile file = await volume.CreateAsync("/foo.txt", "two"u8.ToArray());
        Assert.Equal(FsError.None, await volume.RenameAsync("/bar.txt", "/baz.txt"));
        Assert.Equal(FsError.None, await file.CloseAsync());
        await volume.SyncAsync();

        Assert.Equal("one", TextOf(volume, "/baz.txt"));
        Assert.Equal("two", TextOf(volume, "/foo.txt"));
        Assert.Equal(["baz.txt", "foo.txt"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task A_flush_before_the_first_write_does_not_decide()
    {
        await using TestVolume volume = await StartAsync();
        string? id = volume.Emulator.Store.IdOf("/foo.txt");
        await volume.RenameAsync("/foo.txt", "/foo.txt~");
        TestFile file = await volume.CreateAsync("/foo.txt", []);
        await file.FsyncAsync(); // As a shell does for `>foo.txt`: it closes a copy of the handle first.
        await file.WriteAsync(0, "three"u8.ToArray());
        await file.CloseAsync();
        await volume.UnlinkAsync("/foo.txt~");
        await volume.SyncAsync();

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal(id, volume.Emulator.Store.IdOf("/foo.txt"));
    }

    [Fact]
    public async Task A_file_that_a_shell_writes_anew_after_an_unlink_is_the_next_version_of_the_same_file()
    {
        await using TestVolume volume = await StartAsync();
        string? id = volume.Emulator.Store.IdOf("/foo.txt");
        await volume.UnlinkAsync("/foo.txt");
        TestFile file = await volume.CreateAsync("/foo.txt", []);
        await file.FsyncAsync();
        await file.WriteAsync(0, "new"u8.ToArray());
        await file.CloseAsync();
        await volume.SyncAsync();

        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Equal(id, volume.Emulator.Store.IdOf("/foo.txt"));
    }
}
