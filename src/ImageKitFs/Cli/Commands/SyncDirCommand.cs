using System.Collections.Concurrent;
using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>`sync-dir`: makes one folder like another; one of them, or both, in a library.</summary>
internal sealed class SyncDirCommand : LibraryCommand
{
    private const string Delete = "delete";

    private readonly Argument<string> _source = Side("SOURCE", "The folder that is copied: ik:/FOLDER or PROFILE:/FOLDER of a library, or one of this machine.");
    private readonly Argument<string> _target = Side("TARGET", "The folder that is made like it, in the same way; made when it is not there.");
    private readonly Option<bool> _delete = new("--delete") { Description = "Delete what TARGET has and SOURCE has not. Nothing is deleted when anything failed before." };
    private readonly Option<bool> _dryRun = new("--dry-run", "-n") { Description = "Say what would be done, and do nothing." };

    public static Command Build() => new SyncDirCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        SyncPlan plan = new();
        DirectLibrary? target = await PlanAsync(result.GetRequiredValue(_source), result.GetRequiredValue(_target), plan, run);
        ConcurrentBag<SyncFile> copies = [];
        int unchanged = 0;
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Transfers.ParallelDownloads, CancellationToken = run.Stop };
        await Parallel.ForEachAsync(plan.Files, parallel, async (file, _) =>
        {
            bool isSame = false;
            string? failure = file.IsThere ? await run.TryAsync(async () => isSame = await file.IsSame()) : null;
            if (failure is not null)
                plan.MissPart();
            else if (isSame)
                Interlocked.Increment(ref unchanged);
            else
                copies.Add(file);
        });

        List<SyncLine> lines = [];
        bool isDry = result.GetValue(_dryRun);
        await CopyAsync([.. copies.OrderBy(file => file.Path, StringComparer.Ordinal)], isDry, result.GetValue(Json), lines, run);
        if (lines.Exists(line => line.Error is not null))
            plan.MissPart();
        foreach (SyncStep folder in plan.Folders)
            lines.Add(new SyncLine { Action = "mkdir", Path = folder.Path, Error = isDry ? null : await run.TryAsync(folder.Run) });
        string? deleteSkipped = null;
        if (result.GetValue(_delete))
        {
            if (plan.IsIncomplete)
                deleteSkipped = "nothing is deleted, because not everything could be read and copied";
            else
                await DeleteAsync(plan, target, isDry, lines, run);
        }

        Say(result.GetValue(Json), new SyncReport { DryRun = isDry, Actions = lines, Unchanged = unchanged, Failed = run.Failures.Count, DeleteSkipped = deleteSkipped }, run);
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON document for programs: dryRun, actions (action, path, reason, size, error), unchanged, failed, deleteSkipped.";
        return Build("sync-dir", "Make a folder like another: into a library, out of one, or between two.", _source, _target, _delete, _dryRun, Json);
    }

    private static Argument<string> Side(string name, string description)
    {
        Argument<string> side = Arguments.PathInMount(description);
        side.HelpName = name;
        return side;
    }

    /// <returns>The library that is the target; null: the target is here.</returns>
    private static async Task<DirectLibrary?> PlanAsync(string source, string target, SyncPlan plan, CommandRun run)
    {
        SyncPlanner planner = new(run, plan);
        SyncSides sides = SyncSides.Of(source, target);
        FolderView? view = null;
        DirectLibrary? fromLibrary = null;
        if (sides.Source is { } from)
        {
            fromLibrary = await run.Libraries.OpenAsync(from.Profile, run.Stop);
            view = await LibraryFinder.FolderAsync(fromLibrary, from.Profile, from.Path, run.Stop);
        }
        else if (!Directory.Exists(source))
        {
            throw new CliException(ExitCode.Failed, $"cannot read {source}: there is no such folder");
        }

        if (sides.Target is not { } to)
        {
            if (File.Exists(target))
                throw new CliException(ExitCode.Failed, $"cannot write {target}: it is a file");
            await planner.OutAsync(fromLibrary!, view!, Path.GetFullPath(target), at: "");
            return null;
        }

        DirectLibrary toLibrary = await run.Libraries.OpenAsync(to.Profile, run.Stop);
        if (fromLibrary == toLibrary && sides.Source is { } other && IsAtOrBelow(other.Path, to.Path))
            throw new CliException(ExitCode.Usage, $"{other} and {to} lie in each other");
        FolderTarget folder = await TargetAsync(toLibrary, to, run);
        if (fromLibrary is not null)
            await planner.AcrossAsync(fromLibrary, view!, toLibrary, folder, at: "");
        else
            await planner.InAsync(Path.GetFullPath(source), toLibrary, folder, at: "");
        return toLibrary;
    }

    private static bool IsAtOrBelow(string a, string b) =>
        a == b || a == "/" || b == "/" || a.StartsWith(b + "/", StringComparison.Ordinal) || b.StartsWith(a + "/", StringComparison.Ordinal);

    /// <summary>The folder, or where it will be: the first upload makes it.</summary>
    private static async Task<FolderTarget> TargetAsync(DirectLibrary library, LibraryPath path, CommandRun run)
    {
        string literal = Glob.Literal(path.Path);
        if (await library.FindFolderAsync(literal, run.Stop) is { } folder)
            return library.TargetOf(folder);
        if (await library.FindAsync(literal, run.Stop) is not null)
            throw new CliException(ExitCode.Failed, $"{path} is a file");
        return (await TargetAsync(library, path with { Path = path.Parent }, run)).New(Glob.Literal(path.Name));
    }

    private static async Task CopyAsync(List<SyncFile> copies, bool isDry, bool asJson, List<SyncLine> lines, CommandRun run)
    {
        ConcurrentDictionary<SyncFile, string> failures = new();
        TransferReport silent = new(asJson);
        if (!isDry)
        {
            await TransferView.RunAsync(run, silent, copies.Count, copies.Sum(file => file.Size), async view =>
            {
                ParallelOptions parallel = new() { MaxDegreeOfParallelism = Transfers.ParallelUploads, CancellationToken = run.Stop };
                await Parallel.ForEachAsync(copies, parallel, async (file, _) =>
                {
                    using TransferView.FileBar bar = view.Begin(file.Path, file.Size);
                    if (await run.TryAsync(() => file.Copy(bar)) is { } failure)
                        failures[file] = failure;
                });
            });
        }

        lines.AddRange(copies.Select(file => new SyncLine
        {
            Action = "copy",
            Path = file.Path,
            Reason = file.IsThere ? "changed" : "new",
            Size = file.Size,
            Error = failures.GetValueOrDefault(file),
        }));
    }

    private static async Task DeleteAsync(SyncPlan plan, DirectLibrary? target, bool isDry, List<SyncLine> lines, CommandRun run)
    {
        Dictionary<LibraryEntry, string> failures = [];
        if (target is not null && !isDry)
        {
            foreach ((LibraryEntry file, Exception why) in await target.DeleteAsync([.. plan.ExtraEntries.Select(extra => extra.File)], run.Stop))
                failures[file] = run.Failures.Add(why);
        }

        lines.AddRange(plan.ExtraEntries.Select(extra => new SyncLine { Action = Delete, Path = extra.Path, Size = extra.File.Size, Error = failures.GetValueOrDefault(extra.File) }));
        foreach (SyncStep extra in plan.ExtraFiles)
            lines.Add(new SyncLine { Action = Delete, Path = extra.Path, Error = isDry ? null : await run.TryAsync(extra.Run) });
        foreach (SyncStep extra in plan.ExtraFolders)
            lines.Add(new SyncLine { Action = Delete, Path = extra.Path + "/", Error = isDry ? null : await run.TryAsync(extra.Run) });
    }

    private static void Say(bool asJson, SyncReport report, CommandRun run)
    {
        if (report.DeleteSkipped is { } why)
            run.Failures.Note(why);
        if (asJson)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, CliJson.Default.SyncReport));
            return;
        }

        foreach (SyncLine line in report.Actions.Where(line => line.Error is null))
            Console.Out.WriteLine($"{line.Action,-6} {Plain.Printable(line.Path)}{(line.Reason is { } reason ? $" ({reason})" : "")}");
        int done = report.Actions.Count(line => line.Error is null);
        Console.Out.WriteLine($"{(report.DryRun ? "Would do" : "Did")} {Plain.Count(done, "thing")}; {Plain.Count(report.Unchanged, "file")} unchanged");
    }
}
