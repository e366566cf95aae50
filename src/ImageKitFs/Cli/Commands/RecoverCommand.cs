using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Commands;

/// <summary>`recover`: copies out what this machine has and could not bring into the library.</summary>
internal sealed class RecoverCommand
{
    private readonly Argument<string> _folder = new("DIR") { Description = "Where the copies go; made when it is missing." };
    private readonly Option<bool> _all = new("--all") { Description = "Also what a mount will still send, and what stays on this machine by rule." };
    private readonly Option<bool> _remove = new("--remove") { Description = "Afterwards, let go of what was copied and was given up." };
    private readonly Option<bool> _json = new("--json") { Description = "For programs: one object." };
    private readonly Option<string?> _cacheFolder = new("--cache-dir") { HelpName = "DIR", Description = "The --cache-dir of the mount." };
    private readonly Option<string?> _urlEndpoint = new("--url-endpoint") { HelpName = "URL", Description = "The account. Default: IMAGEKIT_URL_ENDPOINT, else whichever has something." };
    private readonly Option<string?> _emulator = new("--emulator") { HelpName = "DIR", Description = "The --emulator of the mount." };
    private readonly Option<string?> _part = new("--folder") { HelpName = "/SUB", Description = "The --folder of the mount." };

    public static Command Build() => new RecoverCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("recover", "Copy out what could not be brought into the library: refused, damaged or never finished.");
        command.Add(_folder);
        foreach (Option option in (Option[])[_all, _remove, _json, _cacheFolder, _urlEndpoint, _emulator, _part])
            command.Add(option);
        command.SetAction(async (result, _) => (int)await RunAsync(result));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult result)
    {
        string folder = Path.GetFullPath(result.GetRequiredValue(_folder));
        bool all = result.GetValue(_all);
        List<Kept> sources = Open(FindFolders(result));
        List<Kept> wanted = sources.FindAll(kept => kept.Files.Files.Any(file => all || file.IsGivenUp));
        if (wanted.Select(kept => kept.Library).Distinct(StringComparer.Ordinal).Count() > 1 && !IsNamed(result))
        {
            string libraries = string.Join(", ", wanted.Select(kept => kept.Library).Distinct(StringComparer.Ordinal));
            throw new CliException(ExitCode.Usage, $"several libraries have files to take out: {libraries}; name one with --url-endpoint or --emulator");
        }

        int waiting = sources.Sum(kept => kept.Files.Files.Count(file => !all && !file.IsGivenUp));
        List<RecoveredFile> files = [];
        foreach (Kept kept in wanted)
            files.AddRange(await TakeAsync(kept, folder, all, result.GetValue(_remove)));
        RecoverReport report = new(folder, files, waiting);
        if (result.GetValue(_json))
            Console.Out.WriteLine(JsonSerializer.Serialize(report, CliJson.Default.RecoverReport));
        else if (files.Count > 0)
            RecoverView.Write(report);
        return Conclude(report);
    }

    private static ExitCode Conclude(RecoverReport report)
    {
        if (report.Files.Count == 0)
        {
            string waiting = report.StillWaiting == 0 ? "" : $"; {Plain.Count(report.StillWaiting, "file")} still wait for a mount (--all copies them)";
            throw new CliException(ExitCode.NothingToRecover, $"nothing was given up{waiting}");
        }

        int broken = report.Files.Count(file => file.Problem is not null);
        return broken == 0
            ? ExitCode.Ok
            : throw new CliException(ExitCode.NotAllRecovered, $"{broken} of {Plain.Count(report.Files.Count, "file")} could not be taken out whole");
    }

    private static List<Kept> Open(IReadOnlyList<string> folders)
    {
        List<Kept> opened = [];
        foreach (string folder in folders)
        {
            MountNote? note = MountNote.Read(folder);
            try
            {
                opened.Add(new Kept(note?.UrlEndpoint ?? Path.GetFileName(Path.GetDirectoryName(folder)!), folder, KeptFiles.Find(folder, note?.Folder ?? "/")));
            }
            catch (InvalidDataException e)
            {
                throw new CliException(ExitCode.NewerFormat, $"{folder}: {e.Message}", e);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException(ExitCode.CacheUnusable, $"{folder} cannot be read: {e.Message}", e);
            }
        }

        return opened;
    }

    private static async Task<IEnumerable<RecoveredFile>> TakeAsync(Kept kept, string folder, bool all, bool remove)
    {
        List<TakenFile> taken = [];
        foreach (KeptFile file in kept.Files.Files.Where(file => all || file.IsGivenUp))
            taken.Add(Take(kept.Files, file, folder));

        HashSet<KeptFile> removed = [];
        if (remove)
        {
            IReadOnlyList<KeptFile> stay = await RemoveAsync(kept, taken);
            removed = [.. taken.Where(copy => copy.File.IsGivenUp && copy.Target is not null).Select(copy => copy.File).Except(stay)];
            if (stay.Count > 0)
            {
                Console.Error.WriteLine(kept.Files.IsMounted
                    ? $"{Plain.Count(stay.Count, "file")} stay in the journal of a running mount; unmount it first"
                    : $"{Plain.Count(stay.Count, "file")} stay in the journal: a later change of the same name needs them");
            }
        }

        return taken.Select(copy => new RecoveredFile(
            copy.File.Path, kept.Library, copy.File.Reason, copy.File.Error, copy.File.Size, copy.File.Modified, copy.Target, copy.Problem, removed.Contains(copy.File)));
    }

    private static TakenFile Take(KeptFiles source, KeptFile file, string folder)
    {
        try
        {
            return source.Take(file, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new TakenFile(file, null, e.Message);
        }
    }

    private static async Task<IReadOnlyList<KeptFile>> RemoveAsync(Kept kept, List<TakenFile> taken)
    {
        try
        {
            return await kept.Files.RemoveAsync(taken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.CacheUnusable, $"the copies are in place, but {kept.Folder} cannot be changed: {e.Message}", e);
        }
    }

    private bool IsNamed(ParseResult result) => Emulator(result) is not null || UrlEndpoint(result) is not null;

    private string? Emulator(ParseResult result) => Absolute(result.GetValue(_emulator));

    private string? UrlEndpoint(ParseResult result) => result.GetValue(_urlEndpoint) ?? Setting("IMAGEKIT_URL_ENDPOINT");

    private IReadOnlyList<string> FindFolders(ParseResult result)
    {
        string root = LibraryFolders.StateRoot(Absolute(result.GetValue(_cacheFolder) ?? Setting("IMAGEKITFS_CACHE_DIR")), Environment.GetEnvironmentVariable);
        string? part = result.GetValue(_part);
        string? name = null;
        if (Emulator(result) is { } emulator)
            name = LibraryFolders.NameOf(emulator, new Uri("http://127.0.0.1/"), part);
        else if (UrlEndpoint(result) is { } url)
            name = LibraryFolders.NameOf(null, Delivery(url), part);
        else if (part is not null)
            throw new CliException(ExitCode.Usage, "--folder says which part of a library; name the library with --url-endpoint or --emulator");
        return LibraryFolders.Find(root, name, withParts: part is null);
    }

    private static Uri Delivery(string url)
    {
        IReadOnlyList<string> problems = ImageKitEndpoints.TryCreate(url, null, null, out ImageKitEndpoints? endpoints);
        return endpoints?.Delivery ?? throw new CliException(ExitCode.Usage, string.Join(' ', problems));
    }

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);

    private sealed record Kept(string Library, string Folder, KeptFiles Files);
}
