using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>`put`.</summary>
public sealed class PutTests
{
    [Fact]
    public async Task A_folder_costs_one_upload_a_file_and_nothing_when_it_is_put_again()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        for (int i = 0; i < 40; i++)
            sandbox.Write($"photos/{i % 4}/p{i}.jpg", LibraryFixture.Bytes(i));

        await sandbox.DoAsync("mkdir", "/campaigns");
        await sandbox.TakeRequestsAsync();
        string[] first = await sandbox.DoAsync("put", "photos", "/campaigns");
        IReadOnlyDictionary<string, long> firstCost = await sandbox.TakeRequestsAsync();
        string[] second = await sandbox.DoAsync("put", "photos", "/campaigns");
        IReadOnlyDictionary<string, long> secondCost = await sandbox.TakeRequestsAsync();

        Assert.Equal(40, first.Length);
        Assert.Equal("Stored /campaigns/photos/0/p0.jpg", first[0]);
        Assert.Equal(40, firstCost["upload"]);
        Assert.InRange(firstCost.Values.Sum(), 41, 42);
        Assert.All(second, line => Assert.StartsWith("Unchanged ", line, StringComparison.Ordinal));
        Assert.Equal([new("list", 6)], secondCost);
    }

    [Fact]
    public async Task Folders_that_are_missing_are_made_by_the_uploads()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("a.txt", "a");
        sandbox.Write("b.txt", "b");
        await sandbox.TakeRequestsAsync();

        await sandbox.DoAsync("put", "a.txt", "b.txt", "/campaigns/2026/");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();
        await sandbox.DoAsync("put", "a.txt", "/deep/er/renamed.txt");
        CliResult under = await sandbox.RunAsync("put", "b.txt", "/deep/er/renamed.txt/b.txt");

        Assert.Equal(2, cost["upload"]);
        Assert.DoesNotContain("foldercreate", cost.Keys);
        Assert.Equal(["a.txt", "b.txt"], await sandbox.DoAsync("ls", "/campaigns/2026"));
        Assert.Equal(["renamed.txt"], await sandbox.DoAsync("ls", "/deep/er"));
        under.AssertFailed(ExitCode.Usage, "is a file, not a folder");
    }

    [Fact]
    public async Task A_folder_that_was_put_under_another_name_is_gone_on_with_and_not_put_inside()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("photos/a.txt", "a");
        sandbox.Write("photos/sub/b.txt", "b");
        await sandbox.DoAsync("put", "photos", "/up");
        sandbox.Write("photos/c.txt", "c");

        string[] again = await sandbox.DoAsync("put", "photos", "/up");
        sandbox.Write("other/x.txt", "x");
        string[] other = await sandbox.DoAsync("put", "other", "/up");

        Assert.Equal(["Stored /up/c.txt", "Unchanged /up/a.txt", "Unchanged /up/sub/b.txt"], again.Order(StringComparer.Ordinal));
        Assert.Equal(["Stored /up/other/x.txt"], other);
    }

    [Fact]
    public async Task What_is_unchanged_is_seen_without_a_memory_and_after_a_touch_and_what_changed_is_sent()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("site/a.txt", "alpha");
        sandbox.Write("site/b.txt", "beta_");
        await sandbox.DoAsync("put", "site");

        // A time that changed: the hash that is remembered decides.
        File.SetLastWriteTimeUtc(sandbox.Path("site/a.txt"), new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        await sandbox.TakeRequestsAsync();
        await sandbox.DoAsync("put", "site");
        IReadOnlyDictionary<string, long> touched = await sandbox.TakeRequestsAsync();
        // Another machine: the bytes decide.
        Directory.Delete(sandbox.Path("state"), recursive: true);
        await sandbox.DoAsync("put", "site");
        IReadOnlyDictionary<string, long> elsewhere = await sandbox.TakeRequestsAsync();
        // Other bytes of the same length and an older time.
        sandbox.Write("site/b.txt", "BETA_");
        File.SetLastWriteTimeUtc(sandbox.Path("site/b.txt"), new DateTime(2019, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        Directory.Delete(sandbox.Path("state"), recursive: true);
        string[] changed = await sandbox.DoAsync("put", "site");

        Assert.Equal([new("list", 2)], touched);
        Assert.Equal((2, false), (elsewhere["delivery"], elsewhere.ContainsKey("upload")));
        Assert.Equal(["Stored /site/b.txt", "Unchanged /site/a.txt"], changed);
        Assert.Equal("BETA_", await sandbox.ReadAsync("/site/b.txt"));
    }

    [Fact]
    public async Task A_file_keeps_its_name_whatever_it_is_and_goes_where_it_is_sent()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        foreach (string name in (string[])["my photo.jpg", "übung.txt", "notes.tmp", "a[1].txt"])
            sandbox.Write(name, name);

        string[] stored = await sandbox.DoAsync("put", "my photo.jpg", "übung.txt", "notes.tmp", "a[1].txt", "/");
        await sandbox.DoAsync("put", "notes.tmp", "/other.txt");
        await sandbox.DoAsync("mkdir", "/f");
        await sandbox.DoAsync("put", "notes.tmp", "/f");

        Assert.Equal(["Stored /a[1].txt", "Stored /my photo.jpg", "Stored /notes.tmp", "Stored /übung.txt"], stored);
        Assert.Equal(["a[1].txt", "f/", "my photo.jpg", "notes.tmp", "other.txt", "übung.txt"], await sandbox.DoAsync("ls"));
        Assert.Equal("notes.tmp", await sandbox.ReadAsync("/f/notes.tmp"));
        Assert.Equal("a[1].txt", await sandbox.ReadAsync("/a[1].txt"));
    }

    [Fact]
    public async Task Patterns_that_no_shell_expanded_are_expanded_and_empty_folders_are_made()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("photos/a.jpg", "a");
        sandbox.Write("photos/b.jpg", "b");
        sandbox.Write("photos/c.txt", "c");
        sandbox.Folder("photos/void/deep");

        string[] matched = await sandbox.DoAsync("put", "photos/*.jpg", "/");
        string[] whole = await sandbox.DoAsync("put", "photos", "/new");
        string[] content = await sandbox.DoAsync("put", "photos/.", "/");

        Assert.Equal(["Stored /a.jpg", "Stored /b.jpg"], matched);
        Assert.Equal(["Made /new/void/deep", "Stored /new/a.jpg", "Stored /new/b.jpg", "Stored /new/c.txt"], whole);
        Assert.Equal(["Made /void/deep", "Stored /c.txt", "Unchanged /a.jpg", "Unchanged /b.jpg"], content);
    }

    [Fact]
    public async Task A_file_that_cannot_be_stored_does_not_stop_the_others_and_is_one_line()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("site/a.txt", "a");
        sandbox.Write("site/empty.txt", "");
        sandbox.Write("site/Thumbs.db", "litter");
        File.CreateSymbolicLink(sandbox.Path("site/broken"), "nowhere");

        CliResult folder = await sandbox.RunAsync("put", "site");
        CliResult litter = await sandbox.RunAsync("put", "site/Thumbs.db");
        CliResult missing = await sandbox.RunAsync("put", "none.txt", "site/a.txt", "/");
        CliResult json = await sandbox.RunAsync("put", "--json", "site/a.txt", "/site/");

        Assert.Equal(((int)ExitCode.Failed, "Stored /site/a.txt\n"), (folder.ExitCode, folder.Output));
        Assert.Contains("empty.txt is not stored: ImageKit stores no empty files", folder.Error, StringComparison.Ordinal);
        Assert.Equal(["site/"], (await sandbox.DoAsync("ls")).Except(["a.txt"]));
        litter.AssertFailed(ExitCode.Failed, "kept out");
        missing.AssertFailed(ExitCode.Failed, "cannot read");
        Assert.Equal("Stored /a.txt\n", missing.Output);
        using JsonDocument line = JsonDocument.Parse(json.Output);
        Assert.Equal(("unchanged", "/site/a.txt"), (line.RootElement.GetProperty("action").GetString(), line.RootElement.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task A_lost_reply_costs_no_second_version_and_no_failure()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("a.txt", "one");
        await sandbox.SetFaultsAsync("upload*1=reset-after");
        await sandbox.DoAsync("put", "a.txt");
        string first = (await sandbox.RunAsync("ls", "--json")).Output;
        sandbox.Write("a.txt", "three");
        await sandbox.SetFaultsAsync("upload*1=reset-after");
        await sandbox.TakeRequestsAsync();

        await sandbox.DoAsync("put", "a.txt");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();

        Assert.Contains("\"size\": 3", first, StringComparison.Ordinal);
        Assert.Equal((1, 1), (cost["upload"], cost["details"]));
        Assert.Equal("three", await sandbox.ReadAsync("/a.txt"));
    }

    [Fact]
    public async Task A_file_that_is_put_over_another_one_keeps_what_that_carried()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        sandbox.Write("logo.png", LibraryFixture.Bytes(1));
        string[] before = await MarksAsync();

        await sandbox.DoAsync("put", "logo.png", "/press/");
        string[] after = await MarksAsync();

        Assert.Equal(2, before.Length);
        Assert.Equal(before, after);

        async Task<string[]> MarksAsync()
        {
            using JsonDocument json = JsonDocument.Parse((await sandbox.RunAsync("ls", "--json", "/press/logo.png")).Output);
            return [json.RootElement[0].GetProperty("id").GetString()!, json.RootElement[0].GetProperty("tags").ToString()];
        }
    }

    [Fact]
    public async Task Standard_input_is_stored_under_the_name_that_is_given()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();

        System.Diagnostics.Process put = sandbox.Start(Sandbox.Executable, "put", "-", "/piped.txt");
        await put.StandardInput.WriteAsync("from a pipe");
        put.StandardInput.Close();
        int status = await Sandbox.EndAsync(put);
        CliResult nameless = await sandbox.RunAsync("put", "-");

        Assert.Equal(0, status);
        Assert.Equal("from a pipe", await sandbox.ReadAsync("/piped.txt"));
        nameless.AssertFailed(ExitCode.Usage, "standard input has no name");
    }

    [Fact]
    public async Task An_account_that_spells_folders_in_another_way_gets_them_so()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--set", "FolderDashReplaced=true");
        sandbox.Write("my-site/a.txt", "a");

        await sandbox.DoAsync("put", "my-site");
        string[] again = await sandbox.DoAsync("put", "my-site");

        Assert.Equal(["my-site/"], (await sandbox.DoAsync("ls")).Except(["my_site/"]));
        Assert.Equal(["Unchanged /my-site/a.txt"], again);
    }
}
