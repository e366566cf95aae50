using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;

namespace ImageKitFs.Model.Tests;

/// <summary>Makes the calls that a kernel would make, and keeps count of the references it holds.</summary>
internal sealed class VolumeDriver(TestVolume volume)
{
    private static readonly Caller Me = new(0, 0);
    private readonly List<InodeId> _held = [];

    private IFileSystem FileSystem => volume.FileSystem;

    /// <summary>Gives back every reference that no open file needs.</summary>
    public void ForgetAll()
    {
        foreach (InodeId inode in _held)
            FileSystem.Forget(inode, 1);
        _held.Clear();
    }

    /// <summary>The kernel is gone with its process.</summary>
    public void Crash() => _held.Clear();

    public async Task<FsResult<Entry>> LookupAsync(string path)
    {
        FsResult<Entry> entry = FsError.InvalidArgument;
        InodeId at = InodeId.Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            entry = await FileSystem.LookupAsync(at, EntryName.Of(name), CancellationToken.None);
            if (!entry.Ok)
                return entry;
            at = entry.Value.Inode;
            _held.Add(at);
        }

        return entry;
    }

    public async Task<FsError> MkdirAsync(string folder, string name, uint mode)
    {
        FsResult<InodeId> parent = await FolderAsync(folder);
        if (!parent.Ok)
            return parent.Error;
        FsResult<Entry> made = await FileSystem.MkdirAsync(parent.Value, EntryName.Of(name), mode, Me, CancellationToken.None);
        if (made.Ok)
            _held.Add(made.Value.Inode);
        return made.Error;
    }

    public async Task<FsError> UnlinkAsync(string folder, string name)
    {
        FsResult<InodeId> parent = await FolderAsync(folder);
        await LookupAsync($"{folder}/{name}"); // As a kernel does, and keeps it until the call is over.
        return parent.Ok ? await FileSystem.UnlinkAsync(parent.Value, EntryName.Of(name), CancellationToken.None) : parent.Error;
    }

    public async Task<FsError> RmdirAsync(string folder, string name)
    {
        FsResult<InodeId> parent = await FolderAsync(folder);
        await LookupAsync($"{folder}/{name}");
        return parent.Ok ? await FileSystem.RmdirAsync(parent.Value, EntryName.Of(name), CancellationToken.None) : parent.Error;
    }

    public async Task<FsError> RenameAsync(string from, string oldName, string to, string newName)
    {
        FsResult<InodeId> oldParent = await FolderAsync(from);
        FsResult<InodeId> newParent = await FolderAsync(to);
        if (!oldParent.Ok || !newParent.Ok)
            return oldParent.Ok ? newParent.Error : oldParent.Error;
        await LookupAsync($"{from}/{oldName}");
        await LookupAsync($"{to}/{newName}");
        return await FileSystem.RenameAsync(
            oldParent.Value, EntryName.Of(oldName), newParent.Value, EntryName.Of(newName), RenameMode.Replace, CancellationToken.None);
    }

    public async Task<FsResult<OpenedFile>> CreateAsync(string folder, string name, uint mode, OpenMode open)
    {
        FsResult<InodeId> parent = await FolderAsync(folder);
        if (!parent.Ok)
            return parent.Error;
        FsResult<Created> created = await FileSystem.CreateAsync(parent.Value, EntryName.Of(name), mode, open, Me, CancellationToken.None);
        if (!created.Ok)
            return created.Error;
        return new OpenedFile(created.Value.Entry.Inode, created.Value.Opened.Handle);
    }

    public async Task<FsResult<OpenedFile>> OpenAsync(string path, OpenMode open)
    {
        FsResult<Entry> entry = await LookupAsync(path);
        if (!entry.Ok)
            return entry.Error;
        FsResult<Opened> opened = await FileSystem.OpenAsync(entry.Value.Inode, open, CancellationToken.None);
        if (!opened.Ok)
            return opened.Error;
        _held.Remove(entry.Value.Inode); // The open file's own reference.
        return new OpenedFile(entry.Value.Inode, opened.Value.Handle);
    }

    public async Task<FsError> CloseAsync(OpenedFile file)
    {
        FsError error = await FileSystem.FlushAsync(file.Inode, file.Handle, CancellationToken.None);
        FileSystem.Release(file.Inode, file.Handle);
        FileSystem.Forget(file.Inode, 1);
        return error;
    }

    public async Task<FsError> SetAttrAsync(string path, AttrChange change)
    {
        FsResult<Entry> entry = await LookupAsync(path);
        return entry.Ok ? (await FileSystem.SetAttrAsync(entry.Value.Inode, HandleId.None, change, CancellationToken.None)).Error : entry.Error;
    }

    public async Task<FsResult<byte[]>> ReadAsync(OpenedFile file)
    {
        FsResult<AttrReply> attr = await FileSystem.GetAttrAsync(file.Inode, CancellationToken.None);
        if (!attr.Ok)
            return attr.Error;
        // One byte more, so that a file that is too long is seen.
        byte[] content = new byte[attr.Value.Attr.Size + 1];
        FsResult<int> read = await FileSystem.ReadAsync(file.Inode, file.Handle, 0, content, CancellationToken.None);
        return read.Ok ? content[..read.Value] : read.Error;
    }

    public async Task<FsResult<byte[]>> ReadAsync(string path)
    {
        FsResult<OpenedFile> opened = await OpenAsync(path, OpenMode.Read);
        if (!opened.Ok)
            return opened.Error;
        FsResult<byte[]> content = await ReadAsync(opened.Value);
        await CloseAsync(opened.Value);
        return content;
    }

    public async Task<FsResult<List<(string Name, FileKind Kind, Attr Attr)>>> ListAsync(string path)
    {
        FsResult<InodeId> folder = await FolderAsync(path);
        if (!folder.Ok)
            return folder.Error;
        FsResult<Opened> opened = await FileSystem.OpenDirAsync(folder.Value, CancellationToken.None);
        if (!opened.Ok)
            return opened.Error;
        Sink sink = new(_held);
        FsError error = await FileSystem.ReadDirAsync(folder.Value, opened.Value.Handle, 0, sink, CancellationToken.None);
        FileSystem.ReleaseDir(folder.Value, opened.Value.Handle);
        return error == FsError.None ? sink.Entries : error;
    }

    private async Task<FsResult<InodeId>> FolderAsync(string path)
    {
        if (path.Length == 0)
            return InodeId.Root;
        FsResult<Entry> entry = await LookupAsync(path);
        return entry.Ok ? entry.Value.Inode : entry.Error;
    }

    private sealed class Sink(List<InodeId> held) : IDirectorySink
    {
        public List<(string Name, FileKind Kind, Attr Attr)> Entries { get; } = [];

        public bool WantsEntries => true;

        public bool TryAdd(in DirEntry entry, in Entry? node)
        {
            if (node is { } found)
            {
                held.Add(found.Inode);
                Entries.Add((entry.Name, entry.Kind, found.Attr));
            }

            return true;
        }
    }
}

/// <summary>An open file of the volume.</summary>
internal readonly record struct OpenedFile(InodeId Inode, HandleId Handle);
