using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>What the service does wrong reaches a program as an error, loses no byte and leaves nothing hanging.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("status:401", FsError.AccessDenied)]
    [InlineData("status:403:Your account cannot be used.", FsError.ReadOnly)]
    [InlineData("status:400:Something is wrong.", FsError.Remote)]
    [InlineData("html:403", FsError.ReadOnly)]
    public async Task A_refused_upload_is_told_by_close_and_goes_out_when_the_cause_is_gone(string fault, FsError expected)
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        volume.Emulator.Faults.Replace("upload=" + fault);

        FsError error = await volume.PutAsync("/a.txt", "bytes").WaitAsync(Soon);

        Assert.Equal(expected, error);
        Assert.Equal("bytes", Text(await volume.ReadAsync("/a.txt")));
        Assert.Equal(1, volume.Volume.GetStatus().FailedCount);
        volume.Emulator.Faults.Clear();
        await volume.SyncAsync();
        Assert.Equal("bytes", Text(volume.Emulator.Store.Read("/a.txt")));
    }

    [Theory]
    [InlineData("status:500")]
    [InlineData("reset")]
    [InlineData("reset-after")]
    [InlineData("malformed")]
    [InlineData("truncate")]
    [InlineData("html:502")]
    public async Task Bytes_whose_upload_fails_for_now_are_kept_and_are_stored_once_when_the_service_is_back(string fault)
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { CommitDeadline = TimeSpan.FromMilliseconds(300) });
        await volume.PutAsync("/a.txt", "one");
        volume.Emulator.Faults.Replace("upload=" + fault);

        FsError error = await volume.PutAsync("/a.txt", "second").WaitAsync(Soon);

        // Where the upload took effect, a question about it may have told so in time.
        Assert.True(error is FsError.Remote or FsError.TimedOut || Text(volume.Emulator.Store.Read("/a.txt")) == "second", error.ToString());
        Assert.Equal("second", Text(await volume.ReadAsync("/a.txt")));
        volume.Emulator.Faults.Clear();
        await volume.SyncAsync();
        Assert.Equal("second", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal(["a.txt"], await volume.ListAsync("/"));
    }

    [Theory]
    [InlineData(86400)]
    [InlineData(1)]
    public async Task A_service_that_cannot_be_connected_to_fails_a_close_in_seconds_whatever_the_deadline(int deadlineSeconds)
    {
        ManualTimeProvider time = new();
        TimeSpan deadline = TimeSpan.FromSeconds(deadlineSeconds);
        await using TestVolume volume = await TestVolume.StartAsync(time: time, configure: options => options with { CommitDeadline = deadline });
        await volume.Emulator.StopAsync();
        DateTimeOffset begun = time.GetUtcNow();

        Task<FsError> put = volume.PutAsync("/a.txt", "kept");
        // The connections are real and take their time: the clock must not run away from them.
        while (await Task.WhenAny(put, Task.Delay(1)) != put)
            time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(FsError.Remote, await put);
        Assert.InRange(time.GetUtcNow() - begun, TimeSpan.Zero, TimeSpan.FromHours(1));
        Assert.Equal("kept", Text(await volume.ReadAsync("/a.txt")));
        Assert.Single(volume.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("malformed")]
    [InlineData("html:200")]
    [InlineData("truncate")]
    [InlineData("status:500")]
    [InlineData("rows")]
    [InlineData("extra")]
    public async Task A_broken_listing_is_an_error_or_skipped_and_never_hangs(string fault)
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/folder/a.txt", [1, 2, 3]));
        await volume.FolderAsync("/folder");
        volume.Emulator.Faults.Replace("list=" + fault);

        try
        {
            Assert.Contains("a.txt", await volume.ListAsync("/folder").WaitAsync(Soon));
        }
        catch (FsErrorException exception)
        {
            Assert.Equal(FsError.Remote, exception.Error);
        }

        volume.Emulator.Faults.Clear();
        volume.Volume.Retry();
    }

    [Theory]
    [InlineData(ConflictPolicy.KeepBoth, FsError.None, "theirs")]
    [InlineData(ConflictPolicy.Overwrite, FsError.None, "ours")]
    [InlineData(ConflictPolicy.Fail, FsError.Remote, "theirs")]
    public async Task A_version_written_meanwhile_is_treated_as_the_policy_says(ConflictPolicy policy, FsError expected, string current)
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { OnConflict = policy });
        await volume.PutAsync("/a.txt", "base");
        TestFile file = await volume.OpenAsync("/a.txt", OpenMode.Read | OpenMode.Write);
        await file.WriteAsync(0, Encoding.UTF8.GetBytes("ours"));
        volume.Emulator.Store.Put("/a.txt", Encoding.UTF8.GetBytes("theirs"));

        FsError error = await file.CloseAsync();

        Assert.Equal(expected, error);
        Assert.Equal(current, Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Contains(volume.Emulator.Store.VersionsOf("/a.txt"), version => Text(version.Content) == "theirs");
    }

    [Theory]
    [InlineData(ConflictPolicy.KeepBoth)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Fail)]
    public async Task A_name_taken_by_someone_else_meanwhile_is_treated_as_the_policy_says(ConflictPolicy policy)
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { OnConflict = policy });
        TestFile file = await volume.CreateAsync("/a.txt", Encoding.UTF8.GetBytes("ours"));
        volume.Emulator.Store.Put("/a.txt", Encoding.UTF8.GetBytes("theirs"));

        FsError error = await file.CloseAsync();

        Assert.Equal(policy == ConflictPolicy.Fail ? FsError.Exists : FsError.None, error);
        Assert.Contains(volume.Emulator.Store.VersionsOf("/a.txt"), version => Text(version.Content) == "theirs");
        Assert.Equal(policy == ConflictPolicy.Overwrite ? "ours" : "theirs", Text(volume.Emulator.Store.Read("/a.txt")));
    }

    [Fact]
    public async Task A_file_unlinked_while_its_upload_is_refused_leaves_nothing_behind()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { Commit = CommitMode.Journal });
        volume.Emulator.Faults.Replace("upload=status:400:No.");
        volume.Emulator.Configure(options => options with { Latency = TimeSpan.FromMilliseconds(50) });

        await volume.PutAsync("/a.txt", "bytes");
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/a.txt"));
        await volume.SyncAsync();

        Assert.Empty(volume.Emulator.Store.List());
        Assert.Equal(0, volume.Volume.GetStatus().FailedCount);
    }

    [Fact]
    public async Task A_deleted_file_stays_deleted_when_the_process_dies_while_it_is_uploaded()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { Commit = CommitMode.Journal });
        volume.Emulator.Configure(options => options with { Latency = TimeSpan.FromMilliseconds(200) });
        await volume.PutAsync("/a.txt", "bytes");
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/a.txt"));

        await volume.KillAsync();
        Assert.Empty(await volume.ListAsync("/"));
        await volume.SyncAsync();

        Assert.Empty(volume.Emulator.Store.List());
        Assert.Empty(await volume.ListAsync("/"));
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("reset-after")]
    [InlineData("status:500")]
    [InlineData("status-after:500")]
    public async Task A_folder_whose_delete_fails_for_now_is_proved_empty_once_more_and_goes(string fault)
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.CreateFolder("/folder"));
        await volume.FolderAsync("/folder");
        volume.Emulator.Faults.Replace("folder-delete*2=" + fault);

        Assert.Equal(FsError.None, await volume.RmdirAsync("/folder"));

        Assert.Empty(volume.Emulator.Store.List());
        Assert.Empty(await volume.ListAsync("/"));
    }

    [Fact]
    public async Task A_file_that_someone_adds_to_a_folder_whose_delete_failed_keeps_the_folder()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.CreateFolder("/folder"));
        await volume.FolderAsync("/folder");
        volume.Emulator.Faults.Replace("folder-delete=status:500");
        Task<FsError> removed = volume.RmdirAsync("/folder");
        using CancellationTokenSource hang = new(Soon);
        while (volume.Emulator.Faults.Fired == 0)
        {
            hang.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        volume.Emulator.Store.Put("/folder/theirs.txt", [1]);

        Assert.Equal(FsError.NotEmpty, await removed);
        Assert.True(volume.Emulator.Store.Exists("/folder/theirs.txt"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_folder_that_was_made_from_below_does_not_return_with_its_own_late_request(bool isRenamed)
    {
        await using TestVolume volume = await TestVolume.StartAsync(new EmulatorOptions { JobDuration = TimeSpan.Zero });
        volume.Emulator.Faults.Replace("folder-create*1~\"folderName\":\"outer\"=stall:1500");
        Assert.Equal(FsError.None, await volume.MkdirAsync("/outer"));
        Assert.Equal(FsError.None, await volume.MkdirAsync("/outer/inner"));
        using CancellationTokenSource hang = new(Soon);
        while (!volume.Emulator.Store.Exists("/outer/inner"))
        {
            hang.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        if (isRenamed)
        {
            Assert.Equal(FsError.None, await volume.RenameAsync("/outer", "/other"));
        }
        else
        {
            Assert.Equal(FsError.None, await volume.RmdirAsync("/outer/inner"));
            Assert.Equal(FsError.None, await volume.RmdirAsync("/outer"));
        }

        // The late one, if it was sent at all: when the inner folder was quicker, it was needless.
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(3));
        while (!late.IsCancellationRequested && volume.Emulator.Log.Count(request => request.Kind == EndpointKind.FolderCreate) < 2)
            await Task.Delay(TimeSpan.FromMilliseconds(10));

        await volume.SyncAsync();
        Assert.False(volume.Emulator.Store.Exists("/outer"));
        Assert.Equal(isRenamed, volume.Emulator.Store.Exists("/other/inner"));
    }

    [Fact]
    public async Task A_private_file_stays_private_when_it_is_overwritten()
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            seed: server => server.Store.Put("/a.txt", [1], new PutOptions(IsPrivate: true, Description: "text")));

        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "two"));

        Assert.True(volume.Emulator.Store.VersionsOf("/a.txt")[^1].IsPrivate);
    }

    [Fact]
    public async Task A_name_that_a_v2_client_stored_is_never_an_upload_target()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server =>
        {
            server.Store.Put("/my photo.jpg", [1]);
            server.Store.Put("/my_photo.jpg", [2]);
        });

        Assert.Equal(FsError.None, await volume.PutAsync("/my photo.jpg", "three"));
        await volume.SyncAsync();

        Assert.Equal([2], volume.Emulator.Store.Read("/my_photo.jpg"));
        Assert.Equal("three", Text(volume.Emulator.Store.Read("/my_x0020_photo.jpg")));
        Assert.False(volume.Emulator.Store.Exists("/my photo.jpg"));
        Assert.Equal(["my photo.jpg", "my_photo.jpg"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task Two_volumes_see_each_other()
    {
        await using TestVolume one = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero });
        await using TestVolume two = await TestVolume.StartAsync(share: one.Emulator, configure: options => options with { DirectoryTtl = TimeSpan.Zero });

        await one.PutAsync("/a.txt", "one");
        Assert.Equal("one", Text(await two.ReadAsync("/a.txt")));
        await two.PutAsync("/a.txt", "two!");
        Assert.Equal("two!", Text(await one.ReadAsync("/a.txt")));
        Assert.Equal(["a.txt"], await two.ListAsync("/"));
        await one.UnlinkAsync("/a.txt");
        await one.SyncAsync();

        Assert.Empty(await two.ListAsync("/"));
    }

    [Fact]
    public async Task Names_that_cannot_be_kept_are_refused_when_they_are_made()
    {
        await using TestVolume volume = await TestVolume.StartAsync();

        Assert.Equal(FsError.NotPermitted, await volume.MkdirAsync("/.Trash-1000"));
        Assert.Equal(FsError.NameTooLong, (await Assert.ThrowsAsync<FsErrorException>(() => volume.CreateAsync("/" + new string(' ', 100), []))).Error);
        Assert.Equal(FsError.None, await volume.PutAsync("/" + new string('a', 255), "bytes"));
    }

    [Fact]
    public async Task Junk_is_kept_here_and_never_sent()
    {
        await using TestVolume volume = await TestVolume.StartAsync();

        Assert.Equal(FsError.None, await volume.PutAsync("/.DS_Store", "junk"));
        await volume.SyncAsync();
        await volume.RemountAsync();

        Assert.Equal("junk", Text(await volume.ReadAsync("/.DS_Store")));
        Assert.Equal(0, volume.Emulator.Stats.Count("upload"));
    }

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    [Fact]
    public async Task A_file_made_here_and_deleted_elsewhere_goes_although_no_listing_ever_showed_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero });
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "text"));
        volume.Emulator.Store.Delete("/a.txt");

        using CancellationTokenSource hang = new(TimeSpan.FromSeconds(30));
        while ((await volume.ListAsync("/")).Count > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(50), hang.Token);
    }
}
