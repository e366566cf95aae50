using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>
/// Lists open folders again from time to time. Explorer does not: it waits to be told. The engine tells which names came and went; which files have other bytes
/// or times is told from here, since the engine follows only files that somebody holds. A folder whose listing is fresh costs no request.
/// </summary>
internal static class FolderWatch
{
    /// <summary>More open folders than windows: an indexer or a backup walks the tree, and sees changes by itself.</summary>
    private const int MaxFolders = 16;

    /// <summary>Runs until <paramref name="stopping"/>.</summary>
    /// <param name="nodes">What is open.</param>
    /// <param name="read">Reads one folder.</param>
    /// <param name="notifier">Told of every file that is not as its folder was seen last.</param>
    /// <param name="interval">Between two looks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">The unmount.</param>
    internal static async Task RunAsync(
        OpenNodeTable nodes, Func<OpenNode, CancellationToken, ValueTask<FsResult<DirectoryPager>>> read, ExplorerNotifier notifier, TimeSpan interval,
        TimeProvider time, CancellationToken stopping)
    {
        try
        {
            using PeriodicTimer timer = new(interval, time);
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach (OpenNode folder in nodes.Folders().TakeLast(MaxFolders))
                {
                    FsResult<DirectoryPager> now = await read(folder, stopping);
                    if (!now.Ok)
                        continue;
                    foreach (DirectoryRow row in folder.Seen is { } before ? now.Value.ChangedSince(before) : [])
                        notifier.Changed(PathWalker.Join(folder.Path, row.Name));
                    folder.Seen = now.Value;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Unmounted.
        }
    }
}
