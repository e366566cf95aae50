using System.CommandLine;
using ImageKitFs.Cli.Logging;
using ImageKitFs.Cli.Mounting;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Commands;

/// <summary>`mount`: the options of design and their reading.</summary>
internal sealed class MountCommand
{
    /// <summary>For WinFsp's launcher: the network path that was asked for, whose last part names the profile. Not for people, so not in the help.</summary>
    public const string NetworkPathOption = "--network-path";

    private readonly Argument<string> _mountPoint = Arguments.MountPoint("An existing, empty folder; on Windows a drive such as X:, * for a free one, or a folder that does not exist yet.");
    private readonly Option<bool> _foreground = new("--foreground", "-f") { Description = "Stay in this terminal and log to it." };
    private readonly Option<bool> _launched = new(Launcher.LaunchedOption) { Hidden = true };
    private readonly Option<string?> _networkPath = new(NetworkPathOption) { Hidden = true };
    private readonly Option<bool> _sample = new("--sample") { Description = "With --emulator: fill an empty library with sample pictures.", Hidden = true };
    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Refuse every change (EROFS)." };
    private readonly Option<string?> _commit = OneOf("--commit", "When close and fsync return: when the library has the file, or when this machine's journal has it.", "close", "journal");
    private readonly Option<bool> _strict = new("--strict") { Description = "Moves and renames always go through a unique name." };
    private readonly Option<string?> _onConflict = OneOf("--on-conflict", "When another writer changed the file meanwhile.", "keep-both", "overwrite", "fail");
    private readonly Option<string?> _cacheFolder = Text("--cache-dir", "DIR", "Cache, journal and unsent bytes lie below DIR.");
    private readonly Option<long?> _cacheSize = Parsed<long>("--cache-size", "SIZE", "Clean copies kept on disk, such as 10G.", Units.TryParseSize, "a size such as 500M or 10G");
    private readonly Option<long?> _spoolSize = Parsed<long>("--spool-size", "SIZE", "Changed bytes that may wait on this disk, such as 20G. Default: as much as it holds.", Units.TryParseSize, "a size such as 500M or 10G");
    private readonly Option<TimeSpan?> _dirTtl = Duration("--dir-ttl", "How long a listing counts as fresh, such as 60s.");
    private readonly Option<TimeSpan?> _commitDeadline = Duration("--commit-deadline", "How long a close tries again what failed, before it fails and the bytes are kept.");
    private readonly Option<TimeSpan?> _renameWait = Duration("--rename-wait", "How long a rename that commits data may wait for the library.");
    private readonly Option<TimeSpan?> _closeWait = Duration("--close-wait", "Windows: how long closing a file waits for its upload (default 30s).");
    private readonly Option<TimeSpan?> _drainTimeout = Duration("--drain-timeout", "How long an unmount may push what is not in the library yet.");
    private readonly Option<double?> _readsPerSecond = Rate("--reads-per-second", "Listings and lookups a second that the account allows. Default: 40, as ImageKit publishes.");
    private readonly Option<double?> _writesPerSecond = Rate("--writes-per-second", "Renames, deletes and the like a second that the account allows; uploads have no limit. Default: 5.");
    private readonly Option<string?> _folder = Text("--folder", "/SUB", "Mount only this folder of the library.");
    private readonly Option<uint?> _uid = new("--uid") { HelpName = "U", Description = "Owner shown for every file." };
    private readonly Option<uint?> _gid = new("--gid") { HelpName = "G", Description = "Group shown for every file." };
    private readonly Option<int?> _umask = Parsed<int>("--umask", "M", "Permission bits taken away, octal, such as 022.", Units.TryParseMask, "an octal mask such as 022");
    private readonly Option<string?> _thumbnails = OneOf(
        "--thumbnails", "Thumbnails by the service: in each folder's unlisted .sh_thumbnails (Thunar), also in your own ones as folders are opened (Nautilus), or none.", "shared", "user", "off");
    private readonly Option<bool> _allowOther = new("--allow-other") { Description = "Let other users in." };
    private readonly Option<bool> _nonEmpty = new("--nonempty") { Description = "Mount over a folder that has entries; they are hidden meanwhile." };
    private readonly Option<string[]> _words = new("-o") { HelpName = "opt,opt...", Description = "The same options as words, as fstab has them: ro,uid=1000,key_file=F." };
    private readonly Option<string?> _profile = Text("--profile", "P", "An account stored by imagekitfs login. Default: the one named default, when nothing else names an account.");
    private readonly Option<string?> _keyFile = Text("--key-file", "FILE", "The private key, in a file that only its owner can read. Default: IMAGEKIT_PRIVATE_KEY.");
    private readonly Option<string?> _apiEndpoint = Text("--api-endpoint", "URL", "Default: IMAGEKIT_API_ENDPOINT, else ImageKit's.");
    private readonly Option<string?> _uploadEndpoint = Text("--upload-endpoint", "URL", "Default: IMAGEKIT_UPLOAD_ENDPOINT, else ImageKit's.");
    private readonly Option<string?> _urlEndpoint = Text("--url-endpoint", "URL", "The account: https://ik.imagekit.io/NAME. Default: IMAGEKIT_URL_ENDPOINT.");
    private readonly Option<string?> _logFile = Text("--log-file", "F", "Default in the background: a file per mount point under the state folder.");
    private readonly Option<LogLevel?> _logLevel = LevelOption();
    private readonly Option<string?> _logFormat = OneOf("--log-format", "Lines for people, or one JSON object a line.", "text", "json");
    private readonly Option<string?> _logTarget = OneOf(
        "--log-target", "Where the log goes. Default: in the background a file, else standard error, or systemd's journal where that is the journal's.", "file", "console", "journald");
    private readonly Option<string?> _emulator = Text("--emulator", "DIR", "Serve DIR by the embedded emulator; no account and no key are needed.");

