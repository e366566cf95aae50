using ImageKitFs.Core.FileSystem;
using FileInfo = Fsp.Interop.FileInfo;

namespace ImageKitFs.Platform.Windows;

internal sealed partial class WinFspVolume
{
    private const uint FileReadData = 0x1;
    private const uint FileWriteData = 0x2;
    private const uint FileAppendData = 0x4;
    private const uint FileExecute = 0x20;

    /// <summary>What a new file or folder gets: the descriptor decides who may do what, so only the owner's bits mean anything here.</summary>
    private const uint NewFileMode = 0b110_100_100;
    private const uint NewFolderMode = 0b111_101_101;

    /// <inheritdoc/>
    public override int GetSecurityByName(string FileName, out uint FileAttributes, ref byte[]? SecurityDescriptor)
    {
        FileAttributes = 0;
        WalkResult<WalkedNode> walked = Run(ct => _walker.WalkAsync(FileName, ct));
        if (walked.Error != FsError.None)
            return ToStatus(walked);
        _walker.Forget(walked.Value.Entry.Inode);
        FileAttributes = FileInfoMap.AttributesOf(walked.Value.Entry.Attr);
        // Null in: the driver asks for the attributes alone.
        if (SecurityDescriptor is not null)
            SecurityDescriptor = _settings.Security.ToBytes();
        return NtStatus.STATUS_SUCCESS;
    }

    /// <remarks>No side effect but the open itself: the driver finds a sharing violation only afterwards, and closes again without a Cleanup.</remarks>
    /// <inheritdoc/>
    public override int Open(
        string FileName, uint CreateOptions, uint GrantedAccess, out object? FileNode, out object? FileDesc, out FileInfo FileInfo, out string? NormalizedName) =>
        Reply(Run(ct => OpenAsync(FileName, CreateOptions, GrantedAccess, ct)), out FileNode, out FileDesc, out FileInfo, out NormalizedName);

    /// <inheritdoc/>
    public override int Create(
        string FileName, uint CreateOptions, uint GrantedAccess, uint FileAttributes, byte[]? SecurityDescriptor, ulong AllocationSize,
        out object? FileNode, out object? FileDesc, out FileInfo FileInfo, out string? NormalizedName) =>
        Reply(
            Run(ct => CreateAsync(FileName, (CreateOptions & FILE_DIRECTORY_FILE) != 0, FileAttributes, AllocationSize, ct)),
            out FileNode, out FileDesc, out FileInfo, out NormalizedName);

