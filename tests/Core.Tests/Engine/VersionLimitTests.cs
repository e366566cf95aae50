using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>A file with as many versions as it may have goes on being saved, at the cost of versions that were written and replaced here, and of no others.</summary>
public sealed class VersionLimitTests
{
    private static readonly EmulatorOptions Three = new() { MaxVersions = 3 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task At_the_limit_the_oldest_version_that_we_replaced_ourselves_makes_room(bool numbersRepeat)
    {
        await using TestVolume volume = await TestVolume.StartAsync(Three with { VersionNumbersRepeat = numbersRepeat }, seed: Theirs);
        await volume.PutAsync("/a.txt", "ours 2");
        await volume.PutAsync("/a.txt", "ours 3");
        volume.Emulator.ResetStats();

        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "ours 4"));

        Assert.Equal(["theirs", "ours 3", "ours 4"], Contents(volume));
        Assert.Equal(1, volume.Emulator.Stats.Count(EndpointKind.VersionDelete));
        Assert.Equal(2, volume.Emulator.Stats.Count(EndpointKind.Upload));
        for (int i = 5; i < 10; i++)
            Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", $"ours {i}"));
        Assert.Equal(["theirs", "ours 8", "ours 9"], Contents(volume));
        Assert.Equal(["a.txt"], await volume.ListAsync("/"));
    }

    [Fact]
    public async Task It_is_known_after_a_restart_which_versions_are_ours()
    {
        await using TestVolume volume = await TestVolume.StartAsync(Three, seed: Theirs);
        await volume.PutAsync("/a.txt", "ours 2");
        await volume.PutAsync("/a.txt", "ours 3");
        await volume.RemountAsync();

        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "ours 4"));

        Assert.Equal(["theirs", "ours 3", "ours 4"], Contents(volume));
    }

    [Fact]
    public async Task Without_a_version_of_ours_the_close_says_that_the_quota_is_used_up_and_the_bytes_are_kept()
    {
        await using TestVolume volume = await TestVolume.StartAsync(Three, seed: server =>
        {
            foreach (string content in (string[])["one", "two", "three"])
                server.Store.Put("/a.txt", Encoding.UTF8.GetBytes(content));
        });

        Assert.Equal(FsError.QuotaExceeded, await volume.PutAsync("/a.txt", "ours"));

        Assert.Equal(["one", "two", "three"], Contents(volume));
        Assert.Equal("ours", Encoding.UTF8.GetString(await volume.ReadAsync("/a.txt")));
        Assert.Equal(0, volume.Emulator.Stats.Count(EndpointKind.VersionDelete));
        volume.Emulator.Configure(options => options with { MaxVersions = 4 });
        await volume.SyncAsync();
        Assert.Equal(["one", "two", "three", "ours"], Contents(volume));
    }

    [Fact]
    public async Task A_version_that_is_gone_or_current_again_is_passed_over()
    {
        await using TestVolume volume = await TestVolume.StartAsync(new EmulatorOptions { MaxVersions = 4 });
        foreach (string content in (string[])["1", "22", "333", "4444"])
            await volume.PutAsync("/a.txt", content);
        volume.Emulator.Faults.Replace("version-delete*1=status:404:The requested asset does not exist.");

        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "55555"));

        Assert.Equal(["1", "333", "4444", "55555"], Contents(volume));
    }

    [Fact]
    public async Task Versions_that_others_replaced_are_not_deleted()
    {
        await using TestVolume volume = await TestVolume.StartAsync(Three, configure: options => options with { DirectoryTtl = TimeSpan.Zero });
        await volume.PutAsync("/a.txt", "ours");
        volume.Emulator.Store.Put("/a.txt", "theirs"u8);
        Assert.Equal("theirs", Encoding.UTF8.GetString(await volume.ReadAsync("/a.txt")));
        await volume.PutAsync("/a.txt", "ours again");

        Assert.Equal(FsError.QuotaExceeded, await volume.PutAsync("/a.txt", "one too many"));

        Assert.Equal(["ours", "theirs", "ours again"], Contents(volume));
    }

    private static void Theirs(EmulatorServer server) => server.Store.Put("/a.txt", "theirs"u8);

    private static string[] Contents(TestVolume volume) => [.. volume.Emulator.Store.VersionsOf("/a.txt").Select(version => Encoding.UTF8.GetString(version.Content))];
}
