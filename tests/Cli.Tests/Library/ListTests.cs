using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>`ls`.</summary>
public sealed class ListTests
{
    [Fact]
    public async Task A_folder_is_listed_by_one_request_and_all_below_by_one_for_each_folder()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");

        CliResult one = await sandbox.RunAsync("ls", "/campaigns/2026");
        IReadOnlyDictionary<string, long> oneCost = await sandbox.TakeRequestsAsync();
        CliResult all = await sandbox.RunAsync("ls", "-R");
        IReadOnlyDictionary<string, long> allCost = await sandbox.TakeRequestsAsync();

        Assert.Equal("banner-wide.png\nbrief.html\nspring-hero.png\nsummer-hero.png\n", one.Output);
        Assert.Equal([new("list", 1)], oneCost);
        Assert.Contains("\n/campaigns/2026:\nbanner-wide.png\n", all.Output, StringComparison.Ordinal);
        Assert.Equal([new("list", all.Output.Split('\n').Count(line => line.EndsWith(':')))], allCost);
    }

    [Fact]
    public async Task Long_lists_have_sizes_and_times_and_patterns_show_paths()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.TakeRequestsAsync();

        CliResult detailed = await sandbox.RunAsync("ls", "-l", "/readme.txt");
        CliResult matched = await sandbox.RunAsync("ls", "/campaigns/*/*-hero.png");
        CliResult folders = await sandbox.RunAsync("ls", "/campaigns/*/");

        Assert.Matches(@"^ +93 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d readme\.txt\n$", detailed.Output);
        Assert.Equal("/campaigns/2025/winter-hero.png\n/campaigns/2026/spring-hero.png\n/campaigns/2026/summer-hero.png\n", matched.Output);
        Assert.StartsWith("/campaigns/2025:\nwinter-hero.png\n\n/campaigns/2026:\n", folders.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_get_one_array_of_objects()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");

        CliResult result = await sandbox.RunAsync("ls", "--json", "/");

        using JsonDocument document = JsonDocument.Parse(result.Output);
        JsonElement[] rows = [.. document.RootElement.EnumerateArray()];
        JsonElement folder = rows[0];
        JsonElement file = rows.Single(row => row.GetProperty("name").GetString() == "readme.txt");
        Assert.Equal(("campaigns", "/campaigns", "folder"), (Text(folder, "name"), Text(folder, "path"), Text(folder, "kind")));
        Assert.Equal(("/readme.txt", "file", 93), (Text(file, "path"), Text(file, "kind"), file.GetProperty("size").GetInt32()));
        Assert.Matches("^[0-9a-f]{24}$", Text(file, "id"));
        Assert.EndsWith("Z", Text(file, "modified"), StringComparison.Ordinal);

        static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task What_is_not_there_is_one_line_and_the_rest_is_listed()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");

        CliResult missing = await sandbox.RunAsync("ls", "/none");
        CliResult one = await sandbox.RunAsync("ls", "/none", "/campaigns/2025");
        CliResult nothing = await sandbox.RunAsync("ls", "/campaigns/*.gif");
        CliResult empty = await sandbox.RunAsync("ls", "/incoming");

        missing.AssertFailed(ExitCode.Failed, "/none is not in the library");
        one.AssertFailed(ExitCode.Failed, "/none is not in the library");
        Assert.Contains("winter-hero.png\n", one.Output, StringComparison.Ordinal);
        nothing.AssertFailed(ExitCode.Failed, "/campaigns/*.gif");
        Assert.Equal((0, ""), (empty.ExitCode, empty.Output));
    }

    [Theory]
    [InlineData("ls", "--bogus")]
    [InlineData("ls", "/a", "--bogus")]
    [InlineData("get", "/a", "--bogus", "b")]
    [InlineData("put", "--bogus", "a", "/b")]
    [InlineData("rm", "/a", "--bogus")]
    [InlineData("mv", "/a", "/b", "--bogus")]
    [InlineData("cp", "/a", "/b", "--bogus")]
    [InlineData("mkdir", "--bogus", "/b")]
    [InlineData("cat", "--bogus")]
    [InlineData("sync-dir", "a", "ik:/b", "--bogus")]
    public async Task An_option_that_is_not_known_is_named(params string[] arguments)
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync(arguments);

        result.AssertFailed(ExitCode.Usage, "--bogus");
    }

    [Fact]
    public async Task A_wrong_key_a_service_that_is_away_and_a_missing_profile_have_their_own_status()
    {
        await using Sandbox sandbox = new();
        (await sandbox.RunAsync("ls")).AssertFailed(ExitCode.Usage, "which account?");
        await sandbox.StartEmulatorAsync();

        (await sandbox.RunAsync("ls", "nobody:/")).AssertFailed(ExitCode.Usage, "there is no profile 'nobody'");
        (await sandbox.RunAsync("ls", "--profile", "nobody")).AssertFailed(ExitCode.Usage, "there is no profile 'nobody'");
        await sandbox.SetFaultsAsync("list=status:500:broken");
        (await sandbox.RunAsync("ls")).AssertFailed(ExitCode.ServiceFailed, "broken");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_wrong";
        (await sandbox.RunAsync("ls")).AssertFailed(ExitCode.ServiceFailed, "broken");
        await sandbox.SetFaultsAsync("");
        (await sandbox.RunAsync("ls")).AssertFailed(ExitCode.BadKey, "key");
        sandbox.Environment["IMAGEKIT_API_ENDPOINT"] = "http://127.0.0.1:1";
        (await sandbox.RunAsync("ls")).AssertFailed(ExitCode.NoNetwork, "127.0.0.1");
    }

    [Theory]
    [InlineData("ls")]
    [InlineData("get")]
    [InlineData("put")]
    [InlineData("cat")]
    [InlineData("rm")]
    [InlineData("mv")]
    [InlineData("cp")]
    [InlineData("mkdir")]
    [InlineData("sync-dir")]
    public async Task Help_ends_with_examples(string command)
    {
        await using Sandbox sandbox = new();

        CliResult help = await sandbox.RunAsync(command, "--help");

        help.AssertOk();
        Assert.Contains($"Examples:\n  imagekitfs {command} ", help.Output, StringComparison.Ordinal);
    }
}
