using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// Folders in which programs wait for changes, such as an open file manager. Nobody asks for their listings, so they are refreshed here; one request each
/// per TTL.
/// </summary>
/// <remarks>Locks: the volume's; the listings are asked for without it.</remarks>
internal sealed class WatchedFolders(Volume volume)
{
    /// <summary>Folders asked for at each look: a program that watches a whole tree, as some editors do, must not cost more requests than that.</summary>
    private const int MaxFollowed = 32;

    /// <summary>Looks per TTL: a listing is asked for again when it would not last until the next one.</summary>
    private const int LooksPerTtl = 4;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly HashSet<string> _refreshing = [];
    private Dictionary<ulong, FolderInode> _folders = [];

    private TimeSpan Pause => TimeSpan.FromTicks(Math.Clamp((volume.Options.DirectoryTtl / LooksPerTtl).Ticks, ShortestPause.Ticks, LongestPause.Ticks));

    /// <summary>With the volume's lock held.</summary>
    public bool Contains(FolderInode folder) => _folders.ContainsKey(folder.Ino);

    /// <inheritdoc cref="IFileSystem.Watch"/>
    public TimeSpan Set(IReadOnlySet<ulong> folders)
    {
        List<string> due = [];
        lock (volume.Lock)
        {
            Dictionary<ulong, FolderInode> known = [];
            foreach (ulong number in folders)
            {
                if (_folders.TryGetValue(number, out FolderInode? folder) && volume.Names.TryGet(folder.Id, out _))
                    known.Add(number, folder);
            }

            if (known.Count < folders.Count)
                volume.Names.CollectFolders(folders, known);
            _folders = known;
            foreach (FolderInode folder in known.Values)
            {
                if (due.Count < MaxFollowed && IsDue(folder) && _refreshing.Add(folder.RemotePath))
                    due.Add(folder.RemotePath);
            }
        }

        foreach (string path in due)
            _ = RefreshAsync(path);
        return Pause;
    }

    /// <summary>What others did between two listings, as far as this machine shows it otherwise; with the volume's lock held, before the folder's inodes follow the newer one.</summary>
    public List<NameChange> Compare(FolderInode folder, Listing before, Listing after)
    {
        List<NameChange> changes = [];
        HashSet<string> ours = [.. folder.OverlayChildren.Select(inode => inode.Name)];
        string path = volume.Names.LocalPathOf(folder);
        for (int i = 0; i < after.Count; i++)
        {
            Row row = after[i];
            if (Namespace.IsHidden(folder, row))
                continue;
            if (!before.TryFind(row.Name, out Row old) || Namespace.IsHidden(folder, old))
                Add(row, NameEvent.Added);
            else if (old.Id != row.Id || old.VersionId != row.VersionId)
                Add(row, NameEvent.Changed);
        }

        for (int i = 0; i < before.Count; i++)
        {
            Row row = before[i];
            if (!Namespace.IsHidden(folder, row) && !after.TryFind(row.Name, out _))
                Add(row, NameEvent.Removed);
        }

        return changes;

        void Add(in Row row, NameEvent what)
        {
            if (!ours.Contains(row.Name) && EntryName.TryParse(row.Name, out EntryName name) == FsError.None)
                changes.Add(new NameChange(folder.Id, path, name, row.Kind, what));
        }
    }

    private bool IsDue(FolderInode folder) =>
        !folder.IsLocalOnly && (folder.IsLinked || folder == volume.Names.Root)
        && volume.Tree.TryPeek(folder.RemotePath, out _, out TimeSpan freshFor) && freshFor < Pause;

    private async Task RefreshAsync(string path)
    {
        try
        {
            // That the service cannot be asked now is told by whoever opens something.
            _ = await volume.Tree.FetchAsync(path, CancellationToken.None);
        }
        finally
        {
            lock (volume.Lock)
                _refreshing.Remove(path);
        }
    }
}
