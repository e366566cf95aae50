using ImageKitFs.Core.Api;
using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

public sealed class PagingTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(999, 1)]
    [InlineData(1000, 2)]
    [InlineData(1001, 2)]
    [InlineData(1998, 2)]
    [InlineData(1999, 4)] // 3 are needed; one is asked for past the end
    [InlineData(5000, 8)] // 6 are needed
    public async Task An_unknown_folder_costs_few_requests(int rows, int requests)
    {
        using var fixture = new TreeFixture();
        fixture.Library.Folders["/"] = TreeFixture.Files(rows);

        Listing listing = await fixture.GetAsync();

        Assert.Equal(fixture.Library.Folders["/"].Select(row => row.Name), TreeFixture.Names(listing));
        Assert.Equal(requests, fixture.Library.Requests.Count);
        Assert.All(fixture.Library.Requests, query => Assert.Equal((1000, "all", "/"), (query.Limit, query.Type, query.Path)));
        Assert.All(fixture.Library.Requests, query => Assert.Equal(0, query.Skip % 999));
        Assert.Distinct(fixture.Library.Requests.Select(query => query.Skip));
    }

    [Theory]
    [InlineData(999, 1)]
    [InlineData(1000, 2)]
    [InlineData(5000, 6)]
    [InlineData(20000, 21)]
    public async Task A_folder_of_known_length_costs_exactly_its_pages(int rows, int requests)
    {
        using var fixture = new TreeFixture();
        fixture.Library.Folders["/"] = TreeFixture.Files(rows);
        await fixture.GetAsync();
        fixture.Library.Requests.Clear();
        fixture.PassTtl();

        Listing listing = await fixture.GetAsync();

        Assert.Equal(rows, listing.Count);
        Assert.Equal(requests, fixture.Library.Requests.Count);
    }

    [Fact]
    public async Task Ten_folders_of_a_thousand_cost_21_requests()
    {
        using var fixture = new TreeFixture();
        fixture.Library.Folders["/"] = [.. Enumerable.Range(1, 10).Select(i => TreeFixture.Folder(i, $"d{i}"))];
        for (int i = 1; i <= 10; i++)
            fixture.Library.Folders[$"/d{i}"] = [.. Enumerable.Range(1, 1000).Select(k => TreeFixture.File((i * 10000) + k, $"{k}", $"/d{i}"))];

        foreach (string name in TreeFixture.Names(await fixture.GetAsync()))
            Assert.Equal(1000, (await fixture.GetAsync("/" + name)).Count);

        Assert.Equal(21, fixture.Library.Requests.Count);
    }

    [Fact]
    public async Task Pages_of_unknown_number_are_asked_for_side_by_side_in_growing_groups()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 3, MaxParallelPages = 4 });
        fixture.Library.Folders["/"] = TreeFixture.Files(40);
        fixture.Library.IsHeld = true;
        Task<Listing> listing = fixture.GetAsync();
        int sent = 0;

        // One page past the end is asked for; then the gap between the last known page and that one is searched.
        foreach (int size in (int[])[1, 1, 2, 2, 4, 4, 4, 2, 1])
        {
            var group = new List<ScriptedLibrary.Held>();
            while (group.Count < size)
                group.Add(await fixture.Library.NextAsync());
            Assert.Equal(sent += size, fixture.Library.Requests.Count);
            group.ForEach(held => held.Gate.SetResult());
        }

        Assert.Equal(40, (await listing).Count);
        Assert.Equal(21, fixture.Library.Requests.Count);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    public async Task Rows_deleted_between_two_pages_hide_no_other(int beforeRequest)
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(60);
        fixture.Library.Before = (number, _) =>
        {
            if (number == beforeRequest)
                rows.RemoveRange(2, 3);
        };

        Listing listing = await fixture.GetAsync();

        Assert.All(rows, row => Assert.True(listing.TryFind(row.Name, out _), row.Name));
        Assert.InRange(listing.Count, rows.Count, rows.Count + 3);
    }

    [Fact]
    public async Task A_row_inserted_between_two_pages_appears_once_and_hides_no_other()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(60);
        fixture.Library.Before = (number, _) =>
        {
            if (number == 3)
                rows.Insert(0, TreeFixture.File(500, "new.jpg"));
        };

        Listing listing = await fixture.GetAsync();

        Assert.Equal(rows.Select(row => row.Name).Order(), TreeFixture.Names(listing).Order());
    }

    [Fact]
    public async Task The_end_that_moved_before_a_page_is_found()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(19);
        fixture.Library.Before = (number, _) =>
        {
            if (number == 2)
                rows.RemoveRange(5, 14);
        };

        Listing listing = await fixture.GetAsync();

        Assert.Equal(["f1.jpg", "f2.jpg", "f3.jpg", "f4.jpg", "f5.jpg"], TreeFixture.Names(listing));
    }

    [Fact]
    public async Task A_folder_that_never_holds_still_is_read_in_turn_after_a_bounded_number_of_requests()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(60);
        fixture.Library.Before = (number, _) => rows.Insert(0, TreeFixture.File(1000 + number, $"new{number}"));

        Listing listing = await fixture.GetAsync();

        Assert.InRange(fixture.Library.Requests.Count, 10, 60);
        Assert.All(TreeFixture.Files(60), row => Assert.True(listing.TryFindId(row.Id, out _), row.Name));
        Assert.Equal(listing.Count, TreeFixture.Names(listing).Distinct().Count());
    }

    [Fact]
    public async Task An_error_of_a_page_past_the_end_does_not_matter_and_one_before_it_does()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        fixture.Library.Folders["/"] = TreeFixture.Files(25); // pages at 0, 9, 18; 27 is asked for in vain
        fixture.Library.Fail = query => query.Skip == 27 ? new ApiError(ApiErrorKind.Server, 500, "oops") : null;
        Assert.Equal(25, (await fixture.GetAsync()).Count);

        fixture.PassTtl();
        fixture.Tree.Forget("/");
        fixture.Library.Fail = query => query.Skip == 18 ? new ApiError(ApiErrorKind.Server, 500, "oops") : null;
        TreeResult result = await fixture.Tree.GetAsync("/", CancellationToken.None);

        Assert.False(result.Ok);
        Assert.Equal(ApiErrorKind.Server, result.Error.Kind);
    }

    [Fact]
    public async Task Rows_of_other_folders_and_old_versions_are_left_out_and_do_not_end_the_list()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 4 });
        fixture.Library.Folders["/a"] =
        [
            TreeFixture.File(1, "x", "/a"), TreeFixture.File(2, "y", "/ab"), TreeFixture.File(3, "deep", "/a/b"), TreeFixture.File(4, "y", "/"),
            TreeFixture.File(5, "x", "/a") with { Kind = RowKind.FileVersion }, TreeFixture.File(6, "z", "/a"),
        ];

        Listing listing = await fixture.GetAsync("/a");

        Assert.Equal(["x", "z"], TreeFixture.Names(listing));
        Assert.True(fixture.Tree.IgnoredRows >= 3);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(10)] // the last of the first page, which the second must begin with
    public async Task A_row_that_the_client_drops_does_not_end_the_list(int number)
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        fixture.Library.Folders["/"] = TreeFixture.Files(25);
        fixture.Library.IsUnusable = row => row.Id == TreeFixture.IdOf(number);

        Assert.Equal(24, (await fixture.GetAsync()).Count);
    }

    [Fact]
    public async Task A_row_that_many_pages_lack_once_is_kept_and_dropped_when_the_next_listing_agrees()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(30);
        await fixture.GetAsync();
        LibraryRow slipped = rows[12];
        rows.RemoveAt(12);

        fixture.PassTtl();
        Listing once = await fixture.GetAsync();
        Assert.True(once.TryFindId(slipped.Id, out Row kept));
        Assert.True(kept.IsUnconfirmed);
        Assert.Equal(slipped.Name, kept.Name);

        fixture.PassTtl();
        Listing twice = await fixture.GetAsync();
        Assert.False(twice.TryFindId(slipped.Id, out _));
        Assert.Equal(29, twice.Count);
    }

    [Fact]
    public async Task A_row_that_comes_back_is_confirmed_again()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(30);
        await fixture.GetAsync();
        LibraryRow slipped = rows[12];
        rows.RemoveAt(12);
        fixture.PassTtl();
        await fixture.GetAsync();
        rows.Insert(12, slipped);

        fixture.PassTtl();
        Listing listing = await fixture.GetAsync();

        Assert.True(listing.TryFindId(slipped.Id, out Row row));
        Assert.False(row.IsUnconfirmed);
    }

    [Fact]
    public async Task A_missing_row_whose_name_is_listed_with_another_id_was_replaced()
    {
        using var fixture = new TreeFixture(new TreeOptions { PageSize = 10 });
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(30);
        await fixture.GetAsync();
        string oldId = rows[12].Id;
        rows[12] = rows[12] with { Id = TreeFixture.IdOf(700) };

        fixture.PassTtl();
        Listing listing = await fixture.GetAsync();

        Assert.False(listing.TryFindId(oldId, out _));
        Assert.Equal(30, listing.Count);
    }

    [Fact]
    public async Task A_single_page_is_trusted()
    {
        using var fixture = new TreeFixture();
        List<LibraryRow> rows = fixture.Library.Folders["/"] = TreeFixture.Files(30);
        await fixture.GetAsync();
        rows.RemoveAt(12);

        fixture.PassTtl();

        Assert.Equal(29, (await fixture.GetAsync()).Count);
    }
}
