using System.CommandLine;
using ImageKitFs.Cli.Library;

namespace ImageKitFs.Cli.Commands;

/// <summary>`cat`: files of the library on standard output.</summary>
internal sealed class CatCommand : LibraryCommand
{
    private readonly Argument<string[]> _paths = Arguments.Paths("PATH", "Files or quoted patterns of the library.", ArgumentArity.OneOrMore);

    public static Command Build() => new CatCommand().BuildCommand();

    protected override Task RunAsync(ParseResult result, CommandRun run) => result.GetValue(Origin)
        ? OriginCopies.ToOutputAsync(result.GetValue(_paths)!, run)
        : GetCommand.ToOutputAsync(result.GetValue(_paths)!, run);

    private Command BuildCommand() => Build("cat", "Write files of the library to standard output, one after the other.", _paths, Origin);
}
