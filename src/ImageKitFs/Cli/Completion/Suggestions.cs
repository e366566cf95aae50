using System.CommandLine;
using System.CommandLine.Completions;
using ImageKitFs.Cli.Manual;

namespace ImageKitFs.Cli.Completion;

/// <summary>What may stand where the cursor is.</summary>
/// <param name="Words">Each with what it means; the shell drops those that do not begin as typed.</param>
/// <param name="Files">Whether files of this machine may stand there too.</param>
internal sealed record Suggestion(IReadOnlyList<(string Word, string Meaning)> Words, FileKind Files = FileKind.None);

/// <summary>Files of this machine, which the shell knows to complete by itself.</summary>
internal enum FileKind
{
    None,
    Any,
    Folders,
}

/// <summary>Finds what may follow on a command line, in the tree that reads command lines: a shell's script knows no command and no option itself.</summary>
/// <param name="root">The tree.</param>
/// <param name="profiles">Names of stored accounts.</param>
/// <param name="mountPoints">What is mounted.</param>
internal sealed class Suggestions(RootCommand root, Func<IReadOnlyList<string>> profiles, Func<IReadOnlyList<string>> mountPoints)
{
    // What an argument is, is told by its name in the help.
    private const string MountPoint = "MOUNTPOINT";

    // These make a mount; the others want one.
    private static readonly HashSet<string> Mounting = new(StringComparer.Ordinal) { "mount", "demo" };

    /// <param name="words">What follows the program's name, up to the cursor; the last word is the one at the cursor, perhaps empty.</param>
    public Suggestion At(IReadOnlyList<string> words)
    {
        Command command = root;
        Option? waiting = null;
        int arguments = 0;
        bool onlyArguments = false;
        foreach (string word in words.SkipLast(1))
        {
            if (waiting is not null)
                waiting = null;
            else if (word == "--" && !onlyArguments)
                onlyArguments = true;
            else if (word.StartsWith('-') && !onlyArguments)
                waiting = Find(command, word) is { } option && ProgramPage.TakesValue(option) ? option : null;
            else if (arguments == 0 && command.Subcommands.FirstOrDefault(sub => !sub.Hidden && sub.Name == word) is { } subcommand)
                command = subcommand;
            else
                arguments++;
        }

        string typed = words.Count == 0 ? "" : words[^1];
        if (waiting is not null)
            return ValuesOf(waiting, prefix: "");
        if (onlyArguments || !typed.StartsWith('-'))
            return arguments == 0 && command.Subcommands.Any(sub => !sub.Hidden) ? Commands(command) : ArgumentOf(command, arguments);
        int equals = typed.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return Options(command);
        return Find(command, typed[..equals]) is { } named && ProgramPage.TakesValue(named) ? ValuesOf(named, typed[..(equals + 1)]) : new Suggestion([]);
    }

    private Option? Find(Command command, string name) =>
        command.Options.Concat(root.Options.Where(option => option.Recursive)).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static Suggestion Commands(Command command) =>
        new([.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => (sub.Name, sub.Description ?? ""))]);

    private Suggestion Options(Command command) =>
        new([.. command.Options.Concat(root.Options.Where(option => command == root || option.Recursive)).Where(option => !option.Hidden)
            .DistinctBy(option => option.Name).Select(option => (option.Name, option.Description ?? ""))]);

    private Suggestion ValuesOf(Option option, string prefix)
    {
        if (option.Name == "--profile")
            return new Suggestion([.. profiles().Select(name => (prefix + name, "profile"))]);
        string placeholder = option.HelpName ?? "";
        if (placeholder.Contains('|', StringComparison.Ordinal))
            return new Suggestion([.. placeholder.Split('|').Select(value => (prefix + value, ""))]);
        List<(string, string)> known = [.. option.GetCompletions(CompletionContext.Empty).Select(item => (prefix + item.Label, ""))];
        return known.Count > 0 ? new Suggestion(known) : new Suggestion([], FilesOf(placeholder));
    }

    private Suggestion ArgumentOf(Command command, int position)
    {
        List<Argument> visible = [.. command.Arguments.Where(argument => !argument.Hidden)];
        if (visible.Count == 0 || (position >= visible.Count && visible[^1].Arity.MaximumNumberOfValues <= 1))
            return new Suggestion([]);
        Argument argument = visible[Math.Min(position, visible.Count - 1)];
        if (argument.Name == MountPoint)
            return Mounting.Contains(command.Name)
                ? new Suggestion([], FileKind.Folders)
                : new Suggestion([.. mountPoints().Select(path => (path, "mounted"))]);
        List<(string, string)> known = [.. argument.GetCompletions(CompletionContext.Empty).Select(item => (item.Label, ""))];
        return known.Count > 0 ? new Suggestion(known) : new Suggestion([], argument.Name is "DIR" or "FOLDER" ? FileKind.Folders : FileKind.Any);
    }

    private static FileKind FilesOf(string placeholder) => placeholder switch
    {
        "DIR" => FileKind.Folders,
        "FILE" or "F" => FileKind.Any,
        _ => FileKind.None,
    };
}
