using ImageKitFs.Core.Api;
using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

public sealed class DirectoryTreeTests
{
    private static readonly ApiError Offline = new(ApiErrorKind.Network, 0, "no route");

    private readonly TreeFixture _fixture = new();

    private ScriptedLibrary Library => _fixture.Library;

    private DirectoryTree Tree => _fixture.Tree;

    [Fact]
    public async Task Within_the_ttl_a_listing_answers_at_once_and_afterwards_it_is_fetched_again()
    {
        Library.Folders["/"] = TreeFixture.Files(3);
        Listing first = await _fixture.GetAsync();

        _fixture.Clock.Advance(TimeSpan.FromSeconds(59));
        ValueTask<TreeResult> second = Tree.GetAsync("/", CancellationToken.None);
        Assert.True(second.IsCompletedSuccessfully);
        Assert.Same(first, (await second).Listing);
        Assert.True(Tree.TryPeek("/", out _, out TimeSpan freshFor));
        Assert.Equal(TimeSpan.FromSeconds(1), freshFor);

        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Tree.TryPeek("/", out _, out freshFor));
        Assert.True(freshFor <= TimeSpan.Zero);
        Assert.NotSame(first, await _fixture.GetAsync());
        Assert.Equal(2, Library.Requests.Count);
    }

    [Fact]
    public async Task All_who_ask_share_one_fetch_and_are_answered_after_the_refresh_was_told()
    {
        Library.IsHeld = true;
        Task<Listing>[] asking = [.. Enumerable.Range(0, 5).Select(_ => _fixture.GetAsync())];
        bool anyAnswered = true;
        Tree.Refreshed = (old, _) => anyAnswered = old is not null || asking.Any(task => task.IsCompleted);

        (await Library.NextAsync()).Gate.SetResult();
        Listing[] answers = await Task.WhenAll(asking);

        Assert.False(anyAnswered);
        Assert.Single(Library.Requests);
        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task A_proof_never_comes_from_a_fetch_in_flight_and_proofs_share_the_next()
    {
        Library.IsHeld = true;
        Task<Listing> browsing = _fixture.GetAsync();
        Task<TreeResult> proof = Tree.FetchAsync("/", CancellationToken.None).AsTask();
        Task<TreeResult> proof2 = Tree.FetchAsync("/", CancellationToken.None).AsTask();
        Assert.Single(Library.Requests);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        long asked = _fixture.Clock.GetTimestamp();

        (await Library.NextAsync()).Gate.SetResult();
        Listing browsed = await browsing;
        Assert.False(proof.IsCompleted);
        Library.Folders["/"] = TreeFixture.Files(1);
        (await Library.NextAsync()).Gate.SetResult();

        Assert.Equal(0, browsed.Count);
        Assert.Equal(1, (await proof).Listing!.Count);
        Assert.Same((await proof).Listing, (await proof2).Listing);
        Assert.True((await proof).Listing!.RequestedAt >= asked);
        Assert.Equal(2, Library.Requests.Count);
        Assert.Equal(2, _fixture.Refreshes.Count);
        Assert.Same(browsed, _fixture.Refreshes[1].Old);
    }

    [Fact]
    public async Task A_proof_is_asked_for_even_when_a_fresh_listing_is_known()
    {
        await _fixture.GetAsync();
        Library.Folders["/"] = TreeFixture.Files(1);

        TreeResult proof = await Tree.FetchAsync("/", CancellationToken.None);

        Assert.Equal(1, proof.Listing!.Count);
    }

    [Fact]
    public async Task One_caller_who_gives_up_does_not_end_the_fetch_and_the_last_one_does()
    {
        Library.IsHeld = true;
        using var impatient = new CancellationTokenSource();
        using var patient = new CancellationTokenSource();
        Task<TreeResult> first = Tree.GetAsync("/", impatient.Token).AsTask();
        Task<TreeResult> second = Tree.GetAsync("/", patient.Token).AsTask();
        ScriptedLibrary.Held request = await Library.NextAsync();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(request.Token.IsCancellationRequested);

        await patient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.True(request.Token.IsCancellationRequested);
        Assert.Empty(_fixture.Refreshes);
    }

    [Fact]
    public async Task Who_comes_after_an_abandoned_fetch_gets_a_new_one()
    {
        Library.IsHeld = true;
        using var impatient = new CancellationTokenSource();
        Task<TreeResult> first = Tree.GetAsync("/", impatient.Token).AsTask();
        await Library.NextAsync();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Task<Listing> second = _fixture.GetAsync();
        (await Library.NextAsync()).Gate.SetResult();

        Assert.Equal(0, (await second).Count);
    }

    [Fact]
    public async Task A_queued_proof_starts_when_the_fetch_before_it_is_abandoned()
    {
        Library.IsHeld = true;
        using var impatient = new CancellationTokenSource();
        Task<TreeResult> first = Tree.GetAsync("/", impatient.Token).AsTask();
        Task<TreeResult> proof = Tree.FetchAsync("/", CancellationToken.None).AsTask();
        await Library.NextAsync();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        (await Library.NextAsync()).Gate.SetResult();

        Assert.True((await proof).Ok);
    }

    [Fact]
    public async Task Offline_the_old_listing_answers_and_attempts_back_off()
    {
        Library.Folders["/"] = TreeFixture.Files(3);
        Listing known = await _fixture.GetAsync();
        Library.Fail = _ => Offline;
        _fixture.PassTtl();

        foreach (int seconds in (int[])[5, 10, 20, 40, 60, 60])
        {
            int requests = Library.Requests.Count;
            TreeResult stale = await Tree.GetAsync("/", CancellationToken.None);
            Assert.True(stale.IsStale);
            Assert.Same(known, stale.Listing);
            Assert.Equal(ApiErrorKind.Network, stale.Error.Kind);
            _fixture.Clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.Same(known, (await Tree.GetAsync("/", CancellationToken.None)).Listing);
            Assert.Equal(requests + 1, Library.Requests.Count);
            _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Library.Fail = null;
        TreeResult back = await Tree.GetAsync("/", CancellationToken.None);
        Assert.True(back is { Ok: true, IsStale: false });
        Assert.Equal(2, _fixture.Refreshes.Count);
    }

    [Fact]
    public async Task A_proof_is_never_stale()
    {
        await _fixture.GetAsync();
        Library.Fail = _ => Offline;
        _fixture.PassTtl();
        Assert.True((await Tree.GetAsync("/", CancellationToken.None)).IsStale);

        TreeResult proof = await Tree.FetchAsync("/", CancellationToken.None);

        Assert.False(proof.Ok);
        Assert.Equal(3, Library.Requests.Count); // asked in spite of the back-off
    }

    [Theory]
    [InlineData(ApiErrorKind.Unauthorized, 401)]
    [InlineData(ApiErrorKind.Forbidden, 403)]
    public async Task A_definite_refusal_is_an_error_even_when_an_old_listing_is_known(object kind, int status)
    {
        await _fixture.GetAsync();
        Library.Fail = _ => new ApiError((ApiErrorKind)kind, status, "no");
        _fixture.PassTtl();

        TreeResult result = await Tree.GetAsync("/", CancellationToken.None);

        Assert.False(result.Ok);
        Assert.Equal(status, result.Error.Status);
        Assert.True(Tree.TryPeek("/", out _, out _));
    }

    [Fact]
    public async Task With_nothing_known_a_passing_failure_is_an_error()
    {
        Library.Fail = _ => Offline;

        TreeResult result = await Tree.GetAsync("/", CancellationToken.None);

        Assert.False(result.Ok);
        Assert.False(Tree.TryPeek("/", out _, out _));
    }

    [Fact]
    public async Task A_seeded_listing_is_not_replaced_by_a_fetch_that_was_in_flight()
    {
        Library.Folders["/a"] = [TreeFixture.File(1, "old", "/a")];
        Library.IsHeld = true;
        Task<Listing> asking = _fixture.GetAsync("/a");
        Tree.Seed(Listing.Empty("/a", _fixture.Clock.GetTimestamp()));

        (await Library.NextAsync()).Gate.SetResult();

        Assert.Equal(0, (await asking).Count);
        Assert.Equal(0, (await _fixture.GetAsync("/a")).Count);
        Assert.Single(Library.Requests);
    }

    [Fact]
    public async Task What_was_forgotten_is_not_brought_back_by_a_fetch_in_flight()
    {
        Library.IsHeld = true;
        Task<Listing> asking = _fixture.GetAsync("/a");
        Tree.Forget("/a");
        Task<Listing> later = _fixture.GetAsync("/a");

        (await Library.NextAsync()).Gate.SetResult();
        await asking;
        Assert.False(Tree.TryPeek("/a", out _, out _));
        Assert.Empty(_fixture.Refreshes);

        (await Library.NextAsync()).Gate.SetResult();
        await later;
        Assert.True(Tree.TryPeek("/a", out _, out _));
    }

    [Fact]
    public async Task An_expired_folder_is_not_made_fresh_by_a_fetch_in_flight()
    {
        Library.IsHeld = true;
        Task<Listing> asking = _fixture.GetAsync();
        Tree.Expire("/");
        Task<Listing> later = _fixture.GetAsync();

        (await Library.NextAsync()).Gate.SetResult();
        await asking;
        Assert.True(Tree.TryPeek("/", out _, out TimeSpan freshFor));
        Assert.True(freshFor <= TimeSpan.Zero);
        Assert.False(later.IsCompleted);

        (await Library.NextAsync()).Gate.SetResult();
        await later;
        Assert.True(Tree.TryPeek("/", out _, out freshFor));
        Assert.True(freshFor > TimeSpan.Zero);
    }

    [Fact]
    public async Task Forgetting_below_takes_the_folder_and_its_descendants_only()
    {
        foreach (string folder in (string[])["/", "/a", "/a/b", "/a/b/c", "/ab"])
            await _fixture.GetAsync(folder);

        Tree.ForgetBelow("/a");

        Assert.Equal(["/", "/ab"], ((string[])["/", "/a", "/a/b", "/a/b/c", "/ab"]).Where(folder => Tree.TryPeek(folder, out _, out _)));
    }

    [Fact]
    public async Task The_longest_unused_listing_goes_when_rows_exceed_the_limit()
    {
        using var fixture = new TreeFixture(new TreeOptions { MaxCachedRows = 300 });
        foreach (string folder in (string[])["/a", "/b", "/c"])
        {
            fixture.Library.Folders[folder] = [.. Enumerable.Range(1, 80).Select(i => TreeFixture.File(i, $"{i}", folder))];
            await fixture.GetAsync(folder);
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await fixture.GetAsync("/a");
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        fixture.Library.Folders["/d"] = [.. Enumerable.Range(1, 80).Select(i => TreeFixture.File(i, $"{i}", "/d"))];

        await fixture.GetAsync("/d");

        Assert.Equal(["/a", "/c", "/d"], ((string[])["/a", "/b", "/c", "/d"]).Where(folder => fixture.Tree.TryPeek(folder, out _, out _)));
    }

    [Fact]
    public async Task A_folder_larger_than_the_limit_is_cached_all_the_same()
    {
        using var fixture = new TreeFixture(new TreeOptions { MaxCachedRows = 50 });
        fixture.Library.Folders["/"] = TreeFixture.Files(200);
        await fixture.GetAsync();

        await fixture.GetAsync();

        Assert.Single(fixture.Library.Requests);
    }

    [Fact]
    public async Task What_the_library_throws_reaches_the_callers_and_the_next_one_asks_again()
    {
        Library.Before = (_, _) => throw new InvalidOperationException("bug");
        await Assert.ThrowsAsync<InvalidOperationException>(() => _fixture.GetAsync());
        Library.Before = null;

        Assert.Equal(0, (await _fixture.GetAsync()).Count);
    }

    [Fact]
    public async Task Closing_answers_all_who_wait()
    {
        Library.IsHeld = true;
        Task<TreeResult> browsing = Tree.GetAsync("/", CancellationToken.None).AsTask();
        Task<TreeResult> proof = Tree.FetchAsync("/", CancellationToken.None).AsTask();
        ScriptedLibrary.Held request = await Library.NextAsync();

        Tree.Dispose();

        Assert.Equal(ApiErrorKind.Canceled, (await browsing).Error!.Kind);
        Assert.Equal(ApiErrorKind.Canceled, (await proof).Error!.Kind);
        Assert.True(request.Token.IsCancellationRequested);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Tree.FetchAsync("/", CancellationToken.None));
    }

    [Fact]
    public async Task Mtime_stays_with_its_version_and_ctime_follows_the_service()
    {
        Library.Folders["/"] = [TreeFixture.File(1, "a", minute: 1)];
        await _fixture.GetAsync();

        Library.Folders["/"] = [TreeFixture.File(1, "a", minute: 5)];
        _fixture.PassTtl();
        await _fixture.GetAsync();
        _fixture.PassTtl();
        Row tagged = (await _fixture.GetAsync())[0];
        Assert.Equal(TreeFixture.Day.AddMinutes(1), tagged.Modified.ToDateTimeOffset());
        Assert.Equal(TreeFixture.Day.AddMinutes(5), tagged.Changed.ToDateTimeOffset());

        Library.Folders["/"] = [TreeFixture.File(1, "a", version: 2, minute: 9)];
        _fixture.PassTtl();
        Row replaced = (await _fixture.GetAsync())[0];
        Assert.Equal(TreeFixture.Day.AddMinutes(9), replaced.Modified.ToDateTimeOffset());
        Assert.False(replaced.SameVersion(tagged));
    }
}
