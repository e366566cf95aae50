using System.CommandLine;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>`mkdir`: folders of the library.</summary>
internal sealed class MakeFolderCommand : LibraryCommand
{
    private readonly Argument<string[]> _paths = Arguments.Paths("PATH", "Folders of the library that are to be.", ArgumentArity.OneOrMore);
    private readonly Option<bool> _parents = new("-p", "--parents") { Description = "Also the folders above them; one that is there is no failure." };

    public static Command Build() => new MakeFolderCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        foreach (LibraryPath path in result.GetValue(_paths)!.Select(LibraryPath.Parse))
        {
            await run.TryAsync(async () =>
            {
                DirectLibrary library = await run.Libraries.OpenAsync(path.Profile, run.Stop);
                if (await MakeAsync(library, path, result.GetValue(_parents), run))
                    Console.Out.WriteLine($"Made {Plain.Printable(path.ToString())}");
            });
        }
    }

    private Command BuildCommand() => Build("mkdir", "Make folders of the library.", _paths, _parents);

    /// <returns>False: it is there already.</returns>
    private static async Task<bool> MakeAsync(DirectLibrary library, LibraryPath path, bool withParents, CommandRun run)
    {
        if (path.IsRoot)
            return withParents ? false : throw new CliException(ExitCode.Failed, $"{path} is there already");
        FolderTarget target;
        if (await library.FindFolderAsync(path.Parent, run.Stop) is { } parent)
        {
            if (parent.Find(path.Name) is { } present)
                return present.IsFolder && withParents ? false : throw new CliException(ExitCode.Failed, $"{path} is there already");
            target = library.TargetOf(parent).New(path.Name);
        }
        else
        {
            if (!withParents)
                throw new CliException(ExitCode.Failed, $"{LibraryPath.Show(path.Profile, path.Parent)} is not in the library; -p makes it too");
            target = library.TargetOf((await library.FindFolderAsync("/", run.Stop))!);
            foreach (string name in path.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                target = target.Find(name) switch
                {
                    null => target.New(name),
                    { IsFolder: true } folder => library.TargetOf(await library.ListAsync(folder, run.Stop)),
                    { } file => throw new CliException(ExitCode.Failed, $"{file.Path} is a file"),
                };
            }
        }

        await library.MakeFolderAsync(target, run.Stop);
        return true;
    }
}
