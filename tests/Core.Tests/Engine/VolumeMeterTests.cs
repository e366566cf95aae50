using System.Diagnostics.Metrics;
using System.Text;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>The meter and the virtual file metrics tell what status tells.</summary>
public sealed class VolumeMeterTests
{
    [Fact]
    public async Task Requests_reads_and_bytes_are_those_of_status_and_of_the_service()
    {
        byte[] content = new byte[100_000];
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.bin", content));
        await volume.ReadAsync("/a.bin");
        await volume.ReadAsync("/a.bin");
        Assert.Equal(FsError.None, await volume.PutAsync("/b.txt", "12345"));

        Dictionary<string, double> series = await SeriesAsync(volume);
        VolumeStatus status = volume.Volume.GetStatus();

        Assert.Equal(volume.Emulator.Stats.Total, series.Where(of => of.Key.StartsWith("imagekitfs_requests_total{", StringComparison.Ordinal)).Sum(of => of.Value));
        Assert.Equal(volume.Emulator.Stats.Total, status.Traffic!.Requests);
        Assert.Equal(1, series["imagekitfs_requests_total{class=\"uploads\",operation=\"upload\"}"]);
        Assert.Equal(5, series["imagekitfs_network_io_bytes_total{direction=\"transmit\"}"]);
        Assert.Equal(100_000, series["imagekitfs_cache_read_bytes_total{result=\"miss\"}"]);
        Assert.Equal(100_000, series["imagekitfs_cache_read_bytes_total{result=\"hit\"}"]);
        Assert.Equal((0.5, 0.5), (status.Cache!.HitRatio, status.Cache.ByteHitRatio));
        Assert.Equal(status.Cache.Bytes, series["imagekitfs_cache_size_bytes"]);
        Assert.Equal(0, series["imagekitfs_not_durable_files"]);
    }

    [Fact]
    public async Task The_size_of_an_open_text_is_that_of_what_is_read()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        TestFile metrics = await volume.OpenAsync("/.imagekit/metrics");

        for (int i = 0; i < 12; i++)
            await volume.PutAsync($"/f{i}", new string('x', 1000));
        byte[] read = await metrics.ReadAllAsync();
        byte[] buffer = new byte[1 << 20];
        int all = (await volume.FileSystem.ReadAsync(metrics.Inode, metrics.Handle, 0, buffer, CancellationToken.None)).Value;
        await metrics.CloseAsync();

        Assert.Equal(all, read.Length);
        Assert.NotEqual(read, await volume.ReadAsync("/.imagekit/metrics"));
    }

    [Fact]
    public async Task A_rate_limit_is_shown_with_its_headers_until_it_is_over()
    {
        ManualTimeProvider time = new();
        await using TestVolume volume = await TestVolume.StartAsync(time: time, seed: server => server.Store.Put("/inner/a.txt", "a"u8));
        InodeId inner = await volume.FolderAsync("/inner");
        volume.Emulator.Faults.Replace("list~inner=throttle:730");

        Task<FsResult<Opened>> opening = volume.FileSystem.OpenDirAsync(inner, CancellationToken.None).AsTask();
        await time.UntilTimerAsync(due => due == TimeSpan.FromMilliseconds(730));
        RequestClass paused = Reads(volume);
        double pause = (await SeriesAsync(volume))["imagekitfs_rate_limit_pause_seconds{class=\"reads\"}"];
        volume.Emulator.Faults.Clear();
        time.Advance(TimeSpan.FromMilliseconds(730));
        await opening;
        RequestClass after = Reads(volume);

        Assert.Equal((time.GetUtcNow(), 1, 0.73), (paused.PausedUntil, paused.Waiting, pause));
        RateLimitReply hit = paused.LastRateLimit!;
        Assert.Equal(("List", "/inner", "730", 0.73), (hit.Operation, hit.Path, hit.Reset, hit.PauseSeconds));
        Assert.NotNull(hit.Limit);
        Assert.NotNull(hit.Interval);
        Assert.NotEmpty(hit.RequestId);
        Assert.Null(after.PausedUntil);
        Assert.Equal(1, after.RateLimited);
        Assert.NotNull(after.LastRateLimit);
    }

    [Fact]
    public async Task Errors_are_kept_newest_first_and_one_that_repeats_is_kept_once()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server =>
        {
            server.Store.Put("/one/a.txt", "a"u8);
            server.Store.Put("/two/a.txt", "a"u8);
        });
        InodeId one = await volume.FolderAsync("/one");
        InodeId two = await volume.FolderAsync("/two");
        volume.Emulator.Faults.Replace("list=status:403");

        for (int i = 0; i < 3; i++)
            await volume.FileSystem.OpenDirAsync(one, CancellationToken.None);
        await volume.FileSystem.OpenDirAsync(two, CancellationToken.None);

        VolumeStatus status = volume.Volume.GetStatus();
        Assert.Equal(["/two", "/one"], status.ServiceErrors!.Where(error => error.Operation == "List").Select(error => error.Path));
        Assert.All(status.ServiceErrors!, error => Assert.Equal((403, false), (error.Status, error.RequestId.Length == 0)));
        Assert.All(status.LastErrors, error => Assert.Contains("[request ", error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_a_volume_that_was_asked_offers_its_meter()
    {
        List<Instrument> seen = [];
        using MeterListener listener = new() { InstrumentPublished = (instrument, _) => seen.Add(instrument) };
        await using TestVolume quiet = await TestVolume.StartAsync(configure: options => options with { MountPoint = "/quiet" });
        await using TestVolume volume = await TestVolume.StartAsync();
        listener.Start();
        int before = seen.Count(instrument => instrument.Meter.Name == MediaVolume.MeterName);

        volume.Volume.StartMeter();

        Assert.True(seen.Count(instrument => instrument.Meter.Name == MediaVolume.MeterName) > before);
        Assert.All(seen.Where(instrument => instrument.Meter.Name == MediaVolume.MeterName), instrument => Assert.True(instrument.IsObservable));
    }

    private static RequestClass Reads(TestVolume volume) => volume.Volume.GetStatus().RequestClasses!.Single(of => of.Name == "reads");

    private static async Task<Dictionary<string, double>> SeriesAsync(TestVolume volume) =>
        Encoding.UTF8.GetString(await volume.ReadAsync("/.imagekit/metrics")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
}
