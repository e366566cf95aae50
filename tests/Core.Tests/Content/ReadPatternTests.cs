using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using Xunit;

namespace ImageKitFs.Core.Tests.Content;

public sealed class ReadPatternTests
{
    private const int Block = ContentFixture.Block;

    [Theory]
    [InlineData(Block)]
    [InlineData(8192)]
    [InlineData(1000)]
    public async Task A_head_costs_one_block_in_whatever_pieces_it_is_read(int step)
    {
        await using ContentFixture fixture = new(200_000);
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();

        for (int offset = 0; offset + step <= Block; offset += step)
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, offset, step, window));

        Assert.Equal([(0L, Block)], fixture.Delivery.Ranges);
        Assert.Equal(Block, fixture.Cache.Stats.FetchedBytes);
    }

    [Fact]
    public async Task Two_hundred_heads_are_two_hundred_requests_of_one_block()
    {
        await using ContentFixture fixture = new(200_000);

        for (int i = 0; i < 200; i++)
        {
            using CachedContent content = fixture.Acquire($"v{i}");
            using ReadaheadWindow window = new();
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, Block, window));
        }

        Assert.Equal(200, fixture.Delivery.Requests.Count);
        Assert.Equal(200L * Block, fixture.Cache.Stats.FetchedBytes);
    }

    [Theory]
    [InlineData(8192)]
    [InlineData(Block)]
    public async Task A_small_file_read_in_order_takes_two_requests(int step)
    {
        await using ContentFixture fixture = new(200_000);
        using CachedContent content = fixture.Acquire();

        await fixture.ReadWholeAsync(content, step);

        Assert.Equal([(0L, Block), (Block, 200_000 - Block)], fixture.Delivery.Ranges);
        Assert.True(content.IsComplete);
    }

    [Theory]
    [InlineData(2 * Block, 200_000)]
    [InlineData(4 * Block, 350_000)]
    [InlineData(16 * Block, 1_200_000)]
    public async Task A_small_file_read_by_a_copier_takes_one_request(int step, int size)
    {
        await using ContentFixture fixture = new(size);
        using CachedContent content = fixture.Acquire();

        await fixture.ReadWholeAsync(content, step);

        Assert.Equal([(0L, size)], fixture.Delivery.Ranges);
        Assert.True(content.IsComplete);
    }

    [Fact]
    public async Task A_first_read_of_a_mebibyte_brings_little_beyond_it()
    {
        await using ContentFixture fixture = new(20_000_001);
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 16 * Block, window));

        Assert.Equal([(0L, 20 * Block)], fixture.Delivery.Ranges);
    }

    [Fact]
    public async Task Nothing_is_read_ahead_while_too_much_is_being_fetched()
    {
        await using ContentFixture fixture = new(20_000_001, new ContentCacheOptions { MinFreeFraction = 0, MaxFetchesForAhead = 0 });
        using CachedContent content = fixture.Acquire();

        await fixture.ReadWholeAsync(content, 2 * Block);

        Assert.All(fixture.Delivery.Requests, request => Assert.InRange(request.Length, 1, 2 * Block));
        Assert.Equal(20_000_001, fixture.Cache.Stats.FetchedBytes);
    }

    [Fact]
    public void A_file_counts_as_read_whole_once_and_only_when_all_of_it_was_asked_for()
    {
        using ReadaheadWindow window = new();
        BlockLayout layout = new(10 * Block, Block);
        ContentCacheOptions options = new();
        void Read(int from, int to) => window.OnRead(from * Block, (to - from) * Block, isMiss: false, layout, options);

        // The parts of one large read in any order, and a gap that closes last.
        Read(2, 4);
        Read(0, 2);
        Read(6, 8);
        Read(8, 10);
        Assert.False(window.TryFinish(10 * Block));
        Read(4, 6);

        Assert.True(window.TryFinish(10 * Block));
        Assert.False(window.TryFinish(10 * Block));
        Assert.Equal(10 * Block, window.AskedBytes);
    }

    [Fact]
    public void Head_and_tail_are_not_a_file_read_whole()
    {
        using ReadaheadWindow window = new();
        BlockLayout layout = new(10 * Block, Block);
        ContentCacheOptions options = new();
        for (int again = 0; again < 10; again++)
        {
            window.OnRead(0, Block, isMiss: false, layout, options);
            window.OnRead(9 * Block, Block, isMiss: false, layout, options);
        }

        Assert.False(window.TryFinish(10 * Block));
        Assert.Equal(20 * Block, window.AskedBytes);
    }

    [Fact]
    public async Task Head_and_tail_of_a_large_file_move_three_blocks()
    {
        await using ContentFixture fixture = new(20_000_001);
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, Block, window));
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 20_000_001 - Block, 8192, window));
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 20_000_001 - Block + 8192, Block - 8192, window));

        Assert.True(fixture.Cache.Stats.FetchedBytes <= 6 * Block, $"{fixture.Cache.Stats.FetchedBytes} bytes");
        Assert.All(fixture.Delivery.Requests, request => Assert.True(request.Length <= 2 * Block));
    }

    [Fact]
    public async Task Random_reads_fetch_only_their_own_blocks()
    {
        await using ContentFixture fixture = new(64 * Block);
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();

        foreach (int block in (int[])[40, 3, 21, 60, 9])
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, (block * Block) + 100, 4096, window));

        Assert.Equal([40L * Block, 3 * Block, 21 * Block, 60 * Block, 9 * Block], fixture.Delivery.Requests.Select(r => r.Offset));
        Assert.All(fixture.Delivery.Requests, request => Assert.Equal(Block, request.Length));
    }

    [Fact]
    public async Task Sequential_reading_doubles_and_asks_for_no_byte_twice()
    {
        const int Size = (24 << 20) + 777;
        await using ContentFixture fixture = new(Size);
        using CachedContent content = fixture.Acquire();

        await fixture.ReadWholeAsync(content, 128 << 10);

        (long Offset, long Length)[] ranges = fixture.Delivery.Ranges;
        long next = 0;
        foreach ((long offset, long length) in ranges)
        {
            Assert.Equal(next, offset);
            Assert.InRange(length, 1, 3 << 20);
            next += length;
        }

        Assert.Equal(Size, next);
        Assert.Equal((0L, 256L << 10), ranges[0]);
        Assert.True(ranges.Length <= 20, $"{ranges.Length} requests");
        Assert.Equal(Size, fixture.Cache.Stats.FetchedBytes);
    }

    [Fact]
    public async Task As_many_ranges_as_allowed_are_in_flight_ahead_of_the_reader_and_no_more()
    {
        await using ContentFixture fixture = new(40 << 20, new ContentCacheOptions { MinFreeFraction = 0, MaxRangesInFlight = 4 });
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();
        TaskCompletionSource never = new();
        long stalledFrom = 6 << 20;
        fixture.Delivery.Before = request => request.Offset >= stalledFrom ? never.Task : Task.CompletedTask;

        for (long offset = 0; offset < stalledFrom; offset += 1 << 20)
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, offset, 1 << 20, window));
        int before = fixture.Delivery.Requests.Count(r => r.Offset < stalledFrom);
        await fixture.Delivery.AskedAsync(before + 1);

        window.Dispose();
        await fixture.Delivery.Canceled.Task;
        Assert.InRange(fixture.Delivery.Requests.Count(r => r.Offset >= stalledFrom), 1, 4);
    }

    [Fact]
    public async Task A_jump_cancels_what_was_fetched_ahead()
    {
        await using ContentFixture fixture = new(20 << 20);
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();
        TaskCompletionSource never = new();
        fixture.Delivery.Before = request => request.Offset is >= 3 << 20 and < 15 << 20 ? never.Task : Task.CompletedTask;
        for (long offset = 0; offset < 3 << 20; offset += 1 << 20)
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, offset, 1 << 20, window));
        await fixture.Delivery.AskedAsync(3); // the third and on are ahead of the reader

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 18 << 20, 4096, window));

        await fixture.Delivery.Canceled.Task;
        Assert.Equal(0, fixture.Log.Lines.Count(line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning));
    }

    [Fact]
    public async Task An_empty_file_and_reads_past_the_end_ask_nothing()
    {
        await using ContentFixture fixture = new(0);
        using CachedContent empty = fixture.Acquire();
        using ReadaheadWindow window = new();

        FsResult<int> read = await empty.ReadAsync(0, new byte[10], window, CancellationToken.None);

        Assert.Equal(0, read.Value);
        Assert.True(empty.IsComplete);
        Assert.Equal(FsError.None, await empty.FetchAllAsync(CancellationToken.None));
        Assert.Empty(fixture.Delivery.Requests);
    }

    [Fact]
    public async Task Local_blocks_are_read_at_once()
    {
        await using ContentFixture fixture = new(3 * Block);
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();
        Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));
        byte[] buffer = new byte[2 * Block];

        long before = GC.GetAllocatedBytesForCurrentThread();
        ValueTask<FsResult<int>> read = content.ReadAsync(5, buffer, window, CancellationToken.None);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal(buffer.Length, (await read).Value);
        Assert.Equal(0, allocated);
        Assert.Single(fixture.Delivery.Requests);
    }
}
