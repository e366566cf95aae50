using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Where the state of each library lies: one folder per library, in it a numbered one per mount of it side by side.</summary>
internal static class LibraryFolders
{
    private const char FolderMark = '+';

    /// <summary>The folder that holds the libraries'.</summary>
    public static string StateRoot(string? cacheFolder, Func<string, string?> environment) =>
        cacheFolder is null ? StatePaths.Root(environment) : Path.Combine(cacheFolder, "state");

    /// <summary>The folder that holds the libraries' copies.</summary>
    public static string CacheRoot(string? cacheFolder, Func<string, string?> environment)
    {
        if (cacheFolder is not null)
            return Path.Combine(cacheFolder, "cache");
        return OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "imagekitfs", "cache")
            : StatePaths.CacheRoot(environment);
    }

    /// <summary>
    /// The name of a library's folder: what was pending must be found again by the next mount of the same one, and by no other.
    /// An emulator's port changes from run to run, so its library is known by its folder.
    /// </summary>
    /// <param name="emulatorFolder">The embedded emulator's library, or null.</param>
    /// <param name="delivery">The URL endpoint; means nothing with an emulator's folder.</param>
    /// <param name="folder">What is mounted of it.</param>
    public static string NameOf(string? emulatorFolder, Uri delivery, string? folder)
    {
        string library = emulatorFolder is not null
            ? $"emulator-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(emulatorFolder)))[..12]}"
            : Plain($"{delivery.Authority}{delivery.AbsolutePath}".TrimEnd('/'));
        return folder is null or "/" ? library : $"{library}{FolderMark}{Plain(folder.Trim('/'))}";
    }

    /// <summary>True when `setup-mtime` was run on this machine for an account, whatever folders the mount uses.</summary>
    public static bool StoresTimes(string? cacheFolder, string? emulatorFolder, Uri delivery) =>
        TimesMarks(cacheFolder, emulatorFolder, delivery).Any(File.Exists);

    /// <summary>Remembers that an account stores mtimes, for mounts to come.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void RememberTimes(string? cacheFolder, string? emulatorFolder, Uri delivery)
    {
        foreach (string mark in TimesMarks(cacheFolder, emulatorFolder, delivery))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(mark)!);
            File.WriteAllText(mark, "");
        }
    }

    private static IEnumerable<string> TimesMarks(string? cacheFolder, string? emulatorFolder, Uri delivery) =>
        new[] { StateRoot(null, Environment.GetEnvironmentVariable), StateRoot(cacheFolder, Environment.GetEnvironmentVariable) }
            .Distinct().Select(root => Path.Combine(root, NameOf(emulatorFolder, delivery, null), "stores-mtimes"));

    /// <summary>The state folders below a root, of one library or of all, in order.</summary>
    /// <param name="root">See <see cref="StateRoot"/>.</param>
    /// <param name="name">See <see cref="NameOf"/>; null: of every library.</param>
    /// <param name="withParts">Also those of mounts of single folders of that library.</param>
    /// <exception cref="IOException">The root cannot be read.</exception>
    public static IReadOnlyList<string> Find(string root, string? name, bool withParts)
    {
        if (!Directory.Exists(root))
            return [];
        List<string> found = [];
        foreach (string library in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            string candidate = Path.GetFileName(library);
            bool isWanted = name is null || candidate == name || (withParts && candidate.StartsWith(name + FolderMark, StringComparison.Ordinal));
            if (isWanted)
                found.AddRange(Directory.EnumerateDirectories(library).Where(IsOfMount).Order(StringComparer.Ordinal));
        }

        return found;
    }

    private static bool IsOfMount(string folder) =>
        int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _) && KeptFiles.IsStateFolder(folder);

    private static string Plain(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'));
}
