using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>mtimes that the account stores: seen by every machine, sent with the upload where that is safe, otherwise by one PATCH.</summary>
public sealed class StoredTimesTests
{
    private static readonly Timestamp Old = new(1_111_111_111_123_456_789);
    private static readonly Timestamp Older = new(999_999_999_000_000_001);

    [Fact]
    public async Task A_time_set_before_the_commit_rides_in_the_upload_and_other_machines_see_it()
    {
        await using TestVolume volume = await StartWithFieldAsync();
        TestFile file = await volume.CreateAsync("/a.txt", "bytes"u8.ToArray());
        await SetTimeAsync(volume, file.Inode, Old);

        Assert.Equal(FsError.None, await file.CloseAsync());

        Assert.Equal((1, 1), (Count(volume, EndpointKind.Upload), volume.Emulator.Stats.Total));
        Assert.Equal($$"""{"imagekitfs_mtime":"{{Old.UnixNanoseconds}}:5"}""", volume.Emulator.Store.VersionsOf("/a.txt")[^1].CustomMetadata);
        await using TestVolume other = await TestVolume.StartAsync(share: volume.Emulator);
        Assert.Equal(Old, await TimeOfAsync(other, "/a.txt"));
        await volume.SyncAsync();
        Assert.Equal(0, Count(volume, EndpointKind.Update));
    }

