using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>Where `put` stores. Uploads make the folders that are missing, so that none has to be there.</summary>
/// <param name="Folder">The folder, there or not.</param>
/// <param name="Name">The name there; null: each thing keeps its own.</param>
/// <param name="IsCopy">The folder is what an earlier run made of the same source: its content goes on there.</param>
internal sealed record PutDestination(FolderTarget Folder, string? Name, bool IsCopy = false)
{
    /// <param name="library">Which one.</param>
    /// <param name="path">The argument; as with `cp`, an existing folder takes things in, anything else is the new name of a single thing.</param>
    /// <param name="isFolder">It must be a folder, because several things go there.</param>
    /// <param name="source">The one local folder that goes there, or null.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="CliException">A file is in the way.</exception>
    public static async Task<PutDestination> FindAsync(DirectLibrary library, LibraryPath path, bool isFolder, string? source, CancellationToken ct)
    {
        if (isFolder || path.HasSlash || path.IsRoot)
            return new PutDestination(await FolderAsync(library, path.Profile, path.Path, ct), Name: null);
        // A folder's listing answers at once whether it is one; a name with a dot is a file's more often than not.
        LibraryEntry? present = await library.FindEitherAsync(Glob.Literal(path.Path), !path.Name.Contains('.', StringComparison.Ordinal), ct);
        if (present is not { IsFolder: true })
            return new PutDestination(await FolderAsync(library, path.Profile, path.Parent, ct), Glob.Literal(path.Name));
        FolderTarget folder = library.TargetOf(await library.ListAsync(present, ct));
        return new PutDestination(folder, Name: null, source is not null && IsCopyOf(source, folder));
    }

    /// <summary>
    /// A run that broke off is run again with the same words, and then the folder that it made is there: it is taken for that where it has only names that the
    /// source has, and none of the source itself.
    /// </summary>
    private static bool IsCopyOf(string source, FolderTarget folder) =>
        folder.Entries.Count > 0
        && folder.Find(Path.GetFileName(source)) is null
        && folder.Entries.All(entry => entry.IsFolder ? Directory.Exists(Path.Combine(source, entry.Name)) : File.Exists(Path.Combine(source, entry.Name)));

    private static async Task<FolderTarget> FolderAsync(DirectLibrary library, string? profile, string path, CancellationToken ct)
    {
        string literal = Glob.Literal(path);
        if (await library.FindFolderAsync(literal, ct) is { } view)
            return library.TargetOf(view);
        int slash = literal.LastIndexOf('/');
        FolderTarget above = await FolderAsync(library, profile, slash > 0 ? literal[..slash] : "/", ct);
        return above.Find(literal[(slash + 1)..]) is null
            ? above.New(literal[(slash + 1)..])
            : throw new CliException(ExitCode.Usage, $"{LibraryPath.Show(profile, literal)} is a file, not a folder");
    }
}
