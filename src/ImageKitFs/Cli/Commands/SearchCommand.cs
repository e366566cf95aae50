using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`search QUERY`: finds files by ImageKit's search language, or by the beginning of their name and their tags.</summary>
internal sealed class SearchCommand
{
    private readonly Argument<string[]> _query = new("QUERY")
    {
        Description = """
            Words: files and folders whose name begins with them, in lower, upper or given case, or that have all of them as tags. Anything with a comparison is
            ImageKit's search language: 'size > "1mb" AND tags IN ["sea"]'.
            """.ReplaceLineEndings(" "),
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _path = new("--path") { HelpName = "FOLDER", Description = "Only in this folder, with none below it." };
    private readonly Option<int?> _limit = Arguments.Count("--limit", "At most so many. Default: all.", "a number above 0");
    private readonly Option<bool> _json = new("--json") { Description = "For programs: an array with one object per row." };
    private readonly AccountOptions _account = new();

    public static Command Build() => new SearchCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("search", "Find files and folders by name, tags, size, dates, dimensions, custom metadata.") { _query, _path, _limit, _json };
        _account.AddTo(command);
        command.SetAction((result, ct) =>
        {
            string? folder = result.GetValue(_path);
            return MediaSession.RunAsync(_account, result, folder is null ? [] : [folder], async session =>
            {
                string query = SearchWords.ToQuery(string.Join(' ', result.GetRequiredValue(_query)));
                IReadOnlyList<MediaItem> found = await session.Library.SearchAsync(query, session.Paths.Count > 0 ? session.Paths[0] : null, result.GetValue(_limit) ?? int.MaxValue, ct);
                if (result.GetValue(_json))
                    Console.Out.WriteLine(JsonSerializer.Serialize([.. found.Select(ToView)], CliJson.Default.IReadOnlyListFoundView));
                else
                    Write(found);
                return ExitCode.Ok;
            }, ct);
        });
        return command;
    }

    private static void Write(IReadOnlyList<MediaItem> found)
    {
        foreach (MediaItem item in found)
            Console.Out.WriteLine(Plain.Printable(item.Path) + (item.IsFolder ? "/" : ""));
    }

    private static FoundView ToView(MediaItem item) => item.IsFolder
        ? new FoundView("folder", item.Path, item.Id, null, null, null, null, null, [], item.CreatedAt, item.UpdatedAt)
        : new FoundView(
            item.IsCurrent ? "file" : "file-version", item.Path, item.Id, item.Size, item.Mime, item.Width, item.Height, item.IsPrivate, item.Tags, item.CreatedAt, item.UpdatedAt);
}
