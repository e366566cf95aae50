using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

internal sealed partial class WinFspVolume
{
    /// <remarks>Only a test: the name goes at Cleanup, and until then the program may change its mind.</remarks>
    /// <inheritdoc/>
    public override int CanDelete(object FileNode, object FileDesc, string FileName)
    {
        var node = (OpenNode)FileNode;
        if (node.Inode == InodeId.Root)
            return NtStatus.STATUS_ACCESS_DENIED;
        FsResult<Attr> attr = AttrOf(node);
        if (!attr.Ok)
            return ToStatus(attr.Error);
        if ((FileInfoMap.AttributesOf(attr.Value) & FileAttributeBits.ReadOnly) != 0)
            return NtStatus.STATUS_CANNOT_DELETE;
        return node.IsFolder ? ToStatus(Run(ct => RequireEmptyAsync(node, ct))) : NtStatus.STATUS_SUCCESS;
    }

    /// <inheritdoc/>
    public override int Rename(object FileNode, object FileDesc, string FileName, string NewFileName, bool ReplaceIfExists)
    {
        var node = (OpenNode)FileNode;
        // A folder is moved by a job of the service; cutting that wait short would say "failed" of a move that goes on. The engine has a limit.
        return Run(ct => RenameAsync(node, NewFileName, ReplaceIfExists, ct), node.IsFolder ? Timeout.InfiniteTimeSpan : _settings.CallLimit);
    }

    /// <summary>The last handle of one open is gone. CloseHandle waits for this and has no error to give.</summary>
    public override void Cleanup(object FileNode, object FileDesc, string FileName, uint Flags)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        if ((Flags & CleanupDelete) != 0)
        {
            node.MarkClean(descriptor);
            FsError refused = Run(ct => DeleteAsync(node, ct));
            // A folder that was filled meanwhile is not to be deleted, and nothing failed.
            if (refused is not (FsError.None or FsError.NotEmpty))
                WinFspLog.DeleteRefused(_log, node.Path, refused);
            return;
        }