    /// <remarks>The size becomes 0 here; the library keeps the old version until this one is committed.</remarks>
    /// <inheritdoc/>
    public override int Overwrite(object FileNode, object FileDesc, uint FileAttributes, bool ReplaceFileAttributes, ulong AllocationSize, out FileInfo FileInfo)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        FileInfo = default;
        FsError error = Run(ct => OverwriteAsync(node, descriptor, FileAttributes, ReplaceFileAttributes, ct));
        if (error != FsError.None)
            return ToStatus(error);
        node.Reserved = AllocationSize;
        return Show(node, out FileInfo);
    }

    /// <inheritdoc/>
    public override int GetSecurity(object FileNode, object FileDesc, ref byte[] SecurityDescriptor)
    {
        SecurityDescriptor = _settings.Security.ToBytes();
        return NtStatus.STATUS_SUCCESS;
    }

    /// <remarks>Accepted and ignored: programs that copy a descriptor along (ReplaceFile, robocopy /SEC) must not fail over it.</remarks>
    /// <inheritdoc/>
    public override int SetSecurity(
        object FileNode, object FileDesc, System.Security.AccessControl.AccessControlSections Sections, byte[] SecurityDescriptor) => NtStatus.STATUS_SUCCESS;

    private async ValueTask<OpenReply> OpenAsync(string path, uint options, uint access, CancellationToken ct)
    {
        WalkResult<WalkedNode> walked = await _walker.WalkAsync(path, ct);
        if (walked.Error != FsError.None)
            return OpenReply.Failed(ToStatus(walked));
        (Entry entry, _, string stored) = walked.Value;
        bool isFolder = entry.Attr.Kind == FileKind.Directory;
        if (isFolder ? (options & FILE_NON_DIRECTORY_FILE) != 0 : (options & FILE_DIRECTORY_FILE) != 0)
        {
            _walker.Forget(entry.Inode);
            return OpenReply.Failed(isFolder ? NtStatus.STATUS_FILE_IS_A_DIRECTORY : NtStatus.STATUS_NOT_A_DIRECTORY);
        }

        OpenNode node = _nodes.Open(entry, stored);
        FsResult<OpenDescriptor> descriptor = isFolder ? new OpenDescriptor(HandleId.None, isWriter: false) : await OpenFileAsync(node, access, ct);
        if (descriptor.Ok)
            return OpenReply.Opened(node, descriptor.Value, FileInfoMap.From(entry.Attr, node.Reserved), stored);
        _nodes.Close(node);
        return OpenReply.Failed(ToStatus(descriptor.Error));
    }

    private async ValueTask<FsResult<OpenDescriptor>> OpenFileAsync(OpenNode node, uint access, CancellationToken ct)
    {
        if ((access & (FileWriteData | FileAppendData)) != 0)
        {
            FsError error = _failures.Take(node.Inode);
            if (error == FsError.None)
                error = await node.AddWriterAsync(_fileSystem, ct);
            return error == FsError.None ? new OpenDescriptor(HandleId.None, isWriter: true) : error;
        }

        if ((access & (FileReadData | FileExecute)) == 0)
            return new OpenDescriptor(HandleId.None, isWriter: false);
        FsResult<Opened> opened = await _fileSystem.OpenAsync(node.Inode, OpenMode.Read, ct);
        return opened.Ok ? new OpenDescriptor(opened.Value.Handle, isWriter: false) : opened.Error;
    }

    private async ValueTask<OpenReply> CreateAsync(string path, bool isFolder, uint attributes, ulong allocation, CancellationToken ct)
    {
        WalkResult<WalkedParent> walked = await _walker.WalkToParentAsync(path, ct);
        if (walked.Error != FsError.None)
            return OpenReply.Failed(ToStatus(walked));
        WalkedParent at = walked.Value;
        InodeId parent = at.Folder.Entry.Inode;
        try
        {
            // One that differs in case is the same name to Windows, and the library may hold it.
            FsResult<NamedEntry> present = await _names.LookupAsync(at.Folder.Entry, at.Asked, ct);
            if (present.Ok)
            {
                _walker.Forget(present.Value.Entry.Inode);
                return OpenReply.Failed(NtStatus.STATUS_OBJECT_NAME_COLLISION);
            }

            if (present.Error != FsError.NotFound)
                return OpenReply.Failed(ToStatus(present.Error));
            return isFolder ? await MakeFolderAsync(at, attributes, ct) : await MakeFileAsync(at, attributes, allocation, ct);
        }
        finally
        {
            _walker.Forget(parent);
        }
    }

    private async ValueTask<OpenReply> MakeFolderAsync(WalkedParent at, uint attributes, CancellationToken ct)
    {
        uint mode = FileInfoMap.ModeFor(FileKind.Directory, NewFolderMode, attributes);
        FsResult<Entry> made = await _fileSystem.MkdirAsync(at.Folder.Entry.Inode, at.Local, mode, default, ct);
        if (!made.Ok)
            return OpenReply.Failed(ToStatus(made.Error));
        string stored = PathWalker.Join(at.Folder.Path, _names.Added(at.Folder.Entry.Attr.Ino, at.Local.Value));
        OpenNode node = _nodes.Open(made.Value, stored);
        return OpenReply.Opened(node, new OpenDescriptor(HandleId.None, isWriter: false), FileInfoMap.From(made.Value.Attr), stored);
    }

    private async ValueTask<OpenReply> MakeFileAsync(WalkedParent at, uint attributes, ulong allocation, CancellationToken ct)
    {
        // As on NTFS a new file is to be archived. Without Read: reading and exclusive together mean mkstemp to the engine, a temporary.
        uint mode = FileInfoMap.ModeFor(FileKind.File, NewFileMode, attributes | FileAttributeBits.Archive);
        FsResult<Created> made = await _fileSystem.CreateAsync(
            at.Folder.Entry.Inode, at.Local, mode, OpenMode.Write | OpenMode.Exclusive, default, ct);
        if (!made.Ok)
            return OpenReply.Failed(ToStatus(made.Error));
        Entry entry = made.Value.Entry;
        string stored = PathWalker.Join(at.Folder.Path, _names.Added(at.Folder.Entry.Attr.Ino, at.Local.Value));
        OpenNode node = _nodes.Open(entry, stored);
        node.AddWriter(made.Value.Opened.Handle);
        node.Reserved = allocation;
        OpenDescriptor descriptor = new(HandleId.None, isWriter: true);
        // Even if nothing is written: an empty file is something to keep.
        node.MarkDirty(descriptor);
        return OpenReply.Opened(node, descriptor, FileInfoMap.From(entry.Attr, allocation), stored);
    }

    private async ValueTask<FsError> OverwriteAsync(OpenNode node, OpenDescriptor descriptor, uint attributes, bool replace, CancellationToken ct)
    {
        FsError error = await EnsureWriterAsync(node, descriptor, ct);
        if (error != FsError.None)
            return error;
        FsResult<AttrReply> now = await _fileSystem.GetAttrAsync(node.Inode, ct);
        if (!now.Ok)
            return now.Error;
        uint wanted = (replace ? attributes : attributes | FileInfoMap.AttributesOf(now.Value.Attr)) | FileAttributeBits.Archive;
        uint mode = FileInfoMap.ModeFor(FileKind.File, now.Value.Attr.Mode, wanted);
        AttrChange change = new(Mode: mode == now.Value.Attr.Mode ? null : mode, Size: 0, Modified: TimeChange.Now);
        FsResult<AttrReply> changed = await _fileSystem.SetAttrAsync(node.Inode, node.Writer, change, ct);
        if (changed.Ok)
            node.MarkDirty(descriptor);
        return changed.Error;
    }

    /// <summary>CREATE_ALWAYS asks for no right to write, and still empties the file.</summary>
    private async ValueTask<FsError> EnsureWriterAsync(OpenNode node, OpenDescriptor descriptor, CancellationToken ct)
    {
        if (descriptor.IsWriter)
            return FsError.None;
        FsError error = await node.AddWriterAsync(_fileSystem, ct);
        descriptor.IsWriter = error == FsError.None;
        return error;
    }

    private int ToStatus<T>(WalkResult<T> walked)
        where T : struct => walked.Error == FsError.Interrupted ? ToStatus(walked.Error) : walked.Status;

    private static int Reply(OpenReply reply, out object? node, out object? descriptor, out FileInfo info, out string? normalizedName)
    {
        node = reply.Node;
        descriptor = reply.Descriptor;
        info = ToWire(reply.Info);
        normalizedName = reply.Path;
        return reply.Status;
    }

    /// <summary>What Open and Create give back.</summary>
    private readonly record struct OpenReply(int Status, OpenNode? Node, OpenDescriptor? Descriptor, FileInfoFields Info, string? Path)
    {
        internal static OpenReply Failed(int status) => new(status, null, null, default, null);

        internal static OpenReply Opened(OpenNode node, OpenDescriptor descriptor, in FileInfoFields info, string path) =>
            new(NtStatus.STATUS_SUCCESS, node, descriptor, info, path);
    }
}
