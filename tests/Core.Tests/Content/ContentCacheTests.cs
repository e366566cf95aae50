using System.IO.Hashing;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Content;

public sealed class ContentCacheTests
{
    private const int Block = ContentFixture.Block;

    [Fact]
    public async Task Blocks_survive_a_restart()
    {
        await using ContentFixture fixture = new((5 * Block) + 17);
        using (CachedContent content = fixture.Acquire())
            Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));
        long bytes = fixture.Cache.Stats.Bytes;
        int requests = fixture.Delivery.Requests.Count;

        await fixture.RestartAsync();

        Assert.True(fixture.Cache.IsComplete(ContentFixture.Key, fixture.Bytes.Length));
        Assert.False(fixture.Cache.IsComplete(ContentFixture.Key, fixture.Bytes.Length + 1));
        Assert.Equal(bytes, fixture.Cache.Stats.Bytes);
        using CachedContent again = fixture.Acquire();
        await fixture.ReadWholeAsync(again, 1000);
        Assert.Equal(requests, fixture.Delivery.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_corrupt_byte_is_a_miss_and_one_line(bool isInMap)
    {
        await using ContentFixture fixture = new(4 * Block);
        using (CachedContent content = fixture.Acquire())
            Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));
        await fixture.Cache.DisposeAsync();
        if (isInMap)
            Flip(Path.ChangeExtension(fixture.DataFile(ContentFixture.Key), ".map"), MapFormat.SlotOffset(2) + 3);
        else
            Flip(fixture.DataFile(ContentFixture.Key), (2 * Block) + 99);
        await fixture.RestartAsync();

        using CachedContent again = fixture.Acquire();
        await fixture.ReadWholeAsync(again, Block);

        Assert.Equal((2L * Block, (long)Block), fixture.Delivery.Ranges[^1]);
        Assert.Equal(2, fixture.Delivery.Requests.Count);
        Assert.Equal(isInMap ? 0 : 1, fixture.Cache.Stats.Corrupt);
        Assert.Equal(isInMap ? 0 : 1, fixture.Log.CountOf(LogLevel.Warning));
        Assert.Equal((4 * Block) + MapFormat.FileBytes(4), fixture.Cache.Stats.Bytes);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("short data")]
    [InlineData("no data")]
    public async Task A_cache_file_that_lost_something_serves_no_wrong_byte(string what)
    {
        await using ContentFixture fixture = new(4 * Block);
        using (CachedContent content = fixture.Acquire())
            Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));
        await fixture.Cache.DisposeAsync();
        string data = fixture.DataFile(ContentFixture.Key);
        if (what == "header")
            Flip(Path.ChangeExtension(data, ".map"), 20);
        else if (what == "no data")
            File.Delete(data);
        else
            File.WriteAllBytes(data, fixture.Bytes[..(Block + 5)]);
        await fixture.RestartAsync();

        Assert.False(fixture.Cache.IsComplete(ContentFixture.Key, fixture.Bytes.Length));
        using CachedContent again = fixture.Acquire();
        await fixture.ReadWholeAsync(again, 3000);
        Assert.True(again.IsComplete);
    }

    [Fact]
    public async Task A_second_process_is_refused_the_folder()
    {
        await using ContentFixture fixture = new(1);

        Assert.Throws<IOException>(() =>
            ContentCache.Open(fixture.CacheFolder, fixture.Options, fixture.Delivery, new CacheTrouble(fixture.CacheFolder, NullLogger.Instance), TimeProvider.System, NullLogger.Instance));
    }

    [Fact]
    public async Task The_least_recently_used_file_goes_first_and_the_limit_holds()
    {
        long each = (2 * Block) + MapFormat.FileBytes(2);
        await using ContentFixture fixture = new(2 * Block, new ContentCacheOptions { MinFreeFraction = 0, MaxBytes = 3 * each });
        foreach (string version in (string[])["a", "b", "c", "a", "d"])
            await UseAsync(fixture, version);

        Assert.False(IsComplete(fixture, "b"));
        Assert.All((string[])["a", "c", "d"], version => Assert.True(IsComplete(fixture, version), version));
        Assert.Equal(3 * each, fixture.Cache.Stats.Bytes);
        Assert.Equal(1, fixture.Cache.Stats.Evictions);
        Assert.False(File.Exists(fixture.DataFile(new ContentKey("file1", "b"))));

        // The order survives a restart, and so does a lower limit.
        fixture.Options = fixture.Options with { MaxBytes = 2 * each };
        await fixture.RestartAsync();
        Assert.False(IsComplete(fixture, "c"));
        await UseAsync(fixture, "e");
        Assert.False(IsComplete(fixture, "a"));
        Assert.True(IsComplete(fixture, "d"));
    }

    [Fact]
    public async Task What_is_held_is_not_evicted_and_reads_pass_a_full_cache_by()
    {
        long each = (2 * Block) + MapFormat.FileBytes(2);
        await using ContentFixture fixture = new(2 * Block, new ContentCacheOptions { MinFreeFraction = 0, MaxBytes = each });
        using CachedContent held = fixture.Acquire("a");
        Assert.Equal(FsError.None, await held.FetchAllAsync(CancellationToken.None));

        using CachedContent other = fixture.Acquire("b");
        Assert.Equal(FsError.None, await fixture.ReadAsync(other, 10, 100, new ReadaheadWindow()));

        Assert.Equal(FsError.NoSpace, await other.FetchAllAsync(CancellationToken.None));
        Assert.Equal((0L, (long)Block), (fixture.Delivery.Requests[^1].Offset, fixture.Delivery.Requests[^1].Length));
        Assert.True(held.IsComplete);
        Assert.Equal(each, fixture.Cache.Stats.Bytes);
        Assert.Equal(0, fixture.Log.CountOf(LogLevel.Warning));
    }

    [Theory]
    [InlineData(8192)]
    [InlineData(100_000)]
    [InlineData(3 << 20)]
    public async Task Without_room_a_file_is_still_read_in_few_requests(int step)
    {
        await using ContentFixture fixture = new((5 << 20) + 3, new ContentCacheOptions { MaxBytes = 0 });
        using CachedContent content = fixture.Acquire();

        await fixture.ReadWholeAsync(content, step);

        Assert.InRange(fixture.Delivery.Requests.Count, 2, 10);
        Assert.InRange(fixture.Cache.Stats.FetchedBytes, fixture.Bytes.Length, fixture.Bytes.Length + (10 * Block));
        Assert.Equal(0, fixture.Cache.Stats.Bytes);
    }

    [Fact]
    public async Task Without_room_a_sequential_reader_still_has_several_ranges_in_flight_and_lets_go_of_them_when_it_ends()
    {
        await using ContentFixture fixture = new(40 << 20, new ContentCacheOptions { MaxBytes = 0 });
        using CachedContent content = fixture.Acquire();
        ReadaheadWindow window = new();
        long stalledFrom = 8 << 20;
        TaskCompletionSource never = new();
        fixture.Delivery.Before = request => request.Offset >= stalledFrom ? never.Task : Task.CompletedTask;

        for (long offset = 0; offset < stalledFrom; offset += 128 << 10)
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, offset, 128 << 10, window));
        int before = fixture.Delivery.Requests.Count(request => request.Offset < stalledFrom);
        await fixture.Delivery.AskedAsync(before + 3);
        window.Dispose();

        await fixture.Delivery.Canceled.Task;
        Assert.All(fixture.Delivery.Requests, request => Assert.InRange(request.Length, 1, 1 << 20));
        Assert.InRange(fixture.Delivery.Requests.Count - before, 3, 25);
    }

    [Fact]
    public async Task Opening_and_closing_without_a_read_keeps_a_version_complete()
    {
        await using ContentFixture fixture = new(2 * Block);
        await UseAsync(fixture, "a");
        fixture.Acquire("a").Dispose();

        Assert.True(IsComplete(fixture, "a"));
        await fixture.RestartAsync();
        fixture.Acquire("a").Dispose();
        Assert.True(IsComplete(fixture, "a"));
        Assert.Equal(1, fixture.Cache.Stats.Files);
    }

    [Fact]
    public async Task The_disk_keeps_its_free_part()
    {
        long free = 10 * Block;
        await using ContentFixture fixture = new(2 * Block, new ContentCacheOptions { MinFreeFraction = 0.05, MeasureDisk = _ => new DiskSpace(100 * Block, free) });
        await UseAsync(fixture, "a");
        Assert.True(IsComplete(fixture, "a"));

        free = (5 * Block) + 100; // somebody else fills the disk; seen at the next look, after 64 MiB at the latest
        fixture.Cache.NoteBroken(new IOException("full"));
        using CachedContent content = fixture.Acquire("b");
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
        Assert.False(IsComplete(fixture, "a"));
        long bytes = fixture.Cache.Stats.Bytes;
        Assert.Equal(Block + MapFormat.FileBytes(2), bytes);

        free = 5 * Block;
        fixture.Cache.NoteBroken(new IOException("full"));
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, Block + 10, 100, new ReadaheadWindow()));
        Assert.Equal(bytes, fixture.Cache.Stats.Bytes); // nothing left to give up: past the cache
    }

    [Fact]
    public async Task A_disk_that_others_fill_gets_its_room_back_without_a_fetch()
    {
        long free = 10 * Block;
        ManualTimeProvider clock = new();
        await using ContentFixture fixture = new(
            2 * Block, new ContentCacheOptions { MinFreeFraction = 0.05, MeasureDisk = _ => new DiskSpace(100 * Block, Interlocked.Read(ref free)) }, clock);
        await UseAsync(fixture, "a");
        await UseAsync(fixture, "b");

        Interlocked.Exchange(ref free, 4 * Block);
        clock.Advance(fixture.Options.DiskCheckInterval);

        Assert.False(IsComplete(fixture, "a"));
        Assert.True(IsComplete(fixture, "b")); // no more than is needed
    }

    [Fact]
    public async Task A_file_whose_block_checksums_are_known_is_adopted_unread_and_a_changed_block_is_still_found()
    {
        await using ContentFixture fixture = new((3 * Block) + 9);
        string spooled = Path.Combine(fixture.Folder, "spooled");
        byte[] rotten = [.. fixture.Bytes];
        rotten[Block + 5] ^= 1;
        File.WriteAllBytes(spooled, rotten);
        ulong[] blocks = [.. fixture.Bytes.Chunk(Block).Select(block => XxHash3.HashToUInt64(block))];

        Assert.Equal(FsError.None, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length, spooled, XxHash128.HashToUInt128(fixture.Bytes), blocks));

        using CachedContent content = fixture.Acquire();
        await fixture.ReadWholeAsync(content, 5000);
        Assert.Equal([((long)Block, (long)Block)], fixture.Delivery.Ranges);
        Assert.Equal(1, fixture.Cache.Stats.Corrupt);
    }

    [Theory]
    [InlineData(5000)]
    [InlineData(Block)]
    [InlineData(4 * Block)]
    public async Task A_corrupt_block_is_found_in_whatever_pieces_it_is_read(int step)
    {
        await using ContentFixture fixture = new((5 * Block) + 77);
        using (CachedContent content = fixture.Acquire())
            Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));
        await fixture.RestartAsync();
        using (FileStream data = new(fixture.DataFile(ContentFixture.Key), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite) { Position = (2 * Block) + 100 })
            data.WriteByte((byte)~fixture.Bytes[(2 * Block) + 100]);

        using CachedContent again = fixture.Acquire();
        await fixture.ReadWholeAsync(again, step);

        Assert.Equal(1, fixture.Cache.Stats.Corrupt);
        Assert.Equal(2, fixture.Delivery.Requests.Count);
    }

    [Fact]
    public async Task An_adopted_file_is_read_without_a_request()
    {
        await using ContentFixture fixture = new((3 * Block) + 9);
        string spooled = Path.Combine(fixture.Folder, "spooled");
        File.WriteAllBytes(spooled, fixture.Bytes);

        Assert.Equal(FsError.None, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length, spooled, XxHash128.HashToUInt128(fixture.Bytes)));

        Assert.False(File.Exists(spooled));
        Assert.True(fixture.Cache.IsComplete(ContentFixture.Key, fixture.Bytes.Length));
        await fixture.RestartAsync();
        using CachedContent content = fixture.Acquire();
        await fixture.ReadWholeAsync(content, 5000);
        Assert.Empty(fixture.Delivery.Requests);
        Assert.Equal(fixture.Bytes.Length + MapFormat.FileBytes(4), fixture.Cache.Stats.Bytes);
    }

    [SkippableFact]
    public async Task A_file_of_another_file_system_is_adopted_by_copy()
    {
        const string OtherFileSystem = "/dev/shm";
        Skip.IfNot(Directory.Exists(OtherFileSystem), "no second file system");
        await using ContentFixture fixture = new((3 * Block) + 9);
        string spooled = Path.Combine(OtherFileSystem, Path.GetRandomFileName());
        File.WriteAllBytes(spooled, fixture.Bytes);

        Assert.Equal(FsError.None, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length, spooled, null));

        Assert.False(File.Exists(spooled));
        using CachedContent content = fixture.Acquire();
        await fixture.ReadWholeAsync(content, 5000);
        Assert.Empty(fixture.Delivery.Requests);
    }

    [Fact]
    public async Task Adopting_serves_those_who_hold_and_wait()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 10, new ReadaheadWindow()));
        string spooled = Path.Combine(fixture.Folder, "spooled");
        File.WriteAllBytes(spooled, fixture.Bytes);

        Assert.Equal(FsError.None, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length, spooled, null));

        Assert.True(content.IsComplete);
        await fixture.ReadWholeAsync(content, Block);
        Assert.Single(fixture.Delivery.Requests);
        Assert.Equal((4 * Block) + MapFormat.FileBytes(4), fixture.Cache.Stats.Bytes);
    }

    [Fact]
    public async Task Adopting_answers_a_reader_whose_fetch_is_still_under_way()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        TaskCompletionSource gate = new();
        fixture.Delivery.Before = _ => gate.Task;
        Task<FsError> waiting = fixture.ReadAsync(content, 0, 2 * Block, new ReadaheadWindow());
        await fixture.Delivery.AskedAsync(1);
        string spooled = Path.Combine(fixture.Folder, "spooled");
        File.WriteAllBytes(spooled, fixture.Bytes);

        Assert.Equal(FsError.None, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length, spooled, null));
        gate.SetResult();

        Assert.Equal(FsError.None, await waiting);
        Assert.True(content.IsComplete);
        Assert.Single(fixture.Delivery.Requests);
        Assert.Equal((4 * Block) + MapFormat.FileBytes(4), fixture.Cache.Stats.Bytes);
        Assert.Equal(0, fixture.Log.CountOf(LogLevel.Warning));
    }

    [Fact]
    public async Task A_file_that_cannot_be_adopted_stays_where_it_is()
    {
        await using ContentFixture fixture = new(4 * Block, new ContentCacheOptions { MinFreeFraction = 0, MaxBytes = 3 * Block });
        string spooled = Path.Combine(fixture.Folder, "spooled");
        File.WriteAllBytes(spooled, fixture.Bytes);

        Assert.Equal(FsError.NoSpace, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length, spooled, null));
        Assert.Equal(FsError.LocalFailure, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length, spooled, UInt128.One));
        Assert.Equal(FsError.LocalFailure, fixture.Cache.Adopt(ContentFixture.Key, fixture.Bytes.Length - 1, spooled, null));

        Assert.True(File.Exists(spooled));
        Assert.Equal(0, fixture.Cache.Stats.Bytes);
    }

    [Fact]
    public async Task Removing_waits_for_the_last_holder()
    {
        await using ContentFixture fixture = new(2 * Block);
        CachedContent content = fixture.Acquire();
        Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));

        fixture.Cache.Remove(ContentFixture.Key);
        await fixture.ReadWholeAsync(content, Block);
        Assert.Single(fixture.Delivery.Requests);
        content.Dispose();

        Assert.Equal(0, fixture.Cache.Stats.Bytes);
        Assert.False(File.Exists(fixture.DataFile(ContentFixture.Key)));
    }

    [Fact]
    public async Task A_deleted_cache_folder_costs_requests_and_one_warning()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent open = fixture.Acquire("open");
        Assert.Equal(FsError.None, await fixture.ReadAsync(open, 0, 10, new ReadaheadWindow()));

        Directory.Delete(fixture.CacheFolder, recursive: true);

        await fixture.ReadWholeAsync(open, Block);
        foreach (string version in (string[])["x", "y"])
        {
            using CachedContent content = fixture.Acquire(version);
            await fixture.ReadWholeAsync(content, Block);
            Assert.False(content.IsComplete);
        }

        Assert.Equal(1, fixture.Log.CountOf(LogLevel.Warning));
        Assert.False(Directory.Exists(fixture.CacheFolder));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_costs_requests_and_one_warning()
    {
        await using ContentFixture fixture = new(4 * Block);
        string folder = Path.GetDirectoryName(fixture.DataFile(ContentFixture.Key))!;
        File.WriteAllText(folder, "a file where a folder should be");

        using CachedContent content = fixture.Acquire();
        await fixture.ReadWholeAsync(content, Block);

        Assert.Equal(1, fixture.Log.CountOf(LogLevel.Warning));
        Assert.Equal(0, fixture.Cache.Stats.Bytes);
    }

    private static bool IsComplete(ContentFixture fixture, string version) =>
        fixture.Cache.IsComplete(new ContentKey("file1", version), fixture.Bytes.Length);

    private static async Task UseAsync(ContentFixture fixture, string version)
    {
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        using CachedContent content = fixture.Acquire(version);
        Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));
    }

    private static void Flip(string path, long offset)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }
}
