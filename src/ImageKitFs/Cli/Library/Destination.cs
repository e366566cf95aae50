using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>Where in a library something is to go.</summary>
/// <param name="Folder">An existing folder.</param>
/// <param name="Name">The name there; null: each thing keeps its own.</param>
internal sealed record Destination(FolderView Folder, string? Name)
{
    /// <param name="library">Which one.</param>
    /// <param name="path">The argument; as with `cp`, an existing folder takes things in, anything else is the new name of a single thing.</param>
    /// <param name="isFolder">It must be a folder, because several things go there.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="CliException">The folder is not there.</exception>
    public static async Task<Destination> FindAsync(DirectLibrary library, LibraryPath path, bool isFolder, CancellationToken ct)
    {
        if (isFolder || path.HasSlash || path.IsRoot)
            return new Destination(await LibraryFinder.FolderAsync(library, path.Profile, path.Path, ct), Name: null);
        string literal = Glob.Literal(path.Path);
        // A folder's listing answers at once whether it is one; a name with a dot is a file's more often than not.
        LibraryEntry? present = await library.FindEitherAsync(literal, !path.Name.Contains('.', StringComparison.Ordinal), ct);
        if (present is { IsFolder: true })
            return new Destination(await library.ListAsync(present, ct), Name: null);
        return new Destination(await LibraryFinder.FolderAsync(library, path.Profile, path.Parent, ct), Glob.Literal(path.Name));
    }
}
