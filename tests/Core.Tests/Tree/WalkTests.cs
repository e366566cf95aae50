using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tree;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

/// <summary>What a walk through many folders costs, through the real engine and real HTTP. The ceilings are those of the design.</summary>
public sealed class WalkTests
{
    [Fact]
    public async Task Ten_folders_of_a_thousand_files_cost_at_most_21_requests_and_again_none()
    {
        await using TestVolume volume = await StartAsync(new SyntheticLibrary(Folders: 10, FilesPerFolder: 1000));

        Assert.Equal(10_000, await WalkAsync(volume, "/"));
        Assert.InRange(volume.Emulator.Stats.Total, 1, 21);

        volume.Emulator.ResetStats();
        Assert.Equal(10_000, await WalkAsync(volume, "/"));
        Assert.Equal(0, volume.Emulator.Stats.Total);
    }

    [Theory]
    [InlineData(0)] // 10,000 rows: at most 16
    [InlineData(20)]
    [InlineData(85)]
    [InlineData(86)]
    [InlineData(87)]
    [InlineData(150)] // 102
    public async Task A_hundred_folders_of_a_hundred_files_cost_the_smaller_of_102_and_a_request_a_thousand_rows(int othersOfThousand)
    {
        // The others lie elsewhere: the walk is through a mounted folder that holds the hundred.
        await using TestVolume volume = await StartAsync(new SyntheticLibrary(othersOfThousand, 1000, Parent: "/others"), "/mine", Seed);
        int rows = volume.Emulator.Store.List().Count;

        Assert.Equal(10_000, await WalkAsync(volume, "/"));

        Assert.InRange(volume.Emulator.Stats.Total, 1, Math.Min(102, (rows / 1000) + 6));

        static void Seed(EmulatorServer emulator)
        {
            for (int file = 0; file < 10_000; file++)
                emulator.Store.Put($"/mine/folder{file / 100}/{file % 100}.bin", [1]);
        }
    }

    [Fact]
    [Trait("Run", "Long")]
    public async Task A_million_files_cost_at_most_1100_requests()
    {
        await using TestVolume volume = await StartAsync(new SyntheticLibrary(Folders: 1000, FilesPerFolder: 1000));

        Assert.Equal(1_000_000, await WalkAsync(volume, "/"));

        Assert.InRange(volume.Emulator.Stats.Total, 1, 1100);
    }

    [Fact]
    public async Task A_rate_limit_in_the_middle_of_a_walk_costs_time_and_no_file()
    {
        await using TestVolume volume = await StartAsync(
            new SyntheticLibrary(Folders: 10, FilesPerFolder: 1000), seed: emulator => emulator.Faults.Replace("list+4*6=throttle:20"));

        Assert.Equal(10_000, await WalkAsync(volume, "/"));

        Assert.Equal(6, volume.Emulator.Log.Count(request => request.Status == 429));
    }

    [Fact]
    public async Task Opening_two_folders_that_are_not_neighbours_lists_no_other()
    {
        await using TestVolume volume = await StartAsync(new SyntheticLibrary(100, 10));

        await volume.ReadDirAsync("/folder-00003");
        await volume.ReadDirAsync("/folder-00050");

        Assert.Equal(3, volume.Emulator.Stats.Total);
    }

    [Fact]
    public async Task What_changes_while_the_library_is_listed_whole_is_not_taken_from_it()
    {
        using TreeFixture fixture = Library(40);
        fixture.Library.Before = (_, query) =>
        {
            if (query is not { Path: null, Limit: > 1 })
                return;
            fixture.Tree.Seed(Listing.Empty("/d7", fixture.Clock.GetTimestamp()));
            fixture.Tree.Expire("/d8");
            fixture.Tree.ForgetBelow("/d9");
        };

        await WalkAsync(fixture, 3);
        fixture.Library.Requests.Clear();

        Assert.Equal(0, (await fixture.GetAsync("/d7")).Count);
        Assert.Equal(1, (await fixture.GetAsync("/d6")).Count);
        Assert.Empty(fixture.Library.Requests);
        Assert.Equal(1, (await fixture.GetAsync("/d8")).Count);
        Assert.Equal(1, (await fixture.GetAsync("/d9")).Count);
        Assert.Equal(["/d8", "/d9"], fixture.Library.Requests.Select(query => query.Path));
    }

    [Fact]
    public async Task A_row_that_is_met_twice_makes_the_whole_listing_worthless_and_folders_are_listed_one_by_one()
    {
        using TreeFixture fixture = Library(40);
        fixture.Library.Folders[ScriptedLibrary.Whole].Add(TreeFixture.File(1003, "f", "/d4")); // moved from /d3 meanwhile

        await WalkAsync(fixture, 40);

        Assert.All(Enumerable.Range(1, 40), i => Assert.True(fixture.Tree.TryPeek($"/d{i}", out Listing listing, out _) && listing.Count == 1));
        Assert.Contains(fixture.Library.Requests, query => query.Path == "/d30");
    }

    [Fact]
    public async Task A_whole_listing_that_fails_costs_only_time()
    {
        using TreeFixture fixture = Library(40);
        fixture.Library.Fail = query => query.Path is null ? new ApiError(ApiErrorKind.Server, 500, "oops") : null;

        await WalkAsync(fixture, 40);

        Assert.All(Enumerable.Range(1, 40), i => Assert.True(fixture.Tree.TryPeek($"/d{i}", out _, out _)));
    }

    /// <summary>So many folders of one file each.</summary>
    private static TreeFixture Library(int folders)
    {
        var fixture = new TreeFixture();
        fixture.Library.Folders["/"] = [.. Enumerable.Range(1, folders).Select(i => TreeFixture.Folder(i, $"d{i}"))];
        for (int i = 1; i <= folders; i++)
            fixture.Library.Folders[$"/d{i}"] = [TreeFixture.File(1000 + i, "f", $"/d{i}")];
        fixture.Library.Folders[ScriptedLibrary.Whole] = [.. fixture.Library.Folders.Values.SelectMany(rows => rows)];
        return fixture;
    }

    private static async Task WalkAsync(TreeFixture fixture, int folders)
    {
        await fixture.Tree.BrowseAsync("/", CancellationToken.None);
        for (int i = 1; i <= folders; i++)
            Assert.True((await fixture.Tree.BrowseAsync($"/d{i}", CancellationToken.None)).Ok);
    }

    private static Task<TestVolume> StartAsync(SyntheticLibrary library, string folder = "/", Action<EmulatorServer>? seed = null) => TestVolume.StartAsync(
        new EmulatorOptions { Synthetic = library }, options => options with { DirectoryTtl = TimeSpan.FromMinutes(10), Folder = folder }, seed: seed);

    /// <summary>Opens every folder, depth first, as find and ls -R do.</summary>
    /// <returns>How many files there are.</returns>
    private static async Task<int> WalkAsync(TestVolume volume, string path)
    {
        int files = 0;
        foreach (DirEntry entry in await volume.ReadDirAsync(path))
            files += entry.Kind == FileKind.File ? 1 : await WalkAsync(volume, path == "/" ? "/" + entry.Name : $"{path}/{entry.Name}");
        return files;
    }
}
