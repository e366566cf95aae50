using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`purge PATH`: lets the CDN forget its copies of a file.</summary>
internal sealed class PurgeCommand
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(5);

    private readonly Argument<string> _path = Arguments.PathInMount("A file, or its path in a mount; a star at the end means all URLs that begin so: /a.jpg* with every transformation, '/photos/2026/*' a folder.");
    private readonly Option<bool> _wait = new("--wait") { Description = "Until the CDN has done it." };
    private readonly Option<TimeSpan> _timeout = new("--timeout")
    {
        HelpName = "T",
        Description = "How long --wait waits (default 5m).",
        DefaultValueFactory = _ => TimeSpan.FromMinutes(5),
        CustomParser = result =>
        {
            if (!Units.TryParseDuration(result.Tokens[0].Value, out TimeSpan time))
                result.AddError($"--timeout takes a time such as 30s or 5m, not '{result.Tokens[0].Value}'");
            return time;
        },
    };

    private readonly Option<bool> _gone = new("--gone") { Description = "Also when the library has no such file any more." };
    private readonly Option<bool> _json = new("--json") { Description = "For programs: one object." };
    private readonly AccountOptions _account = new();

    public static Command Build() => new PurgeCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("purge", "Let the CDN forget its copies of a file. Each run is one of the account's purges of the month, 1000 by default.") { _path };
        foreach (Option option in (Option[])[_wait, _timeout, _gone, _json])
            command.Add(option);
        _account.AddTo(command);
        command.SetAction((result, ct) =>
        {
            string path = result.GetRequiredValue(_path);
            bool withStar = path.EndsWith('*');
            return MediaSession.RunAsync(_account, result, [withStar ? path[..^1] : path], session => RunAsync(session, result, withStar, ct), ct);
        });
        return command;
    }

    private async Task<ExitCode> RunAsync(MediaSession session, ParseResult result, bool withStar, CancellationToken ct)
    {
        string url = await UrlOfAsync(session, withStar, result.GetValue(_gone), ct);
        string id = await session.Library.PurgeAsync(url, ct);
        string status = await session.Library.PurgeStatusAsync(id, ct);
        bool isWaiting = result.GetValue(_wait);
        if (isWaiting)
            status = await AwaitAsync(session.Library, id, status, result.GetValue(_timeout), ct);
        if (result.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new PurgeView(url, id, status), CliJson.Default.PurgeView));
        }
        else
        {
            Console.Out.WriteLine($"{url}");
            Console.Out.WriteLine($"request {id}: {status}; it counts as one of the account's purges of this month (1000 by default)");
        }

        return isWaiting && !IsDone(status) ? throw new CliException(ExitCode.TimedOut, $"purge {id} is not done yet; the CDN goes on with it") : ExitCode.Ok;
    }

    // Only whole paths are looked up: what a star means is for the service to say.
    private static async Task<string> UrlOfAsync(MediaSession session, bool withStar, bool mayBeGone, CancellationToken ct)
    {
        string path = session.Paths[0];
        if (withStar && path.EndsWith('/'))
            return session.Library.PurgeUrlOf(MediaLibrary.StoredFolderOf(path), withStar);
        if (mayBeGone)
            return session.Library.PurgeUrlOf(MediaLibrary.StoredPathOf(path), withStar);
        MediaItem? file = await session.Library.TryItemAsync(path, ct);
        if (file is null)
            throw new CliException(ExitCode.Failed, $"/{path.Trim('/')} is not in the library, and nothing was purged; --gone purges the copies of a file that was there");
        return file.IsFolder
            ? throw new CliException(ExitCode.Usage, $"{file.Path} is a folder; '{file.Path}/*' purges what is in it")
            : session.Library.PurgeUrlOf(file.StoredPath, withStar);
    }

    private static async Task<string> AwaitAsync(MediaLibrary library, string id, string status, TimeSpan timeout, CancellationToken ct)
    {
        long begun = TimeProvider.System.GetTimestamp();
        TimeSpan look = FirstLook;
        while (!IsDone(status) && TimeProvider.System.GetElapsedTime(begun) < timeout)
        {
            await Task.Delay(look, TimeProvider.System, ct);
            look = look * 2 < LastLook ? look * 2 : LastLook;
            status = await library.PurgeStatusAsync(id, ct);
        }

        return status;
    }

    private static bool IsDone(string status) => status.Equals("Completed", StringComparison.OrdinalIgnoreCase);
}
