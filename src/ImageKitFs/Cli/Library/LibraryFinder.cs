using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>Finds what an argument names in a library: one path, or all that a pattern matches.</summary>
internal static class LibraryFinder
{
    /// <param name="library">Where.</param>
    /// <param name="path">The argument.</param>
    /// <param name="needsRows">The entries must be as their folder lists them, with ids; false: a folder may come without, for one request less.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>In ordinal order; never empty.</returns>
    /// <exception cref="CliException">Nothing of that name.</exception>
    public static async Task<IReadOnlyList<LibraryEntry>> FindAsync(DirectLibrary library, LibraryPath path, bool needsRows, CancellationToken ct)
    {
        IReadOnlyList<LibraryEntry> found = Glob.IsPattern(path.Path)
            ? await ExpandAsync(library, path, ct)
            : await OneAsync(library, path, needsRows, ct) is { } entry ? [entry] : [];
        if (found.Count == 0)
            throw Glob.IsPattern(path.Path) ? new CliException(ExitCode.Failed, $"nothing in the library matches {path}") : Missing(path.Profile, path.Path);
        if (path.HasSlash && found is [{ IsFolder: false }])
            throw new CliException(ExitCode.Usage, $"{path} is a file, and the slash at the end says folder");
        return found;
    }

    /// <summary>A folder to store into.</summary>
    /// <exception cref="CliException">It is not there.</exception>
    public static async Task<FolderView> FolderAsync(DirectLibrary library, string? profile, string path, CancellationToken ct) =>
        await library.FindFolderAsync(Glob.Literal(path), ct)
        ?? throw (await library.FindAsync(Glob.Literal(path), ct) is null
            ? Missing(profile, path)
            : new CliException(ExitCode.Usage, $"{LibraryPath.Show(profile, path)} is a file, not a folder"));

    private static async Task<LibraryEntry?> OneAsync(DirectLibrary library, LibraryPath path, bool needsRows, CancellationToken ct)
    {
        string literal = Glob.Literal(path.Path);
        // The library escapes dots in the names of folders, so one without a dot is a folder more often than not.
        bool isLikelyFolder = path.HasSlash || !path.Name.Contains('.', StringComparison.Ordinal);
        return needsRows ? await library.FindAsync(literal, ct) : await library.FindEitherAsync(literal, isLikelyFolder, ct);
    }

    private static async Task<IReadOnlyList<LibraryEntry>> ExpandAsync(DirectLibrary library, LibraryPath path, CancellationToken ct)
    {
        string[] names = path.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int first = Array.FindIndex(names, Glob.IsPattern);
        FolderView? start = await library.FindFolderAsync('/' + string.Join('/', names[..first].Select(Glob.Literal)), ct);
        if (start is null)
            return [];
        IReadOnlyList<FolderView> folders = [start];
        for (int i = first; ; i++)
        {
            List<LibraryEntry> matched = [.. folders.SelectMany(folder => Match(folder, names[i]))];
            if (i == names.Length - 1)
                return path.HasSlash ? matched.FindAll(entry => entry.IsFolder) : matched;
            folders = await Task.WhenAll(matched.Where(entry => entry.IsFolder).Select(entry => library.ListAsync(entry, ct)));
        }
    }

    // A name that is there as it is written is meant, whatever it looks like.
    private static IEnumerable<LibraryEntry> Match(FolderView folder, string pattern) =>
        folder.Find(pattern) is { } exact ? [exact]
        : Glob.IsPattern(pattern) ? folder.Entries.Where(entry => Glob.Matches(pattern, entry.Name))
        : folder.Find(Glob.Literal(pattern)) is { } literal ? [literal]
        : [];

    private static CliException Missing(string? profile, string path) => new(ExitCode.Failed, $"{LibraryPath.Show(profile, path)} is not in the library");
}
