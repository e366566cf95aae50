using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>What the parts of the engine share: the rooms, the one lock over the in-memory state, and small rules used by all.</summary>
/// <remarks>Lock order: <see cref="Lock"/> is innermost and never held across an await; rooms take no engine lock, except through the tree's callback.</remarks>
internal sealed class Volume(
    MountOptions options,
    IMediaLibrary library,
    DirectoryTree tree,
    ContentCache content,
    SpoolDirectory spool,
    SpoolJournal journal,
    NameMap nameMap,
    Namespace names,
    TimeProvider time,
    ILogger log)
{
    /// <summary>How long attributes of what is only ours may be trusted when no listing backs them.</summary>
    private static readonly TimeSpan ShortTtl = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RoomWait = TimeSpan.FromMilliseconds(5);

    /// <summary>A tenth of a second for a folder that is opened.</summary>
    private const int MaxRoomWaits = 20;

    private static readonly Task<FsError> NothingToStore = Task.FromResult(FsError.None);

    private SiblingReadahead? _siblings;
    private WatchedFolders? _watched;

    public Lock Lock { get; } = new();

    public MountOptions Options { get; } = options;

    public IMediaLibrary Library { get; } = library;

    /// <summary>Changes are refused: because the mount is to be so, or because the service has shown that the key only reads.</summary>
    public bool IsReadOnly => Options.ReadOnly || Library.IsReadOnlyKey;

    public DirectoryTree Tree { get; } = tree;

    public ContentCache Content { get; } = content;

    public SpoolDirectory Spool { get; } = spool;

    public SpoolJournal Journal { get; } = journal;

    /// <summary>Replaced when the account turns out to keep less than the documents say.</summary>
    public NameMap NameMap { get; set; } = nameMap;

    public Namespace Names { get; } = names;

    public OpQueue Queue { get; } = new();

    public PathGates Gates { get; } = new();

    public TimeProvider Time { get; } = time;

    public ILogger Log { get; } = log;

    public IKernelCache Kernel { get; set; } = NoKernel.Instance;

    /// <summary>Journals a file and queues it, without waiting for the library; set once by the committer.</summary>
    public Func<FileInode, ValueTask<FsError>> Commit { get; set; } = static _ => new(FsError.None);

    /// <summary>Saves by way of backup names.</summary>
    public Tunnels Tunnels => field ??= new Tunnels(this);

    /// <summary>Fetches the next files of a folder whose files are read in turn.</summary>
    public SiblingReadahead Siblings => LazyInitializer.EnsureInitialized(ref _siblings, () => new SiblingReadahead(this));

    /// <summary>Folders that programs watch.</summary>
    public WatchedFolders Watched => LazyInitializer.EnsureInitialized(ref _watched, () => new WatchedFolders(this));

    /// <summary>Wakes the pusher; set once by it.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>When something was last unlinked here (TimeProvider timestamp).</summary>
    public long LastUnlink { get; set; }

    /// <summary>When a folder was last made here, or a file written (TimeProvider timestamp).</summary>
    public long LastMade { get; set; }

    /// <summary>Told by every reply that names a folder.</summary>
    public FolderDash Dash => field ??= new FolderDash(this);

    /// <summary>The mtimes that the account stores.</summary>
    public StoredTimes Times => field ??= new StoredTimes(this);

    /// <summary>Tags, descriptions and custom metadata that were set here.</summary>
    public FileDetails Details => field ??= new FileDetails(this);

    public Timestamp Now => Timestamp.From(Time.GetUtcNow());

    /// <summary>A monotonic instant <paramref name="delay"/> from now, comparable with <see cref="PendingOp.NotBefore"/>.</summary>
    public long After(TimeSpan delay) => Time.GetTimestamp() + (long)(delay.TotalSeconds * Time.TimestampFrequency);

    public TimeSpan Until(long instant) => Time.GetElapsedTime(Time.GetTimestamp(), instant);

    /// <summary>Attributes as stat shows them; with the lock held.</summary>
    public Attr AttrOf(Inode inode)
    {
        bool isFolder = inode.Kind == FileKind.Directory;
        uint mode = inode.Mode ?? ((isFolder ? 0b111_111_111u : 0b110_110_110u) & ~Options.Umask);
        uint links = isFolder ? 2u : 1u;
        if (!inode.IsLinked && inode != Names.Root && inode is not FileInode { IsVirtual: true })
            links = 0;
        return new Attr(
            inode.Ino, inode.Kind, inode is FileInode file ? file.Size : 0, mode, inode.Uid ?? Options.Uid, inode.Gid ?? Options.Gid, links,
            inode.Modified, inode.Changed, inode.Accessed ?? inode.Modified, inode.Born);
    }

    /// <summary>An entry with one lookup counted; with the lock held.</summary>
    public Entry Acquire(Inode inode, TimeSpan ttl)
    {
        inode.Lookups++;
        return new Entry(inode.Id, AttrOf(inode), ttl, ttl);
    }

    /// <summary>How long the kernel may trust what it is told about names in a folder; with the lock held.</summary>
    public TimeSpan TtlIn(FolderInode? folder)
    {
        if (folder is null)
            return TimeSpan.Zero;
        if (folder.IsLocalOnly)
            return ShortTtl;
        return Tree.TryPeek(folder.RemotePath, out _, out TimeSpan freshFor) && freshFor > TimeSpan.Zero ? freshFor : ShortTtl;
    }

    /// <summary>The folder's listing, not older than the TTL. Null value for a folder that the library does not have yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="proof">Asked for after this call began.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="browse">For readdir: what an earlier run kept may answer while its refresh is under way.</param>
    public async ValueTask<FsResult<Listing?>> ListAsync(FolderInode folder, bool proof, CancellationToken ct, bool browse = false)
    {
        while (true)
        {
            string path;
            Task? closed;
            lock (Lock)
            {
                if (folder.IsLocalOnly)
                    return (Listing?)null;
                path = folder.RemotePath;
                Gates.IsClosed(path, out closed);
            }

            if (closed is not null)
            {
                await closed.WaitAsync(ct);
                continue;
            }

            TreeResult result = proof ? await Tree.FetchAsync(path, ct) : browse ? await Tree.BrowseAsync(path, ct) : await Tree.GetAsync(path, ct);
            if (result.Listing is not { } listing || (proof && result.Error is not null))
                return result.Error!.ToReadError();
            lock (Lock)
            {
                if (folder.RemotePath == path && !Gates.IsClosed(path, out _))
                    return listing;
            }
        }
    }

    /// <summary>What an earlier run kept of a folder, while its refresh is under way: for names that are there, no proof that one is not.</summary>
    public bool TryShow(FolderInode folder, out Listing listing)
    {
        listing = null!;
        string path;
        lock (Lock)
        {
            path = folder.RemotePath;
            if (folder.IsLocalOnly || Gates.IsClosed(path, out _))
                return false;
        }

        return Tree.TryShow(path, out listing);
    }

    /// <summary>Keeps the number of files in memory bounded; without the lock held.</summary>
    public void ReleaseOld()
    {
        if (!Names.HasTooMany)
            return;
        List<(InodeId Parent, string Name)>? old;
        lock (Lock)
            old = Names.TakeOld();
        foreach ((InodeId parent, string name) in old ?? [])
            Kernel.Release(parent, EntryName.Of(name));
    }

    /// <summary>A walk must not outrun the kernel's letting go: waits while that goes on. What is in use is not let go of at all.</summary>
    public async ValueTask MakeRoomAsync(CancellationToken ct)
    {
        int before = int.MaxValue;
        for (int i = 0; i < MaxRoomWaits && Names.IsCrowded && Names.FileCount < before; i++)
        {
            before = Names.FileCount;
            await Task.Delay(RoomWait, Time, ct);
        }
    }

    /// <summary>One step is passed; nothing but a crash test listens.</summary>
    public void Passed(string step) => Options.StepReached?.Invoke(step);

    /// <summary>Hands a batch to the journal. With the lock held, in which the batch was put together: so rows reach the disk in the order of the changes.</summary>
    /// <returns>
    /// Completes when it is durable. An error was logged and means that nothing of it is stored yet: it will be, in order, once the disk takes it.
    /// Not awaited for what may be lost at worst for a while.
    /// </returns>
    /// <exception cref="InvalidOperationException">The lock is not held.</exception>
    public Task<FsError> Store(JournalBatch batch)
    {
        if (!Lock.IsHeldByCurrentThread)
            throw new InvalidOperationException("The journal's order is that of the lock.");
        return batch.IsEmpty && batch.AfterCommit.Count == 0 ? NothingToStore : FinishAsync(Journal.CommitAsync(batch));

        async Task<FsError> FinishAsync(ValueTask<FsError> stored)
        {
            FsError error = await stored;
            if (error != FsError.None)
            {
                _ = CatchUpAsync(batch);
                return error;
            }

            foreach (Action next in batch.AfterCommit)
                next();
            return FsError.None;
        }
    }

    /// <summary>A batch that was refused, and told so, is stored after all: what it journals may be sent.</summary>
    private async Task CatchUpAsync(JournalBatch batch)
    {
        if (await batch.Applied != FsError.None)
            return;
        lock (Lock)
        {
            foreach (JournalChange change in batch.Changes)
            {
                if (change is JournalChange.PutOp put && Queue.Find(put.Op.Seq) is { } op)
                    op.IsJournaled = true;
            }
        }

        foreach (Action next in batch.AfterCommit)
            next();
        Wake();
    }

    /// <summary>Notes whose bytes a new spool file holds: should this process die before they are sealed, `imagekitfs recover` can name them.</summary>
    public Action<string, long> LayerNote(FileInode inode) => (fileName, generation) =>
    {
        JournalBatch batch = new();
        lock (Lock)
        {
            batch.PutLayer(new LayerRow(fileName, generation, Namespace.RemotePathOf(inode), inode.Ino, Now));
            _ = Store(batch);
        }
    };

    /// <summary>Recomputes where an inode's place rests, after an op or a layer came or went; with the lock held.</summary>
    public void UpdateOverlay(FileInode inode)
    {
        if (!inode.IsLinked)
            return;
        bool pending = inode.ServerPath is not null || inode.Backup is not null || (inode.Dirty is { } dirty && (dirty.HasOps || dirty.IsNew || dirty.Stack.IsDirty));
        if (pending)
        {
            Namespace.SetOverlay(inode, OverlayState.Pending);
        }
        else if (inode.Overlay == OverlayState.Pending)
        {
            inode.PublishedAt = Time.GetTimestamp();
            Namespace.SetOverlay(inode, OverlayState.Published);
        }
    }

    /// <summary>A file takes the name of one whose delete is not sent: committing it will be the delete; with the lock held.</summary>
    public static void Supersede(FileInode inode, DeleteOp replaced)
    {
        replaced.IsSuperseded = true;
        inode.Dirty!.Replaces = replaced;
        inode.Base = replaced.Inode?.Base;
    }

    /// <summary>
    /// The file whose name this one took was deleted, but the delete was not sent. One overwrite of that id does both (its tags and history stay);
    /// only when this one is not uploaded now does the delete go its way. With the lock held; the caller journals op and batch.
    /// </summary>
    public void TakeOverReplaced(ContentOp op, JournalBatch batch)
    {
        if (op.Inode.Dirty is not { Replaces: { } replaced } dirty)
            return;
        if (op.IsBlankSoFar)
            return;
        if (op.Hold != HoldReason.None)
        {
            dirty.Replaces = null;
            replaced.IsSuperseded = false;
            replaced.SupersededBy = null;
            op.Inode.Base = null;
            return;
        }

        replaced.SupersededBy = op;
        if (replaced.Inode is { Dirty.HasOps: true })
            return; // Its id, or its newest version, is not known yet: the pusher comes back to this.
        dirty.Replaces = null;
        op.Inode.Base = replaced.Inode?.Base;
        batch.Remove(replaced.Seq);
        Queue.Remove(replaced);
        replaced.Outcome.TrySetResult(FsError.None);
        if (op.Inode.Parent is not { } parent)
            return;
        parent.Hidden.Remove(HiddenKey.AnyFile(op.Inode.RemoteName));
        if (replaced.FileId is { } id)
            parent.Hidden.Remove(new HiddenKey(id, op.Inode.RemoteName));
    }

    /// <summary>Hides a listed row that our operation removes from its place; with the lock held.</summary>
    public static HiddenRow Hide(FolderInode folder, string objectId, string remoteName, long journalSeq)
    {
        HiddenRow row = new() { JournalSeq = journalSeq };
        folder.Hidden[new HiddenKey(objectId, remoteName)] = row;
        return row;
    }

    /// <summary>Checks a new name and gives its remote spelling.</summary>
    public FsError TryRemoteName(FolderInode parent, EntryName name, bool isFolder, out string remote)
    {
        FsError error = NameMap.TryToRemote(name.Value, isFolder, out remote);
        if (error != FsError.None)
            return error;
        return RemotePath.Check(RemotePath.Combine(parent.RemotePath, remote), isFolder, Options.MaxPathBytes);
    }

    private sealed class NoKernel : IKernelCache
    {
        public static readonly NoKernel Instance = new();

        public void InvalidateEntry(InodeId parent, EntryName name)
        {
        }

        public void EntryDeleted(InodeId parent, InodeId child, EntryName name)
        {
        }

        public void InvalidateInode(InodeId inode, bool data)
        {
        }
    }
}
