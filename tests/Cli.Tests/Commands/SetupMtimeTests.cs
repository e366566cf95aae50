using System.Diagnostics;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

/// <summary>Nothing is made in somebody's account without a yes.</summary>
public sealed class SetupMtimeTests
{
    [Fact]
    public async Task Without_a_terminal_and_without_yes_it_explains_itself_and_makes_nothing()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();

        CliResult refused = await sandbox.RunAsync("setup-mtime");
        CliResult made = await sandbox.RunAsync("setup-mtime", "--yes");
        CliResult again = await sandbox.RunAsync("setup-mtime");

        refused.AssertFailed(ExitCode.Usage, "--yes");
        Assert.Contains("imagekitfs_mtime", refused.Output, StringComparison.Ordinal);
        made.AssertOk();
        Assert.Contains("made the field imagekitfs_mtime", made.Output, StringComparison.Ordinal);
        again.AssertOk();
        Assert.Contains("already", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_works_on_the_embedded_emulator_and_what_is_stored_from_then_on_has_its_time_everywhere()
    {
        await using Sandbox sandbox = new();
        string library = sandbox.Folder("library");
        await File.WriteAllTextAsync(sandbox.Path("a.txt"), "a");
        DateTime written = new(2021, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(sandbox.Path("a.txt"), written);

        (await sandbox.RunAsync("setup-mtime", "--yes", "--emulator", library)).AssertOk();
        (await sandbox.RunAsync("put", "a.txt", "--emulator", library)).AssertOk();
        Directory.Delete(sandbox.Path("state"), recursive: true); // Another machine.
        CliResult listed = await sandbox.RunAsync("ls", "-l", "--emulator", library);

        Assert.Contains("2021-02-03 04:05:06 a.txt", listed.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n", 1)]
    [InlineData("", 1)]
    [InlineData("yes", 0)]
    public async Task On_a_terminal_it_asks_and_only_a_yes_counts(string answer, int status)
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();

        // script(1) gives it a terminal.
        Process asked = sandbox.StartTerminal("-qec", $"{Sandbox.Executable} setup-mtime", "/dev/null");
        await asked.StandardInput.WriteLineAsync(answer);
        await asked.StandardInput.FlushAsync();
        string shown = await asked.StandardOutput.ReadToEndAsync();
        int ended = await Sandbox.EndAsync(asked);
        CliResult after = await sandbox.RunAsync("setup-mtime");

        Assert.Contains("Make the field? [y/N]", shown, StringComparison.Ordinal);
        Assert.Equal(status, ended);
        Assert.Equal(status == 0 ? 0 : (int)ExitCode.Usage, after.ExitCode);
    }

    [Fact]
    public async Task A_key_that_is_refused_is_told_with_its_own_exit_status()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_wrong_4711";

        CliResult result = await sandbox.RunAsync("setup-mtime", "--yes");

        result.AssertFailed(ExitCode.BadKey, "private key");
        Assert.DoesNotContain("4711", result.Error + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_account_it_names_the_ways_to_give_one()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("setup-mtime", "--yes");

        result.AssertFailed(ExitCode.Usage, "IMAGEKIT_URL_ENDPOINT");
    }
}
