using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows.Tests.Support;

/// <summary>A tree of names in memory that counts lookups and open folders. Only what naming and listing use is there; the rest of the port throws.</summary>
internal sealed class FakeFileSystem : IFileSystem
{
    private readonly Dictionary<ulong, Node> _nodes = [];
    private ulong _lastInode = 1;

    internal FakeFileSystem() => _nodes.Add(1, new Node(1, FileKind.Directory));

    /// <summary>Lookups that were counted and not given back.</summary>
    internal long Held => _nodes.Values.Sum(node => node.Lookups);

    internal int OpenFolders { get; private set; }

    internal int FoldersRead { get; private set; }

    /// <summary>Runs once after the next folder was opened for reading.</summary>
    internal Action? AfterOpenDir { get; set; }

    internal FsError LookupError { get; set; }

    public TimeSpan NegativeTtl => TimeSpan.Zero;

    /// <summary>Adds a path ("/a/b"; a trailing slash makes the last one a folder).</summary>
    internal ulong Add(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        Node at = _nodes[1];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!at.Children.TryGetValue(parts[i], out Node? child))
            {
                bool isFolder = i < parts.Length - 1 || path.EndsWith('/');
                child = new Node(++_lastInode, isFolder ? FileKind.Directory : FileKind.File);
                _nodes.Add(child.Inode, child);
                at.Children.Add(parts[i], child);
            }

            at = child;
        }

        return at.Inode;
    }

    internal void Remove(string folder, string name) => Find(folder).Children.Remove(name);

    internal Entry EntryOf(string path) => EntryFor(Find(path));

    public void AttachKernel(IKernelCache kernel) => throw Unexpected();

    public ValueTask<FsResult<Entry>> LookupAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        if (LookupError != FsError.None)
            return new(LookupError);
        if (!_nodes[parent.Value].Children.TryGetValue(name.Value, out Node? child))
            return new(FsError.NotFound);
        child.Lookups++;
        return new(EntryFor(child));
    }

    public void Forget(InodeId inode, ulong count) => _nodes[inode.Value].Lookups -= (long)count;

    public ValueTask<FsResult<AttrReply>> GetAttrAsync(InodeId inode, CancellationToken ct) =>
        new(new AttrReply(EntryFor(_nodes[inode.Value]).Attr, TimeSpan.Zero));

    public ValueTask<FsResult<Opened>> OpenDirAsync(InodeId inode, CancellationToken ct)
    {
        OpenFolders++;
        FoldersRead++;
        Node folder = _nodes[inode.Value];
        folder.Snapshot = [.. folder.Children];
        Action? after = AfterOpenDir;
        AfterOpenDir = null;
        after?.Invoke();
        return new(new Opened(new HandleId(inode.Value), PagePolicy.Fresh));
    }

    public ValueTask<FsError> ReadDirAsync(InodeId inode, HandleId handle, ulong cookie, IDirectorySink sink, CancellationToken ct)
    {
        Node folder = _nodes[inode.Value];
        for (int at = (int)cookie; at < folder.Snapshot.Length + 2; at++)
        {
            if (at < 2)
            {
                if (!sink.TryAdd(new DirEntry(at == 0 ? "." : "..", FileKind.Directory, 1, (ulong)at + 1), null))
                    break;
                continue;
            }

            (string name, Node child) = folder.Snapshot[at - 2];
            Entry? entry = sink.WantsEntries ? EntryFor(child) : null;
            if (!sink.TryAdd(new DirEntry(name, child.Kind, child.Inode, (ulong)at + 1), entry))
                break;
            child.Lookups += entry is null ? 0 : 1;
        }

        return new(FsError.None);
    }

    public void ReleaseDir(InodeId inode, HandleId handle) => OpenFolders--;

    public ValueTask<FsResult<AttrReply>> SetAttrAsync(InodeId inode, HandleId handle, AttrChange change, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsResult<Entry>> MkdirAsync(InodeId parent, EntryName name, uint mode, Caller caller, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsError> UnlinkAsync(InodeId parent, EntryName name, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsError> RmdirAsync(InodeId parent, EntryName name, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsError> RenameAsync(
        InodeId oldParent, EntryName oldName, InodeId newParent, EntryName newName, RenameMode mode, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsResult<Created>> CreateAsync(
        InodeId parent, EntryName name, uint mode, OpenMode open, Caller caller, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsResult<Opened>> OpenAsync(InodeId inode, OpenMode open, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsResult<int>> ReadAsync(InodeId inode, HandleId handle, long offset, Memory<byte> buffer, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsResult<int>> WriteAsync(InodeId inode, HandleId handle, long offset, ReadOnlyMemory<byte> data, CancellationToken ct) =>
        throw Unexpected();

    public ValueTask<FsError> FlushAsync(InodeId inode, HandleId handle, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsError> FsyncAsync(InodeId inode, HandleId handle, CancellationToken ct) => throw Unexpected();

    public void Release(InodeId inode, HandleId handle) => throw Unexpected();

    public ValueTask<FsError> AllocateAsync(InodeId inode, HandleId handle, long offset, long length, bool keepSize, CancellationToken ct) =>
        throw Unexpected();

    public ValueTask<FsResult<VolumeStats>> StatFsAsync(CancellationToken ct) => throw Unexpected();

    public ValueTask<FsResult<ReadOnlyMemory<byte>>> GetXattrAsync(InodeId inode, string name, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsResult<IReadOnlyList<string>>> ListXattrAsync(InodeId inode, CancellationToken ct) => throw Unexpected();

    public ValueTask<FsError> SetXattrAsync(InodeId inode, string name, ReadOnlyMemory<byte> value, XattrMode mode, CancellationToken ct) =>
        throw Unexpected();

    public ValueTask<FsError> RemoveXattrAsync(InodeId inode, string name, CancellationToken ct) => throw Unexpected();

    private static NotSupportedException Unexpected() => new("Naming and listing do not call this.");

    private static Entry EntryFor(Node node) => new(
        new InodeId(node.Inode),
        new Attr(1000 + node.Inode, node.Kind, 0, 0b110_100_100, 0, 0, 1, default, default, default, default),
        TimeSpan.Zero,
        TimeSpan.Zero);

    private Node Find(string path)
    {
        Node at = _nodes[1];
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            at = at.Children[part];
        return at;
    }

    private sealed class Node(ulong inode, FileKind kind)
    {
        internal ulong Inode { get; } = inode;

        internal FileKind Kind { get; } = kind;

        internal long Lookups { get; set; }

        internal Dictionary<string, Node> Children { get; } = [];

        internal KeyValuePair<string, Node>[] Snapshot { get; set; } = [];
    }
}