        if (node.IsFolder || !descriptor.IsDirty)
            return;
        if ((Flags & CleanupSetArchiveBit) != 0)
            SetArchiveBit(node);
        Settle(node, descriptor);
    }

    /// <summary>The last use of one open is over: mapped views and the cache too. Comes without a Cleanup where the driver refused the open after us.</summary>
    public override void Close(object FileNode, object FileDesc)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        if (!descriptor.TryClose())
            return;
        try
        {
            // Written after the Cleanup, through a mapping, or there was no Cleanup.
            if (descriptor.IsDirty)
                Settle(node, descriptor);
        }
        catch (Exception e)
        {
            // Must not leave: the binding would keep both objects for ever.
            ExceptionHandler(e);
        }

        if (descriptor.IsWriter)
            node.RemoveWriter(_fileSystem);
        if (!descriptor.Reader.IsNone)
            _fileSystem.Release(node.Inode, descriptor.Reader);
        _nodes.Close(node);
    }

    /// <summary>Commits what the descriptor has written, and waits a while. What goes wrong is kept for those who can be told.</summary>
    private void Settle(OpenNode node, OpenDescriptor descriptor)
    {
        // Others that have written go on: the last one commits for all, one version and not one for each.
        if (!node.MarkClean(descriptor))
        {
            Run(ct => KeepSetTimeAsync(node, descriptor, ct));
            return;
        }

        FsError error = Run(ct => CommitAsync(node, descriptor, ct), _settings.CloseWait);
        if (error == FsError.Interrupted)
        {
            WinFspLog.CommitGoesOn(_log, node.Path);
        }
        else if (error != FsError.None)
        {
            WinFspLog.CommitFailed(_log, node.Path, error);
            _failures.Record(node.Inode, error);
        }
    }

    private void SetArchiveBit(OpenNode node)
    {
        FsResult<Attr> attr = AttrOf(node);
        if (!attr.Ok)
            return;
        uint mode = FileInfoMap.ModeFor(FileKind.File, attr.Value.Mode, FileInfoMap.AttributesOf(attr.Value) | FileAttributeBits.Archive);
        if (mode != attr.Value.Mode)
            Run(ct => _fileSystem.SetAttrAsync(node.Inode, node.Writer, new AttrChange(Mode: mode), ct));
    }

    private async ValueTask<FsError> RequireEmptyAsync(OpenNode node, CancellationToken ct)
    {
        FsResult<List<FolderRow>> rows = await FolderReader.ReadAsync(_fileSystem, node.Inode, withAttributes: false, ct);
        return !rows.Ok ? rows.Error : rows.Value.Count > 0 ? FsError.NotEmpty : FsError.None;
    }

    /// <summary>Takes the node's name away, if it still is the node's.</summary>
    private async ValueTask<FsError> DeleteAsync(OpenNode node, CancellationToken ct)
    {
        WalkResult<WalkedParent> walked = await _walker.WalkToParentAsync(node.Path, ct);
        if (walked.Error != FsError.None)
            return walked.Error;
        Entry folder = walked.Value.Folder.Entry;
        try
        {
            FsResult<EntryName> local = await FindOwnNameAsync(node, walked.Value, ct);
            if (!local.Ok)
                return local.Error == FsError.NotFound ? FsError.None : local.Error;
            FsError error = node.IsFolder
                ? await _fileSystem.RmdirAsync(folder.Inode, local.Value, ct)
                : await _fileSystem.UnlinkAsync(folder.Inode, local.Value, ct);
            if (error == FsError.None)
                _names.Removed(folder.Attr.Ino, local.Value.Value);
            return error;
        }
        finally
        {
            _walker.Forget(folder.Inode);
        }
    }

    private async ValueTask<int> RenameAsync(OpenNode node, string newPath, bool replace, CancellationToken ct)
    {
        WalkResult<WalkedParent> from = await _walker.WalkToParentAsync(node.Path, ct);
        if (from.Error != FsError.None)
            return ToStatus(from);
        try
        {
            WalkResult<WalkedParent> to = await _walker.WalkToParentAsync(newPath, ct);
            if (to.Error != FsError.None)
                return ToStatus(to);
            try
            {
                return await RenameAsync(node, from.Value, to.Value, replace, ct);
            }
            finally
            {
                _walker.Forget(to.Value.Folder.Entry.Inode);
            }
        }
        finally
        {
            _walker.Forget(from.Value.Folder.Entry.Inode);
        }
    }

    private async ValueTask<int> RenameAsync(OpenNode node, WalkedParent from, WalkedParent to, bool replace, CancellationToken ct)
    {
        FsResult<EntryName> oldName = await FindOwnNameAsync(node, from, ct);
        if (!oldName.Ok)
            return ToStatus(oldName.Error);
        EntryName newName = to.Local;
        FsResult<NamedEntry> target = await _names.LookupAsync(to.Folder.Entry, to.Asked, ct);
        if (target.Ok)
        {
            _walker.Forget(target.Value.Entry.Inode);
            if (target.Value.Entry.Inode != node.Inode)
            {
                if (!replace)
                    return NtStatus.STATUS_OBJECT_NAME_COLLISION;
                if (node.IsFolder || target.Value.Entry.Attr.Kind == FileKind.Directory)
                    return NtStatus.STATUS_ACCESS_DENIED;
                // The name as it is stored: the bytes become the next version of that very file.
                newName = target.Value.Local;
            }
        }
        else if (target.Error != FsError.NotFound)
        {
            return ToStatus(target.Error);
        }

        Entry oldFolder = from.Folder.Entry;
        Entry newFolder = to.Folder.Entry;
        FsError error = await _fileSystem.RenameAsync(
            oldFolder.Inode, oldName.Value, newFolder.Inode, newName, replace ? RenameMode.Replace : RenameMode.NoReplace, ct);
        if (error != FsError.None)
            return ToStatus(error);
        _names.Removed(oldFolder.Attr.Ino, oldName.Value.Value);
        string shown = _names.Added(newFolder.Attr.Ino, newName.Value);
        _nodes.Moved(node.Path, PathWalker.Join(to.Folder.Path, shown));
        return NtStatus.STATUS_SUCCESS;
    }

    /// <summary>The port's name of a node in its folder; NotFound when that name is another's by now.</summary>
    private async ValueTask<FsResult<EntryName>> FindOwnNameAsync(OpenNode node, WalkedParent at, CancellationToken ct)
    {
        FsResult<NamedEntry> found = await _names.LookupAsync(at.Folder.Entry, at.Asked, ct);
        if (!found.Ok)
            return found.Error;
        _walker.Forget(found.Value.Entry.Inode);
        return found.Value.Entry.Inode == node.Inode ? found.Value.Local : FsError.NotFound;
    }
}
