using System.CommandLine;
using ImageKitFs.Cli.Interop;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>`get`: files and folders out of the library, without a mount.</summary>
internal sealed class GetCommand : LibraryCommand
{
    private const string StandardStream = "-";

    private readonly Argument<string[]> _paths = Arguments.Paths(
        "PATH... LOCAL", "Files, folders or quoted patterns of the library; then a file or folder here, or - for standard output. A single PATH comes here, under its name.",
        ArgumentArity.OneOrMore);

    private readonly Option<bool> _recursive = new("-r", "--recursive") { Description = "Folders are copied with all that is in them, with or without it." };

    public static Command Build() => new GetCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        string[] arguments = result.GetValue(_paths)!;
        (string[] sources, string? local) = arguments.Length == 1 ? (arguments, null) : (arguments[..^1], arguments[^1]);
        if (local is not null && LibraryPath.TryParsePrefixed(local, out _))
            throw new CliException(ExitCode.Usage, $"{local} is a path of a library; imagekitfs cp copies inside it and between two");
        if (result.GetValue(Origin))
            await (local == StandardStream ? OriginCopies.ToOutputAsync(sources, run) : OriginCopies.ToFilesAsync(sources, local, new TransferReport(result.GetValue(Json)), run));
        else if (local == StandardStream)
            await ToOutputAsync(sources, run);
        else
            await ToFilesAsync(sources, local, new TransferReport(result.GetValue(Json)), run);
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON object a line for programs: action, path, local, size, error.";
        return Build("get", "Copy files and folders out of the library; no mount is needed. What is here already is not fetched again.", _paths, _recursive, Origin, Json);
    }

    /// <summary>`cat` and `get PATH -`.</summary>
    public static async Task ToOutputAsync(string[] sources, CommandRun run)
    {
        await using Stream output = OpenOutput();
        foreach (LibraryPath path in sources.Select(LibraryPath.Parse))
        {
            await run.TryAsync(async () =>
            {
                DirectLibrary library = await run.Libraries.OpenAsync(path.Profile, run.Stop);
                foreach (LibraryEntry entry in await LibraryFinder.FindAsync(library, path, needsRows: true, run.Stop))
                {
                    if (entry.IsFolder)
                        throw new CliException(ExitCode.Usage, $"{LibraryPath.Show(path.Profile, entry.Path)} is a folder");
                    // A reader that has stopped reading holds up what is written to it; Ctrl-C does not wait for that.
                    await Task.Run(() => library.ReadAsync(entry, output, progress: null, run.Stop)).WaitAsync(run.Stop);
                }
            });
        }
    }

    public static Stream OpenOutput() => OperatingSystem.IsLinux() ? new OutputStream() : Console.OpenStandardOutput();

    private static async Task ToFilesAsync(string[] sources, string? local, TransferReport report, CommandRun run)
    {
        foreach (LibraryPath path in sources.Select(LibraryPath.Parse))
        {
            await run.TryAsync(async () =>
            {
                DirectLibrary library = await run.Libraries.OpenAsync(path.Profile, run.Stop);
                IReadOnlyList<LibraryEntry> found = await LibraryFinder.FindAsync(library, path, needsRows: false, run.Stop);
                GetPlan plan = new(run, library);
                await PlanAsync(plan, found, local, isIntoFolder: sources.Length > 1 || Glob.IsPattern(path.Path));
                await FetchAsync(library, path.Profile, plan, report, run);
            });
        }
    }

    private static async Task PlanAsync(GetPlan plan, IReadOnlyList<LibraryEntry> found, string? local, bool isIntoFolder)
    {
        string target = Path.GetFullPath(local ?? ".");
        bool isFolder = local is null || isIntoFolder || Path.EndsInDirectorySeparator(local) || Directory.Exists(target);
        foreach (LibraryEntry entry in found)
        {
            if (entry.Path == "/" && local is null)
                throw new CliException(ExitCode.Usage, "/ is a folder without a name: say where it goes, imagekitfs get / LOCAL");
            if (entry is { IsFolder: true, Path: not "/" } && !isIntoFolder && local is not null && !Path.EndsInDirectorySeparator(local) && Directory.Exists(target))
            {
                await plan.AddFolderIntoAsync(entry, target);
                continue;
            }

            string place = isFolder && entry.Path != "/" ? GetPlan.Place(target, entry) : target;
            if (entry.IsFolder)
                await plan.AddFolderAsync(entry, place);
            else
                plan.AddFile(entry, place);
        }
    }

    private static async Task FetchAsync(DirectLibrary library, string? profile, GetPlan plan, TransferReport report, CommandRun run)
    {
        Transfers transfers = new(run);
        IReadOnlyList<GetItem> items = plan.Items;
        await TransferView.RunAsync(run, report, items.Count, items.Sum(item => item.File.Size), async view =>
        {
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = Transfers.ParallelDownloads, CancellationToken = run.Stop };
            await Parallel.ForEachAsync(items, parallel, async (item, _) =>
            {
                using TransferView.FileBar bar = view.Begin(item.File.Name, item.File.Size);
                string action = "unchanged";
                string? failure = await run.TryAsync(async () =>
                {
                    if (await transfers.IsHereAsync(library, item.File, item.Local, maySetTime: true))
                        return;
                    MakeFolderOf(item.Local);
                    await transfers.FetchAsync(library, item.File, item.Local, bar);
                    action = "fetched";
                });
                report.Say(new TransferLine
                {
                    Action = failure is null ? action : "failed",
                    Path = LibraryPath.Show(profile, item.File.Path),
                    Local = item.Local,
                    Size = item.File.Size,
                    Error = failure,
                });
            });
        });
    }

    private static void MakeFolderOf(string local)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(local)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot write {local}: {e.Message}", e);
        }
    }
}
