using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Tree;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

/// <summary>What a run finds of the listings that an earlier one kept.</summary>
public sealed class StoredTreeTests : IDisposable
{
    private static readonly ApiError Offline = new(ApiErrorKind.Network, 0, "no route");

    private readonly string _folder = Directory.CreateTempSubdirectory("imagekitfs-tree-").FullName;
    private readonly TreeClock _clock = new();
    private readonly ScriptedLibrary _library = new();

    private string File => Path.Combine(_folder, "tree.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_field_of_every_row_is_kept()
    {
        LibraryRow[] rows =
        [
            TreeFixture.Folder(1, "d"),
            TreeFixture.File(2, "a b.jpg", version: 3, minute: 5, size: long.MaxValue / 2) with
            {
                Mime = "image/jpeg", Width = 7, Height = 8, IsPrivate = true, ObjectVersion = "token", Tags = ["x", "y"], Description = "told", CustomMetadataJson = "{\"k\":1}",
            },
            TreeFixture.File(3, "ä_x0020_b") with { Id = "not hex", VersionId = "nor this", Mime = "text/plain" },
            TreeFixture.File(4, "plain") with { CustomCoordinates = "1,2,3,4" },
        ];
        _library.Folders["/"] = [.. rows];
        Listing kept;
        using (DirectoryTree first = Open(toLocal: TreeFixture.Decode))
            kept = (await first.GetAsync("/", default)).Listing!;

        using DirectoryTree second = Open(toLocal: TreeFixture.Decode);
        Listing found = (await second.GetAsync("/", default)).Listing!;

        Assert.Single(_library.Requests); // within the TTL
        Assert.NotSame(kept, found);
        Assert.Equal(Describe(kept), Describe(found));
        Assert.True(found.TryFind("ä b", out Row row) && found.TryFindId("not hex", out _));
        Assert.Equal("nor this", row.VersionId);
    }

    [Fact]
    public async Task An_older_one_is_shown_while_its_refresh_is_under_way_and_no_longer_than_two_seconds()
    {
        await KeepAsync(["old"]);
        _library.Folders["/"] = [TreeFixture.File(9, "new")];
        _library.IsHeld = true;
        using DirectoryTree tree = Open();

        Assert.Equal(["old"], await NamesAsync(tree));
        ScriptedLibrary.Held refresh = await _library.NextAsync();
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(["old"], await NamesAsync(tree));
        Assert.True(tree.TryShow("/", out _));
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.False(tree.TryShow("/", out _));
        Task<string[]> waiting = NamesAsync(tree);
        Assert.False(waiting.IsCompleted);
        refresh.Gate.SetResult();

        Assert.Equal(["new"], await waiting);
        Assert.False(tree.TryShow("/", out _));
        Assert.Single(_library.Requests);
    }

    [Fact]
    public async Task Who_needs_to_know_what_is_absent_waits_for_the_refresh()
    {
        await KeepAsync(["old"]);
        _library.Folders["/"] = [TreeFixture.File(9, "new")];
        using DirectoryTree tree = Open();

        TreeResult asked = await tree.GetAsync("/", default);

        Assert.False(asked.IsStale);
        Assert.True(asked.Listing!.TryFind("new", out _));
    }

    [Fact]
    public async Task Offline_it_goes_on_answering()
    {
        await KeepAsync(["old"]);
        _library.Fail = _ => Offline;
        using DirectoryTree tree = Open();

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(["old"], await NamesAsync(tree));
            Assert.True((await tree.GetAsync("/", default)).IsStale);
            Assert.False((await tree.FetchAsync("/", default)).Ok);
            _clock.Advance(TimeSpan.FromMinutes(2));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_forgotten_or_out_of_date_is_not_shown_by_the_next_run(bool forget)
    {
        _library.Folders["/a"] = [TreeFixture.File(1, "x", "/a")];
        _library.Folders["/a/b"] = [TreeFixture.File(2, "y", "/a/b")];
        using (DirectoryTree first = Open())
        {
            await first.GetAsync("/a", default);
            await first.GetAsync("/a/b", default);
            if (forget)
                first.ForgetBelow("/a");
            else
                first.Expire("/a/b");
        }

        _library.Requests.Clear();
        using DirectoryTree second = Open();
        await second.GetAsync("/a", default);
        await second.GetAsync("/a/b", default);

        Assert.Equal(forget ? 2 : 1, _library.Requests.Count);
    }

    [Fact]
    public async Task After_a_kill_it_is_shown_only_when_the_service_cannot_be_asked()
    {
        await KeepAsync(["old"], isKilled: true);
        _library.Folders["/"] = [TreeFixture.File(9, "new")];

        using (DirectoryTree tree = Open())
        {
            Assert.False(tree.TryShow("/", out _));
            Assert.Equal(["new"], await NamesAsync(tree));
        }

        await KeepAsync(["old"], isKilled: true);
        _library.Fail = _ => Offline;
        using DirectoryTree offline = Open();
        Assert.Equal(["old"], await NamesAsync(offline));
    }

    [Theory]
    [InlineData("noise")]
    [InlineData("byte")]
    [InlineData("state")]
    [InlineData("version")]
    [InlineData("account")]
    public async Task A_file_that_cannot_be_used_is_begun_anew(string what)
    {
        await KeepAsync(["old"]);
        switch (what)
        {
            case "noise":
                await System.IO.File.WriteAllTextAsync(File, "this is no database, and longer than a header of one would be");
                break;
            case "byte":
                byte[] bytes = await System.IO.File.ReadAllBytesAsync(File);
                bytes[bytes.AsSpan().IndexOf("old"u8)]++;
                await System.IO.File.WriteAllBytesAsync(File, bytes);
                break;
            case "state" or "version":
                using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
                {
                    connection.Open();
                    using SqliteCommand command = connection.CreateCommand();
                    command.CommandText = what == "state" ? "DELETE FROM state" : "PRAGMA user_version=77";
                    command.ExecuteNonQuery();
                }

                break;
        }

        _library.Folders["/"] = [TreeFixture.File(9, "new")];
        using (DirectoryTree tree = Open(account: what == "account" ? "another" : "account"))
            Assert.Equal(["new"], await NamesAsync(tree));
        _library.Fail = _ => Offline;
        using DirectoryTree next = Open(account: what == "account" ? "another" : "account");
        if (what != "byte") // found only when it is read: that run goes on without
            Assert.Equal(["new"], await NamesAsync(next));
    }

    [Fact]
    public async Task The_time_of_a_version_survives_a_restart()
    {
        _library.Folders["/"] = [TreeFixture.File(1, "a", minute: 1)];
        using (DirectoryTree first = Open())
            await first.GetAsync("/", default);
        _library.Folders["/"] = [TreeFixture.File(1, "a", minute: 5)];
        _clock.Advance(TimeSpan.FromHours(1));

        using DirectoryTree second = Open();
        TreeResult result = await second.GetAsync("/", default);

        Assert.Equal(TreeFixture.Day.AddMinutes(1), result.Listing![0].Modified.ToDateTimeOffset());
    }

    private static string[] Describe(Listing listing) =>
    [
        .. Enumerable.Range(0, listing.Count).Select(i => listing[i]).Select(row => string.Join('|', (object?[])
        [
            row.Name, row.RemoteName, row.Kind, row.Id, row.VersionId, row.VersionNumber, row.Size, row.IsPrivate, row.Modified, row.Changed, row.Born, row.ObjectVersion, row.Mime,
            row.Width, row.Height, string.Join(',', row.Extras?.Tags ?? []), row.Extras?.CustomCoordinates, row.Extras?.Description, row.Extras?.CustomMetadataJson,
        ])),
    ];

    private static async Task<string[]> NamesAsync(DirectoryTree tree) => TreeFixture.Names((await tree.BrowseAsync("/", default)).Listing!);

    private DirectoryTree Open(Func<string, bool, string>? toLocal = null, string account = "account")
    {
        TreeStore? store = TreeStore.Open(File, account, new CacheTrouble(File, NullLogger.Instance), _clock, NullLogger.Instance);
        Assert.NotNull(store);
        return new DirectoryTree(_library, toLocal ?? TreeFixture.Same, new TreeOptions(), _clock, NullLogger.Instance, store);
    }

    /// <summary>An earlier run, an hour ago, listed the root.</summary>
    private async Task KeepAsync(string[] names, bool isKilled = false)
    {
        _library.Folders["/"] = [.. names.Select((name, i) => TreeFixture.File(i + 1, name))];
        _library.Fail = null;
        DirectoryTree tree = Open();
        await tree.FetchAsync("/", default);
        tree.Dispose();
        if (isKilled)
        {
            // Killed after it had written everything: only the last word is missing.
            using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE state SET is_clean = 0";
            command.ExecuteNonQuery();
        }

        _library.Requests.Clear();
        _clock.Advance(TimeSpan.FromHours(1));
    }
}
