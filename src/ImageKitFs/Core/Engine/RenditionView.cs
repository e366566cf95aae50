using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// Lays what the service makes of files over the library: in every folder <c>.sh_thumbnails/SIZE/NAME.png</c>, the shared thumbnails of the desktop
/// (freedesktop.org), and <c>.imagekit/tr/TRANSFORMATION/PATH</c>. Not in any listing, there when named, never written to. Everything else goes to the file
/// system below.
/// </summary>
/// <remarks>A real folder of the name .sh_thumbnails is shown instead of ours.</remarks>
internal sealed partial class RenditionView(Volume volume, IFileSystem below, RenditionCache renditions, RenditionFinder finder) : IFileSystem
{
    private const string SharedName = ThumbnailName.SharedFolder;

    public const string TransformationsName = "tr";

    /// <summary>Fetched ahead of a walk: what is under way at once, and as much again; 20 kB each.</summary>
    private const int MaxAhead = 32;

    /// <summary>What was told of folders of the view stays true.</summary>
    private static readonly TimeSpan FolderTtl = TimeSpan.FromMinutes(1);

    private readonly ViewNodes _nodes = new();
    private readonly OpenTable _open = new();
    private readonly Timestamp _born = volume.Now;

    /// <inheritdoc/>
    public TimeSpan NegativeTtl => below.NegativeTtl;

    /// <summary>For tests: nodes that somebody holds.</summary>
    internal int NodeCount => _nodes.Count;

    /// <summary>The path of what only the mount shows, for messages; null for what lies below.</summary>
    public string? PathOf(InodeId inode)
    {
        if (!ViewNodes.Owns(inode))
            return null;
        return !_nodes.TryGet(inode, out ViewNode? node) ? "(a file that is gone)"
            : node is RenditionNode { Rendition: { } rendition } ? $"{rendition.DeliveryPath} as {rendition.Transformation}"
            : $"/{VirtualFolder.FolderName}/{node.Key}";
    }

    /// <summary>Fills the user's own thumbnails of every folder that is opened; null: nobody asked for it.</summary>
    public ThumbnailFiller? Filler { get; init; }

    /// <inheritdoc/>
    public void AttachKernel(IKernelCache kernel) => below.AttachKernel(kernel);

    public TimeSpan Watch(IReadOnlySet<ulong> folders) => below.Watch(folders);

