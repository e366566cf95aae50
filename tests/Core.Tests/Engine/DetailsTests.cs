using System.Net.Http.Headers;
using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>Tags, descriptions and custom metadata that programs set as attributes: stored at once, or with the upload that is to come, and never lost.</summary>
public sealed class DetailsTests
{
    private const string Tags = "user.imagekit.tags";
    private const string Description = "user.imagekit.description";
    private const string Price = "user.imagekit.customMetadata.price";

    [Fact]
    public async Task On_a_clean_file_each_is_one_request_and_its_answer()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "a"u8, new PutOptions(Tags: ["old"])));
        Assert.Equal("old", await GetAsync(volume, Tags));
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await SetAsync(volume, Tags, " sea ,sun,, sea"));
        Assert.Equal(FsError.None, await SetAsync(volume, Description, "the bäch"));

        Assert.Equal((2, 2), (Count(volume, EndpointKind.Update), volume.Emulator.Stats.Total));
        LibraryVersion stored = volume.Emulator.Store.VersionsOf("/a.txt").Single();
        Assert.Equal(["sea", "sun"], stored.Tags);
        Assert.Equal("the bäch", stored.Description);
        Assert.Equal(("sea,sun", "the bäch"), (await GetAsync(volume, Tags), await GetAsync(volume, Description)));
        Assert.Equal(FsError.None, await RemoveAsync(volume, Tags));
        Assert.Equal(FsError.None, await SetAsync(volume, Description, ""));
        Assert.Equal((null, null), (await GetAsync(volume, Tags), await GetAsync(volume, Description)));
        Assert.Empty(volume.Emulator.Store.VersionsOf("/a.txt").Single().Tags);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listing_that_lags_does_not_bring_the_old_value_back_not_even_after_a_kill(bool keepsUpdatedAt)
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            new EmulatorOptions { PatchKeepsUpdatedAt = keepsUpdatedAt }, options => options with { DirectoryTtl = TimeSpan.Zero },
            seed: server => server.Store.Put("/a.txt", "a"u8, new PutOptions(Tags: ["old"])));
        await volume.ListAsync("/");
        volume.Emulator.Configure(options => options with { ListingLag = TimeSpan.FromHours(1) });

        Assert.Equal(FsError.None, await SetAsync(volume, Tags, "new"));
        Assert.Equal(FsError.None, await SetAsync(volume, Description, "said"));
        await volume.ListAsync("/");

        Assert.Equal(("new", "said"), (await GetAsync(volume, Tags), await GetAsync(volume, Description)));
        await volume.KillAsync();
        await volume.ListAsync("/");
        Assert.Equal(("new", "said"), (await GetAsync(volume, Tags), await GetAsync(volume, Description)));

        // What is written over it takes the new description along, not the one that the listing shows.
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "b"));
        Assert.Equal("said", volume.Emulator.Store.VersionsOf("/a.txt")[^1].Description);
        Assert.Equal(["new"], volume.Emulator.Store.VersionsOf("/a.txt")[^1].Tags);
        Assert.Equal(("new", "said"), (await GetAsync(volume, Tags), await GetAsync(volume, Description)));
    }

    [Fact]
    public async Task What_somebody_else_sets_later_is_shown_when_a_listing_has_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero }, seed: server => server.Store.Put("/a.txt", "a"u8));
        Assert.Equal(FsError.None, await SetAsync(volume, Tags, "ours"));
        await using TestVolume other = await TestVolume.StartAsync(share: volume.Emulator);
        Assert.Equal("ours", await GetAsync(other, Tags));

        Assert.Equal(FsError.None, await SetAsync(other, Tags, "theirs"));

        Assert.Equal("theirs", await GetAsync(volume, Tags));
    }

    [Fact]
    public async Task What_is_set_before_the_close_rides_in_the_upload()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        TestFile file = await volume.CreateAsync("/a.txt", "bytes"u8.ToArray());
        Assert.Equal(FsError.None, await SetAsync(volume, Tags, "sea,sun"));
        Assert.Equal(FsError.None, await SetAsync(volume, Description, "said"));
        Assert.Equal("sea,sun", await GetAsync(volume, Tags));
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await file.CloseAsync());
        await volume.SyncAsync();

        Assert.Equal((1, 1), (Count(volume, EndpointKind.Upload), volume.Emulator.Stats.Total));
        LibraryVersion stored = volume.Emulator.Store.VersionsOf("/a.txt").Single();
        Assert.Equal(["sea", "sun"], stored.Tags);
        Assert.Equal("said", stored.Description);
        Assert.Equal("sea,sun", await GetAsync(volume, Tags));
        Assert.Empty(volume.Volume.GetStatus().Pending);
    }

    [Fact]
    public async Task A_tag_that_waits_for_its_upload_survives_a_kill_and_reaches_the_library_with_it()
    {
        await using TestVolume volume = await StartJournalingAsync("upload=status:503");
        await AddFieldAsync(volume);
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "bytes"));
        Assert.Equal(FsError.None, await SetAsync(volume, Tags, "sea,sun"));
        Assert.Equal(FsError.None, await SetAsync(volume, Price, "7"));

        await volume.KillAsync();
        Assert.Equal(("sea,sun", "7"), (await GetAsync(volume, Tags), await GetAsync(volume, Price)));
        await volume.RemountAsync();
        await volume.SyncAsync();

        LibraryVersion stored = volume.Emulator.Store.VersionsOf("/a.txt").Single();
        Assert.Equal(["sea", "sun"], stored.Tags);
        Assert.Equal("""{"price":7}""", stored.CustomMetadata);
        Assert.Equal(("sea,sun", "7"), (await GetAsync(volume, Tags), await GetAsync(volume, Price)));
        await volume.KillAsync();
        Assert.Equal(("sea,sun", "7"), (await GetAsync(volume, Tags), await GetAsync(volume, Price)));
        Assert.Empty(volume.Volume.GetStatus().Pending);
    }

    [Fact]
    public async Task What_follows_an_upload_survives_a_kill_after_it()
    {
        await using TestVolume volume = await StartJournalingAsync("");
        await AddFieldAsync(volume);
        TestFile file = await volume.CreateAsync("/a.txt", "bytes"u8.ToArray());
        Assert.Equal(FsError.None, await SetAsync(volume, Price, "7"));
        volume.Emulator.Faults.Replace("update=status:503");
        Assert.Equal(FsError.None, await file.CloseAsync());
        while (volume.Emulator.Faults.Fired == 0)
            await Task.Yield();

        await volume.KillAsync();
        Assert.Equal("7", await GetAsync(volume, Price));
        await volume.SyncAsync();

        Assert.Equal("""{"price":7}""", volume.Emulator.Store.VersionsOf("/a.txt").Single().CustomMetadata);
    }

    [Fact]
    public async Task What_is_set_on_a_file_that_is_being_overwritten_counts_for_the_new_version()
    {
        await using TestVolume volume = await StartJournalingAsync("upload=status:503", server => server.Store.Put("/a.txt", "a"u8, new PutOptions(Tags: ["old"], Description: "old")));
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "bytes"));
        Assert.Equal(FsError.None, await RemoveAsync(volume, Tags));
        Assert.Equal(FsError.None, await RemoveAsync(volume, Description));
        Assert.Equal((null, null), (await GetAsync(volume, Tags), await GetAsync(volume, Description)));

        volume.Emulator.Faults.Clear();
        await volume.SyncAsync();

        LibraryVersion stored = volume.Emulator.Store.VersionsOf("/a.txt")[^1];
        Assert.Equal((2, 0, ""), (stored.Number, stored.Tags.Count, stored.Description ?? ""));
        Assert.Equal((null, null), (await GetAsync(volume, Tags), await GetAsync(volume, Description)));
    }

    [Fact]
    public async Task A_save_by_rename_keeps_what_was_set_on_a_file_that_still_waited()
    {
        await using TestVolume volume = await StartJournalingAsync("upload=status:503");
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "one"));
        Assert.Equal(FsError.None, await SetAsync(volume, Tags, "sea"));

        TestFile temporary = await volume.CreateAsync("/.a.txt.Xy12Zq", "two"u8.ToArray(), OpenMode.Read | OpenMode.Write | OpenMode.Exclusive);
        Assert.Equal(FsError.None, await temporary.CloseAsync());
        Assert.Equal(FsError.None, await volume.RenameAsync("/.a.txt.Xy12Zq", "/a.txt"));
        volume.Emulator.Faults.Clear();
        await volume.SyncAsync();

        LibraryVersion stored = volume.Emulator.Store.VersionsOf("/a.txt")[^1];
        Assert.Equal("two"u8.ToArray(), stored.Content);
        Assert.Equal(["sea"], stored.Tags);
    }

    [Fact]
    public async Task Of_a_file_that_is_deleted_nothing_stays()
    {
        await using TestVolume volume = await StartJournalingAsync("upload=status:503");
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "one"));
        Assert.Equal(FsError.None, await SetAsync(volume, Tags, "sea"));

        Assert.Equal(FsError.None, await volume.UnlinkAsync("/a.txt"));
        volume.Emulator.Faults.Clear();
        await volume.SyncAsync();
        await volume.RemountAsync();

        Assert.Equal(0, volume.Volume.GetStatus().PendingCount);
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "two"));
        Assert.Null(await GetAsync(volume, Tags));
    }

    [Fact]
    public async Task A_move_that_changes_the_id_does_not_lose_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync(new EmulatorOptions { MoveChangesFileId = true }, seed: server => server.Store.Put("/d/a.txt", "a"u8));
        await volume.ListAsync("/d");
        Assert.Equal(FsError.None, await volume.RenameAsync("/d/a.txt", "/a.txt"));
        await volume.SyncAsync();

        Assert.Equal(FsError.None, await SetAsync(volume, Tags, "sea"));

        Assert.Equal(["sea"], volume.Emulator.Store.VersionsOf("/a.txt").Single().Tags);
        Assert.Equal("sea", await GetAsync(volume, Tags));
    }

    [Fact]
    public async Task Custom_metadata_takes_what_the_field_takes()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "a"u8));
        await AddFieldAsync(volume);
        await AddFieldAsync(volume, """{"name":"colours","label":"Colours","schema":{"type":"MultiSelect","selectOptions":["red","blue"]}}""");
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await SetAsync(volume, Price, " 4.50 "));
        Assert.Equal(FsError.None, await SetAsync(volume, "user.imagekit.customMetadata.colours", "red, blue"));
        Assert.Equal((1, 2), (Count(volume, EndpointKind.Fields), Count(volume, EndpointKind.Update)));
        Assert.Equal("""{"price":4.5,"colours":["red","blue"]}""", volume.Emulator.Store.VersionsOf("/a.txt").Single().CustomMetadata);
        foreach ((string name, string value) in ((string, string)[])[(Price, "much"), (Price, "0"), ("user.imagekit.customMetadata.colours", "green"), ("user.imagekit.customMetadata.unknown", "x")])
            Assert.Equal(FsError.InvalidArgument, await SetAsync(volume, name, value));
        Assert.Equal(2, Count(volume, EndpointKind.Update));
        Assert.Equal(FsError.None, await RemoveAsync(volume, Price));
        Assert.Equal("""{"colours":["red","blue"]}""", volume.Emulator.Store.VersionsOf("/a.txt").Single().CustomMetadata);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_refused_and_changes_nothing()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "a"u8, new PutOptions(Tags: ["old"])));
        await volume.ListAsync("/");

        Assert.Equal(FsError.BufferTooSmall, await SetAsync(volume, Tags, new string('x', 501)));
        Assert.Equal(FsError.None, await SetAsync(volume, Tags, new string('x', 500)));
        Assert.Equal(FsError.InvalidArgument, await SetAsync(volume, Tags, "100%"));
        Assert.Equal(FsError.InvalidArgument, await SetAsync(volume, Tags, [0xFF, 0xFE]));
        Assert.Equal(FsError.InvalidArgument, await SetAsync(volume, Description, "a\0b"u8.ToArray()));
        Assert.Equal(FsError.Exists, await SetAsync(volume, Tags, "new", XattrMode.CreateOnly));
        Assert.Equal(FsError.NoAttribute, await SetAsync(volume, Description, "new", XattrMode.ReplaceOnly));
        Assert.Equal(FsError.NoAttribute, await RemoveAsync(volume, Description));
        Assert.Equal(FsError.NotPermitted, await SetAsync(volume, "user.imagekit.id", "x"));
        Assert.Equal(FsError.NotPermitted, await SetAsync(volume, "user.imagekit.customMetadata.imagekitfs_mtime", "x"));
        Assert.Equal(FsError.NotSupported, await SetAsync(volume, "user.other", "x"));
        Assert.Equal(FsError.None, await RemoveAsync(volume, "user.imagekit.id"));
        Assert.NotNull(await GetAsync(volume, "user.imagekit.id"));
        Assert.Equal(1, Count(volume, EndpointKind.Update));
        volume.Emulator.Faults.Replace("update=status:403:Your key may not do this.");
        Assert.Equal(FsError.ReadOnly, await SetAsync(volume, Tags, "new"));
        volume.Emulator.Faults.Replace("update=status:500");
        Assert.Equal(FsError.Remote, await SetAsync(volume, Tags, "new"));

        Assert.Equal(new string('x', 500), await GetAsync(volume, Tags));
        Assert.Equal(0, volume.Volume.GetStatus().PendingCount);
    }

    private static async Task<TestVolume> StartJournalingAsync(string faults, Action<EmulatorServer>? seed = null)
    {
        TestVolume volume = await TestVolume.StartAsync(configure: options => options with { Commit = CommitMode.Journal }, seed: seed);
        volume.Emulator.Faults.Replace(faults);
        return volume;
    }

    private static async Task AddFieldAsync(TestVolume volume, string field = """{"name":"price","label":"Price","schema":{"type":"Number","minValue":1}}""")
    {
        using HttpClient client = new() { BaseAddress = new Uri(volume.Emulator.BaseAddress.GetLeftPart(UriPartial.Authority)) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(volume.Emulator.PrivateKey + ":")));
        using StringContent body = new(field, Encoding.UTF8, "application/json");
        (await client.PostAsync("v1/customMetadataFields", body)).EnsureSuccessStatusCode();
    }

    private static int Count(TestVolume volume, string kind) => (int)volume.Emulator.Stats.Count(kind);

    private static async Task<string?> GetAsync(TestVolume volume, string name)
    {
        FsResult<ReadOnlyMemory<byte>> value = await volume.FileSystem.GetXattrAsync((await volume.LookupAsync("/a.txt")).Inode, name, CancellationToken.None);
        if (value.Ok)
            return Encoding.UTF8.GetString(value.Value.Span);
        Assert.Equal(FsError.NoAttribute, value.Error);
        return null;
    }

    private static Task<FsError> SetAsync(TestVolume volume, string name, string value, XattrMode mode = XattrMode.Any) =>
        SetAsync(volume, name, Encoding.UTF8.GetBytes(value), mode);

    private static async Task<FsError> SetAsync(TestVolume volume, string name, byte[] value, XattrMode mode = XattrMode.Any) =>
        await volume.FileSystem.SetXattrAsync((await volume.LookupAsync("/a.txt")).Inode, name, value, mode, CancellationToken.None);

    private static async Task<FsError> RemoveAsync(TestVolume volume, string name) =>
        await volume.FileSystem.RemoveXattrAsync((await volume.LookupAsync("/a.txt")).Inode, name, CancellationToken.None);
}
