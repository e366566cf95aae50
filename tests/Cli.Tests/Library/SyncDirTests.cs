using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>`sync-dir`.</summary>
public sealed class SyncDirTests
{
    [Fact]
    public async Task A_local_folder_is_stored_and_only_what_changed_is_sent_again()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        WriteSite(sandbox);

        string[] first = await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        await sandbox.TakeRequestsAsync();
        string[] second = await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        IReadOnlyDictionary<string, long> unchanged = await sandbox.TakeRequestsAsync();
        sandbox.Write("site/1.txt", "uno");
        string[] third = await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        IReadOnlyDictionary<string, long> changed = await sandbox.TakeRequestsAsync();

        Assert.Equal(["Did 4 things; 0 files unchanged", "copy   1.txt (new)", "copy   a/2.txt (new)", "copy   a/b/3.txt (new)", "mkdir  void"], first);
        Assert.Equal(["Did 0 things; 3 files unchanged"], second);
        Assert.Equal(["list"], unchanged.Keys);
        Assert.Equal(["Did 1 thing; 2 files unchanged", "copy   1.txt (changed)"], third);
        Assert.Equal(1, changed["upload"]);
    }

    [Fact]
    public async Task Nothing_is_deleted_unless_asked_for_and_then_by_few_requests()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        WriteSite(sandbox);
        for (int i = 0; i < 30; i++)
            sandbox.Write($"site/x{i}.txt", $"{i}");
        await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        for (int i = 0; i < 30; i++)
            File.Delete(sandbox.Path($"site/x{i}.txt"));
        Directory.Delete(sandbox.Path("site/a"), recursive: true);

        string[] kept = await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        await sandbox.TakeRequestsAsync();
        await sandbox.DoAsync("sync-dir", "site", "ik:/site", "--delete");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();

        Assert.Equal(["Did 0 things; 1 file unchanged"], kept);
        Assert.Equal((1, 1), (cost["bulkdelete"], cost["folder-delete"]));
        Assert.Equal(["1.txt", "void/"], await sandbox.DoAsync("ls", "/site"));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_done_and_does_nothing()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        WriteSite(sandbox);
        await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        sandbox.Write("site/1.txt", "changed");
        sandbox.Write("site/new.txt", "new");
        File.Delete(sandbox.Path("site/a/2.txt"));
        string before = (await sandbox.RunAsync("ls", "-R", "--json")).Output;
        await sandbox.TakeRequestsAsync();

        CliResult dry = await sandbox.RunAsync("sync-dir", "site", "ik:/site", "--delete", "--dry-run", "--json");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();

        using JsonDocument report = JsonDocument.Parse(dry.Output);
        Assert.True(report.RootElement.GetProperty("dryRun").GetBoolean());
        Assert.Equal(
            ["copy 1.txt", "copy new.txt", "delete a/2.txt"],
            report.RootElement.GetProperty("actions").EnumerateArray().Select(action => $"{action.GetProperty("action")} {action.GetProperty("path")}"));
        Assert.Equal(1, report.RootElement.GetProperty("unchanged").GetInt32());
        Assert.Equal(["list"], cost.Keys);
        Assert.Equal(before, (await sandbox.RunAsync("ls", "-R", "--json")).Output);
    }

    [Fact]
    public async Task A_library_folder_is_brought_here_and_what_is_too_much_goes_when_asked()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        WriteSite(sandbox);
        await sandbox.DoAsync("sync-dir", "site", "ik:/site");

        await sandbox.DoAsync("sync-dir", "ik:/site", "copy");
        sandbox.Write("copy/extra.txt", "extra");
        sandbox.Write("copy/more/extra.txt", "extra");
        sandbox.Write("copy/1.txt", "spoiled");
        await sandbox.TakeRequestsAsync();
        string[] dry = await sandbox.DoAsync("sync-dir", "ik:/site", "copy", "--delete", "-n");
        string[] done = await sandbox.DoAsync("sync-dir", "ik:/site", "copy", "--delete");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();

        Assert.Equal(["Would do 3 things; 2 files unchanged", "copy   1.txt (changed)", "delete extra.txt", "delete more/"], dry);
        Assert.Equal(["Did 3 things; 2 files unchanged", "copy   1.txt (changed)", "delete extra.txt", "delete more/"], done);
        Assert.Equal(1, cost["delivery"]);
        Assert.Equal("one", await File.ReadAllTextAsync(sandbox.Path("copy/1.txt")));
        Assert.False(File.Exists(sandbox.Path("copy/extra.txt")));
        Assert.True(Directory.Exists(sandbox.Path("copy/void")));
    }

    [Fact]
    public async Task Nothing_is_deleted_when_the_source_could_not_be_read_whole()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        WriteSite(sandbox);
        await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        await sandbox.DoAsync("sync-dir", "ik:/site", "copy");
        sandbox.Write("copy/extra.txt", "extra");
        await sandbox.DoAsync("rm", "/site/1.txt");
        await sandbox.SetFaultsAsync("list~b=status:500:broken");

        CliResult result = await sandbox.RunAsync("sync-dir", "ik:/site", "copy", "--delete");

        Assert.Equal((int)ExitCode.ServiceFailed, result.ExitCode);
        Assert.Contains("nothing is deleted", result.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(sandbox.Path("copy/1.txt")));
        Assert.True(File.Exists(sandbox.Path("copy/extra.txt")));
    }

    [Fact]
    public async Task What_can_never_be_stored_is_told_and_the_rest_is_done()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        WriteSite(sandbox);
        await sandbox.DoAsync("sync-dir", "site", "ik:/site");
        sandbox.Write("site/empty.txt", "");
        File.Delete(sandbox.Path("site/1.txt"));

        CliResult result = await sandbox.RunAsync("sync-dir", "site", "ik:/site", "--delete");

        result.AssertFailed(ExitCode.Failed, "no empty files");
        Assert.Contains("delete 1.txt", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sides_that_make_no_sense_are_refused_before_anything_happens()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        sandbox.Write("file.txt", "x");

        (await sandbox.RunAsync("sync-dir", "a", "b")).AssertFailed(ExitCode.Usage, "neither side is a library");
        (await sandbox.RunAsync("sync-dir", "none", "ik:/x", "--delete")).AssertFailed(ExitCode.Failed, "cannot read none");
        (await sandbox.RunAsync("sync-dir", "ik:/none", "here", "--delete")).AssertFailed(ExitCode.Failed, "/none is not in the library");
        (await sandbox.RunAsync("sync-dir", "ik:/press", "file.txt")).AssertFailed(ExitCode.Failed, "it is a file");
        (await sandbox.RunAsync("sync-dir", "ik:/campaigns", "ik:/campaigns/2025")).AssertFailed(ExitCode.Usage, "lie in each other");
        (await sandbox.RunAsync("sync-dir", "ik:/press")).AssertFailed(ExitCode.Usage, "TARGET");
    }

    [Fact]
    public async Task A_side_without_a_prefix_is_the_librarys_where_this_machine_leaves_no_doubt()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        WriteSite(sandbox);
        string site = sandbox.Path("site");
        string copy = sandbox.Path("copy");

        string[] relative = await sandbox.DoAsync("sync-dir", "site", "/one");
        string[] absolute = await sandbox.DoAsync("sync-dir", site, "/imagekitfs/two");
        string[] made = await sandbox.DoAsync("sync-dir", "/imagekitfs/two", copy);
        string[] present = await sandbox.DoAsync("sync-dir", "/one", copy);
        string[] back = await sandbox.DoAsync("sync-dir", "/one", "other", "--delete");

        Assert.Equal(
            ["Did 4 things; 0 files unchanged", "Did 4 things; 0 files unchanged", "Did 4 things; 0 files unchanged", "Did 4 things; 0 files unchanged"],
            new[] { relative, absolute, made, back }.Select(lines => lines[0]));
        Assert.EndsWith("3 files unchanged", present[0], StringComparison.Ordinal);
        Assert.Equal("three", await File.ReadAllTextAsync(sandbox.Path("other/a/b/3.txt")));
        (await sandbox.RunAsync("sync-dir", site, copy)).AssertFailed(ExitCode.Usage, "both are folders of this machine");
        (await sandbox.RunAsync("sync-dir", "/one", "/imagekitfs/none")).AssertFailed(ExitCode.Usage, "neither is a folder of this machine");
        (await sandbox.RunAsync("sync-dir", "site", "other")).AssertFailed(ExitCode.Usage, "neither side is a library");
    }

    private static void WriteSite(Sandbox sandbox)
    {
        sandbox.Write("site/1.txt", "one");
        sandbox.Write("site/a/2.txt", "two");
        sandbox.Write("site/a/b/3.txt", "three");
        sandbox.Folder("site/void");
    }
}
