using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// Whether the account keeps '-' in folder names: the documents disagree (imagekit-api.md U5). The first folder made with one tells; an account that turns
/// it into '_' gets the stricter spelling from then on, remembered in the journal.
/// </summary>
internal sealed class FolderDash(Volume volume)
{
    private const string MetaKey = "folder-dash";
    private const string Kept = "kept";
    private const string Replaced = "replaced";

    private volatile bool _isKnown = volume.Journal.GetMeta(MetaKey) is not null;

    /// <summary>What the journal remembers, for the name map of a new volume.</summary>
    public static bool IsReplaced(SpoolJournal journal) => journal.GetMeta(MetaKey) == Replaced;

    /// <summary>The same from a journal that nobody has open.</summary>
    public static bool IsReplaced(JournalView journal) => journal.Meta.GetValueOrDefault(MetaKey) == Replaced;

    /// <summary>The service stored a path as it was asked to.</summary>
    public void Confirm(string folder)
    {
        if (_isKnown || !folder.Contains('-'))
            return;
        Remember(Kept);
    }

    /// <summary>True when the service changed nothing but dashes of the folder's path.</summary>
    public static bool IsCause(string asked, string stored) =>
        RemotePath.Parent(asked) is var folder && folder.Contains('-') && folder.Replace('-', '_') == RemotePath.Parent(stored);

    /// <summary>After a folder was made on its own: its parent's listing shows which spelling the service chose.</summary>
    /// <returns>False when it chose the stricter one: the folder must be made again under its new remote name.</returns>
    public async ValueTask<bool> CheckMadeAsync(string folder, CancellationToken ct)
    {
        string name = RemotePath.Name(folder);
        if (_isKnown || !name.Contains('-'))
            return true;
        TreeResult listed = await volume.Tree.FetchAsync(RemotePath.Parent(folder), ct);
        if (!listed.Ok)
            return true;
        bool isReplaced = false;
        for (int i = 0; i < listed.Listing.Count; i++)
        {
            Row row = listed.Listing[i];
            if (row.Kind != FileKind.Directory)
                continue;
            string remoteName = row.RemoteName;
            if (remoteName == name)
            {
                Remember(Kept);
                return true;
            }

            isReplaced |= remoteName == name.Replace('-', '_');
        }

        if (isReplaced)
            await AdoptStricterAsync();
        return !isReplaced;
    }

    /// <summary>Spells every folder that the library does not have yet in the stricter way.</summary>
    public async ValueTask AdoptStricterAsync()
    {
        JournalBatch batch = new();
        Task<FsError> stored;
        lock (volume.Lock)
        {
            _isKnown = true;
            volume.NameMap = new NameMap(escapeFolderDash: true, volume.Options.MaxNameBytes);
            batch.SetMeta(MetaKey, Replaced);
            foreach (Inode inode in Namespace.Below(volume.Names.Root).ToArray())
            {
                if (inode is not FolderInode { IsLocalOnly: true, Parent: { } parent } folder || !folder.RemoteName.Contains('-'))
                    continue;
                if (volume.NameMap.TryToRemote(folder.Name, isFolder: true, out string remoteName) != FsError.None)
                    continue;
                string before = folder.RemotePath;
                volume.Names.Bind(parent, folder.Name, remoteName, folder, folder.Overlay);
                volume.Queue.Rebase(before, folder.RemotePath);
                batch.RewritePaths(before, folder.RemotePath);
            }
            stored = volume.Store(batch);
        }

        await stored;
    }

    private void Remember(string rule)
    {
        _isKnown = true;
        JournalBatch batch = new();
        batch.SetMeta(MetaKey, rule);
        lock (volume.Lock)
            _ = volume.Store(batch);
    }
}
