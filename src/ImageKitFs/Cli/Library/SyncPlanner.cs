using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>Compares two folders and says what makes the second like the first. Changes nothing; every folder is listed once.</summary>
/// <remarks>
/// Litter of desktops (Thumbs.db, .DS_Store) belongs to neither side: it is not copied, and not deleted. A file where the other side has a folder is a
/// failure, not a deletion: only what is there too much is ever deleted.
/// </remarks>
internal sealed class SyncPlanner(CommandRun run, SyncPlan plan)
{
    private readonly Transfers _transfers = new(run);

    /// <summary>A local folder into a library.</summary>
    public async Task InAsync(string local, DirectLibrary library, FolderTarget target, string at)
    {
        if (await run.TryReadAsync(local) is not { } content)
        {
            plan.MissPart();
            return;
        }

        HashSet<string> names = [.. content.Skipped];
        foreach (LocalFile file in content.Files.Where(file => !DirectLibrary.IsLitter(file.Name)))
        {
            names.Add(file.Name);
            await LookAsync(() =>
            {
                LibraryEntry? present = target.Find(file.Name);
                if (present is { IsFolder: true })
                    throw new CliException(ExitCode.Failed, $"{file.Path}: {present.Path} is a folder in the library");
                if (DirectLibrary.WhyNotStored(file.Name, file.Size) is { } reason)
                {
                    // It was looked at, and keeps its name in the library: nothing else needs to be spared because of it.
                    run.Failures.Add(new CliException(ExitCode.Failed, $"{file.Path} is not stored: {reason}"));
                    return Task.CompletedTask;
                }

                plan.Add(new SyncFile(
                    Below(at, file.Name), file.Size, present is not null, () => _transfers.IsStoredAsync(library, file, present!),
                    progress => _transfers.StoreAsync(library, file, target, file.Name, present, progress)));
                return Task.CompletedTask;
            });
        }

        List<string> folders = [.. content.Folders.Where(name => !DirectLibrary.IsLitter(name))];
        names.UnionWith(folders);
        if (!target.Exists && names.Count == 0)
            plan.AddFolder(new SyncStep(at, () => library.MakeFolderAsync(target, run.Stop)));
        Extras(library, target, names, at);
        await Task.WhenAll(folders.Select(name => LookAsync(async () =>
            await InAsync(Path.Combine(local, name), library, await new PutPlan(run, library).BelowAsync(target, name), Below(at, name)))));
    }

    /// <summary>A folder of a library into a local one.</summary>
    public async Task OutAsync(DirectLibrary library, FolderView source, string local, string at)
    {
        LocalFolder here = Directory.Exists(local) ? LocalFolder.Read(local) : new LocalFolder([], [], []);
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (LibraryEntry file in source.Entries.Where(entry => !entry.IsFolder))
        {
            names.Add(file.Name);
            await LookAsync(() =>
            {
                string place = GetPlan.Place(local, file);
                if (here.Folders.Contains(file.Name))
                    throw new CliException(ExitCode.Failed, $"{file.Path}: {place} is a folder");
                plan.Add(new SyncFile(
                    Below(at, file.Name), file.Size, File.Exists(place), () => _transfers.IsHereAsync(library, file, place, maySetTime: false),
                    progress => FetchAsync(library, file, place, progress)));
                return Task.CompletedTask;
            });
        }

        List<LibraryEntry> folders = [.. source.Entries.Where(entry => entry.IsFolder)];
        names.UnionWith(folders.Select(folder => folder.Name));
        if (names.Count == 0 && !Directory.Exists(local))
            plan.AddFolder(new SyncStep(at, () => Task.FromResult(Directory.CreateDirectory(local))));
        foreach (LocalFile extra in here.Files.Where(file => !names.Contains(file.Name) && !DirectLibrary.IsLitter(file.Name)))
            plan.AddExtra(new SyncStep(Below(at, extra.Name), () => Task.Run(() => File.Delete(extra.Path), CancellationToken.None)));
        foreach (string extra in here.Folders.Where(name => !names.Contains(name) && !DirectLibrary.IsLitter(name)))
            plan.AddExtraFolder(new SyncStep(Below(at, extra), () => Task.Run(() => Directory.Delete(Path.Combine(local, extra), recursive: true), CancellationToken.None)));
        await Task.WhenAll(folders.Select(folder => LookAsync(async () =>
        {
            string place = GetPlan.Place(local, folder);
            if (File.Exists(place))
                throw new CliException(ExitCode.Failed, $"{folder.Path}: {place} is a file");
            await OutAsync(library, await library.ListAsync(folder, run.Stop), place, Below(at, folder.Name));
        })));
    }

    /// <summary>A folder of a library into one of another, or of the same.</summary>
    public async Task AcrossAsync(DirectLibrary from, FolderView source, DirectLibrary to, FolderTarget target, string at)
    {
        CarryPlan way = new(run, from, to);
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (LibraryEntry file in source.Entries.Where(entry => !entry.IsFolder))
        {
            names.Add(file.Name);
            await LookAsync(() =>
            {
                LibraryEntry? present = target.Find(file.Name);
                if (present is { IsFolder: true })
                    throw new CliException(ExitCode.Failed, $"{file.Path}: {present.Path} is a folder there");
                plan.Add(new SyncFile(
                    Below(at, file.Name), file.Size, present is not null, () => _transfers.IsCarriedAsync(from, file, to, present!),
                    progress => CarryAsync(from, file, to, target, present, progress)));
                return Task.CompletedTask;
            });
        }

        List<LibraryEntry> folders = [.. source.Entries.Where(entry => entry.IsFolder)];
        names.UnionWith(folders.Select(folder => folder.Name));
        if (!target.Exists && names.Count == 0)
            plan.AddFolder(new SyncStep(at, () => to.MakeFolderAsync(target, run.Stop)));
        Extras(to, target, names, at);
        await Task.WhenAll(folders.Select(folder => LookAsync(async () =>
            await AcrossAsync(from, await from.ListAsync(folder, run.Stop), to, await way.BelowAsync(target, folder.Name), Below(at, folder.Name)))));
    }

    private void Extras(DirectLibrary library, FolderTarget target, HashSet<string> names, string at)
    {
        foreach (LibraryEntry extra in target.Entries.Where(entry => !names.Contains(entry.Name)))
        {
            if (extra.IsFolder)
                plan.AddExtraFolder(new SyncStep(Below(at, extra.Name), () => library.DeleteFolderAsync(extra, run.Stop)));
            else
                plan.AddExtra(Below(at, extra.Name), extra);
        }
    }

    private async Task FetchAsync(DirectLibrary library, LibraryEntry file, string place, IProgress<long> progress)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        await _transfers.FetchAsync(library, file, place, progress);
    }

    private async Task CarryAsync(DirectLibrary from, LibraryEntry file, DirectLibrary to, FolderTarget target, LibraryEntry? present, IProgress<long> progress)
    {
        if (await _transfers.CarryAsync(from, file, to, target, file.Name, present, progress) is { } leftOut)
            run.Failures.Note($"{file.Path} came without its custom metadata: {leftOut}");
    }

    /// <summary>Looks at a part; when that fails, nothing is deleted afterwards.</summary>
    private async Task LookAsync(Func<Task> look)
    {
        if (await run.TryAsync(look) is not null)
            plan.MissPart();
    }

    private static string Below(string at, string name) => at.Length == 0 ? name : $"{at}/{name}";
}
