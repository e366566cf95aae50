using System.CommandLine;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>`put`: files and folders into the library, without a mount.</summary>
internal sealed class PutCommand : LibraryCommand
{
    private const string StandardStream = "-";

    private readonly Argument<string[]> _paths = Arguments.Paths(
        "LOCAL... PATH", "Files or folders here, or - for standard input; then a file or folder of the library. A single LOCAL goes to /.", ArgumentArity.OneOrMore);

    private readonly Option<bool> _recursive = new("-r", "--recursive") { Description = "Folders are copied with all that is in them, with or without it." };

    public static Command Build() => new PutCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        string[] arguments = result.GetValue(_paths)!;
        (string[] given, string to) = arguments.Length == 1 ? (arguments, "/") : (arguments[..^1], arguments[^1]);
        LibraryPath path = LibraryPath.Parse(to);
        List<string> sources = [];
        foreach (string source in given)
            await run.TryAsync(() =>
            {
                sources.AddRange(source == StandardStream ? [source] : LocalFolder.Expand(source));
                return Task.CompletedTask;
            });
        // What cannot be read is known before anything is asked.
        List<(string Source, LocalFile? File)> looked = [];
        foreach (string source in sources)
            await run.TryAsync(async () =>
            {
                if (source == StandardStream)
                    looked.Add((source, await new Transfers(run).TakeInputAsync()));
                else
                    looked.Add((source, Directory.Exists(source) ? null : LocalFile.Of(Path.GetFullPath(source))));
            });
        if (looked.Count == 0)
            return;

        DirectLibrary library = await run.Libraries.OpenAsync(path.Profile, run.Stop);
        string? single = sources.Count == 1 && looked[0].File is null ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(sources[0])) : null;
        PutDestination target = await PutDestination.FindAsync(library, path, isFolder: sources.Count > 1, single, run.Stop);
        PutPlan plan = new(run, library);
        foreach ((string source, LocalFile? file) in looked)
            await run.TryAsync(() => AddAsync(plan, target, source, file));
        await StoreAsync(library, path.Profile, plan, new TransferReport(result.GetValue(Json)), run);
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON object a line for programs: action, path, local, size, error.";
        return Build(
            "put", "Copy files and folders into the library; no mount is needed. Done when the library has them; what it has already is not sent again.",
            _paths, _recursive, Json);
    }

    private static async Task AddAsync(PutPlan plan, PutDestination target, string source, LocalFile? file)
    {
        (FolderTarget folder, string? name, bool isCopy) = target;
        if (file is not null)
        {
            if (source == StandardStream && name is null)
                throw new CliException(ExitCode.Usage, "standard input has no name: name a file of the library, imagekitfs put - /a.txt");
            plan.AddFile(file, folder, name ?? file.Name);
            return;
        }

        string full = Path.GetFullPath(source);
        // As with cp: `.` means what is in it.
        bool isContent = Path.GetFileName(Path.TrimEndingDirectorySeparator(source)) is "." or ".." or "" || full == Path.GetPathRoot(full);
        string local = Path.TrimEndingDirectorySeparator(full);
        FolderTarget into = isCopy || (name is null && isContent) ? folder : await plan.BelowAsync(folder, name ?? Path.GetFileName(local));
        await plan.AddFolderAsync(local, into);
    }

    private static async Task StoreAsync(DirectLibrary library, string? profile, PutPlan plan, TransferReport report, CommandRun run)
    {
        Transfers transfers = new(run);
        IReadOnlyList<PutItem> items = plan.Items;
        await TransferView.RunAsync(run, report, items.Count, items.Sum(item => item.File.Size), async view =>
        {
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = Transfers.ParallelUploads, CancellationToken = run.Stop };
            await Parallel.ForEachAsync(items, parallel, async (item, _) =>
            {
                using TransferView.FileBar bar = view.Begin(item.Name, item.File.Size);
                string action = "unchanged";
                string? failure = await run.TryAsync(async () =>
                {
                    if (item.Present is not null && await transfers.IsStoredAsync(library, item.File, item.Present))
                        return;
                    await transfers.StoreAsync(library, item.File, item.Folder, item.Name, item.Present, bar);
                    action = "stored";
                });
                report.Say(new TransferLine
                {
                    Action = failure is null ? action : "failed",
                    Path = LibraryPath.Show(profile, item.Path),
                    Local = item.File.Path,
                    Size = item.File.Size,
                    Error = failure,
                });
            });
        });
        foreach (FolderTarget folder in plan.EmptyFolders)
        {
            await run.TryAsync(async () =>
            {
                await library.MakeFolderAsync(folder, run.Stop);
                report.Say(new TransferLine { Action = "made", Path = LibraryPath.Show(profile, folder.Path) });
            });
        }
    }
}
