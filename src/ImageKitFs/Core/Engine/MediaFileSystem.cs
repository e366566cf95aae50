using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>What each call of the kernel means for the library. The only coordinator: the rooms below do not know one another.</summary>
internal sealed partial class MediaFileSystem(
    Volume volume, Publisher publisher, Committer committer, FolderRemover remover, FolderMover mover, VirtualFolder virtuals) : IFileSystem
{
    /// <summary>1 PiB: what programs see as free when the plan's storage is not configured; some refuse to copy into less than they need.</summary>
    private const long UnknownVolumeBytes = 1L << 50;

    private readonly OpenTable _open = new();

    /// <inheritdoc/>
    public TimeSpan NegativeTtl => TimeSpan.FromSeconds(1) < volume.Options.DirectoryTtl ? TimeSpan.FromSeconds(1) : volume.Options.DirectoryTtl;

    /// <inheritdoc/>
    public void AttachKernel(IKernelCache kernel) => volume.Kernel = kernel;

    public TimeSpan Watch(IReadOnlySet<ulong> folders) => volume.Watched.Set(folders);

    /// <inheritdoc/>
    public void Forget(InodeId inode, ulong count)
    {
        lock (volume.Lock)
            volume.Names.Forget(inode, count);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<AttrReply>> GetAttrAsync(InodeId inode, CancellationToken ct)
    {
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(inode, out Inode? found))
                return new(FsError.Stale);
            if (found is FileInode { IsVirtual: true } file)
                return new(new AttrReply(virtuals.AttrOf(file), TimeSpan.Zero));
            return new(new AttrReply(volume.AttrOf(found), volume.TtlIn(found.Parent ?? found as FolderInode)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<VolumeStats>> StatFsAsync(CancellationToken ct)
    {
        long total = volume.Options.VolumeBytes ?? UnknownVolumeBytes;
        long files;
        lock (volume.Lock)
            files = volume.Names.Count;
        return new(new VolumeStats(total, total, files, EntryName.MaxBytes));
    }

    private FsError TryFolder(InodeId id, out FolderInode folder)
    {
        folder = null!;
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(id, out Inode? inode))
                return FsError.Stale;
            if (inode is not FolderInode found)
                return FsError.NotDirectory;
            folder = found;
            return found.IsLinked || found == volume.Names.Root ? FsError.None : FsError.NotFound;
        }
    }

    /// <summary>Finds a name, from what is in memory or from a listing within its TTL. A null value: there is no such name.</summary>
    private async ValueTask<FsResult<Inode?>> FindAsync(FolderInode folder, EntryName name, CancellationToken ct)
    {
        if (TryFindNow(folder, name, out Inode? known))
            return known;
        FsResult<Listing?> listing = await volume.ListAsync(folder, proof: false, ct);
        lock (volume.Lock)
        {
            // With the service away, what it once acknowledged goes on being shown.
            if (!listing.Ok)
                return folder.Dentries.TryGetValue(name.Value, out Inode? bound) && bound.Overlay != OverlayState.Listed ? bound : listing.Error;
            return volume.Names.Find(folder, name.Value, listing.Value);
        }
    }

    /// <summary>Answers from local state when that is allowed to decide.</summary>
    private bool TryFindNow(FolderInode folder, EntryName name, out Inode? found)
    {
        lock (volume.Lock)
        {
            found = null;
            if (folder.Dentries.TryGetValue(name.Value, out Inode? bound) && (folder.IsLocalOnly || IsOurs(bound)))
            {
                found = bound;
                return true;
            }

            if (folder.IsLocalOnly)
                return true;
            if (!volume.Tree.TryPeek(folder.RemotePath, out Listing? listing, out TimeSpan freshFor) || freshFor <= TimeSpan.Zero)
                return false;
            if (volume.Gates.IsClosed(folder.RemotePath, out _))
                return false;
            found = volume.Names.Find(folder, name.Value, listing);
            return true;
        }
    }

    /// <summary>True for what decides without a listing: what is pending, and what the service acknowledged within the TTL. Later, others may have changed it.</summary>
    private bool IsOurs(Inode bound) => bound.Overlay switch
    {
        OverlayState.Pending => true,
        OverlayState.Published => volume.Time.GetElapsedTime(bound.PublishedAt) < volume.Options.DirectoryTtl,
        OverlayState.Listed => false,
    };

    /// <summary>Runs what may be interrupted: cancelling is an outcome, not a failure.</summary>
    private static async ValueTask<FsResult<T>> Interruptible<T>(Func<ValueTask<FsResult<T>>> call)
    {
        try
        {
            return await call();
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
    }

    private static async ValueTask<FsError> Interruptible(Func<ValueTask<FsError>> call)
    {
        try
        {
            return await call();
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
    }

    /// <summary>The writing side of a file, made at its first change.</summary>
    /// <param name="inode">The file.</param>
    /// <param name="use">For a caller without a handle: counts it among <see cref="DirtyState.Users"/>, so that the stack stays open.</param>
    private DirtyState EnsureDirty(FileInode inode, bool use = false)
    {
        RemoteVersion? version;
        lock (volume.Lock)
        {
            if (inode.Dirty is { } present)
                return Used(present);
            version = inode.Base;
        }

        CleanBase? clean = version is null ? null : new CleanBase(volume.Content.Acquire(version.Key, version.Size, new VersionLocator(volume, inode, version)));
        ContentStack stack = new(volume.Spool, clean, volume.Time, volume.Log, volume.LayerNote(inode));
        lock (volume.Lock)
        {
            if (inode.Dirty is { } present)
            {
                stack.Dispose();
                return Used(present);
            }

            volume.Tunnels.Close(inode);
            inode.Dirty = new DirtyState(stack);
            volume.Tunnels.Detach(inode, inode.Dirty);
            return Used(inode.Dirty);
        }

        DirtyState Used(DirtyState dirty)
        {
            if (use)
                dirty.Users++;
            return dirty;
        }
    }

    /// <summary>The clean bytes of a file that is not being written.</summary>
    private CachedContent? EnsureClean(FileInode inode)
    {
        RemoteVersion? version;
        lock (volume.Lock)
        {
            if (inode.Clean is { } present)
                return present;
            version = inode.Base;
        }

        if (version is null)
            return null;
        CachedContent content = volume.Content.Acquire(version.Key, version.Size, new VersionLocator(volume, inode, version));
        lock (volume.Lock)
        {
            if (inode.Clean is { } present)
            {
                content.Dispose();
                return present;
            }

            inode.Clean = content;
            return content;
        }
    }

    /// <summary>A folder's own times move with its entries, as on any disk; with the lock held.</summary>
    private void Touch(FolderInode folder) => folder.Modified = folder.Changed = volume.Now;
}
