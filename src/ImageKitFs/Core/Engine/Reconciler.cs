using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// Brings the inodes in memory in line with a new listing. What is ours ends on evidence, never by the clock: a listing that shows our id with our version
/// (or a later one), or one asked for after the service's reply that no longer shows what we removed.
/// </summary>
internal sealed class Reconciler(Volume volume, Publisher publisher)
{
    /// <summary>A listing may lag; when it has not agreed for this long, the file itself is asked for.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromMinutes(10);

    /// <summary>
    /// One file that a listing lacks was most likely deleted elsewhere; hundreds of them mean that the listing lags. So a few are asked for at once,
    /// the rest when the listing has not agreed for long.
    /// </summary>
    private const int MaxSoonDoubts = 4;

    private static readonly TimeSpan FirstDoubt = TimeSpan.FromSeconds(1);

    /// <summary>How many files are asked about in the background at once.</summary>
    private const int MaxInquiries = 2;

    private int _inquiries;

    /// <summary>The tree's callback: one listing was completed.</summary>
    public void Refreshed(Listing? before, Listing after)
    {
        JournalBatch agreed = new();
        List<Action> notify = [];
        List<FileInode> doubtful = [];
        List<NameChange> changes = [];
        lock (volume.Lock)
        {
            if (volume.Gates.IsClosed(after.Folder, out _) || volume.Names.FindFolder(after.Folder) is not { } folder)
                return;
            if (before is not null && volume.Watched.Contains(folder))
                changes = volume.Watched.Compare(folder, before, after); // as long as what is ours can be told from what is not
            Unhide(folder, after, agreed);
            foreach (Inode child in folder.Dentries.Values.ToArray())
            {
                bool found = after.TryFind(child.Name, out Row row) && !Namespace.IsHidden(folder, row);
                switch (child)
                {
                    case FileInode file:
                        MatchFile(folder, file, found, row, after, agreed, notify, doubtful);
                        break;
                    case FolderInode inner:
                        MatchFolder(folder, inner, found, row, after, agreed, notify);
                        break;
                }
            }

            if (before is not null)
                AnnounceNewNames(folder, before, after, notify);
            _ = volume.Store(agreed);
        }

        foreach (Action action in notify)
            action();
        foreach (NameChange change in changes)
            volume.Kernel.Announce(change);
        foreach (FileInode inode in doubtful)
            _ = InquireAsync(inode);
    }

    private void Unhide(FolderInode folder, Listing after, JournalBatch agreed)
    {
        if (folder.Hidden.Count == 0)
            return;
        foreach ((HiddenKey key, HiddenRow row) in folder.Hidden.ToArray())
        {
            if (row.DoneAt is not { } done || after.RequestedAt < done)
                continue;
            if (after.TryFindId(key.ObjectId, out Row listed) && listed.RemoteName == key.RemoteName)
                continue;
            if (row.IsUnseen && volume.Time.GetElapsedTime(done, after.RequestedAt) < Doubt)
                continue;
            folder.Hidden.Remove(key);
            if (row.JournalSeq != 0)
                agreed.Remove(row.JournalSeq);
        }
    }