    /// <inheritdoc/>
    public ValueTask<FsResult<Entry>> LookupAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        if (ViewNodes.Owns(parent))
            return LookupInsideAsync(parent, name, ct);
        if (name.Value == SharedName)
            return VirtualFolder.Owns(parent, name) ? new(FsError.NotFound) : LookupSharedAsync(parent, name, ct);
        if (name.Value == TransformationsName && VirtualFolder.Owns(parent, name))
            return new(EntryOf(_nodes.Acquire(TransformationsName, static (id, ino) => new TransformationsNode(id, TransformationsName, ino), out _)));
        return below.LookupAsync(parent, name, ct);
    }

    /// <inheritdoc/>
    public void Forget(InodeId inode, ulong count)
    {
        if (!ViewNodes.Owns(inode))
            below.Forget(inode, count);
        else if (_nodes.Forget(inode, count) is TransformedFolderNode gone)
            below.Forget(gone.Folder, 1);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<AttrReply>> GetAttrAsync(InodeId inode, CancellationToken ct)
    {
        if (!ViewNodes.Owns(inode))
            return below.GetAttrAsync(inode, ct);
        return _nodes.TryGet(inode, out ViewNode? node) ? new(new AttrReply(AttrOf(node), FolderTtl)) : new(FsError.Stale);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<AttrReply>> SetAttrAsync(InodeId inode, HandleId handle, AttrChange change, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.NotPermitted) : below.SetAttrAsync(inode, handle, change, ct);

    /// <inheritdoc/>
    public ValueTask<FsResult<Entry>> MkdirAsync(InodeId parent, EntryName name, uint mode, Caller caller, CancellationToken ct) =>
        IsOurs(parent, name) ? new(FsError.NotPermitted) : below.MkdirAsync(parent, name, mode, caller, ct);

    /// <inheritdoc/>
    public ValueTask<FsError> UnlinkAsync(InodeId parent, EntryName name, CancellationToken ct) =>
        ViewNodes.Owns(parent) ? new(FsError.NotPermitted) : Removed(name, below.UnlinkAsync(parent, name, ct));

    /// <inheritdoc/>
    public ValueTask<FsError> RmdirAsync(InodeId parent, EntryName name, CancellationToken ct) =>
        ViewNodes.Owns(parent) ? new(FsError.NotPermitted) : Removed(name, below.RmdirAsync(parent, name, ct));

    /// <inheritdoc/>
    public ValueTask<FsError> RenameAsync(InodeId oldParent, EntryName oldName, InodeId newParent, EntryName newName, RenameMode mode, CancellationToken ct) =>
        ViewNodes.Owns(oldParent) || IsOurs(newParent, newName)
            ? new(FsError.NotPermitted)
            : Removed(oldName, below.RenameAsync(oldParent, oldName, newParent, newName, mode, ct));

    /// <inheritdoc/>
    public ValueTask<FsResult<Created>> CreateAsync(InodeId parent, EntryName name, uint mode, OpenMode open, Caller caller, CancellationToken ct) =>
        IsOurs(parent, name) ? new(FsError.NotPermitted) : below.CreateAsync(parent, name, mode, open, caller, ct);

    /// <inheritdoc/>
    public ValueTask<FsResult<Opened>> OpenAsync(InodeId inode, OpenMode open, CancellationToken ct)
    {
        if (!ViewNodes.Owns(inode))
            return below.OpenAsync(inode, open, ct);
        if (open.HasFlag(OpenMode.Write) || open.HasFlag(OpenMode.Truncate))
            return new(FsError.NotPermitted);
        return !_nodes.TryGet(inode, out ViewNode? node) ? new(FsError.Stale)
            : node is RenditionNode rendition ? OpenRenditionAsync(rendition, ct)
            : new(FsError.IsDirectory);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<int>> ReadAsync(InodeId inode, HandleId handle, long offset, Memory<byte> buffer, CancellationToken ct)
    {
        if (!ViewNodes.Owns(inode))
            return below.ReadAsync(inode, handle, offset, buffer, ct);
        return _open.TryGet(handle, out OpenRendition? open) ? ReadRenditionAsync(open, offset, buffer, ct) : new(FsError.BadHandle);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<int>> WriteAsync(InodeId inode, HandleId handle, long offset, ReadOnlyMemory<byte> data, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.BadHandle) : below.WriteAsync(inode, handle, offset, data, ct);

    /// <inheritdoc/>
    public ValueTask<FsError> FlushAsync(InodeId inode, HandleId handle, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.None) : below.FlushAsync(inode, handle, ct);

    /// <inheritdoc/>
    public ValueTask<FsError> FsyncAsync(InodeId inode, HandleId handle, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.None) : below.FsyncAsync(inode, handle, ct);

    /// <inheritdoc/>
    public void Release(InodeId inode, HandleId handle)
    {
        if (!ViewNodes.Owns(inode))
            below.Release(inode, handle);
        else if (_open.TryRemove(handle, out OpenRendition? open))
            open.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask<FsError> AllocateAsync(InodeId inode, HandleId handle, long offset, long length, bool keepSize, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.BadHandle) : below.AllocateAsync(inode, handle, offset, length, keepSize, ct);

    /// <inheritdoc/>
    public ValueTask<FsResult<Opened>> OpenDirAsync(InodeId inode, CancellationToken ct)
    {
        if (ViewNodes.Owns(inode))
            return _nodes.TryGet(inode, out ViewNode? node) ? OpenFolderAsync(node, ct) : new(FsError.Stale);
        return Filler is null ? below.OpenDirAsync(inode, ct) : OpenFilledAsync(Filler, inode, ct);
    }

    /// <inheritdoc/>
    public ValueTask<FsError> ReadDirAsync(InodeId inode, HandleId handle, ulong cookie, IDirectorySink sink, CancellationToken ct)
    {
        if (!ViewNodes.Owns(inode))
            return below.ReadDirAsync(inode, handle, cookie, sink, ct);
        if (!_open.TryGet(handle, out OpenViewFolder? open))
            return new(FsError.BadHandle);
        // Without their nodes: what a rendition's size is costs a request, which a mere listing must not cause.
        for (ulong at = cookie; at < (ulong)open.Entries.Count; at++)
        {
            if (!sink.TryAdd(open.Entries[(int)at], null))
                break;
        }

        return new(FsError.None);
    }

    /// <inheritdoc/>
    public void ReleaseDir(InodeId inode, HandleId handle)
    {
        if (!ViewNodes.Owns(inode))
            below.ReleaseDir(inode, handle);
        else
            _open.TryRemove<OpenViewFolder>(handle, out _);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<VolumeStats>> StatFsAsync(CancellationToken ct) => below.StatFsAsync(ct);

    /// <inheritdoc/>
    public ValueTask<FsResult<ReadOnlyMemory<byte>>> GetXattrAsync(InodeId inode, string name, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.NoAttribute) : below.GetXattrAsync(inode, name, ct);

    /// <inheritdoc/>
    public ValueTask<FsResult<IReadOnlyList<string>>> ListXattrAsync(InodeId inode, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(new FsResult<IReadOnlyList<string>>([])) : below.ListXattrAsync(inode, ct);

    /// <inheritdoc/>
    public ValueTask<FsError> SetXattrAsync(InodeId inode, string name, ReadOnlyMemory<byte> value, XattrMode mode, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.NotSupported) : below.SetXattrAsync(inode, name, value, mode, ct);

    /// <inheritdoc/>
    public ValueTask<FsError> RemoveXattrAsync(InodeId inode, string name, CancellationToken ct) =>
        ViewNodes.Owns(inode) ? new(FsError.NoAttribute) : below.RemoveXattrAsync(inode, name, ct);

    private async ValueTask<FsResult<Opened>> OpenFilledAsync(ThumbnailFiller filler, InodeId inode, CancellationToken ct)
    {
        await filler.OpenedAsync(inode, ct);
        return await below.OpenDirAsync(inode, ct);
    }

    private static bool IsOurs(InodeId parent, EntryName name) => ViewNodes.Owns(parent) || name.Value == SharedName;

    /// <summary>Ours cannot be removed; a real one of that name can.</summary>
    private static ValueTask<FsError> Removed(EntryName name, ValueTask<FsError> removal)
    {
        return name.Value == SharedName ? Named(removal) : removal;

        static async ValueTask<FsError> Named(ValueTask<FsError> removal) => await removal is var error and not FsError.NotFound ? error : FsError.NotPermitted;
    }
}
