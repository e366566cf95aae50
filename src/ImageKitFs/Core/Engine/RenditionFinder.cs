using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>A file that renditions can be made of: what the library has of it is what its name shows.</summary>
/// <param name="Name">As the user sees it.</param>
/// <param name="FileId">Of the file.</param>
/// <param name="VersionId">Of its version.</param>
/// <param name="RemotePath">Where the service has it.</param>
/// <param name="ObjectVersion">ik-obj-version, or null.</param>
/// <param name="IsPrivate">Its URLs are signed.</param>
/// <param name="Modified">Its mtime.</param>
/// <param name="Kind">Image, video or neither.</param>
internal sealed record RenditionSource(
    string Name, string FileId, string VersionId, string RemotePath, string? ObjectVersion, bool IsPrivate, Timestamp Modified, MediaKind Kind)
{
    public Rendition Thumbnail(ThumbnailSize size) => Rendition.Thumbnail(FileId, VersionId, RemotePath, ObjectVersion, IsPrivate, Kind, size);

    public Rendition Transformed(string transformation) => new(FileId, VersionId, RemotePath, ObjectVersion, IsPrivate, transformation);
}

/// <summary>Finds the files behind renditions, in listings with what is pending laid over them.</summary>
internal sealed class RenditionFinder(Volume volume)
{
    /// <summary>Desktops look at a few folders at a time; an index of 100,000 names is 4 MB.</summary>
    private const int MaxIndexes = 4;

    private readonly Lock _lock = new();
    private readonly LinkedList<ThumbnailIndex> _indexes = new();

    /// <summary>The folder of an inode, when it is one and still has its name.</summary>
    public FsResult<FolderInode> Folder(InodeId id)
    {
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(id, out Inode? inode))
                return FsError.Stale;
            if (inode is not FolderInode folder)
                return FsError.NotDirectory;
            return folder.IsLinked || folder == volume.Names.Root ? folder : FsError.NotFound;
        }
    }

    /// <summary>The file of a folder whose shared thumbnail has this name.</summary>
    /// <returns>NotFound: no such name, or the library does not have what the file is now. Row: its place in the listing, -1 for none.</returns>
    public async ValueTask<FsResult<(RenditionSource Source, string Uri, Listing? Listing, int Row)>> FindAsync(FolderInode folder, UInt128 hash, CancellationToken ct)
    {
        FsResult<Listing?> listed = await volume.ListAsync(folder, proof: false, ct, browse: true);
        if (!listed.Ok)
            return listed.Error;
        Listing? listing = listed.Value;
        lock (volume.Lock)
        {
            foreach (Inode child in folder.OverlayChildren)
            {
                if (child is FileInode own && UriOf(own.Name, hash) is { } uri)
                    return SourceOf(own, listing) is { } source ? (source, uri, listing, -1) : FsError.NotFound;
            }
        }

        if (listing is null || !IndexOf(listing).TryFind(hash, out Row row))
            return FsError.NotFound;
        lock (volume.Lock)
        {
            string name = row.Name;
            if (volume.Names.Find(folder, name, listing) is not FileInode file)
                return FsError.NotFound;
            RenditionSource? source = SourceOf(file, listing);
            // The kernel may never have heard of it.
            volume.Names.DropIfUnused(file);
            return source is null ? FsError.NotFound : (source, UriOf(name, hash)!, listing, row.Index);
        }
    }

    /// <summary>The file of an inode as a source; null when it is no file, or the library does not have what it is now.</summary>
    public RenditionSource? SourceOf(InodeId id, out Listing? listing, out int row)
    {
        listing = null;
        row = -1;
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(id, out Inode? inode) || inode is not FileInode { Parent: { } parent } file)
                return null;
            if (volume.Tree.TryPeek(parent.RemotePath, out Listing known, out _))
            {
                listing = known;
                row = known.TryFind(file.Name, out Row found) ? found.Index : -1;
            }

            return SourceOf(file, listing);
        }
    }

    /// <summary>The files of a folder's listing from a row on, as they are shown.</summary>
    public List<RenditionSource> Following(FolderInode folder, Listing listing, int row, int most)
    {
        List<RenditionSource> found = [];
        lock (volume.Lock)
        {
            for (int i = row; i < listing.Count && found.Count < most; i++)
            {
                Row next = listing[i];
                if (next.Kind != FileKind.File || Namespace.IsHidden(folder, next))
                    continue;
                // One that is in memory may have changed here.
                RenditionSource? source = folder.Dentries.TryGetValue(next.Name, out Inode? bound)
                    ? bound is FileInode file ? SourceOf(file, listing) : null
                    : SourceOf(folder, next);
                if (source is not null)
                    found.Add(source);
            }
        }

        return found;
    }

    private static string? UriOf(string name, UInt128 hash) => ThumbnailName.SharedUrisOf(name).FirstOrDefault(uri => ThumbnailName.HashOf(uri) == hash);

    /// <summary>With the volume's lock held.</summary>
    private static RenditionSource? SourceOf(FileInode file, Listing? listing)
    {
        // What is written here and not in the library yet has no rendition; a backup's name shows an older version. An id that a move left in doubt is not needed:
        // the path says what to ask for.
        if (file is not { IsVirtual: false, IsLinked: true, Dirty: null, Backup: null, IsSuperseded: false, Base: { Size: > 0 } version })
            return null;
        string? mime = listing is not null && listing.TryFindId(version.FileId, out Row row) && row.VersionNumber == version.Number ? row.Mime : null;
        return new RenditionSource(
            file.Name, version.FileId, version.VersionId, Namespace.ServerPathOf(file), version.ObjectVersion, version.IsPrivate, file.Modified,
            ThumbnailSource.KindOf(mime, file.Name));
    }

    /// <summary>With the volume's lock held.</summary>
    private RenditionSource? SourceOf(FolderInode folder, in Row row)
    {
        RemoteVersion version = RemoteVersion.From(row);
        if (version.Size == 0)
            return null;
        // As binding it would: the mtime is part of what is shown.
        FileInode probe = new(default, 0) { Base = version };
        volume.Names.ApplyRow(probe, row);
        return new RenditionSource(
            row.Name, version.FileId, version.VersionId, Names.RemotePath.Combine(folder.RemotePath, row.RemoteName), version.ObjectVersion, version.IsPrivate,
            probe.Modified, ThumbnailSource.KindOf(row.Mime, row.Name));
    }

    private ThumbnailIndex IndexOf(Listing listing)
    {
        lock (_lock)
        {
            for (LinkedListNode<ThumbnailIndex>? node = _indexes.First; node is not null; node = node.Next)
            {
                if (node.Value.Listing != listing)
                    continue;
                _indexes.Remove(node);
                _indexes.AddFirst(node);
                return node.Value;
            }

            // Under the lock: who asks for the same folder at once must not hash it twice.
            ThumbnailIndex index = new(listing);
            _indexes.AddFirst(index);
            if (_indexes.Count > MaxIndexes)
                _indexes.RemoveLast();
            return index;
        }
    }
}
