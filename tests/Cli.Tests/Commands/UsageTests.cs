using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

public sealed class UsageTests
{
    [Theory]
    [InlineData("--bogus", "mount", "--bogus", "/x")]
    [InlineData("--bogus", "mount", "/x", "--bogus")]
    [InlineData("--lasy", "umount", "--lasy", "/x")]
    [InlineData("--bogus", "status", "--bogus")]
    [InlineData("--bogus", "emulator", "--bogus")]
    [InlineData("frobnicate", "frobnicate", "/x")]
    [InlineData("MOUNTPOINT", "sync")]
    [InlineData("--commit", "mount", "/x", "--commit", "sometimes")]
    [InlineData("--on-conflict", "mount", "/x", "--on-conflict", "panic")]
    [InlineData("--umask", "mount", "/x", "--umask", "999")]
    [InlineData("--cache-size", "mount", "/x", "--cache-size", "big")]
    [InlineData("--dir-ttl", "mount", "/x", "--dir-ttl", "soon")]
    [InlineData("--commit-deadline", "mount", "/x", "--commit-deadline", "never")]
    [InlineData("--log-level", "mount", "/x", "--log-level", "loud")]
    [InlineData("--uid", "mount", "/x", "--uid", "-1")]
    [InlineData("profile", "mount", "/x", "--profile", "staging")]
    [InlineData("bogus", "mount", "/x", "-o", "ro,bogus")]
    [InlineData("--synthetic", "emulator", "--synthetic", "10")]
    [InlineData("--synthetic", "emulator", "--synthetic", "axb")]
    [InlineData("--bandwidth", "emulator", "--bandwidth", "fast")]
    [InlineData("--fault", "emulator", "--fault", "nonsense")]
    [InlineData("--set", "emulator", "--set", "NoSuchSwitch=1")]
    [InlineData("--set", "emulator", "--set", "novalue")]
    public async Task A_command_line_that_makes_no_sense_is_one_line_that_names_the_culprit(string culprit, params string[] arguments)
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync(arguments);

        result.AssertFailed(ExitCode.Usage, culprit);
    }

    [Fact]
    public async Task Help_and_version_are_on_standard_output()
    {
        await using Sandbox sandbox = new();

        CliResult help = await sandbox.RunAsync("mount", "--help");
        CliResult version = await sandbox.RunAsync("--version");

        help.AssertOk();
        version.AssertOk();
        Assert.Contains("--drain-timeout", help.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("--launched", help.Output, StringComparison.Ordinal);
        Assert.Matches(@"^imagekitfs \d+\.\d+\.\d+\n$", version.Output);
    }

    [Fact]
    public async Task A_mount_without_an_account_names_the_three_ways()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"));

        result.AssertFailed(ExitCode.Usage, "IMAGEKIT_PRIVATE_KEY");
        Assert.Contains("--key-file", result.Error, StringComparison.Ordinal);
        Assert.Contains("--emulator", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mount_with_an_account_but_no_key_says_where_the_key_comes_from()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--url-endpoint", "https://ik.imagekit.io/demo");

        result.AssertFailed(ExitCode.Usage, "no private key");
    }

    [Fact]
    public async Task A_key_file_that_others_can_read_is_refused()
    {
        await using Sandbox sandbox = new();
        string file = sandbox.Path("key");
        File.WriteAllText(file, "private_distinctive_4711");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--url-endpoint", "https://ik.imagekit.io/demo", "--key-file", file);

        result.AssertFailed(ExitCode.BadKey, "chmod 600");
        Assert.DoesNotContain("distinctive", result.Error + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_key_file_is_a_bad_key()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--url-endpoint", "https://ik.imagekit.io/demo", "--key-file", sandbox.Path("none"));

        result.AssertFailed(ExitCode.BadKey, "does not exist");
    }

    [Fact]
    public async Task A_key_typed_as_an_argument_is_not_repeated()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("mount", "/x", "private_distinctive+4711/=");

        result.AssertFailed(ExitCode.Usage, "private_***");
        Assert.DoesNotContain("distinctive", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_http_to_another_machine_is_refused()
    {
        await using Sandbox sandbox = new();
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_x";

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--url-endpoint", "http://example.com/demo");

        result.AssertFailed(ExitCode.Usage, "https");
    }

    [Theory]
    [InlineData("umount")]
    [InlineData("sync")]
    [InlineData("retry")]
    [InlineData("status")]
    public async Task A_folder_that_is_not_a_mount_is_not_mounted(string command)
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync(command, sandbox.Folder("plain"));

        result.AssertFailed(ExitCode.NotMounted, sandbox.Path("plain"));
    }

    [Fact]
    public async Task Status_with_no_mount_answers_for_people_and_for_programs()
    {
        await using Sandbox sandbox = new();

        CliResult json = await sandbox.RunAsync("status", "--json");

        json.AssertOk();
        Assert.StartsWith("[", json.Output, StringComparison.Ordinal);
    }
}