    [Fact]
    public async Task An_account_without_the_field_is_never_asked_about_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        volume.Emulator.ResetStats();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => PutWithTimeAsync(volume, $"/{i}.txt")));
        await volume.SyncAsync();
        await volume.RemountAsync();
        await PutWithTimeAsync(volume, "/again.txt");
        await SetTimeAsync(volume, (await volume.LookupAsync("/1.txt")).Inode, Older);
        await volume.SyncAsync();

        Assert.Equal((21, 0, 0), (Count(volume, EndpointKind.Upload), Count(volume, EndpointKind.Fields), Count(volume, EndpointKind.Update)));
        Assert.Equal(Older, await TimeOfAsync(volume, "/1.txt"));
    }

    [Fact]
    public async Task Files_whose_times_nobody_set_cost_no_question()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        volume.Emulator.ResetStats();

        for (int i = 0; i < 10; i++)
            await volume.PutAsync($"/{i}.txt", "bytes");

        Assert.Equal((10, 10), (Count(volume, EndpointKind.Upload), volume.Emulator.Stats.Total));
    }

    [Fact]
    public async Task Times_set_on_committed_files_follow_in_one_patch_each_that_survives_a_restart()
    {
        await using TestVolume volume = await StartWithFieldAsync(server => server.Store.Put("/a.txt", "bytes"u8));
        InodeId inode = (await volume.LookupAsync("/a.txt")).Inode;
        for (int i = 0; i < 10; i++)
            await SetTimeAsync(volume, inode, new Timestamp(Older.UnixNanoseconds + i));
        await SetTimeAsync(volume, inode, Old);
        Assert.Contains(volume.Volume.GetStatus().Pending, item => item is { Operation: "times", Path: "/a.txt", Bytes: 0 });
        Assert.Equal(0, volume.Volume.GetStatus().NotDurableFiles);
        await volume.KillAsync();
        Assert.Equal(Old, await TimeOfAsync(volume, "/a.txt"));

        await volume.SyncAsync();

        Assert.Equal(1, Count(volume, EndpointKind.Update));
        Assert.Equal(Old, await TimeOfAsync(volume, "/a.txt"));
        Assert.Single(volume.Emulator.Store.VersionsOf("/a.txt"));
        await using TestVolume other = await TestVolume.StartAsync(share: volume.Emulator);
        Assert.Equal(Old, await TimeOfAsync(other, "/a.txt"));
        await SetTimeAsync(volume, (await volume.LookupAsync("/a.txt")).Inode, Old);
        await volume.SyncAsync();
        Assert.Equal(1, Count(volume, EndpointKind.Update)); // It is there already.
        await volume.RemountAsync(); // Over kept listings, which are older than the time.
        Assert.Equal(Old, await TimeOfAsync(volume, "/a.txt"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Metadata_of_others_is_never_put_at_risk_by_an_upload(bool serviceMerges)
    {
        const string others = """{"rights":"all"}""";
        await using TestVolume volume = await StartWithFieldAsync(server => server.Store.Put("/a.txt", "bytes"u8, new PutOptions { CustomMetadata = others }));
        volume.Emulator.Configure(options => options with { MergeCustomMetadata = serviceMerges });
        TestFile file = await volume.OpenAsync("/a.txt", OpenMode.Write);
        await file.WriteAsync(0, "other"u8.ToArray());
        await SetTimeAsync(volume, file.Inode, Old);

        Assert.Equal(FsError.None, await file.CloseAsync());
        Assert.Equal(others, volume.Emulator.Store.VersionsOf("/a.txt")[^1].CustomMetadata);
        await volume.SyncAsync();

        Assert.Equal((1, 1), (Count(volume, EndpointKind.Upload), Count(volume, EndpointKind.Update)));
        Assert.Equal($$"""{"rights":"all","imagekitfs_mtime":"{{Old.UnixNanoseconds}}:5"}""", volume.Emulator.Store.VersionsOf("/a.txt")[^1].CustomMetadata);
    }

    [Fact]
    public async Task A_time_counts_only_for_the_content_it_was_stored_with()
    {
        await using TestVolume volume = await StartWithFieldAsync(server =>
        {
            server.Store.Put("/same.txt", "12345"u8, new PutOptions { CustomMetadata = $$"""{"imagekitfs_mtime":"{{Old.UnixNanoseconds}}:5"}""" });
            server.Store.Put("/longer.txt", "123456"u8, new PutOptions { CustomMetadata = $$"""{"imagekitfs_mtime":"{{Old.UnixNanoseconds}}:5"}""" });
            server.Store.Put("/odd.txt", "12345"u8, new PutOptions { CustomMetadata = """{"imagekitfs_mtime":"yesterday"}""" });
        });

        Assert.Equal(Old, await TimeOfAsync(volume, "/same.txt"));
        Assert.NotEqual(Old, await TimeOfAsync(volume, "/longer.txt"));
        Assert.NotEqual(Old, await TimeOfAsync(volume, "/odd.txt"));
    }

    [Fact]
    public async Task A_time_that_another_machine_sets_later_shows_here_and_a_lagging_listing_does_not_bring_ours_back()
    {
        await using TestVolume one = await StartWithFieldAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero });
        await PutWithTimeAsync(one, "/a.txt");
        await using TestVolume two = await TestVolume.StartAsync(share: one.Emulator, configure: options => options with { DirectoryTtl = TimeSpan.Zero });

        await SetTimeAsync(two, (await two.LookupAsync("/a.txt")).Inode, Older);
        Assert.Equal(Older, await TimeOfAsync(two, "/a.txt")); // Listings still show the old one.
        await two.SyncAsync();

        Assert.Equal(Older, await TimeOfAsync(two, "/a.txt"));
        Assert.Equal(Older, await TimeOfAsync(one, "/a.txt"));
        await one.RemountAsync();
        Assert.Equal(Older, await TimeOfAsync(one, "/a.txt"));
    }

    [Fact]
    public async Task An_account_that_refuses_it_gets_the_bytes_and_is_not_tried_again_even_after_a_restart()
    {
        await using TestVolume volume = await StartWithFieldAsync();
        await PutWithTimeAsync(volume, "/before.txt");
        using HttpClient other = Client(volume);
        const string required = """{"name":"owner","label":"Owner","schema":{"type":"Text","isValueRequired":true,"defaultValue":"nobody"}}""";
        using StringContent body = new(required, Encoding.UTF8, "application/json");
        (await other.PostAsync("v1/customMetadataFields", body)).EnsureSuccessStatusCode();
        volume.Emulator.ResetStats();

        await PutWithTimeAsync(volume, "/a.txt");
        await PutWithTimeAsync(volume, "/b.txt");
        await SetTimeAsync(volume, (await volume.LookupAsync("/before.txt")).Inode, Older);
        await volume.RemountAsync();
        await PutWithTimeAsync(volume, "/c.txt");
        await volume.SyncAsync();

        Assert.Equal((4, 0, 0), (Count(volume, EndpointKind.Upload), Count(volume, EndpointKind.Update), Count(volume, EndpointKind.Fields)));
        Assert.Equal("bytes", Encoding.UTF8.GetString(volume.Emulator.Store.Read("/a.txt")!));
        Assert.Null(volume.Emulator.Store.VersionsOf("/a.txt")[^1].CustomMetadata);
        Assert.Equal(Old, await TimeOfAsync(volume, "/a.txt"));
        Assert.Single(volume.Log.Lines, line => line.Contains("refuses to store mtimes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_patch_that_is_refused_is_given_up_and_keeps_nobody_waiting()
    {
        await using TestVolume volume = await StartWithFieldAsync(server => server.Store.Put("/a.txt", "bytes"u8));
        volume.Emulator.Faults.Replace("update=status:400:Invalid custom metadata.");
        await SetTimeAsync(volume, (await volume.LookupAsync("/a.txt")).Inode, Old);

        await volume.SyncAsync();

        Assert.Equal(1, Count(volume, EndpointKind.Update));
        Assert.Equal(Old, await TimeOfAsync(volume, "/a.txt"));
        Assert.Equal(0, volume.Volume.GetStatus().PendingCount);
    }

    [Fact]
    public async Task A_file_that_is_deleted_or_written_again_needs_no_patch()
    {
        await using TestVolume volume = await StartWithFieldAsync(server =>
        {
            server.Store.Put("/gone.txt", "bytes"u8);
            server.Store.Put("/again.txt", "bytes"u8);
        });
        await SetTimeAsync(volume, (await volume.LookupAsync("/gone.txt")).Inode, Old);
        await SetTimeAsync(volume, (await volume.LookupAsync("/again.txt")).Inode, Old);
        await PutWithTimeAsync(volume, "/first.txt"); // Asks for the field.
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/gone.txt"));
        await PutWithTimeAsync(volume, "/again.txt");

        await volume.SyncAsync();

        Assert.Equal(0, Count(volume, EndpointKind.Update));
        Assert.Equal(2, Count(volume, EndpointKind.Upload));
    }

    [Fact]
    public async Task A_listed_time_proves_the_field_without_a_question()
    {
        await using TestVolume volume = await StartWithFieldAsync();
        await PutWithTimeAsync(volume, "/a.txt");
        await using TestVolume other = await TestVolume.StartAsync(share: volume.Emulator);
        await TimeOfAsync(other, "/a.txt");
        volume.Emulator.ResetStats();

        await other.PutAsync("/b.txt", "bytes");

        Assert.Equal((1, 1), (Count(volume, EndpointKind.Upload), volume.Emulator.Stats.Total));
        Assert.NotNull(volume.Emulator.Store.VersionsOf("/b.txt")[^1].CustomMetadata);
    }

    [Fact]
    public async Task Setting_up_makes_the_field_once_and_tells_mounts_that_run_and_folders_that_rest()
    {
        await using TestVolume running = await TestVolume.StartAsync();
        await using TestVolume resting = await TestVolume.StartAsync(share: running.Emulator);
        await PutWithTimeAsync(running, "/a.txt");
        await PutWithTimeAsync(resting, "/b.txt");
        await resting.CloseAsync();
        using MtimeSetup setup = new(running.Options, NullLogger.Instance, TimeProvider.System);
        Assert.False(await setup.ExistsAsync(CancellationToken.None));

        await setup.CreateAsync(CancellationToken.None);
        Assert.True(await setup.ExistsAsync(CancellationToken.None));
        await setup.CreateAsync(CancellationToken.None); // Somebody else was quicker: fine.
        Assert.False(await MtimeSetup.TryRememberAsync(running.Options.StateDirectory, NullLogger.Instance));
        Assert.Equal(FsError.None, await running.Volume.ControlAsync("setup-mtime", CancellationToken.None));
        Assert.True(await MtimeSetup.TryRememberAsync(resting.Options.StateDirectory, NullLogger.Instance));
        await resting.RemountAsync();
        running.Emulator.ResetStats();

        await PutWithTimeAsync(running, "/c.txt");
        await PutWithTimeAsync(resting, "/d.txt");

        Assert.Equal(0, Count(running, EndpointKind.Fields));
        Assert.NotNull(running.Emulator.Store.VersionsOf("/c.txt")[^1].CustomMetadata);
        Assert.NotNull(running.Emulator.Store.VersionsOf("/d.txt")[^1].CustomMetadata);
    }

    private static async Task<TestVolume> StartWithFieldAsync(Action<EmulatorServer>? seed = null, Func<MountOptions, MountOptions>? configure = null)
    {
        TestVolume volume = await TestVolume.StartAsync(seed: seed, configure: options => (configure?.Invoke(options) ?? options) with { StoresTimes = true });
        using MtimeSetup setup = new(volume.Options, NullLogger.Instance, TimeProvider.System);
        await setup.CreateAsync(CancellationToken.None);
        volume.Emulator.ResetStats();
        return volume;
    }

    private static async Task PutWithTimeAsync(TestVolume volume, string path)
    {
        TestFile file = (await volume.TryLookupAsync(path)).Ok ? await volume.OpenAsync(path, OpenMode.Write | OpenMode.Truncate) : await volume.CreateAsync(path, []);
        await file.WriteAsync(0, "bytes"u8.ToArray());
        await SetTimeAsync(volume, file.Inode, Old);
        Assert.Equal(FsError.None, await file.CloseAsync());
    }

    private static async Task SetTimeAsync(TestVolume volume, InodeId inode, Timestamp time)
    {
        FsResult<AttrReply> set = await volume.FileSystem.SetAttrAsync(inode, default, new AttrChange { Modified = TimeChange.To(time) }, CancellationToken.None);
        Assert.Equal(time, set.Value.Attr.Modified);
    }

    private static async Task<Timestamp> TimeOfAsync(TestVolume volume, string path) => (await volume.LookupAsync(path)).Attr.Modified;

    private static long Count(TestVolume volume, string kind) => volume.Emulator.Stats.Count(kind);

    private static HttpClient Client(TestVolume volume)
    {
        HttpClient client = new() { BaseAddress = volume.Emulator.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(volume.Emulator.PrivateKey + ":")));
        return client;
    }
}
