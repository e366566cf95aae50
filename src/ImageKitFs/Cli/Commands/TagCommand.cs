using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`tag PATH... +new -old`: shows and changes the tags of files.</summary>
internal sealed class TagCommand
{
    private readonly Argument<string[]> _words = new("PATH") { Description = "Files, then +TAG to add and -TAG to remove; none: show them. A path that begins with + or - is written ./+x or /-x.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _json = new("--json") { Description = "For programs: an array with one object per file." };
    private readonly AccountOptions _account = new();

    public static Command Build() => new TagCommand().BuildCommand();

    private Command BuildCommand()
    {
        // What begins with one dash and is no option of ours is a word: the tags to remove need no `--` before them.
        _words.Validators.Add(RefuseLongOptions);
        Command command = new("tag", "Show or change the tags of files: imagekitfs tag /a.jpg /b.jpg +sea -draft") { _words, _json };
        _account.AddTo(command);
        command.SetAction((result, ct) =>
        {
            string[] words = result.GetRequiredValue(_words);
            string[] paths = [.. words.Where(word => !IsChange(word))];
            if (paths.Length == 0)
                throw new CliException(ExitCode.Usage, "which file? imagekitfs tag PATH... +TAG -TAG");
            string[] added = TagsOf(words, '+');
            string[] removed = TagsOf(words, '-');
            if (added.Intersect(removed).FirstOrDefault() is { } both)
                throw new CliException(ExitCode.Usage, $"the tag '{both}' cannot be added and removed at once");
            return MediaSession.RunAsync(_account, result, paths, session => RunAsync(session, added, removed, result.GetValue(_json), ct), ct);
        });
        return command;
    }

    private static async Task<ExitCode> RunAsync(MediaSession session, string[] added, string[] removed, bool asJson, CancellationToken ct)
    {
        List<MediaItem> files = [];
        foreach (string path in session.Paths)
            files.Add(await session.Library.FileAsync(path, ct));
        bool isChange = added.Length + removed.Length > 0;
        IReadOnlyList<MediaItem> unchanged = isChange ? await session.Library.ChangeTagsAsync(files, added, removed, ct) : [];
        foreach (MediaItem file in isChange ? files : [])
            session.Changed(file);
        if (isChange)
            files = [.. files.Select(file => unchanged.Contains(file) ? file : file with { Tags = [.. file.Tags.Except(removed).Union(added)] })];
        if (asJson)
            Console.Out.WriteLine(JsonSerializer.Serialize([.. files.Select(file => new TagsView(file.Path, file.Id, file.Tags))], CliJson.Default.IReadOnlyListTagsView));
        else
            Write(files);
        return unchanged.Count == 0
            ? ExitCode.Ok
            : throw new CliException(ExitCode.Failed, $"ImageKit did not change {Plain.Count(unchanged.Count, "file")}: {string.Join(", ", unchanged.Select(file => file.Path))}");
    }

    private static void Write(List<MediaItem> files)
    {
        foreach (MediaItem file in files)
        {
            if (files.Count > 1)
                Console.Out.WriteLine($"{Plain.Printable(file.Path)}: {Plain.Printable(string.Join(", ", file.Tags))}".TrimEnd());
            else
                WriteLines(file.Tags);
        }
    }

    private static void WriteLines(IReadOnlyList<string> tags)
    {
        foreach (string tag in tags)
            Console.Out.WriteLine(Plain.Printable(tag));
    }

    private static bool IsChange(string word) => word is ['+' or '-', _, ..];

    private static string[] TagsOf(string[] words, char sign) =>
        [.. words.Where(word => IsChange(word) && word[0] == sign).SelectMany(word => word[1..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct()];

    private static void RefuseLongOptions(ArgumentResult result)
    {
        if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith("--", StringComparison.Ordinal)) is { } mistyped)
            result.AddError($"{Arguments.UnknownOption} '{mistyped.Value}'");
    }
}