    private void MatchFile(
        FolderInode folder, FileInode file, bool found, in Row row, Listing after, JournalBatch agreed, List<Action> notify, List<FileInode> doubtful)
    {
        if (file.IsVirtual)
            return;
        bool isSame = found && row.Kind == FileKind.File && row.Id == file.Base?.FileId;
        switch (file.Overlay)
        {
            case OverlayState.Listed:
                if (isSame)
                {
                    file.IsIdUnconfirmed = false;
                    Update(folder, file, row, notify);
                }
                else if (found && file.IsIdUnconfirmed && row.Kind == FileKind.File)
                {
                    Adopt(file, row, agreed);
                }
                else
                {
                    Detach(folder, file, isGone: !found, notify);
                }

                break;

            case OverlayState.Published when isSame && row.VersionNumber >= file.Base!.Number:
                Agree(file, agreed);
                Update(folder, file, row, notify);
                break;

            case OverlayState.Published when found && file.IsIdUnconfirmed && row.Kind == FileKind.File:
                Adopt(file, row, agreed);
                break;

            case OverlayState.Published when IsNamedElsewhere(folder, file, after):
                Agree(file, agreed);
                Detach(folder, file, isGone: !found, notify);
                break;

            case OverlayState.Published:
                bool isForeign = found && !isSame;
                TimeSpan age = volume.Time.GetElapsedTime(file.PublishedAt, after.RequestedAt);
                bool isSoon = age > FirstDoubt && doubtful.Count < MaxSoonDoubts;
                if (after.RequestedAt >= file.PublishedAt && (isForeign || isSoon || age > Doubt))
                    doubtful.Add(file);
                break;

            case OverlayState.Pending when found && !isSame && file.IsIdUnconfirmed && row.Kind == FileKind.File && file.ServerPath is null && after.RequestedAt >= file.PublishedAt:
                // A move gave it another id before it was written here.
                Readdress(file, row, agreed);
                break;

            case OverlayState.Pending:
                // Seen by the commit (rule 2): ours was written against another version than the one that is there now.
                if (file.Dirty is { InFlight: null } dirty && found && row.Kind == FileKind.File && file.ServerPath is null
                    && after.RequestedAt >= file.PublishedAt && (isSame ? row.VersionNumber > file.Base!.Number : dirty.Replaces?.FileId != row.Id))
                {
                    dirty.Foreign = RemoteVersion.From(row);
                }

                break;
        }
    }

    /// <summary>The listing knows our file by another name, which is not an old one of ours: someone else renamed it.</summary>
    private static bool IsNamedElsewhere(FolderInode folder, FileInode file, Listing after) =>
        after.RequestedAt >= file.PublishedAt && after.TryFindId(file.Base!.FileId, out Row row)
        && row.RemoteName != file.RemoteName && row.VersionNumber >= file.Base.Number && !Namespace.IsHidden(folder, row);

    /// <summary>Same file: another version made elsewhere reaches an inode that nobody has open; one that is open keeps its version, the name gets a new inode.</summary>
    private void Update(FolderInode folder, FileInode file, in Row row, List<Action> notify)
    {
        bool sameVersion = row.VersionId == file.Base!.VersionId;
        if (!sameVersion && row.VersionNumber < file.Base.Number)
            return;
        if (!sameVersion && (file.Handles > 0 || file.Dirty is not null))
        {
            file.IsSuperseded = true;
            Detach(folder, file, isGone: false, notify);
            return;
        }

        (Timestamp changed, Timestamp modified) = (file.Changed, file.Modified);
        file.Base = RemoteVersion.From(row);
        volume.Names.ApplyRow(file, row);
        bool attributesMoved = changed != file.Changed || modified != file.Modified;
        if (sameVersion && !attributesMoved)
            return;
        InodeId id = file.Id;
        if (!sameVersion || file.Lookups > 0)
            notify.Add(() => volume.Kernel.InvalidateInode(id, data: !sameVersion));
    }

    /// <param name="folder">Where it was.</param>
    /// <param name="inode">What has lost its name to others.</param>
    /// <param name="isGone">Nothing else has the name: who watches the folder or the file is told of a removal.</param>
    /// <param name="notify">What the kernel is told afterwards.</param>
    private void Detach(FolderInode folder, Inode inode, bool isGone, List<Action> notify)
    {
        (InodeId parent, InodeId child) = (folder.Id, inode.Id);
        if (EntryName.TryParse(inode.Name, out EntryName name) == FsError.None)
        {
            if (isGone && inode.Lookups > 0)
                notify.Add(() => volume.Kernel.EntryDeleted(parent, child, name));
            // The kernel refuses to call a folder deleted while it knows names in it.
            if (!isGone || inode.Lookups == 0 || inode is FolderInode)
                notify.Add(() => volume.Kernel.InvalidateEntry(parent, name));
        }

        volume.Names.Unbind(inode);
    }

    private void Agree(Inode inode, JournalBatch agreed)
    {
        if (inode.EvidenceSeq != 0)
            agreed.Remove(inode.EvidenceSeq);
        inode.EvidenceSeq = 0;
        Namespace.SetOverlay(inode, OverlayState.Listed);
        if (inode is FileInode file)
            publisher.CloseIfClean(file);
    }

    /// <summary>A move gave the file another id: same object, same number.</summary>
    private void Adopt(FileInode file, in Row row, JournalBatch agreed)
    {
        Readdress(file, row, agreed);
        Agree(file, agreed);
    }

