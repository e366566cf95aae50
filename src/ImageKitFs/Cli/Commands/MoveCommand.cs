using System.CommandLine;
using ImageKitFs.Cli.Library;

namespace ImageKitFs.Cli.Commands;

/// <summary>`mv`: inside a library as a mount renames, with ids, versions and tags kept; to another account by copying and deleting.</summary>
internal sealed class MoveCommand : LibraryCommand
{
    private const string Moved = "moved";

    private readonly Argument<string[]> _paths = Arguments.Paths(
        "SOURCE... TARGET", "Files, folders or quoted patterns of a library; then a new name, or a folder of the same or another one.", ArgumentArity.OneOrMore);

    public static Command Build() => new MoveCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        if (await Relocation.FindAsync(result.GetValue(_paths)!, "mv", run) is not { } way)
            return;
        TransferReport report = new(result.GetValue(Json));
        List<Source> inside = [.. way.Sources.Where(source => source.Library == way.Target)];
        if (inside.Count > 0)
        {
            await using LibrarySession session = await LibrarySession.OpenAsync(run.Libraries.RequestOf(way.Profile), run.Libraries.EmulatorOf(way.Profile), run.Stop);
            foreach (Source source in inside)
                await RenameAsync(session, source, way, report, run);
        }

        foreach (Source source in way.Sources.Where(source => source.Library != way.Target))
            await run.TryAsync(() => CarryAsync(source, way, report, run));
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON object a line for programs: action, from, path, size, error.";
        return Build("mv", "Rename and move files and folders of the library; a file of the new name is replaced.", _paths, Json);
    }

    private static async Task RenameAsync(LibrarySession session, Source source, Relocation way, TransferReport report, CommandRun run)
    {
        string path = way.PathOf(source);
        string? failure = await run.TryAsync(async () =>
        {
            if (path == source.Entry.Path)
                throw new CliException(ExitCode.Failed, $"{source} is that already");
            await session.RenameAsync(source.Entry.Path, path, run.Stop);
        });
        way.Say(report, Moved, source, path, failure);
    }

    private static async Task CarryAsync(Source source, Relocation way, TransferReport report, CommandRun run)
    {
        CarryPlan plan = new(run, source.Library, way.Target);
        await source.PlanAsync(plan, way.Target.TargetOf(way.Place.Folder), way.Place.Name);
        int before = run.Failures.Count;
        await plan.RunAsync(report, (item, failure) =>
        {
            if (failure is not null)
                way.Say(report, Moved, source with { Entry = item.File }, item.Path, failure);
        });
        // The source goes only when all of it has arrived.
        if (run.Failures.Count > before)
            throw new CliException(run.Failures.Code, $"{source} stays where it was: not all of it could be copied");
        run.Stop.ThrowIfCancellationRequested();
        if (source.Entry.IsFolder)
            await source.Library.DeleteFolderAsync(source.Entry, run.Stop);
        else if (await source.Library.DeleteAsync([source.Entry], run.Stop) is [var (_, why)])
            throw why;
        way.Say(report, Moved, source, way.PathOf(source), failure: null);
    }
}
