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
        if (await Relocation.FindAsync(result.GetValue(_paths)!, "cp", run) is not { } way)
            return;
        TransferReport report = new(result.GetValue(Json));
        foreach (Source source in way.Sources)
            await run.TryAsync(() => CopyAsync(source, way, result.GetValue(_recursive), report, run));
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON object a line for programs: action, from, path, size, error.";
        return Build("cp", "Copy files and folders of the library: inside an account the service does it, and no byte moves.", _paths, _recursive, Json);
    }

    private static async Task CopyAsync(Source source, Relocation way, bool isRecursive, TransferReport report, CommandRun run)
    {
        LibraryEntry entry = source.Entry;
        if (entry.IsFolder && !isRecursive)
            throw new CliException(ExitCode.Usage, $"{source} is a folder; imagekitfs cp -r copies it with all that is in it");
        FolderView place = way.Place.Folder;
        if (source.Library == way.Target)
        {
            if (entry.Path == "/")
                throw new CliException(ExitCode.Usage, "a library cannot be copied into itself");
            // What another source has just put there is looked at again.
            await way.Target.CopyAsync(entry, await way.Target.FindFolderAsync(place.Path, run.Stop) ?? place, way.NameOf(source), run.Stop);
            way.Say(report, "copied", source, way.PathOf(source), failure: null);
            return;
        }

        CarryPlan plan = new(run, source.Library, way.Target);
        await source.PlanAsync(plan, way.Target.TargetOf(place), way.Place.Name);
        await plan.RunAsync(report, (item, failure) => way.Say(report, "copied", source with { Entry = item.File }, item.Path, failure));
    }
}
