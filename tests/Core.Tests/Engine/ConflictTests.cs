using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>Somebody else writes the same name: no byte of either is lost, and the policy decides which is current.</summary>
public sealed class ConflictTests
{
    [Theory]
    [InlineData(ConflictPolicy.KeepBoth, FsError.None, "theirs", 1)]
    [InlineData(ConflictPolicy.Overwrite, FsError.None, "ours", 0)]
    [InlineData(ConflictPolicy.Fail, FsError.Remote, "theirs", 0)]
    public async Task A_version_that_a_listing_shows_before_the_commit_is_never_overwritten_unasked(ConflictPolicy policy, FsError expected, string current, int copies)
    {
        await using TestVolume volume = await StartAsync(policy);
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Store.Put("/a.txt", "theirs"u8);
        await volume.ListAsync("/");
        volume.Emulator.ResetStats();

        Assert.Equal(expected, await file.CloseAsync());

        Assert.Equal(current, Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal(copies, Copies(volume).Length);
        // Seen beforehand: ours is sent once, or not at all.
        Assert.Equal(policy == ConflictPolicy.Fail ? 0 : 1, volume.Emulator.Stats.Count(EndpointKind.Upload));
        Assert.Equal(0, volume.Emulator.Stats.Count(EndpointKind.Restore));
        Assert.Contains(volume.Emulator.Store.VersionsOf("/a.txt"), version => Text(version.Content) == "theirs");
        if (policy == ConflictPolicy.Fail)
            Assert.Equal("ours", Text(await volume.ReadAsync("/a.txt")));
    }

    [Theory]
    [InlineData("versions*6=status:503")]
    [InlineData("restore*6=status:503")]
    [InlineData("restore*1=reset")]
    [InlineData("restore*1=reset-after")]
    public async Task A_question_or_a_restore_that_fails_for_now_is_repeated_and_ours_is_not_sent_again(string fault)
    {
        await using TestVolume volume = await StartAsync(ConflictPolicy.KeepBoth);
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Store.Put("/a.txt", "theirs"u8);
        volume.Emulator.Faults.Replace(fault);

        Assert.Equal(FsError.None, await file.CloseAsync());

        Assert.Equal("theirs", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal("ours", Text(volume.Emulator.Store.Read(Assert.Single(Copies(volume)))));
        Assert.Equal(["base", "theirs", "ours"], volume.Emulator.Store.VersionsOf("/a.txt").Select(version => Text(version.Content)));
    }

    [Theory]
    [InlineData("versions=status:503")]
    [InlineData("restore=status:503")]
    [InlineData("restore=status:400:No.")]
    public async Task It_is_repeated_after_a_restart_too(string fault)
    {
        await using TestVolume volume = await StartAsync(ConflictPolicy.KeepBoth, TimeSpan.FromMilliseconds(300));
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Store.Put("/a.txt", "theirs"u8);
        volume.Emulator.Faults.Replace(fault);
        Assert.NotEqual(FsError.None, await file.CloseAsync());

        await volume.KillAsync();
        await volume.SyncAsync();

        Assert.Equal("theirs", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal("ours", Text(volume.Emulator.Store.Read(Assert.Single(Copies(volume)))));
        Assert.Equal(3, volume.Emulator.Store.VersionsOf("/a.txt").Count);
    }

    [Fact]
    public async Task A_newer_save_waits_for_the_verdict_about_the_one_before()
    {
        await using TestVolume volume = await StartAsync(ConflictPolicy.KeepBoth, TimeSpan.FromMilliseconds(300));
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Store.Put("/a.txt", "theirs"u8);
        volume.Emulator.Faults.Replace("versions=status:503");
        Assert.NotEqual(FsError.None, await file.FsyncAsync());
        await file.WriteAsync(0, Encoding.UTF8.GetBytes("OURS"));
        Assert.NotEqual(FsError.None, await file.CloseAsync());
        volume.Emulator.Faults.Clear();

        await volume.SyncAsync();

        Assert.Equal("theirs", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal("OURS", Text(volume.Emulator.Store.Read(Assert.Single(Copies(volume)))));
    }

    [Fact]
    public async Task A_number_that_is_not_the_next_one_is_no_conflict_when_nobody_else_wrote()
    {
        await using TestVolume volume = await StartAsync(ConflictPolicy.KeepBoth, ttl: TimeSpan.FromMinutes(10));
        await volume.PutAsync("/a.txt", "two");
        // Somebody prunes an old version, and numbers begin again (U38).
        volume.Emulator.Configure(options => options with { VersionNumbersRepeat = true });
        using HttpClient other = Client(volume);
        string first = volume.Emulator.Store.VersionsOf("/a.txt")[0].Id;
        (await other.DeleteAsync($"v1/files/{volume.Emulator.Store.IdOf("/a.txt")}/versions/{first}")).EnsureSuccessStatusCode();
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "three"));

        Assert.Equal("three", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Empty(Copies(volume));
        Assert.Equal((1, 1, 2), (volume.Emulator.Stats.Count(EndpointKind.Upload), volume.Emulator.Stats.Count(EndpointKind.Versions), volume.Emulator.Stats.Total));
    }

    [Theory]
    [InlineData(ConflictPolicy.KeepBoth)]
    [InlineData(ConflictPolicy.Overwrite)]
    public async Task Bytes_are_not_published_when_the_file_became_private_meanwhile(ConflictPolicy policy)
    {
        await using TestVolume volume = await StartAsync(policy);
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Store.Put("/a.txt", "theirs"u8, new PutOptions(IsPrivate: true));

        Assert.Equal(FsError.None, await file.CloseAsync());

        string ours = policy == ConflictPolicy.KeepBoth ? Assert.Single(Copies(volume)) : "/a.txt";
        LibraryVersion current = volume.Emulator.Store.VersionsOf(ours).Single(version => version.IsCurrent);
        Assert.Equal(("ours", true), (Text(current.Content), current.IsPrivate));
        Assert.True(volume.Emulator.Store.VersionsOf("/a.txt").Single(version => version.IsCurrent).IsPrivate);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_beside_a_private_file_is_private(bool isSeenBefore)
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            configure: options => options with { DirectoryTtl = TimeSpan.Zero }, seed: server => server.Store.Put("/a.txt", "base"u8, new PutOptions(IsPrivate: true)));
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Store.Put("/a.txt", "theirs"u8, new PutOptions(IsPrivate: true));
        if (isSeenBefore)
            await volume.ListAsync("/");

        Assert.Equal(FsError.None, await file.CloseAsync());

        Assert.True(Assert.Single(volume.Emulator.Store.VersionsOf(Assert.Single(Copies(volume)))).IsPrivate);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ours_stands_as_a_new_file_when_the_base_was_deleted_or_moved_meanwhile(bool isMoved)
    {
        await using TestVolume volume = await StartAsync(ConflictPolicy.KeepBoth, ttl: TimeSpan.FromMinutes(10));
        TestFile file = await OpenAndWriteAsync(volume);
        if (isMoved)
        {
            using HttpClient other = Client(volume);
            using StringContent body = new("""{"filePath":"/a.txt","newFileName":"elsewhere.txt"}""", Encoding.UTF8, "application/json");
            (await other.PutAsync("v1/files/rename", body)).EnsureSuccessStatusCode();
        }
        else
        {
            volume.Emulator.Store.Delete("/a.txt");
        }

        volume.Emulator.ResetStats();
        Assert.Equal(FsError.None, await file.CloseAsync());

        Assert.Equal("ours", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal(isMoved ? "base" : null, Text(volume.Emulator.Store.Read("/elsewhere.txt")));
        Assert.Equal(1, volume.Emulator.Stats.Total);
        Assert.Contains(volume.Log.Lines, line => line.Contains("had been deleted or moved", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_mounts_that_write_one_name_at_once_both_keep_their_bytes()
    {
        await using TestVolume one = await StartAsync(ConflictPolicy.KeepBoth, name: "one");
        await using TestVolume two = await TestVolume.StartAsync(share: one.Emulator, configure: options => options with { HostName = "two", DirectoryTtl = TimeSpan.Zero });
        for (int round = 0; round < 10; round++)
        {
            string path = $"/file{round}.txt";
            if (round % 2 == 0)
                one.Emulator.Store.Put(path, "base"u8);
            TestFile[] files = [await OpenOrCreateAsync(one, path), await OpenOrCreateAsync(two, path)];
            await files[0].WriteAsync(0, Encoding.UTF8.GetBytes($"one {round}"));
            await files[1].WriteAsync(0, Encoding.UTF8.GetBytes($"two {round}"));

            FsError[] closed = await Task.WhenAll(files.Select(file => file.CloseAsync()));

            Assert.All(closed, error => Assert.Equal(FsError.None, error));
            string?[] current = [.. one.Emulator.Store.List().Select(entry => Text(one.Emulator.Store.Read(entry.Path)))];
            Assert.Contains($"one {round}", current);
            Assert.Contains($"two {round}", current);
        }
    }

    private static async Task<TestFile> OpenOrCreateAsync(TestVolume volume, string path) =>
        await volume.CreateAsync(path, [], OpenMode.Read | OpenMode.Write);

    private static async Task<TestVolume> StartAsync(ConflictPolicy policy, TimeSpan? deadline = null, TimeSpan? ttl = null, string? name = null)
    {
        TestVolume volume = await TestVolume.StartAsync(configure: options => options with
        {
            OnConflict = policy,
            DirectoryTtl = ttl ?? TimeSpan.Zero,
            CommitDeadline = deadline ?? options.CommitDeadline,
            HostName = name ?? options.HostName,
        });
        await volume.PutAsync("/a.txt", "base");
        return volume;
    }

    private static async Task<TestFile> OpenAndWriteAsync(TestVolume volume)
    {
        TestFile file = await volume.OpenAsync("/a.txt", OpenMode.Read | OpenMode.Write);
        await file.WriteAsync(0, Encoding.UTF8.GetBytes("ours"));
        return file;
    }

    private static HttpClient Client(TestVolume volume)
    {
        HttpClient client = new() { BaseAddress = volume.Emulator.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(volume.Emulator.PrivateKey + ":")));
        return client;
    }

    private static string[] Copies(TestVolume volume) => [.. volume.Emulator.Store.List().Select(entry => entry.Path).Where(path => path.Contains("_conflict-", StringComparison.Ordinal))];

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
