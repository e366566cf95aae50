using System.Text.Json;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Profiles;

/// <summary>Stored accounts: one file each, which only its owner can read, in the configuration folder.</summary>
internal sealed class ProfileStore(string folder)
{
    /// <summary>The profile that is meant when none is named.</summary>
    public const string DefaultName = "default";

    private const string Extension = ".json";
    private const int LongestName = 64;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Who can read it has the key; who can write it can send the key elsewhere.
    private const UnixFileMode OthersMode = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>This user's: `$XDG_CONFIG_HOME/imagekitfs/profiles`, on Windows below AppData.</summary>
    public static ProfileStore OfUser() => new(Path.Combine(StatePaths.ConfigRoot(Environment.GetEnvironmentVariable), "profiles"));

    public IReadOnlyList<string> Names() => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*" + Extension).Select(file => Path.GetFileNameWithoutExtension(file)).Where(IsName).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Null when there is none of that name.</summary>
    /// <exception cref="CliException">Its name or its file cannot be used.</exception>
    public Profile? Find(string name)
    {
        string file = FileOf(name);
        try
        {
            return File.Exists(file) ? Read(name, file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CliException(ExitCode.BadKey, $"profile {name} cannot be read ({file}); store it again with imagekitfs login --profile {name}", e);
        }
    }

    /// <summary>Stores or replaces; a reader sees the old one or the new one.</summary>
    public void Save(string name, Profile profile)
    {
        string file = FileOf(name);
        string temporary = $"{file}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using (FileStream stream = new(temporary, options))
                stream.Write(JsonSerializer.SerializeToUtf8Bytes(profile, CliJson.Default.Profile));
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.CacheUnusable, $"cannot store profile {name} in {folder}: {e.Message}", e);
        }
    }

    /// <summary>False when there is none of that name.</summary>
    public bool Remove(string name)
    {
        string file = FileOf(name);
        if (!File.Exists(file))
            return false;
        try
        {
            File.Delete(file);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.CacheUnusable, $"cannot remove profile {name} ({file}): {e.Message}", e);
        }
    }

    private static Profile? Read(string name, string file)
    {
        using FileStream stream = File.OpenRead(file);
        // Asked of the open file, so that what is checked is what is read.
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & OthersMode) != UnixFileMode.None)
            throw new CliException(ExitCode.BadKey, $"profile {name} can be read or changed by others; run: chmod 600 '{file}'");
        return JsonSerializer.Deserialize(stream, CliJson.Default.Profile);
    }

    /// <summary>The file of a profile.</summary>
    public string FileOf(string name) => IsName(name)
        ? Path.Combine(folder, name + Extension)
        : throw new CliException(ExitCode.Usage, $"'{name}' is no profile name: letters, digits, '-' and '_', {LongestName} at most");

    private static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && name.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '-' or '_');
}
