using System.Collections.Concurrent;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>One file on its way from one account to another.</summary>
internal sealed record CarryItem(LibraryEntry File, FolderTarget Folder, string Name, LibraryEntry? Present)
{
    public string Path => Folder.Path == "/" ? $"/{Name}" : $"{Folder.Path}/{Name}";
}

/// <summary>What a copy between two accounts has to carry: the service copies inside one account only, so the bytes go through this machine.</summary>
internal sealed class CarryPlan(CommandRun run, DirectLibrary from, DirectLibrary to)
{
    private readonly ConcurrentBag<CarryItem> _items = [];
    private readonly ConcurrentBag<FolderTarget> _emptyFolders = [];

    public IReadOnlyList<CarryItem> Items => [.. _items.OrderBy(item => item.Path, StringComparer.Ordinal)];

    public IReadOnlyList<FolderTarget> EmptyFolders => [.. _emptyFolders.OrderBy(folder => folder.Path, StringComparer.Ordinal)];

    public void AddFile(LibraryEntry file, FolderTarget folder, string name)
    {
        LibraryEntry? present = folder.Find(name);
        if (present is { IsFolder: true })
            throw new CliException(ExitCode.Failed, $"{file.Path}: {present.Path} is a folder there");
        _items.Add(new CarryItem(file, folder, name, present));
    }

    /// <summary>Everything in a folder of the one, into a folder of the other.</summary>
    public async Task AddFolderAsync(LibraryEntry folder, FolderTarget target)
    {
        FolderView view = await from.ListAsync(folder, run.Stop);
        if (view.Entries.Count == 0 && !target.Exists)
            _emptyFolders.Add(target);
        await Task.WhenAll(view.Entries.Select(entry => run.TryAsync(async () =>
        {
            if (entry.IsFolder)
                await AddFolderAsync(entry, await BelowAsync(target, entry.Name));
            else
                AddFile(entry, target, entry.Name);
        })));
    }

    /// <summary>A folder of that name in another.</summary>
    public async Task<FolderTarget> BelowAsync(FolderTarget target, string name) => target.Find(name) switch
    {
        null => target.New(name),
        { IsFolder: true } entry => to.TargetOf(await to.ListAsync(entry, run.Stop)),
        { } file => throw new CliException(ExitCode.Failed, $"{file.Path} is a file there, and a folder here"),
    };

    /// <summary>Carries all of it.</summary>
    /// <param name="done">Told each file, with the line of its failure or null.</param>
    /// <param name="report">Says the sum when a progress bar has the screen.</param>
    public async Task RunAsync(TransferReport report, Action<CarryItem, string?> done)
    {
        Transfers transfers = new(run);
        IReadOnlyList<CarryItem> items = Items;
        await TransferView.RunAsync(run, report, items.Count, items.Sum(item => item.File.Size), async view =>
        {
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = Transfers.ParallelDownloads, CancellationToken = run.Stop };
            await Parallel.ForEachAsync(items, parallel, async (item, _) =>
            {
                using TransferView.FileBar bar = view.Begin(item.Name, item.File.Size);
                done(item, await run.TryAsync(async () =>
                {
                    if (await transfers.CarryAsync(from, item.File, to, item.Folder, item.Name, item.Present, bar) is { } leftOut)
                        run.Failures.Note($"{item.Path} came without its custom metadata: {leftOut}");
                }));
            });
        });
        foreach (FolderTarget folder in EmptyFolders)
            await run.TryAsync(() => to.MakeFolderAsync(folder, run.Stop));
    }
}
