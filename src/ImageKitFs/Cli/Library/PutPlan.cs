using System.Collections.Concurrent;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>One file on its way in.</summary>
internal sealed record PutItem(LocalFile File, FolderTarget Folder, string Name, LibraryEntry? Present)
{
    public string Path => Folder.Path == "/" ? $"/{Name}" : $"{Folder.Path}/{Name}";
}

/// <summary>What a `put` has to store: local files, and the places in the library where each belongs. Folders of the library that are there are listed once each.</summary>
internal sealed class PutPlan(CommandRun run, DirectLibrary library)
{
    private readonly ConcurrentBag<PutItem> _items = [];
    private readonly ConcurrentBag<FolderTarget> _emptyFolders = [];

    /// <summary>In ordinal order of their places.</summary>
    public IReadOnlyList<PutItem> Items => [.. _items.OrderBy(item => item.Path, StringComparer.Ordinal)];

    /// <summary>Folders that nothing is stored into and that are not in the library yet.</summary>
    public IReadOnlyList<FolderTarget> EmptyFolders => [.. _emptyFolders.OrderBy(folder => folder.Path, StringComparer.Ordinal)];

    public void AddFile(LocalFile file, FolderTarget folder, string name)
    {
        LibraryEntry? present = folder.Find(name);
        if (present is { IsFolder: true })
            run.Failures.Add(new CliException(ExitCode.Failed, $"{file.Path}: {present.Path} is a folder in the library"));
        else if (DirectLibrary.WhyNotStored(name, file.Size) is { } reason)
            run.Failures.Add(new CliException(ExitCode.Failed, $"{file.Path} is not stored: {reason}"));
        else
            _items.Add(new PutItem(file, folder, name, present));
    }

    /// <summary>Everything in a local folder, into a folder of the library.</summary>
    public async Task AddFolderAsync(string local, FolderTarget target)
    {
        if (await run.TryReadAsync(local) is not { } content)
            return;
        IReadOnlyList<LocalFile> files = [.. content.Files.Where(file => !DirectLibrary.IsLitter(file.Name))];
        foreach (LocalFile file in files)
            AddFile(file, target, file.Name);
        if (!target.Exists && files.Count == 0 && content.Folders.Count == 0)
            _emptyFolders.Add(target);
        await Task.WhenAll(content.Folders.Where(name => !DirectLibrary.IsLitter(name)).Select(name => run.TryAsync(async () =>
            await AddFolderAsync(Path.Combine(local, name), await BelowAsync(target, name)))));
    }

    /// <summary>A folder of that name in another.</summary>
    public async Task<FolderTarget> BelowAsync(FolderTarget target, string name) => target.Find(name) switch
    {
        null => target.New(name),
        { IsFolder: true } entry => library.TargetOf(await library.ListAsync(entry, run.Stop)),
        { } file => throw new CliException(ExitCode.Failed, $"{file.Path} is a file in the library, and a folder here"),
    };
}
