using System.CommandLine;
using ImageKitFs.Cli.Completion;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Profiles;

namespace ImageKitFs.Cli.Commands;

/// <summary>`complete -- WORD...`: what may stand at the end of that command line, for the scripts of the shells. Not for people, so not in the help.</summary>
/// <remarks>One suggestion a line, a tab, what it means; then `:files` or `:folders` where the shell may offer those as well.</remarks>
internal static class CompleteCommand
{
    public static Command Build()
    {
        Argument<string[]> words = new("WORD") { Description = "What follows the program's name, up to the cursor; the last word may be empty.", Arity = ArgumentArity.ZeroOrMore };
        Command command = new("complete", "Say what may follow on a command line.") { words };
        command.Hidden = true;
        command.SetAction(result =>
        {
            Suggestion suggestion = new Suggestions(CommandTree.Build([]), Profiles, LiveMounts.List).At(result.GetValue(words) ?? []);
            foreach ((string word, string meaning) in suggestion.Words)
                Console.Out.WriteLine(meaning.Length == 0 ? word : $"{word}\t{meaning}");
            if (suggestion.Files != FileKind.None)
                Console.Out.WriteLine(suggestion.Files == FileKind.Folders ? ":folders" : ":files");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static IReadOnlyList<string> Profiles() => ProfileStore.OfUser().Names();
}
