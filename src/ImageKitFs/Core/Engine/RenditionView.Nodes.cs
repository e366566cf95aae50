using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

internal sealed partial class RenditionView
{
    private const uint FolderMode = 0b101_101_101;
    private const uint FileMode = 0b100_100_100;

    private async ValueTask<FsResult<Entry>> LookupSharedAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        FsResult<Entry> real = await below.LookupAsync(parent, name, ct);
        return real.Error == FsError.NotFound && volume.Options.SharedThumbnails ? EntryOf(AcquireShared(parent, size: null)) : real;
    }

    private async ValueTask<FsResult<Entry>> LookupInsideAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        if (!_nodes.TryGet(parent, out ViewNode? node))
            return FsError.Stale;
        try
        {
            return node switch
            {
                SharedThumbnailsNode { Size: null } shared => ThumbnailSize.Find(name.Value) is { } size ? EntryOf(AcquireShared(shared.Folder, size)) : FsError.NotFound,
                SharedThumbnailsNode sized => await LookupThumbnailAsync(sized, sized.Size!, name.Value, ct),
                TransformationsNode => await LookupTransformationAsync(name.Value, ct),
                TransformedFolderNode folder => await LookupTransformedAsync(folder, name, ct),
                _ => FsError.NotDirectory,
            };
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
    }

    private SharedThumbnailsNode AcquireShared(InodeId folder, ThumbnailSize? size)
    {
        string key = $"{SharedName}/{folder.Value}/{size?.Folder}";
        return _nodes.Acquire(key, (id, ino) => new SharedThumbnailsNode(id, key, ino, folder, size), out _);
    }

    private async ValueTask<FsResult<Entry>> LookupThumbnailAsync(SharedThumbnailsNode parent, ThumbnailSize size, string name, CancellationToken ct)
    {
        if (!ThumbnailName.TryParse(name, out UInt128 hash))
            return FsError.NotFound;
        FsResult<FolderInode> folder = finder.Folder(parent.Folder);
        if (!folder.Ok)
            return folder.Error;
        FsResult<(RenditionSource Source, string Uri, Listing? Listing, int Row)> found = await finder.FindAsync(folder.Value, hash, ct);
        if (!found.Ok)
            return found.Error;
        (RenditionSource source, string uri, Listing? listing, int row) = found.Value;
        if (source.Kind == MediaKind.Other)
            return FsError.NotFound;
        Rendition rendition = source.Thumbnail(size);
        // A program that finds a thumbnail here relies on it: so there is one only when its bytes are here.
        ValueTask<FsResult<long>> sizing = renditions.SizeOfAsync(rendition, ct);
        if (parent.Pattern.IsWalk(row))
            FetchAhead(folder.Value, listing, row, next => next.Kind == MediaKind.Other ? null : next.Thumbnail(size));
        FsResult<long> length = await sizing;
        return length.Ok
            ? EntryOf(AcquireRendition(rendition, ThumbnailText.Of(uri, ThumbnailText.Exact(source.Modified)), length.Value, source.Modified, uri))
            : length.Error;
    }

    private async ValueTask<FsResult<Entry>> LookupTransformationAsync(string transformation, CancellationToken ct)
    {
        // The root itself needs no lookup to be held; its node is for ever.
        if (!IsTransformation(transformation))
            return FsError.NotFound;
        FsResult<AttrReply> root = await below.GetAttrAsync(InodeId.Root, ct);
        return root.Ok ? EntryOf(AcquireTransformed(InodeId.Root, transformation)) : root.Error;
    }

    private async ValueTask<FsResult<Entry>> LookupTransformedAsync(TransformedFolderNode parent, EntryName name, CancellationToken ct)
    {
        FsResult<Entry> real = await below.LookupAsync(parent.Folder, name, ct);
        if (!real.Ok)
            return real.Error;
        InodeId inode = real.Value.Inode;
        if (real.Value.Attr.Kind == FileKind.Directory)
        {
            // Found under .imagekit it would be a loop of views.
            return VirtualFolder.Owns(parent.Folder, name) ? FsError.NotFound : EntryOf(AcquireTransformed(inode, parent.Transformation));
        }

        RenditionSource? source = finder.SourceOf(inode, out Listing? listing, out int row);
        below.Forget(inode, 1);
        if (source is null)
            return FsError.NotFound;
        Rendition rendition = source.Transformed(parent.Transformation);
        ValueTask<FsResult<long>> sizing = renditions.SizeOfAsync(rendition, ct);
        if (parent.Pattern.IsWalk(row) && finder.Folder(parent.Folder) is { Ok: true } folder)
            FetchAhead(folder.Value, listing, row, next => next.Transformed(parent.Transformation));
        FsResult<long> length = await sizing;
        return length.Ok ? EntryOf(AcquireRendition(rendition, [], length.Value, source.Modified, source.Name)) : length.Error;
    }

    /// <summary>What the service's grammar consists of; it decides what it means.</summary>
    private static bool IsTransformation(string text) =>
        text.Contains('-', StringComparison.Ordinal) && text.All(c => char.IsAsciiLetterOrDigit(c) || "-_.,:~*()@$".Contains(c, StringComparison.Ordinal));

    private TransformedFolderNode AcquireTransformed(InodeId folder, string transformation)
    {
        string key = $"{TransformationsName}/{transformation}/{folder.Value}";
        TransformedFolderNode node = _nodes.Acquire(key, (id, ino) => new TransformedFolderNode(id, key, ino, folder, transformation), out bool isNew);
        if (!isNew)
            below.Forget(folder, 1); // It holds one already.
        return node;
    }

    private RenditionNode AcquireRendition(Rendition rendition, byte[] text, long size, Timestamp modified, string uri)
    {
        string key = $"{rendition.FileId}/{rendition.VersionId}/{rendition.Transformation}/{modified.UnixNanoseconds}/{text.Length > 0}/{uri}/{size}";
        return _nodes.Acquire(key, (id, ino) => new RenditionNode(id, key, ino, rendition, text, size, modified), out _);
    }

    private void FetchAhead(FolderInode folder, Listing? listing, int row, Func<RenditionSource, Rendition?> of)
    {
        if (listing is null || row < 0)
            return;
        foreach (RenditionSource next in finder.Following(folder, listing, row + 1, MaxAhead))
        {
            if (of(next) is { } rendition && !renditions.TryFetchAhead(rendition))
                return;
        }
    }

    private Entry EntryOf(ViewNode node) =>
        // A rendition's name is looked up anew each time: the file's next version must not be met with this one's thumbnail.
        new(node.Id, AttrOf(node), node is RenditionNode ? TimeSpan.Zero : FolderTtl, FolderTtl);

    private Attr AttrOf(ViewNode node)
    {
        (FileKind kind, long size, uint mode, uint links, Timestamp time) = node is RenditionNode file
            ? (FileKind.File, file.Size, FileMode, 1u, file.Modified)
            : (FileKind.Directory, 0L, FolderMode, 2u, _born);
        return new Attr(node.Ino, kind, size, mode & ~volume.Options.Umask, volume.Options.Uid, volume.Options.Gid, links, time, time, time, time);
    }

    private async ValueTask<FsResult<Opened>> OpenRenditionAsync(RenditionNode node, CancellationToken ct)
    {
        try
        {
            FsResult<RenditionContent> content = await renditions.OpenAsync(node.Rendition, ct);
            if (!content.Ok)
                return content.Error;
            // Evicted and made anew it may have another length: then the kernel must not go by what it knows.
            bool isAsKnown = content.Value.Size + node.Text.Length == node.Size;
            return new Opened(_open.Add(new OpenRendition(node, content.Value)), isAsKnown ? PagePolicy.Keep : PagePolicy.Direct);
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
    }

    private async ValueTask<FsResult<int>> ReadRenditionAsync(OpenRendition open, long offset, Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            FsResult<int> read = await ReadOnceAsync(open, offset, buffer, ct);
            if (read.Error is not (FsError.Stale or FsError.Remote))
                return read;
            renditions.Drop(open.Node.Rendition);
            FsResult<RenditionContent> again = await renditions.OpenAsync(open.Node.Rendition, ct);
            if (!again.Ok)
                return again.Error;
            open.Content = again.Value;
            return await ReadOnceAsync(open, offset, buffer, ct);
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
    }

    /// <summary>The rendition with the texts put in behind its header.</summary>
    private static async ValueTask<FsResult<int>> ReadOnceAsync(OpenRendition open, long offset, Memory<byte> buffer, CancellationToken ct)
    {
        byte[] text = open.Node.Text;
        int splice = text.Length == 0 ? 0 : PngText.HeaderEnd;
        int done = 0;
        while (done < buffer.Length)
        {
            long at = offset + done;
            Memory<byte> rest = buffer[done..];
            if (at >= splice && at < splice + text.Length)
            {
                int count = (int)Math.Min(rest.Length, splice + text.Length - at);
                text.AsSpan((int)(at - splice), count).CopyTo(rest.Span);
                done += count;
                continue;
            }

            bool isHead = at < splice;
            Memory<byte> part = isHead ? rest[..(int)Math.Min(rest.Length, splice - at)] : rest;
            FsResult<int> read = await open.Content.ReadAsync(isHead ? at : at - text.Length, part, ct);
            if (!read.Ok)
                return read;
            if (read.Value == 0)
                break;
            done += read.Value;
        }

        return done;
    }

    private async ValueTask<FsResult<Opened>> OpenFolderAsync(ViewNode node, CancellationToken ct)
    {
        List<DirEntry> entries = [new(".", FileKind.Directory, node.Ino, 1), new("..", FileKind.Directory, InodeId.Root.Value, 2)];
        switch (node)
        {
            case RenditionNode:
                return FsError.NotDirectory;
            case SharedThumbnailsNode { Size: null }:
                foreach (ThumbnailSize size in ThumbnailSize.All)
                    entries.Add(new DirEntry(size.Folder, FileKind.Directory, node.Ino, (ulong)entries.Count + 1));
                break;
            case TransformedFolderNode folder:
                FsError error = await ListAsync(folder.Folder, entries, ct);
                if (error != FsError.None)
                    return error;
                break;
        }

        return new Opened(_open.Add(new OpenViewFolder(entries)), PagePolicy.Fresh);
    }

    private async ValueTask<FsError> ListAsync(InodeId folder, List<DirEntry> entries, CancellationToken ct)
    {
        FsResult<Opened> opened = await below.OpenDirAsync(folder, ct);
        if (!opened.Ok)
            return opened.Error;
        FsError error = await below.ReadDirAsync(folder, opened.Value.Handle, cookie: 0, new NameSink(entries), ct);
        below.ReleaseDir(folder, opened.Value.Handle);
        return error;
    }

    private sealed class NameSink(List<DirEntry> entries) : IDirectorySink
    {
        public bool WantsEntries => false;

        public bool TryAdd(in DirEntry entry, in Entry? node)
        {
            if (entry.Name is not ("." or ".."))
                entries.Add(entry with { NextCookie = (ulong)entries.Count + 1 });
            return true;
        }
    }
}
