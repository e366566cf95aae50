using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>`warm` and `pin`: what is brought to this machine, and what stays.</summary>
public sealed class KeeperTests
{
    private const int FileSize = 300_000;

    private static byte[] Bytes(int seed, int length = FileSize)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Seed(EmulatorServer server)
    {
        for (int i = 0; i < 4; i++)
            server.Store.Put($"/p/{i}.bin", Bytes(i));
        server.Store.Put("/p/sub/deep name/5.bin", Bytes(5));
        server.Store.Put("/p/sub/large.bin", Bytes(6, 9 << 20));
        server.Store.Put("/other/7.bin", Bytes(7));
    }

    [Fact]
    public async Task Warm_brings_a_folder_with_all_below_it_and_it_is_read_without_a_network()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed);

        Assert.Equal(FsError.None, await volume.Volume.ControlAsync("warm /p", CancellationToken.None));
        LocalCopyItem item = await OverAsync(volume, "/p");
        volume.Emulator.Faults.Replace("any=reset");

        long bytes = (5 * FileSize) + (9 << 20);
        Assert.Equal(("done", 6, 6, bytes, bytes, 0), (item.State, item.Files, item.DoneFiles, item.Bytes, item.DoneBytes, item.FailedFiles));
        Assert.Equal(Bytes(2), await volume.ReadAsync("/p/2.bin"));
        Assert.Equal(Bytes(5), await volume.ReadAsync("/p/sub/deep name/5.bin"));
        Assert.Equal(Bytes(6, 9 << 20), await volume.ReadAsync("/p/sub/large.bin"));
        volume.Emulator.Faults.Clear();
    }

    [Fact]
    public async Task Warm_of_what_is_here_costs_nothing_and_of_one_file_that_file()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed);
        await volume.Volume.ControlAsync("warm /p/sub/deep%20name/5.bin", CancellationToken.None);
        LocalCopyItem first = await OverAsync(volume, "/p/sub/deep name/5.bin");
        volume.Emulator.ResetStats();

        await volume.Volume.ControlAsync("warm /p/sub/deep%20name/5.bin", CancellationToken.None);
        LocalCopyItem second = await OverAsync(volume, "/p/sub/deep name/5.bin");

        Assert.Equal((1, 1, FileSize), (first.Files, first.DoneFiles, first.DoneBytes));
        Assert.Equal(first, second);
        Assert.Equal(0, volume.Emulator.Stats.Count("delivery"));
    }

    [Theory]
    [InlineData("warm")]
    [InlineData("pin")]
    public async Task What_was_stored_here_a_moment_ago_counts_as_well(string command)
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/new");
        await volume.PutAsync("/new/a.bin", Bytes(1));
        await volume.PutAsync("/new/b.bin", Bytes(2));
        volume.Emulator.ResetStats();

        await volume.Volume.ControlAsync($"{command} /new", CancellationToken.None);
        LocalCopyItem item = await OverAsync(volume, "/new");

        Assert.Equal(("done", 2, 2, 2L * FileSize, 0), (item.State, item.Files, item.DoneFiles, item.DoneBytes, item.FailedFiles));
        Assert.Equal(0, volume.Emulator.Stats.Count("delivery"));
    }

    [Fact]
    public async Task What_cannot_be_fetched_is_told_and_the_rest_is_here()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed);
        volume.Emulator.Faults.Replace("delivery~/p/1.bin=status:403");

        await volume.Volume.ControlAsync("warm /p", CancellationToken.None);
        LocalCopyItem item = await OverAsync(volume, "/p");

        Assert.Equal(("failed", 5, 1), (item.State, item.DoneFiles, item.FailedFiles));
        Assert.Contains("/p/1.bin", item.Error, StringComparison.Ordinal);
        Assert.Equal((5 * FileSize) - FileSize + (9 << 20), item.DoneBytes);
    }

    [Theory]
    [InlineData("warm /nobody", FsError.NotFound)]
    [InlineData("pin /nobody", FsError.NotFound)]
    [InlineData("unpin /p", FsError.NotFound)]
    [InlineData("warm-stop /p", FsError.NotFound)]
    [InlineData("warm", FsError.InvalidArgument)]
    [InlineData("pin", FsError.InvalidArgument)]
    public async Task What_is_not_there_is_refused(string command, FsError expected)
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed);

        Assert.Equal(expected, await volume.Volume.ControlAsync(command, CancellationToken.None));
    }

    [Fact]
    public async Task What_is_pinned_is_not_evicted_and_stays_pinned_across_remounts()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed, configure: options => options with { CacheBytes = 16 << 20 });
        Assert.Equal(FsError.None, await volume.Volume.ControlAsync("pin /p", CancellationToken.None));
        await OverAsync(volume, "/p");
        volume.Emulator.Store.Put("/other/big1.bin", Bytes(11, 5 << 20));
        volume.Emulator.Store.Put("/other/big2.bin", Bytes(12, 5 << 20));

        await volume.RemountAsync();
        LocalCopyItem again = await OverAsync(volume, "/p");
        volume.Emulator.ResetStats();
        Assert.Equal(Bytes(11, 5 << 20), await volume.ReadAsync("/other/big1.bin"));
        Assert.Equal(Bytes(12, 5 << 20), await volume.ReadAsync("/other/big2.bin"));
        volume.Emulator.ResetStats();
        Assert.Equal(Bytes(6, 9 << 20), await volume.ReadAsync("/p/sub/large.bin"));
        Assert.Equal(Bytes(0), await volume.ReadAsync("/p/0.bin"));

        Assert.Equal((true, "done", 6, 6), (again.IsPinned, again.State, again.Files, again.DoneFiles));
        Assert.Equal(0, volume.Emulator.Stats.Count("delivery"));
    }

    [Fact]
    public async Task After_unpin_the_cache_may_use_the_room()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed, configure: options => options with { CacheBytes = 16 << 20 });
        await volume.Volume.ControlAsync("pin /p", CancellationToken.None);
        await OverAsync(volume, "/p");

        Assert.Equal(FsError.None, await volume.Volume.ControlAsync("unpin /p", CancellationToken.None));
        volume.Emulator.Store.Put("/other/big1.bin", Bytes(11, 8 << 20));
        await volume.ReadAsync("/other/big1.bin");
        await volume.RemountAsync();

        Assert.Empty(volume.Volume.GetStatus().LocalCopies!);
        Assert.False(volume.Volume.GetStatus().CacheBytes > 16 << 20);
        volume.Emulator.ResetStats();
        await volume.ReadAsync("/other/big1.bin");
        Assert.Equal(0, volume.Emulator.Stats.Count("delivery"));
    }

    [Fact]
    public async Task New_versions_and_new_files_are_fetched_when_a_listing_shows_them()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed, configure: options => options with { DirectoryTtl = TimeSpan.Zero });
        await volume.Volume.ControlAsync("pin /p", CancellationToken.None);
        await OverAsync(volume, "/p");
        volume.Emulator.Store.Put("/p/1.bin", Bytes(21, 4000));
        volume.Emulator.Store.Put("/p/new/8.bin", Bytes(8));
        volume.Emulator.Store.Delete("/p/3.bin");

        await volume.ListAsync("/p");
        LocalCopyItem item = await UntilAsync(volume, "/p", item => item is { IsOver: true, Files: 6, DoneFiles: 6 } && item.Bytes == (4 * FileSize) + 4000 + (9 << 20));
        volume.Emulator.ResetStats();

        Assert.Equal("done", item.State);
        Assert.Equal(Bytes(21, 4000), await volume.ReadAsync("/p/1.bin"));
        Assert.Equal(Bytes(8), await volume.ReadAsync("/p/new/8.bin"));
        Assert.Equal(0, volume.Emulator.Stats.Count("delivery"));
    }

    [Fact]
    public async Task A_pin_below_or_above_another_is_refused()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed);
        Assert.Equal(FsError.None, await volume.Volume.ControlAsync("pin /p/sub", CancellationToken.None));

        Assert.Equal(FsError.Exists, await volume.Volume.ControlAsync("pin /p/sub", CancellationToken.None));
        Assert.Equal(FsError.Exists, await volume.Volume.ControlAsync("pin /p/sub/large.bin", CancellationToken.None));
        Assert.Equal(FsError.Exists, await volume.Volume.ControlAsync("pin /", CancellationToken.None));
        Assert.Equal(FsError.None, await volume.Volume.ControlAsync("pin /p/1.bin", CancellationToken.None));
        LocalCopyItem file = await OverAsync(volume, "/p/1.bin");
        Assert.Equal((1, 1, FileSize), (file.Files, file.DoneFiles, file.DoneBytes));
    }

    [Fact]
    public async Task More_than_the_cache_holds_is_told()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { CacheBytes = 16 << 20 }, seed: server =>
        {
            for (int i = 0; i < 3; i++)
                server.Store.Put($"/p/{i}.bin", Bytes(i, 7 << 20));
        });

        await volume.Volume.ControlAsync("pin /p", CancellationToken.None);
        LocalCopyItem item = await OverAsync(volume, "/p");

        Assert.Equal("failed", item.State);
        Assert.Contains("--cache-size", item.Error, StringComparison.Ordinal);
        Assert.True(item.DoneFiles < 3);
        Assert.Equal(Bytes(1, 7 << 20), await volume.ReadAsync("/p/1.bin"));
    }

    [Fact]
    public async Task Pins_that_cannot_be_read_are_told_and_the_mount_works()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: Seed);
        await volume.CloseAsync();
        File.WriteAllText(Path.Combine(volume.Options.StateDirectory, "pins.json"), "{ broken");

        await volume.RemountAsync();

        Assert.Contains(volume.Log.Lines, line => line.Contains("What is pinned is not known", StringComparison.Ordinal));
        Assert.Equal(FsError.None, await volume.Volume.ControlAsync("pin /other", CancellationToken.None));
        await OverAsync(volume, "/other");
    }

    private static Task<LocalCopyItem> OverAsync(TestVolume volume, string path) => UntilAsync(volume, path, item => item.IsOver);

    private static async Task<LocalCopyItem> UntilAsync(TestVolume volume, string path, Func<LocalCopyItem, bool> isReached)
    {
        using CancellationTokenSource hang = new(TimeSpan.FromMinutes(1));
        while (true)
        {
            if (volume.Volume.GetStatus().LocalCopies!.LastOrDefault(item => item.Path == path) is { } item && isReached(item))
                return item;
            await Task.Delay(TimeSpan.FromMilliseconds(5), hang.Token);
        }
    }
}
