using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>
/// Lists open folders again from time to time. Explorer does not: it waits to be told, and the engine tells what a new listing shows.
/// A folder whose listing is fresh costs no request.
/// </summary>
internal static class FolderWatch
{
    /// <summary>More open folders than windows: an indexer or a backup walks the tree, and sees changes by itself.</summary>
    private const int MaxFolders = 16;

    /// <summary>Runs until <paramref name="stopping"/>.</summary>
    internal static async Task RunAsync(IFileSystem fileSystem, OpenNodeTable nodes, TimeSpan interval, TimeProvider time, CancellationToken stopping)
    {
        try
        {
            using PeriodicTimer timer = new(interval, time);
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach (OpenNode folder in nodes.Folders().TakeLast(MaxFolders))
                {
                    FsResult<Opened> opened = await fileSystem.OpenDirAsync(folder.Inode, stopping);
                    if (opened.Ok)
                        fileSystem.ReleaseDir(folder.Inode, opened.Value.Handle);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Unmounted.
        }
    }
}
