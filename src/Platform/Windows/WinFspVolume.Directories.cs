using System.Diagnostics.CodeAnalysis;
using ImageKitFs.Core.FileSystem;
using FileInfo = Fsp.Interop.FileInfo;

namespace ImageKitFs.Platform.Windows;

internal sealed partial class WinFspVolume
{
    /// <inheritdoc/>
    public override int ReadDirectory(
        object FileNode, object FileDesc, string? Pattern, string? Marker, IntPtr Buffer, uint Length, out uint BytesTransferred)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        BytesTransferred = 0;
        if (!node.IsFolder)
            return NtStatus.STATUS_NOT_A_DIRECTORY;
        // With a marker: the next page of the snapshot that the first call took.
        if (Marker is not null && descriptor.Pager is not null)
            return SeekableReadDirectory(FileNode, FileDesc, Pattern, Marker, Buffer, Length, out BytesTransferred);

        ValueTask<FsResult<DirectoryPager>> listing = OpenPagerAsync(node, Pattern, _stopping.Token);
        if (!listing.IsCompletedSuccessfully)
        {
            ulong hint = _host!.RequestHint();
            _pending.Begin();
            _ = ListLaterAsync(listing, hint, node, descriptor, Pattern, Marker, Buffer, Length);
            return NtStatus.STATUS_PENDING;
        }

        return Fill(listing.Result, node, descriptor, Pattern, Marker, Buffer, Length, out BytesTransferred);
    }

    /// <summary>Called by the binding until the buffer is full; the entry that did not fit is asked for again by its predecessor's name.</summary>
    public override bool ReadDirectoryEntry(
        object FileNode, object FileDesc, string? Pattern, string? Marker, ref object? Context, out string? FileName, out FileInfo FileInfo)
    {
        FileName = null;
        FileInfo = default;
        if (((OpenDescriptor)FileDesc).Pager is not { } pager)
            return false;
        var cursor = (Cursor?)(Context ??= new Cursor { Next = pager.IndexAfter(Marker) });
        if (!pager.TryGet(cursor!.Next, out DirectoryRow row))
            return false;
        cursor.Next++;
        FileName = row.Name;
        FileInfo = ToWire(FileInfoMap.From(row.Attr));
        return true;
    }

    /// <remarks>One exact name (FindFirstFile without wildcards): one lookup in place of a listing.</remarks>
    /// <inheritdoc/>
    public override int GetDirInfoByName(object FileNode, object FileDesc, string FileName, out string? NormalizedName, out FileInfo FileInfo)
    {
        var node = (OpenNode)FileNode;
        NormalizedName = null;
        FileInfo = default;
        FsResult<NamedEntry> found = Run(ct => FindInAsync(node, FileName, ct));
        if (!found.Ok)
            return ToStatus(found.Error);
        _walker.Forget(found.Value.Entry.Inode);
        NormalizedName = found.Value.Shown;
        FileInfo = ToWire(FileInfoMap.From(found.Value.Entry.Attr));
        return NtStatus.STATUS_SUCCESS;
    }

    private async ValueTask<FsResult<NamedEntry>> FindInAsync(OpenNode node, string name, CancellationToken ct)
    {
        FsResult<Entry> folder = await EntryOfAsync(node, ct);
        return folder.Ok ? await _names.LookupAsync(folder.Value, name, ct) : folder.Error;
    }

    private async ValueTask<FsResult<DirectoryPager>> OpenPagerAsync(OpenNode node, string? pattern, CancellationToken ct)
    {
        FsResult<Entry> folder = await EntryOfAsync(node, ct);
        if (!folder.Ok)
            return folder.Error;
        Attr? above = null;
        if (node.Inode != InodeId.Root)
        {
            WalkResult<WalkedParent> parent = await _walker.WalkToParentAsync(node.Path, ct);
            // Deleted while open: it is its own parent then, and empty.
            above = parent.Error == FsError.None ? parent.Value.Folder.Entry.Attr : folder.Value.Attr;
            if (parent.Error == FsError.None)
                _walker.Forget(parent.Value.Folder.Entry.Inode);
        }

        return await DirectoryPager.OpenAsync(_fileSystem, _names, folder.Value, above, pattern, ct);
    }

    private async ValueTask<FsResult<Entry>> EntryOfAsync(OpenNode node, CancellationToken ct)
    {
        FsResult<AttrReply> attr = await _fileSystem.GetAttrAsync(node.Inode, ct);
        return attr.Ok ? new Entry(node.Inode, attr.Value.Attr, attr.Value.Ttl, attr.Value.Ttl) : attr.Error;
    }

    private int Fill(
        FsResult<DirectoryPager> listing, OpenNode node, OpenDescriptor descriptor, string? pattern, string? marker, IntPtr buffer, uint length, out uint bytes)
    {
        bytes = 0;
        if (!listing.Ok)
            return ToStatus(listing.Error);
        descriptor.Pager = listing.Value;
        if (pattern is null or "*")
            node.Seen ??= listing.Value;
        return SeekableReadDirectory(node, descriptor, pattern, marker, buffer, length, out bytes);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happened, the driver waits for exactly one reply.")]
    private async Task ListLaterAsync(
        ValueTask<FsResult<DirectoryPager>> listing, ulong hint, OpenNode node, OpenDescriptor descriptor, string? pattern, string? marker, IntPtr buffer, uint length)
    {
        int status;
        uint bytes = 0;
        try
        {
            status = Fill(await listing, node, descriptor, pattern, marker, buffer, length, out bytes);
        }
        catch (Exception e)
        {
            status = ExceptionHandler(e);
        }

        Answer(host => host.DirectoryDone(hint, status, bytes));
    }

    /// <summary>Where one call of the binding is in the snapshot.</summary>
    private sealed class Cursor
    {
        internal int Next { get; set; }
    }
}
