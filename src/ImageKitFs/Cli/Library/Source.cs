using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>Something of a library that is to be copied or moved.</summary>
internal sealed record Source(DirectLibrary Library, string? Profile, LibraryEntry Entry)
{
    /// <summary>All that the arguments name; what names nothing is a failure of its own.</summary>
    public static async Task<IReadOnlyList<Source>> FindAllAsync(IEnumerable<string> arguments, CommandRun run)
    {
        List<Source> sources = [];
        foreach (LibraryPath path in arguments.Select(LibraryPath.Parse))
        {
            await run.TryAsync(async () =>
            {
                DirectLibrary library = await run.Libraries.OpenAsync(path.Profile, run.Stop);
                IReadOnlyList<LibraryEntry> found = await LibraryFinder.FindAsync(library, path, needsRows: true, run.Stop);
                sources.AddRange(found.Select(entry => new Source(library, path.Profile, entry)));
            });
        }

        return sources;
    }

    /// <summary>Plans its way to another account.</summary>
    /// <param name="plan">Of that way.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="name">Under which name; null: its own.</param>
    public async Task PlanAsync(CarryPlan plan, FolderTarget folder, string? name)
    {
        if (!Entry.IsFolder)
            plan.AddFile(Entry, folder, name ?? Entry.Name);
        else
            await plan.AddFolderAsync(Entry, name is null && Entry.Path == "/" ? folder : await plan.BelowAsync(folder, name ?? Entry.Name));
    }

    /// <inheritdoc/>
    public override string ToString() => LibraryPath.Show(Profile, Entry.Path);
}