    private void Readdress(FileInode file, in Row row, JournalBatch agreed)
    {
        if (file.Base is { } old && old.FileId != row.Id)
        {
            agreed.RemoveAttr(old.FileId);
            volume.Details.Readdress(old.FileId, row.Id, agreed);
            volume.Names.ForgetAttr(old.FileId);
        }

        file.Base = RemoteVersion.From(row);
        file.IsIdUnconfirmed = false;
        if (volume.Names.RememberAttr(file) is { } attr)
            agreed.Put(attr);
    }

    private void MatchFolder(FolderInode folder, FolderInode inner, bool found, in Row row, Listing after, JournalBatch agreed, List<Action> notify)
    {
        // The service addresses folders by path alone, so a folder's name is what it is, whatever its id became.
        if (found && row.Kind == FileKind.Directory)
        {
            if (inner.FolderId != row.Id)
            {
                if (volume.Names.Identify(inner, row) is { } attr)
                    agreed.Put(attr);
            }
            else if (inner.Overlay == OverlayState.Listed)
            {
                volume.Names.ApplyRow(inner, row);
            }

            if (inner.Overlay == OverlayState.Published)
                Agree(inner, agreed);
            return;
        }

        bool isDoubtful = inner.Overlay == OverlayState.Published && volume.Time.GetElapsedTime(inner.PublishedAt, after.RequestedAt) > Doubt;
        if ((inner.Overlay != OverlayState.Listed && !isDoubtful) || HasOwnWork(inner))
            return;
        if (isDoubtful)
            Agree(inner, agreed);
        volume.Tree.ForgetBelow(inner.RemotePath);
        Detach(folder, inner, isGone: !found, notify);
    }

    /// <summary>Something of ours lies below: the folder is made again by it, however the library lost it.</summary>
    private static bool HasOwnWork(FolderInode folder)
    {
        foreach (Inode inode in Namespace.Below(folder))
        {
            if (inode.Overlay == OverlayState.Pending)
                return true;
        }

        return false;
    }

    /// <summary>Names the kernel may remember as absent.</summary>
    private void AnnounceNewNames(FolderInode folder, Listing before, Listing after, List<Action> notify)
    {
        InodeId parent = folder.Id;
        for (int i = 0; i < after.Count; i++)
        {
            Row row = after[i];
            if (before.TryFindId(row.Id, out Row old) && old.RemoteName == row.RemoteName)
                continue;
            if (!folder.Dentries.ContainsKey(row.Name) && EntryName.TryParse(row.Name, out EntryName name) == FsError.None)
                notify.Add(() => volume.Kernel.InvalidateEntry(parent, name));
        }
    }

    /// <summary>Listings contradict what the service acknowledged: details answers for the file itself, and is current even while listings lag.</summary>
    private async Task InquireAsync(FileInode inode)
    {
        if (Interlocked.Increment(ref _inquiries) > MaxInquiries)
        {
            Interlocked.Decrement(ref _inquiries);
            return;
        }

        try
        {
            RemoteVersion? asked;
            lock (volume.Lock)
                asked = inode.Overlay == OverlayState.Published ? inode.Base : null;
            if (asked is null)
                return;
            ApiResult<LibraryRow> details = await volume.Library.DetailsAsync(asked.FileId, CancellationToken.None);
            JournalBatch agreed = new();
            Action? notify = null;
            lock (volume.Lock)
            {
                if (inode.Overlay != OverlayState.Published || inode.Base != asked || inode.Parent is not { } parent)
                    return;
                inode.PublishedAt = volume.Time.GetTimestamp();
                bool isElsewhere = details.Ok && details.Value.Path != RemotePath.Combine(parent.RemotePath, inode.RemoteName);
                if (!isElsewhere && (details.Ok || details.Error.Kind != ApiErrorKind.NotFound))
                    return; // Current, or not to be learnt now: keep ours.
                Agree(inode, agreed);
                (InodeId parentId, InodeId child) = (parent.Id, inode.Id);
                EntryName name = EntryName.Of(inode.Name);
                volume.Names.Unbind(inode);
                volume.Tree.Expire(parent.RemotePath);
                notify = () => volume.Kernel.EntryDeleted(parentId, child, name);
                _ = volume.Store(agreed);
            }
            notify?.Invoke();
        }
        finally
        {
            Interlocked.Decrement(ref _inquiries);
        }
    }
}
