using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using Xunit;

namespace ImageKitFs.Core.Tests.Content;

public sealed class SharingTests
{
    private const int Block = ContentFixture.Block;

    [Fact]
    public async Task Fifty_readers_of_one_block_are_one_request()
    {
        await using ContentFixture fixture = new(4 * Block);
        TaskCompletionSource gate = new();
        fixture.Delivery.Before = _ => gate.Task;
        List<CachedContent> holders = [];
        List<Task<FsError>> reads = [];

        for (int i = 0; i < 50; i++)
        {
            holders.Add(fixture.Acquire());
            reads.Add(fixture.ReadAsync(holders[i], 100 * i, 1000, new ReadaheadWindow()));
        }

        gate.SetResult();
        Assert.All(await Task.WhenAll(reads), error => Assert.Equal(FsError.None, error));
        Assert.Equal([(0L, Block)], fixture.Delivery.Ranges);
        holders.ForEach(holder => holder.Dispose());
    }

    [Fact]
    public async Task A_cancelled_reader_leaves_at_once_and_the_others_get_their_block()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        TaskCompletionSource gate = new();
        fixture.Delivery.Before = _ => gate.Task;
        using CancellationTokenSource interrupted = new();
        Task<FsError> first = fixture.ReadAsync(content, 0, 100, new ReadaheadWindow(), interrupted.Token);
        Task<FsError> second = fixture.ReadAsync(content, 50, 100, new ReadaheadWindow());

        interrupted.Cancel();

        Assert.Equal(FsError.Interrupted, await first);
        Assert.False(second.IsCompleted);
        gate.SetResult();
        Assert.Equal(FsError.None, await second);
        Assert.Single(fixture.Delivery.Requests);
        Assert.Equal(0, fixture.Delivery.CanceledCount);
    }

    [Fact]
    public async Task A_fetch_that_nobody_waits_for_any_more_is_cancelled_and_can_be_repeated()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        TaskCompletionSource never = new();
        fixture.Delivery.Before = _ => never.Task;
        using CancellationTokenSource interrupted = new();
        Task<FsError> read = fixture.ReadAsync(content, 0, 100, new ReadaheadWindow(), interrupted.Token);
        await fixture.Delivery.AskedAsync(1);

        interrupted.Cancel();

        Assert.Equal(FsError.Interrupted, await read);
        await fixture.Delivery.Canceled.Task;
        fixture.Delivery.Before = _ => Task.CompletedTask;
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
    }

    [Fact]
    public async Task The_last_holder_takes_the_fetches_with_it()
    {
        await using ContentFixture fixture = new(4 * Block);
        CachedContent content = fixture.Acquire();
        TaskCompletionSource never = new();
        fixture.Delivery.Before = _ => never.Task;
        Task<FsError> fetch = content.FetchAllAsync(CancellationToken.None);
        await fixture.Delivery.AskedAsync(1);

        content.Dispose();

        Assert.Equal(FsError.Interrupted, await fetch);
        await fixture.Delivery.Canceled.Task;
    }

    [Fact]
    public async Task Fetching_all_fills_the_holes_and_nothing_else()
    {
        await using ContentFixture fixture = new((9 << 20) + 5);
        using CachedContent content = fixture.Acquire();
        using ReadaheadWindow window = new();
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 3 << 20, 100, window));

        Assert.Equal(FsError.None, await content.FetchAllAsync(CancellationToken.None));

        Assert.True(content.IsComplete);
        Assert.Equal(fixture.Bytes.Length, fixture.Cache.Stats.FetchedBytes);
        await fixture.ReadWholeAsync(content, 1 << 20);
        Assert.Equal(fixture.Bytes.Length, fixture.Cache.Stats.FetchedBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_readers_see_the_right_bytes_whatever_breaks(int seed)
    {
        const int Size = (40 * Block) + 4321;
        await using ContentFixture fixture = new(Size, new ContentCacheOptions { MinFreeFraction = 0, MaxRangeBytes = 4 * Block, MaxWindowBytes = 16 * Block, MaxWaitedWindowBytes = 16 * Block, MinRangeBytes = Block, MaxAheadRangeBytes = 4 * Block, MaxBytes = 30 * Block });
        Random faults = new(seed);
        Lock gate = new();
        fixture.Delivery.Script = (request, _, honest) =>
        {
            int roll;
            int cut;
            lock (gate)
                (roll, cut) = (faults.Next(10), faults.Next(honest.Body.Length));
            return roll switch
            {
                0 => honest with { Body = honest.Body[..cut] },
                1 => honest with { Body = honest.Body[..cut], BreaksWith = new IOException("reset") },
                2 => honest with { Status = 200, BodyOffset = 0, Body = fixture.Bytes },
                3 => honest with { Total = Size + 1, Body = new byte[honest.Body.Length] },
                4 => honest with { ETag = "\"other\"", Body = new byte[honest.Body.Length] },
                _ => honest,
            };
        };
        // The first reply decides who is right; let it be an honest one.
        using CachedContent holder = fixture.Acquire();
        Func<Core.Api.DeliveryRequest, int, FakeReply, FakeReply> script = fixture.Delivery.Script;
        fixture.Delivery.Script = (_, _, honest) => honest;
        Assert.Equal(FsError.None, await fixture.ReadAsync(holder, 0, 1, new ReadaheadWindow()));
        fixture.Delivery.Script = script;

        int failures = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(reader => Task.Run(async () =>
        {
            Random random = new((seed * 100) + reader);
            using ReadaheadWindow window = new();
            long offset = 0;
            for (int i = 0; i < 60; i++)
            {
                if (random.Next(4) == 0)
                    offset = random.Next(Size);
                int length = random.Next(1, 3 * Block);
                using CachedContent content = fixture.Acquire();
                FsError error = await fixture.ReadAsync(content, offset, length, window);
                Assert.Contains(error, (FsError[])[FsError.None, FsError.Remote]);
                if (error != FsError.None)
                    Interlocked.Increment(ref failures);
                offset = Math.Min(Size, offset + length);
                Assert.True(fixture.Cache.Stats.Bytes <= fixture.Options.MaxBytes);
            }
        })));

        Assert.InRange(failures, 0, 240);
    }
}
