using System.CommandLine;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>`rm`: files and folders of the library, for good.</summary>
internal sealed class RemoveCommand : LibraryCommand
{
    private readonly Argument<string[]> _paths = Arguments.Paths("PATH", "Files, folders or quoted patterns of the library.", ArgumentArity.OneOrMore);
    private readonly Option<bool> _recursive = new("-r", "-R", "--recursive") { Description = "Also folders, with all that is in them." };
    private readonly Option<bool> _force = new("-f", "--force") { Description = "What is not there is no failure." };

    public static Command Build() => new RemoveCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        TransferReport report = new(result.GetValue(Json));
        Dictionary<DirectLibrary, Chosen> chosen = [];
        List<LibraryPath> paths = [.. result.GetValue(_paths)!.Select(LibraryPath.Parse)];
        // Before anything is deleted: whoever typed it did not mean the rest either.
        if (paths.Exists(path => path.IsRoot))
            throw new CliException(ExitCode.Usage, "/ is the whole library: name what is to go; nothing was deleted");
        foreach (LibraryPath path in paths)
        {
            await run.TryAsync(async () =>
            {
                DirectLibrary library = await run.Libraries.OpenAsync(path.Profile, run.Stop);
                if (!chosen.TryGetValue(library, out Chosen? of))
                    chosen.Add(library, of = new Chosen(path.Profile));
                try
                {
                    of.Entries.AddRange(await LibraryFinder.FindAsync(library, path, needsRows: true, run.Stop));
                }
                catch (CliException e) when (e.Code == ExitCode.Failed && result.GetValue(_force))
                {
                    // Nothing of that name: that is what was wanted.
                }
            });
        }

        foreach ((DirectLibrary library, Chosen of) in chosen)
            await RemoveAsync(library, of, result.GetValue(_recursive), report, run);
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON object a line for programs: action, path, size, error.";
        return Build("rm", "Delete files and folders of the library for good, with all their versions.", _paths, _recursive, _force, Json);
    }

    private static async Task RemoveAsync(DirectLibrary library, Chosen chosen, bool isRecursive, TransferReport report, CommandRun run)
    {
        List<LibraryEntry> entries = [.. chosen.Entries.DistinctBy(entry => entry.Path)];
        IReadOnlyList<LibraryEntry> files = entries.FindAll(entry => !entry.IsFolder);
        IReadOnlyList<(LibraryEntry File, Exception Why)> failed = await library.DeleteAsync(files, run.Stop);
        foreach (LibraryEntry file in files)
        {
            Exception? why = failed.FirstOrDefault(one => one.File == file).Why;
            Say(file, why is null ? null : run.Failures.Add(why));
        }

        foreach (LibraryEntry folder in entries.FindAll(entry => entry.IsFolder))
        {
            Say(folder, await run.TryAsync(async () =>
            {
                if (!isRecursive)
                    throw new CliException(ExitCode.Usage, $"{LibraryPath.Show(chosen.Profile, folder.Path)} is a folder; imagekitfs rm -r deletes it with all that is in it");
                await library.DeleteFolderAsync(folder, run.Stop);
            }));
        }

        void Say(LibraryEntry entry, string? failure) => report.Say(new TransferLine
        {
            Action = failure is null ? "removed" : "failed",
            Path = LibraryPath.Show(chosen.Profile, entry.Path),
            Size = entry.IsFolder ? null : entry.Size,
            Error = failure,
        });
    }

    private sealed record Chosen(string? Profile)
    {
        public List<LibraryEntry> Entries { get; } = [];
    }
}
