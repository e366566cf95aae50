using System.CommandLine;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>`cp`: copies inside a library, made by the service, and between two accounts, by way of this machine.</summary>
internal sealed class CopyCommand : LibraryCommand
{
    private readonly Argument<string[]> _paths = Arguments.Paths(
        "SOURCE... TARGET", "Files, folders or quoted patterns of a library; then a file or folder of the same or another one.", ArgumentArity.OneOrMore);

    private readonly Option<bool> _recursive = new("-r", "-R", "--recursive") { Description = "Also folders, with all that is in them." };

    public static Command Build() => new CopyCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        (string[] given, string to) = SplitLast(result.GetValue(_paths)!, "cp", "a SOURCE and a TARGET");
        LibraryPath path = LibraryPath.Parse(to);
        IReadOnlyList<Source> sources = await Source.FindAllAsync(given, run);
        if (sources.Count == 0)
            return;
        DirectLibrary target = await run.Libraries.OpenAsync(path.Profile, run.Stop);
        Destination place = await Destination.FindAsync(target, path, isFolder: sources.Count > 1, run.Stop);
        TransferReport report = new(result.GetValue(Json));
        foreach (Source source in sources)
            await run.TryAsync(() => CopyAsync(source, target, path.Profile, place, result.GetValue(_recursive), report, run));
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON object a line for programs: action, from, path, size, error.";
        return Build("cp", "Copy files and folders of the library: inside an account the service does it, and no byte moves.", _paths, _recursive, Json);
    }

    private static async Task CopyAsync(
        Source source, DirectLibrary target, string? targetProfile, Destination place, bool isRecursive, TransferReport report, CommandRun run)
    {
        LibraryEntry entry = source.Entry;
        if (entry.IsFolder && !isRecursive)
            throw new CliException(ExitCode.Usage, $"{source} is a folder; imagekitfs cp -r copies it with all that is in it");
        if (source.Library == target && entry.Path != "/")
        {
            string name = place.Name ?? entry.Name;
            // What another source has just put there is looked at again.
            FolderView folder = await target.FindFolderAsync(place.Folder.Path, run.Stop) ?? place.Folder;
            await target.CopyAsync(entry, folder, name, run.Stop);
            string path = folder.Path == "/" ? $"/{name}" : $"{folder.Path}/{name}";
            report.Say(new TransferLine
            {
                Action = "copied",
                From = source.ToString(),
                Path = LibraryPath.Show(targetProfile, path),
                Size = entry.IsFolder ? null : entry.Size,
            });
            return;
        }

        if (source.Library == target)
            throw new CliException(ExitCode.Usage, "a library cannot be copied into itself");
        CarryPlan plan = new(run, source.Library, target);
        await source.PlanAsync(plan, target.TargetOf(place.Folder), place.Name);
        await plan.RunAsync(report, (item, failure) => report.Say(new TransferLine
        {
            Action = failure is null ? "copied" : "failed",
            From = LibraryPath.Show(source.Profile, item.File.Path),
            Path = LibraryPath.Show(targetProfile, item.Path),
            Size = item.File.Size,
            Error = failure,
        }));
    }
}
