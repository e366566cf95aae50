using ImageKitFs.Core.Api;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ImageKitFs.Core.Tests.Content;

public sealed class IntegrityTests
{
    private const int Block = ContentFixture.Block;

    [Fact]
    public async Task A_whole_body_is_accepted_and_what_passes_by_is_kept()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        fixture.Delivery.Script = (_, _, honest) => honest with { Status = 200, BodyOffset = 0, Body = fixture.Bytes };

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, (2 * Block) + 10, 100, new ReadaheadWindow()));
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 2 * Block, new ReadaheadWindow()));

        Assert.Single(fixture.Delivery.Requests);
    }

    [Fact]
    public async Task A_longer_body_is_cut_at_what_was_asked()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        fixture.Delivery.Script = (request, _, honest) => honest with { Body = fixture.Bytes[(int)request.Offset..] };

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));

        Assert.Equal(Block + MapFormat.FileBytes(4), fixture.Cache.Stats.Bytes);
    }

    [Theory]
    [InlineData("total")]
    [InlineData("no total")]
    [InlineData("offset")]
    [InlineData("etag")]
    [InlineData("modified")]
    public async Task A_reply_of_another_version_is_asked_for_again_past_the_caches(string lie)
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
        fixture.Delivery.Script = (_, index, honest) => index == 1 ? Lie(lie, honest) : honest;

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 2 * Block, 100, new ReadaheadWindow()));

        Assert.Equal(["version1", "version1", "version1-r1"], fixture.Delivery.Requests.Select(r => r.CacheBuster));
        Assert.All(fixture.Locator.Attempts, attempt => Assert.Equal(0, attempt));
    }

    [Theory]
    [InlineData("total")]
    [InlineData("etag")]
    public async Task The_versions_own_row_is_the_next_place_and_is_remembered(string lie)
    {
        await using ContentFixture fixture = new(6 * Block);
        using CachedContent content = fixture.Acquire();
        DeliveryTarget own = FakeLocator.Start with { ObjectVersion = "old-one" };
        fixture.Locator.Answer = attempt => attempt == 0 ? FakeLocator.Start : own;
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
        fixture.Delivery.Script = (request, _, honest) => request.ObjectVersion is null ? Lie(lie, honest) : honest;

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 2 * Block, 100, new ReadaheadWindow()));
        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 4 * Block, 100, new ReadaheadWindow()));

        Assert.Equal([null, null, null, "old-one", "old-one"], fixture.Delivery.Requests.Select(r => r.ObjectVersion));
        Assert.Equal([0, 0, 1, 0], fixture.Locator.Attempts);
    }

    [Fact]
    public async Task Bytes_that_stay_wrong_are_an_error_with_one_line_and_nothing_of_them_is_kept()
    {
        await using ContentFixture fixture = new(4 * Block);
        using (CachedContent content = fixture.Acquire())
        {
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
            fixture.Delivery.Script = (_, _, honest) => Lie("etag", honest);

            Assert.Equal(FsError.Remote, await fixture.ReadAsync(content, 2 * Block, 100, new ReadaheadWindow()));

            Assert.Equal(4, fixture.Delivery.Requests.Count);
            (LogLevel _, string text) = Assert.Single(fixture.Log.Lines, line => line.Level == LogLevel.Error);
            Assert.Contains("ETag \"two\" where it was \"one\"", text, StringComparison.Ordinal);
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, 50, 100, new ReadaheadWindow())); // what was opened stays
        }

        // Which of the two was the version nobody knows: the next holder begins anew.
        Assert.Equal(0, fixture.Cache.Stats.Files);
    }

    [Fact]
    public async Task An_identity_outlives_the_process_so_that_versions_cannot_mix()
    {
        await using ContentFixture fixture = new(4 * Block);
        using (CachedContent content = fixture.Acquire())
            Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
        await fixture.RestartAsync();
        fixture.Delivery.Script = (_, _, honest) => Lie("etag", honest);

        using CachedContent again = fixture.Acquire();
        Assert.Equal(FsError.None, await fixture.ReadAsync(again, 0, 100, new ReadaheadWindow()));
        Assert.Equal(FsError.Remote, await fixture.ReadAsync(again, 0, 2 * Block, new ReadaheadWindow()));
    }

    [Fact]
    public async Task A_404_looks_the_path_up_again()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        fixture.Locator.Answer = attempt => attempt == 0 ? FakeLocator.Start : FakeLocator.Start with { RemotePath = "/b/moved.jpg" };
        fixture.Delivery.Script = (request, _, honest) => request.RemotePath == "/b/moved.jpg" ? honest : NotFound(honest);

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));

        Assert.Equal(["/a/photo.jpg", "/b/moved.jpg"], fixture.Delivery.Requests.Select(r => r.RemotePath));
    }

    [Fact]
    public async Task A_version_that_is_gone_is_stale()
    {
        await using ContentFixture fixture = new(4 * Block);
        using CachedContent content = fixture.Acquire();
        fixture.Delivery.Script = (_, _, honest) => NotFound(honest);

        Assert.Equal(FsError.Stale, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
        Assert.Equal([0, 1, 2], fixture.Locator.Attempts);

        fixture.Locator.Answer = attempt => attempt == 0 ? FakeLocator.Start : FsError.Stale;
        Assert.Equal(FsError.Stale, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_ends_early_keeps_whole_blocks_and_the_rest_is_asked_for(bool breaks)
    {
        await using ContentFixture fixture = new(8 * Block);
        using CachedContent content = fixture.Acquire();
        fixture.Delivery.Script = (_, index, honest) => index == 0
            ? honest with { Body = honest.Body[..((2 * Block) + 5)], BreaksWith = breaks ? new IOException("reset") : null }
            : honest;

        Assert.Equal(FsError.None, await fixture.ReadAsync(content, 0, 5 * Block, new ReadaheadWindow()));

        Assert.Equal([(0L, 8L * Block), (2 * Block, 6 * Block)], fixture.Delivery.Ranges);
        Assert.Single(fixture.Time.Waits);
    }

    [Theory]
    [InlineData(false, FsError.Remote, 5)]
    [InlineData(true, FsError.TimedOut, 3)]
    public async Task Connections_that_keep_breaking_end_in_an_error(bool times, FsError expected, int requests)
    {
        await using ContentFixture fixture = new(8 * Block);
        using CachedContent content = fixture.Acquire();
        fixture.Delivery.Script = (_, _, honest) => honest with { Body = [1], BreaksWith = times ? new TimeoutException("no byte for 30 s") : new IOException("reset") };

        Assert.Equal(expected, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));

        Assert.Equal(requests, fixture.Delivery.Requests.Count);
        Assert.Equal(0, fixture.Cache.Stats.Bytes - MapFormat.FileBytes(8));
    }

    [Theory]
    [InlineData(nameof(ApiErrorKind.Unauthorized), FsError.AccessDenied, 1)]
    [InlineData(nameof(ApiErrorKind.Forbidden), FsError.AccessDenied, 1)]
    [InlineData(nameof(ApiErrorKind.RateLimited), FsError.Throttled, 1)]
    [InlineData(nameof(ApiErrorKind.TimedOut), FsError.TimedOut, 1)]
    [InlineData(nameof(ApiErrorKind.Refused), FsError.Remote, 1)]
    [InlineData(nameof(ApiErrorKind.Network), FsError.Remote, 2)]
    [InlineData(nameof(ApiErrorKind.Server), FsError.Remote, 2)]
    public async Task Errors_of_the_service_are_mapped(string kind, FsError expected, int requests)
    {
        await using ContentFixture fixture = new(Block);
        using CachedContent content = fixture.Acquire();
        fixture.Delivery.Script = (_, _, honest) => honest with { Error = new ApiError(Enum.Parse<ApiErrorKind>(kind), 0, "no") };

        Assert.Equal(expected, await fixture.ReadAsync(content, 0, 100, new ReadaheadWindow()));
        Assert.Equal(requests, fixture.Delivery.Requests.Count);
    }

    private static FakeReply NotFound(FakeReply honest) => honest with { Error = new ApiError(ApiErrorKind.NotFound, 404, "Not Found") };

    private static FakeReply Lie(string lie, FakeReply honest) => lie switch
    {
        "total" => honest with { Total = honest.Total + 1, Body = new byte[honest.Body.Length] },
        "no total" => honest with { Total = null, Body = new byte[honest.Body.Length] },
        "offset" => honest with { BodyOffset = honest.BodyOffset + 1, Body = new byte[honest.Body.Length] },
        "etag" => honest with { ETag = "\"two\"", Body = new byte[honest.Body.Length] },
        "modified" => honest with { LastModified = honest.LastModified!.Value.AddSeconds(1), Body = new byte[honest.Body.Length] },
        _ => throw new ArgumentOutOfRangeException(nameof(lie)),
    };
}