    /// <param name="arguments">The normalized arguments, which the background process gets again.</param>
    public Command Build(IReadOnlyList<string> arguments)
    {
        Command command = new("mount", "Make the media library a folder.");
        command.Add(_mountPoint);
        Option[] options =
        [
            _foreground, _readOnly, _commit, _strict, _onConflict, _cacheFolder, _cacheSize, _spoolSize, _dirTtl, _folder, _uid, _gid, _umask, _thumbnails, _allowOther, _words,
            _keyFile, _urlEndpoint, _apiEndpoint, _uploadEndpoint, _profile, _emulator, _logFile, _logLevel, _logFormat, _logTarget, _commitDeadline, _renameWait, _drainTimeout, _closeWait,
            _readsPerSecond, _writesPerSecond,
            _nonEmpty, _networkPath, _sample, _launched,
        ];
        foreach (Option option in options)
            command.Add(option);
        command.SetAction(async (result, ct) => (int)await MountRunner.RunAsync(Read(result), arguments, ct));
        return command;
    }

    private MountRequest Read(ParseResult result)
    {
        return new MountRequest
        {
            MountPoint = MountPoints.Canonical(result.GetRequiredValue(_mountPoint)),
            Foreground = result.GetValue(_foreground),
            Launched = result.GetValue(_launched),
            ReadOnly = result.GetValue(_readOnly),
            JournalCommit = result.GetValue(_commit) == "journal",
            Strict = result.GetValue(_strict),
            OnConflict = result.GetValue(_onConflict),
            CacheFolder = Absolute(result.GetValue(_cacheFolder) ?? Setting("IMAGEKITFS_CACHE_DIR")),
            CacheBytes = result.GetValue(_cacheSize),
            SpoolBytes = result.GetValue(_spoolSize),
            DirectoryTtl = result.GetValue(_dirTtl),
            CommitDeadline = result.GetValue(_commitDeadline),
            RenameWait = result.GetValue(_renameWait),
            DrainTimeout = result.GetValue(_drainTimeout),
            CloseWait = result.GetValue(_closeWait),
            ReadsPerSecond = result.GetValue(_readsPerSecond),
            WritesPerSecond = result.GetValue(_writesPerSecond),
            Folder = result.GetValue(_folder),
            Uid = result.GetValue(_uid),
            Gid = result.GetValue(_gid),
            Umask = result.GetValue(_umask),
            Thumbnails = result.GetValue(_thumbnails),
            AllowOther = result.GetValue(_allowOther),
            NonEmpty = result.GetValue(_nonEmpty),
            NetworkPath = result.GetValue(_networkPath),
            Profile = result.GetValue(_profile) ?? (result.GetValue(_networkPath) is { } path ? ServiceCommand.ProfileOf(path) : null),
            KeyFile = Absolute(result.GetValue(_keyFile)),
            ApiEndpoint = result.GetValue(_apiEndpoint),
            UploadEndpoint = result.GetValue(_uploadEndpoint),
            UrlEndpoint = result.GetValue(_urlEndpoint),
            EmulatorFolder = Absolute(result.GetValue(_emulator)),
            EmulatorSample = result.GetValue(_sample),
            LogFile = Absolute(result.GetValue(_logFile)),
            LogLevel = result.GetValue(_logLevel) ?? LogLevel.Information,
            LogFormat = result.GetValue(_logFormat) == "json" ? LogFormat.Json : LogFormat.Text,
            LogTarget = result.GetValue(_logTarget) switch
            {
                "file" => LogTarget.File,
                "console" => LogTarget.Console,
                "journald" => LogTarget.Journald,
                _ => LogTarget.Auto,
            },
        };
    }

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    private static Option<string?> OneOf(string name, string description, params string[] values)
    {
        Option<string?> option = new(name) { HelpName = string.Join('|', values), Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !values.Contains(result.Tokens[0].Value, StringComparer.Ordinal))
                result.AddError($"{name} takes {string.Join(" or ", values)}, not '{result.Tokens[0].Value}'");
        });
        return option;
    }

    private static Option<TimeSpan?> Duration(string name, string description) =>
        Parsed<TimeSpan>(name, "T", description, Units.TryParseDuration, "a time such as 500ms, 60s or 5m");

    private static Option<double?> Rate(string name, string description) => Parsed<double>(name, "N", description, Units.TryParseRate, "a number such as 40 or 0.5; 0: no limit");

    private static Option<LogLevel?> LevelOption() =>
        Parsed<LogLevel>("--log-level", "trace|debug|information|warning|error", "Default: information.", TryParseLevel, "trace, debug, information, warning or error");

    private static bool TryParseLevel(string text, out LogLevel level)
    {
        level = text.ToLowerInvariant() switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "info" or "information" => LogLevel.Information,
            "warn" or "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.None,
        };
        return level != LogLevel.None;
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static Option<T?> Parsed<T>(string name, string helpName, string description, TryParse<T> tryParse, string expected)
        where T : struct =>
        new(name)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (tryParse(text, out T value))
                    return value;
                result.AddError($"{name} takes {expected}, not '{text}'");
                return null;
            },
        };
}
