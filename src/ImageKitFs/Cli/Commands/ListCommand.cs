using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Commands;

/// <summary>One row of `ls --json`.</summary>
internal sealed record ListedEntry
{
    public required string Name { get; init; }

    public required string Path { get; init; }

    /// <summary>file or folder.</summary>
    public required string Kind { get; init; }

    public required long Size { get; init; }

    /// <summary>UTC; null where no listing was asked that says it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? Modified { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VersionId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mime { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Width { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Height { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Tags { get; init; }

    public static ListedEntry Of(LibraryEntry entry, string? profile) => new()
    {
        Name = entry.Name,
        Path = LibraryPath.Show(profile, entry.Path),
        Kind = entry.IsFolder ? "folder" : "file",
        Size = entry.Size,
        Modified = entry.Id is null ? null : entry.Modified.ToDateTimeOffset().UtcDateTime,
        Id = entry.Id,
        VersionId = entry.VersionId,
        Mime = entry.Mime,
        Width = entry.Width,
        Height = entry.Height,
        Tags = entry.Tags.Count > 0 ? entry.Tags : null,
    };
}

/// <summary>`ls`: folders of the library, without a mount.</summary>
internal sealed class ListCommand : LibraryCommand
{
    private readonly Argument<string[]> _paths = Arguments.Paths("PATH", "Folders, files or patterns of the library. Default: /", ArgumentArity.ZeroOrMore);
    private readonly Option<bool> _long = new("-l", "--long") { Description = "Also size in bytes and time (UTC)." };
    private readonly Option<bool> _recursive = new("-R", "--recursive") { Description = "Also what is below, at any depth." };

    public static Command Build() => new ListCommand().BuildCommand();

    protected override async Task RunAsync(ParseResult result, CommandRun run)
    {
        string[] arguments = result.GetValue(_paths) is { Length: > 0 } given ? given : ["/"];
        List<Shown> shown = [];
        foreach (LibraryPath path in arguments.Select(LibraryPath.Parse))
        {
            await run.TryAsync(async () =>
            {
                DirectLibrary library = await run.Libraries.OpenAsync(path.Profile, run.Stop);
                IReadOnlyList<LibraryEntry> found = await LibraryFinder.FindAsync(library, path, needsRows: false, run.Stop);
                bool isOneOfMany = found.Count > 1 || arguments.Length > 1;
                List<LibraryEntry> files = [.. found.Where(entry => !entry.IsFolder)];
                if (files.Count > 0)
                    shown.Add(new Shown(Title: null, path.Profile, files, WithPath: isOneOfMany || Glob.IsPattern(path.Path)));
                foreach (LibraryEntry folder in found.Where(entry => entry.IsFolder))
                    shown.AddRange(await FoldersAsync(library, folder, path.Profile, result.GetValue(_recursive), run));
            });
        }

        if (result.GetValue(Json))
            WriteJson(shown);
        else
            WriteLines(shown, result.GetValue(_long), withTitles: shown.Count > 1 || result.GetValue(_recursive));
    }

    private Command BuildCommand()
    {
        Json.Description = "One JSON array for programs: name, path, kind, size, modified, id, versionId, mime, width, height, tags.";
        return Build("ls", "List folders of the library; no mount is needed.", _paths, _long, _recursive, Json);
    }

    private static async Task<IReadOnlyList<Shown>> FoldersAsync(DirectLibrary library, LibraryEntry folder, string? profile, bool isRecursive, CommandRun run)
    {
        FolderView view = await library.ListAsync(folder, run.Stop);
        List<Shown> shown = [new Shown(LibraryPath.Show(profile, view.Path), profile, view.Entries, WithPath: false)];
        if (!isRecursive)
            return shown;
        IReadOnlyList<Shown>[] below = await Task.WhenAll(view.Entries.Where(entry => entry.IsFolder).Select(async entry =>
        {
            IReadOnlyList<Shown> inIt = [];
            await run.TryAsync(async () => inIt = await FoldersAsync(library, entry, profile, isRecursive, run));
            return inIt;
        }));
        foreach (IReadOnlyList<Shown> inOne in below)
            shown.AddRange(inOne);
        return shown;
    }

    private static void WriteJson(List<Shown> shown)
    {
        IReadOnlyList<ListedEntry> all = [.. shown.SelectMany(list => list.Entries.Select(entry => ListedEntry.Of(entry, list.Profile)))];
        Console.Out.WriteLine(JsonSerializer.Serialize(all, CliJson.Default.IReadOnlyListListedEntry));
    }

    private static void WriteLines(List<Shown> shown, bool isLong, bool withTitles)
    {
        using StreamWriter output = new(Console.OpenStandardOutput(), Console.OutputEncoding) { NewLine = "\n" };
        bool isFirst = true;
        foreach (Shown list in shown)
        {
            if (withTitles && !isFirst)
                output.WriteLine();
            isFirst = false;
            if (withTitles && list.Title is not null)
                output.WriteLine($"{Plain.Printable(list.Title)}:");
            foreach (LibraryEntry entry in list.Entries)
                output.WriteLine(Describe(entry, list.WithPath ? LibraryPath.Show(list.Profile, entry.Path) : entry.Name, isLong));
        }
    }

    private static string Describe(LibraryEntry entry, string name, bool isLong)
    {
        string text = Plain.Printable(name) + (entry.IsFolder ? "/" : "");
        return isLong
            ? string.Create(CultureInfo.InvariantCulture, $"{entry.Size,14} {entry.Modified.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss} {text}")
            : text;
    }

    /// <summary>What is shown together.</summary>
    private sealed record Shown(string? Title, string? Profile, IReadOnlyList<LibraryEntry> Entries, bool WithPath);
}
