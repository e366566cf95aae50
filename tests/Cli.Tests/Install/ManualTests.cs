using System.CommandLine;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Install;

/// <summary>The manual pages, which the program writes itself.</summary>
public sealed class ManualTests
{
    [Fact]
    public async Task The_page_has_every_command_and_option_and_no_hidden_one()
    {
        await using Sandbox sandbox = new();

        string page = await ReadAsync(sandbox, "manual");

        foreach (Command command in CommandTree.Build([]).Subcommands)
        {
            bool isThere = page.Contains($"imagekitfs {command.Name}", StringComparison.Ordinal);
            Assert.True(isThere == !command.Hidden, $"{command.Name} is {(isThere ? "" : "not ")}in the page");
            foreach (Option option in command.Options.Where(option => !command.Hidden && !option.Hidden))
                Assert.Contains(option.Name, page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(Launcher.LaunchedOption, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_helper_s_page_has_every_word_of_fstab()
    {
        await using Sandbox sandbox = new();

        string page = await ReadAsync(sandbox, "manual", "--mount-helper");

        foreach (string word in MountWords.Flags.Keys.Concat(MountWords.Values.Keys))
            Assert.Contains(word, page, StringComparison.Ordinal);
    }

    // As a reader sees it: through the formatter, which has nothing to complain about.
    private static async Task<string> ReadAsync(Sandbox sandbox, params string[] arguments)
    {
        CliResult written = await sandbox.RunAsync(arguments);
        written.AssertOk();
        string file = sandbox.Path("page.1");
        File.WriteAllText(file, written.Output);
        sandbox.Environment["MANWIDTH"] = "500";
        sandbox.Environment["MAN_KEEP_FORMATTING"] = null;
        CliResult shown = await sandbox.RunProgramAsync("man", "--warnings", "-Tascii", "-P", "cat", "-l", file);
        shown.AssertOk();
        Assert.Equal("", shown.Error);
        // Bold is drawn by typing a letter twice.
        return System.Text.RegularExpressions.Regex.Replace(shown.Output, "\x1b\\[[0-9;]*m|.\b", "");
    }
}
