using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>`rm`, `mv`, `cp` and `mkdir`.</summary>
public sealed class ChangeTests
{
    [Fact]
    public async Task Files_are_deleted_a_hundred_a_request_and_a_folder_by_one()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        for (int i = 0; i < 120; i++)
            sandbox.Write($"many/f{i}.txt", $"{i}");
        await sandbox.DoAsync("put", "many");
        await sandbox.DoAsync("put", "many", "/again");
        await sandbox.TakeRequestsAsync();

        string[] removed = await sandbox.DoAsync("rm", "/many/*.txt");
        IReadOnlyDictionary<string, long> files = await sandbox.TakeRequestsAsync();
        CliResult refused = await sandbox.RunAsync("rm", "/again");
        await sandbox.DoAsync("rm", "-r", "/again");
        await sandbox.TakeRequestsAsync();
        string[] left = await sandbox.DoAsync("ls", "-R");

        Assert.Equal(120, removed.Length);
        Assert.Equal((1, 2), (files["list"], files["bulkdelete"]));
        refused.AssertFailed(ExitCode.Usage, "rm -r");
        Assert.Equal(["/:", "/many:", "many/"], left);
    }

    [Fact]
    public async Task What_is_not_there_is_a_failure_unless_forced_and_the_root_is_never_deleted()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("a.txt", "a");
        await sandbox.DoAsync("put", "a.txt");

        (await sandbox.RunAsync("rm", "/none")).AssertFailed(ExitCode.Failed, "/none is not in the library");
        (await sandbox.RunAsync("rm", "-f", "/none")).AssertOk();
        (await sandbox.RunAsync("rm", "-r", "/a.txt", "/")).AssertFailed(ExitCode.Usage, "whole library");
        string[] left = await sandbox.DoAsync("ls");

        Assert.Equal(["a.txt"], left);
    }

    [Fact]
    public async Task Copies_inside_an_account_move_no_byte()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.TakeRequestsAsync();

        await sandbox.DoAsync("cp", "/readme.txt", "/incoming");
        IReadOnlyDictionary<string, long> plain = await sandbox.TakeRequestsAsync();
        await sandbox.DoAsync("cp", "/readme.txt", "/incoming/other name.txt");
        await sandbox.DoAsync("cp", "/readme.txt", "/second.txt");
        await sandbox.DoAsync("cp", "-r", "/campaigns", "/incoming");
        await sandbox.DoAsync("cp", "-r", "/campaigns", "/campaigns2");
        await sandbox.DoAsync("cp", "-r", "/campaigns/2025", "/incoming/old");
        IReadOnlyDictionary<string, long> others = await sandbox.TakeRequestsAsync();
        CliResult folder = await sandbox.RunAsync("cp", "/campaigns", "/x");
        CliResult itself = await sandbox.RunAsync("cp", "-r", "/campaigns", "/campaigns/2025");
        CliResult same = await sandbox.RunAsync("cp", "/readme.txt", "/readme.txt");

        Assert.Equal((2, 1, 3), (plain["list"], plain["copy"], plain.Values.Sum()));
        Assert.DoesNotContain("upload", others.Keys);
        Assert.DoesNotContain("delivery", others.Keys);
        string[] all = await sandbox.DoAsync("ls", "-R");
        Assert.Equal(4, all.Count(line => line == "winter-hero.png"));
        Assert.Equal(["campaigns/", "old/", "other name.txt", "readme.txt"], await sandbox.DoAsync("ls", "/incoming"));
        Assert.DoesNotContain(all, line => line.Contains("imagekitfs_copy", StringComparison.Ordinal));
        Assert.Equal(await sandbox.ReadAsync("/readme.txt"), await sandbox.ReadAsync("/second.txt"));
        folder.AssertFailed(ExitCode.Usage, "cp -r");
        itself.AssertFailed(ExitCode.Failed, "into itself");
        same.AssertFailed(ExitCode.Failed, "are the same");
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task A_copy_onto_a_file_is_its_next_version_whatever_the_service_makes_current(string keepsCurrent)
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--set", $"MergeKeepsCurrent={keepsCurrent}");
        sandbox.Write("a.txt", "new text");
        sandbox.Write("b.txt", "old");
        await sandbox.DoAsync("put", "a.txt", "b.txt", "/");
        await sandbox.DoAsync("mkdir", "/f");
        await sandbox.DoAsync("put", "b.txt", "/f/a.txt");
        string before = (await sandbox.RunAsync("ls", "--json", "/f/a.txt")).Output;

        await sandbox.DoAsync("cp", "/a.txt", "/b.txt");
        await sandbox.DoAsync("cp", "/a.txt", "/f");
        string after = (await sandbox.RunAsync("ls", "--json", "/f/a.txt")).Output;

        Assert.Equal("new text", await sandbox.ReadAsync("/b.txt"));
        Assert.Equal("new text", await sandbox.ReadAsync("/f/a.txt"));
        Assert.Equal(IdOf(before), IdOf(after));

        static string IdOf(string json) => json.Split('\n').Single(line => line.Contains("\"id\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Moves_keep_the_file_and_replace_what_has_the_new_name()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        string id = (await sandbox.RunAsync("ls", "--json", "/readme.txt")).Output.Split('\n').Single(line => line.Contains("\"id\"", StringComparison.Ordinal));
        await sandbox.TakeRequestsAsync();

        await sandbox.DoAsync("mv", "/readme.txt", "/read me.txt");
        IReadOnlyDictionary<string, long> renamed = await sandbox.TakeRequestsAsync();
        await sandbox.DoAsync("mv", "/read me.txt", "/press");
        await sandbox.DoAsync("mv", "/press/read me.txt", "/press/boilerplate.md");
        await sandbox.DoAsync("mv", "/campaigns/2026/*.png", "/incoming/");
        await sandbox.DoAsync("mv", "/campaigns/2025", "/archive");
        IReadOnlyDictionary<string, long> moved = await sandbox.TakeRequestsAsync();
        CliResult missing = await sandbox.RunAsync("mv", "/none", "/press");
        CliResult itself = await sandbox.RunAsync("mv", "/press", "/press/deep");

        Assert.Equal(1, renamed["rename"]);
        Assert.DoesNotContain("upload", moved.Keys);
        Assert.Contains(id, (await sandbox.RunAsync("ls", "--json", "/press/boilerplate.md")).Output, StringComparison.Ordinal);
        Assert.Equal(["banner-wide.png", "spring-hero.png", "summer-hero.png"], await sandbox.DoAsync("ls", "/incoming"));
        Assert.Equal(["winter-hero.png"], await sandbox.DoAsync("ls", "/archive"));
        missing.AssertFailed(ExitCode.Failed, "/none is not in the library");
        itself.AssertFailed(ExitCode.Failed, "into itself");
    }

    [Fact]
    public async Task Folders_are_made_once_with_or_without_those_above()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();

        string[] made = await sandbox.DoAsync("mkdir", "/a");
        CliResult again = await sandbox.RunAsync("mkdir", "/a");
        CliResult orphan = await sandbox.RunAsync("mkdir", "/b/c");
        await sandbox.DoAsync("mkdir", "-p", "/b/with space/c", "/a");

        Assert.Equal(["Made /a"], made);
        again.AssertFailed(ExitCode.Failed, "/a is there already");
        orphan.AssertFailed(ExitCode.Failed, "/b is not in the library");
        Assert.Equal(["a/", "b/"], await sandbox.DoAsync("ls"));
        Assert.Equal(["c/"], await sandbox.DoAsync("ls", "/b/with space"));
    }

    [Fact]
    public async Task What_the_service_refuses_is_one_line_with_its_status()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.SetFaultsAsync("delete=status:403:read only\nfolder-create=status:403:read only\ncopy=status:500:broken\nupload=status:403:read only");
        sandbox.Write("a.txt", "a");

        CliResult removed = await sandbox.RunAsync("rm", "/readme.txt");
        CliResult made = await sandbox.RunAsync("mkdir", "/new");
        CliResult copied = await sandbox.RunAsync("cp", "/readme.txt", "/press");
        CliResult stored = await sandbox.RunAsync("put", "a.txt");

        removed.AssertFailed(ExitCode.NotPermitted, "/readme.txt");
        made.AssertFailed(ExitCode.NotPermitted, "/new");
        copied.AssertFailed(ExitCode.ServiceFailed, "broken");
        stored.AssertFailed(ExitCode.NotPermitted, "/a.txt");
    }
}
