using System.CommandLine;
using ImageKitFs.Cli.Completion;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Install;

/// <summary>What the shells offer, which they ask the program for.</summary>
public sealed class CompletionTests
{
    [Fact]
    public void Every_command_and_option_is_offered_and_no_hidden_one()
    {
        RootCommand root = CommandTree.Build([]);
        Suggestions suggestions = new(root, () => [], () => []);

        Assert.Equal(root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name), Words(suggestions.At([""])));
        foreach (Command command in root.Subcommands.Where(command => !command.Hidden))
        {
            IReadOnlyList<string> offered = Words(suggestions.At([command.Name, "--"]));
            foreach (Option option in command.Options)
                Assert.Equal(!option.Hidden, offered.Contains(option.Name));
        }
    }

    [Theory]
    [InlineData(new[] { "mount", "--commit", "" }, new[] { "close", "journal" }, FileKind.None)]
    [InlineData(new[] { "mount", "--commit=jo" }, new[] { "--commit=close", "--commit=journal" }, FileKind.None)]
    [InlineData(new[] { "mount", "/mnt", "--profile", "" }, new[] { "home", "work" }, FileKind.None)]
    [InlineData(new[] { "mount", "--key-file", "" }, new string[0], FileKind.Any)]
    [InlineData(new[] { "mount", "--cache-dir", "" }, new string[0], FileKind.Folders)]
    [InlineData(new[] { "mount", "--read-only", "" }, new string[0], FileKind.Folders)]
    [InlineData(new[] { "umount", "" }, new[] { "/mnt/a" }, FileKind.None)]
    [InlineData(new[] { "umount", "/mnt/a", "" }, new string[0], FileKind.None)]
    [InlineData(new[] { "service", "" }, new[] { "install", "remove", "start", "stop" }, FileKind.None)]
    [InlineData(new[] { "nonsense", "" }, new string[0], FileKind.None)]
    public void What_stands_before_the_cursor_decides(string[] words, string[] expected, object files)
    {
        Suggestions suggestions = new(CommandTree.Build([]), () => ["home", "work"], () => ["/mnt/a"]);

        Suggestion suggestion = suggestions.At(words);

        Assert.Equal(expected, Words(suggestion));
        Assert.Equal(files, suggestion.Files);
    }

    [Fact]
    public async Task Bash_completes_commands_options_values_and_folders()
    {
        await using Sandbox sandbox = new();
        sandbox.Folder("some folder");

        Assert.Contains("umount", await BashAsync(sandbox, "imagekitfs", "umo"), StringComparison.Ordinal);
        Assert.Contains("--drain-timeout", await BashAsync(sandbox, "imagekitfs", "mount", "--dr"), StringComparison.Ordinal);
        Assert.Equal("journal\n", await BashAsync(sandbox, "imagekitfs", "mount", "--commit", "jo"));
        Assert.Equal("some folder\n", await BashAsync(sandbox, "imagekitfs", "mount", "some"));
    }

    [Fact]
    public async Task Zsh_and_fish_take_their_scripts_and_fish_completes()
    {
        await using Sandbox sandbox = new();

        CliResult zsh = await sandbox.RunProgramAsync("zsh", "-f", "-n", Repository.PathOf("install/completions/_imagekitfs"));
        sandbox.Environment["PATH"] = $"{AppContext.BaseDirectory}:/usr/bin:/bin";
        CliResult fish = await sandbox.RunProgramAsync(
            "fish", "--no-config", "-c", $"source {Repository.PathOf("install/completions/imagekitfs.fish")}; complete -C 'imagekitfs mount --comm'");
        CliResult value = await sandbox.RunProgramAsync(
            "fish", "--no-config", "-c", $"source {Repository.PathOf("install/completions/imagekitfs.fish")}; complete -C 'imagekitfs mount --commit '");

        zsh.AssertOk();
        Assert.Contains("--commit\t", fish.Output, StringComparison.Ordinal);
        Assert.Contains("journal", value.Output, StringComparison.Ordinal);
    }

    // As readline calls it: the words and the number of the last one.
    private static async Task<string> BashAsync(Sandbox sandbox, params string[] words)
    {
        string script = $"""
            . {Repository.PathOf("install/completions/imagekitfs.bash")}
            COMP_WORDS=("$@"); COMP_WORDS[0]={Sandbox.Executable}; COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT={string.Join(' ', words).Length}
            _imagekitfs
            printf '%s\n' "{"${COMPREPLY[@]}"}"
            """;
        CliResult result = await sandbox.RunProgramAsync("bash", ["--norc", "-c", script, "bash", .. words]);
        result.AssertOk();
        return result.Output;
    }

    private static IReadOnlyList<string> Words(Suggestion suggestion) => [.. suggestion.Words.Select(entry => entry.Word)];
}
