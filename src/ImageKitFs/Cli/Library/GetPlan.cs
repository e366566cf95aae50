using System.Collections.Concurrent;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>One file on its way out.</summary>
internal sealed record GetItem(LibraryEntry File, string Local);

/// <summary>What a `get` has to fetch: files of the library, and the local place of each. Local folders are made on the way.</summary>
internal sealed class GetPlan(CommandRun run, DirectLibrary library)
{
    private static readonly char[] Unusable = Path.GetInvalidFileNameChars();

    private readonly ConcurrentBag<GetItem> _items = [];
    private readonly ConcurrentDictionary<string, byte> _places = new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>In ordinal order of their places in the library, which is the order in which they are fetched.</summary>
    public IReadOnlyList<GetItem> Items => [.. _items.OrderBy(item => item.File.Path, StringComparer.Ordinal)];

    public void AddFile(LibraryEntry file, string local)
    {
        if (!_places.TryAdd(local, 0))
            run.Failures.Add(new CliException(ExitCode.Failed, $"{file.Path} is not fetched: another file goes to {local}"));
        else
            _items.Add(new GetItem(file, local));
    }

    /// <summary>Everything in a folder of the library, into a local folder.</summary>
    public async Task AddFolderAsync(LibraryEntry folder, string local) => await AddFolderAsync(await library.ListAsync(folder, run.Stop), local);

    /// <summary>
    /// A folder of the library into a local one that is there, under its name; or the rest of it, where an earlier run made the local one of it: that has only
    /// names that the folder has, and none of the folder itself.
    /// </summary>
    public async Task AddFolderIntoAsync(LibraryEntry folder, string local)
    {
        FolderView view = await library.ListAsync(folder, run.Stop);
        string below = Place(local, folder);
        string[] here = [.. Directory.EnumerateFileSystemEntries(local)];
        bool isCopy = here.Length > 0 && !Path.Exists(below)
            && Array.TrueForAll(here, entry => view.Find(Path.GetFileName(entry)) is { } present && present.IsFolder == Directory.Exists(entry));
        await AddFolderAsync(view, isCopy ? local : below);
    }

    private async Task AddFolderAsync(FolderView view, string local)
    {
        try
        {
            Directory.CreateDirectory(local);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot write {local}: {e.Message}", e);
        }

        foreach (LibraryEntry file in view.Entries.Where(entry => !entry.IsFolder))
            await run.TryAsync(() =>
            {
                AddFile(file, Place(local, file));
                return Task.CompletedTask;
            });
        await Task.WhenAll(view.Entries.Where(entry => entry.IsFolder).Select(below => run.TryAsync(() => AddFolderAsync(below, Place(local, below)))));
    }

    /// <summary>Where an entry goes in a local folder: names of libraries may hold what Windows takes for a path.</summary>
    public static string Place(string folder, LibraryEntry entry) => entry.Name.IndexOfAny(Unusable) < 0
        ? Path.Combine(folder, entry.Name)
        : throw new CliException(ExitCode.Failed, $"{entry.Path} cannot have its name on this system");
}
