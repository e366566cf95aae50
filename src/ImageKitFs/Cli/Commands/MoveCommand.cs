using System.CommandLine;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>`mv`: inside a library as a mount renames, with ids, versions and tags kept; to another account by copying and deleting.</summary>
internal sealed class MoveCommand : LibraryCommand
{
    private readonly Argument<string[]> _paths = Arguments.Paths(
        "SOURCE... TARGET", "Files, folders or quoted patterns of a library; then a new name, or a folder of the same or another one.", ArgumentArity.OneOrMore);

    public static Command Build() => new MoveCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        (string[] given, string to) = SplitLast(result.GetValue(_paths)!, "mv", "a SOURCE and a TARGET");
        LibraryPath path = LibraryPath.Parse(to);
        IReadOnlyList<Source> sources = await Source.FindAllAsync(given, run);
        if (sources.Count == 0)
            return;
        DirectLibrary target = await run.Libraries.OpenAsync(path.Profile, run.Stop);
        Destination place = await Destination.FindAsync(target, path, isFolder: sources.Count > 1, run.Stop);
        TransferReport report = new(result.GetValue(Json));
        List<Source> inside = [.. sources.Where(source => source.Library == target)];
        if (inside.Count > 0)
        {
            await using LibrarySession session = await LibrarySession.OpenAsync(run.Libraries.RequestOf(path.Profile), run.Libraries.EmulatorOf(path.Profile), run.Stop);
            foreach (Source source in inside)
                await RenameAsync(session, source, path.Profile, place, report, run);
        }

        foreach (Source source in sources.Where(source => source.Library != target))
            await run.TryAsync(() => CarryAsync(source, target, path.Profile, place, report, run));
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON object a line for programs: action, from, path, size, error.";
        return Build("mv", "Rename and move files and folders of the library; a file of the new name is replaced.", _paths, Json);
    }

    private static async Task RenameAsync(LibrarySession session, Source source, string? targetProfile, Destination place, TransferReport report, CommandRun run)
    {
        string name = place.Name ?? source.Entry.Name;
        string path = place.Folder.Path == "/" ? $"/{name}" : $"{place.Folder.Path}/{name}";
        string? failure = await run.TryAsync(async () =>
        {
            if (path == source.Entry.Path)
                throw new CliException(ExitCode.Failed, $"{source} is that already");
            await session.RenameAsync(source.Entry.Path, path, run.Stop);
        });
        Say(report, source, targetProfile, path, failure);
    }

    private static async Task CarryAsync(Source source, DirectLibrary target, string? targetProfile, Destination place, TransferReport report, CommandRun run)
    {
        CarryPlan plan = new(run, source.Library, target);
        await source.PlanAsync(plan, target.TargetOf(place.Folder), place.Name);
        int before = run.Failures.Count;
        await plan.RunAsync(report, (item, failure) =>
        {
            if (failure is not null)
                Say(report, source with { Entry = item.File }, targetProfile, item.Path, failure);
        });
        // The source goes only when all of it has arrived.
        if (run.Failures.Count > before)
            throw new CliException(run.Failures.Code, $"{source} stays where it was: not all of it could be copied");
        run.Stop.ThrowIfCancellationRequested();
        if (source.Entry.IsFolder)
            await source.Library.DeleteFolderAsync(source.Entry, run.Stop);
        else if (await source.Library.DeleteAsync([source.Entry], run.Stop) is [var (_, why)])
            throw why;
        string name = place.Name ?? source.Entry.Name;
        Say(report, source, targetProfile, place.Folder.Path == "/" ? $"/{name}" : $"{place.Folder.Path}/{name}", failure: null);
    }

    private static void Say(TransferReport report, Source source, string? targetProfile, string path, string? failure) => report.Say(new TransferLine
    {
        Action = failure is null ? "moved" : "failed",
        From = source.ToString(),
        Path = LibraryPath.Show(targetProfile, path),
        Size = source.Entry.IsFolder ? null : source.Entry.Size,
        Error = failure,
    });
}
