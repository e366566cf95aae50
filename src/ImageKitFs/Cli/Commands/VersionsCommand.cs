using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`versions PATH` and `restore PATH N`: the history of a file.</summary>
internal sealed class VersionsCommand
{
    private readonly Argument<string> _path = Arguments.PathInMount("A file of the library, or its path in a mount.");
    private readonly Option<bool> _json = new("--json") { Description = "For programs: an array with one object per version, the newest first." };
    private readonly AccountOptions _account = new();

    public static Command BuildList() => new VersionsCommand().List();

    public static Command BuildRestore() => new VersionsCommand().Restore();

    private Command List()
    {
        Option<int?> prune = Arguments.Count("--prune", "Keep the newest N and the current one, and delete the others for good.", "how many versions to keep");
        Command command = new("versions", "Show the versions of a file, or delete old ones.") { _path, prune, _json };
        _account.AddTo(command);
        command.SetAction((result, ct) => MediaSession.RunAsync(_account, result, [result.GetRequiredValue(_path)], async session =>
        {
            MediaItem file = await session.Library.FileAsync(session.Paths[0], ct);
            List<MediaItem> versions = [.. await session.Library.VersionsAsync(file, ct)];
            if (result.GetValue(prune) is { } keep)
                await PruneAsync(session.Library, versions, keep, ct);
            if (result.GetValue(_json))
                Console.Out.WriteLine(JsonSerializer.Serialize([.. versions.Select(ToView)], CliJson.Default.IReadOnlyListVersionView));
            else
                Write(versions);
            return ExitCode.Ok;
        }, ct));
        return command;
    }

    private Command Restore()
    {
        Argument<string> which = new("N") { Description = "The number of the version, or its id, as imagekitfs versions shows them." };
        Command command = new("restore", "Make an older version of a file the current one; the others stay.") { _path, which, _json };
        _json.Description = "For programs: one array with the versions there are then.";
        _account.AddTo(command);
        command.SetAction((result, ct) => MediaSession.RunAsync(_account, result, [result.GetRequiredValue(_path)], async session =>
        {
            MediaItem file = await session.Library.FileAsync(session.Paths[0], ct);
            MediaItem wanted = Find(await session.Library.VersionsAsync(file, ct), result.GetRequiredValue(which), file.Path);
            if (!wanted.IsCurrent)
            {
                await session.Library.RestoreAsync(wanted, ct);
                session.Changed(file);
            }

            if (result.GetValue(_json))
                Console.Out.WriteLine(JsonSerializer.Serialize([.. (await session.Library.VersionsAsync(file, ct)).Select(ToView)], CliJson.Default.IReadOnlyListVersionView));
            else
                Console.Out.WriteLine($"{Plain.Printable(file.Path)}: version {Number(wanted)} is {(wanted.IsCurrent ? "current already" : "current again")}");
            return ExitCode.Ok;
        }, ct));
        return command;
    }

    // Oldest first, so that what an interruption leaves is a history without a gap.
    private static async Task PruneAsync(MediaLibrary library, List<MediaItem> versions, int keep, CancellationToken ct)
    {
        foreach (MediaItem old in versions.Skip(keep).Where(version => !version.IsCurrent).Reverse().ToArray())
        {
            await library.DeleteVersionAsync(old, ct);
            versions.Remove(old);
        }
    }

    private static MediaItem Find(IReadOnlyList<MediaItem> versions, string which, string path)
    {
        // A number may have been given twice when versions were pruned (the service does not say): then only the id is clear.
        MediaItem[] found = [.. versions.Where(version => version.VersionId == which || Number(version) == which)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new CliException(ExitCode.Failed, $"{path} has no version '{which}'; it has {string.Join(", ", versions.Select(Number))}"),
            _ => throw new CliException(ExitCode.Usage, $"{path} has several versions {which}; name one by its id: {string.Join(", ", found.Select(version => version.VersionId))}"),
        };
    }

    private static string Number(MediaItem version) => version.VersionNumber.ToString(CultureInfo.InvariantCulture);

    private static VersionView ToView(MediaItem version) =>
        new(version.VersionNumber, version.VersionId, version.IsCurrent, version.Size, version.Mime, version.UpdatedAt);

    private static void Write(List<MediaItem> versions)
    {
        foreach (MediaItem version in versions)
        {
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{version.VersionNumber,4}  {version.UpdatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}  {version.Size,14}  {version.VersionId}{(version.IsCurrent ? "  current" : "")}");
            Console.Out.WriteLine(line);
        }
    }
}
