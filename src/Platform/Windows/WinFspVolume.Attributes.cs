using ImageKitFs.Core.FileSystem;
using FileInfo = Fsp.Interop.FileInfo;

namespace ImageKitFs.Platform.Windows;

internal sealed partial class WinFspVolume
{
    /// <inheritdoc/>
    public override int GetFileInfo(object FileNode, object FileDesc, out FileInfo FileInfo) => Show((OpenNode)FileNode, out FileInfo);

    /// <remarks>The time of creation is the library's and the change time the engine's: asking to set them is no error and changes nothing.</remarks>
    /// <inheritdoc/>
    public override int SetBasicInfo(
        object FileNode, object FileDesc, uint FileAttributes, ulong CreationTime, ulong LastAccessTime, ulong LastWriteTime, ulong ChangeTime, out FileInfo FileInfo)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        FileInfo = default;
        FsResult<Attr> attr = AttrOf(node);
        if (!attr.Ok)
            return ToStatus(attr.Error);
        AttrChange change = FileInfoMap.ToChange(attr.Value, FileAttributes, LastAccessTime, LastWriteTime);
        if (change != default)
        {
            FsResult<AttrReply> changed = Run(ct => _fileSystem.SetAttrAsync(node.Inode, node.Writer, change, ct));
            if (!changed.Ok)
                return ToStatus(changed.Error);
        }

        if (change.Modified.Kind == TimeChangeKind.Set)
        {
            descriptor.SetWriteTime = change.Modified;
            descriptor.HasWrittenSince = false;
        }

        return Show(node, out FileInfo);
    }
}
