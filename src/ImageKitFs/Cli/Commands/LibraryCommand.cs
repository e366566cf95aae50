using System.CommandLine;
using ImageKitFs.Cli.Library;

namespace ImageKitFs.Cli.Commands;

/// <summary>What the commands without a mount have in common: the options that name the account, and how they run.</summary>
internal abstract class LibraryCommand
{
    private readonly AccountOptions _account = new();

    protected Option<bool> Json { get; } = new("--json");

    /// <summary>Of commands that read files.</summary>
    protected Option<bool> Origin { get; } = new("--origin") { Description = "PATH lies in attached external storage, which is delivered and never listed: exact paths of files." };

    /// <summary>The command with its own symbols first.</summary>
    protected Command Build(string name, string description, params Symbol[] own)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in own)
        {
            if (symbol is Option option)
                command.Add(option);
            else
                command.Add((Argument)symbol);
        }

        _account.AddTo(command);
        command.SetAction((result, _) => CommandRun.RunAsync(_account.Request(result), run => RunAsync(result, run)));
        return command;
    }

    protected abstract Task RunAsync(ParseResult result, CommandRun run);
}
