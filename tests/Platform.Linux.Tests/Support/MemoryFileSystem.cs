using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Linux.Tests.Support;

/// <summary>A small file system in memory that counts what the shim owes it, and can be made slow or broken.</summary>
internal sealed class MemoryFileSystem : IFileSystem
{
    private const long MaxFileBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Node> _nodes = [];
    private readonly Dictionary<ulong, (ulong Inode, List<(string Name, Node Node)>? Snapshot)> _handles = [];
    private ulong _nextInode = InodeId.Root.Value;
    private ulong _nextHandle = 1;

    internal MemoryFileSystem()
    {
        Node root = NewNode(FileKind.Directory, 0x1ED);
        root.Parent = root;
    }

    /// <summary>Set by the shim.</summary>
    internal IKernelCache? Kernel { get; private set; }

    internal TimeSpan EntryTtl { get; set; } = TimeSpan.FromSeconds(60);

    internal TimeSpan AttrTtl { get; set; } = TimeSpan.FromSeconds(60);

    internal PagePolicy Pages { get; set; } = PagePolicy.Fresh;

    /// <summary>Runs before each READ; an incomplete task makes it asynchronous.</summary>
    internal Func<CancellationToken, ValueTask>? BeforeRead { get; set; }

    /// <summary>Runs before each LOOKUP.</summary>
    internal Func<CancellationToken, ValueTask>? BeforeLookup { get; set; }

    /// <summary>Runs before each OPEN.</summary>
    internal Func<CancellationToken, ValueTask>? BeforeOpen { get; set; }

    /// <summary>Answers FLUSH in place of <see cref="FlushResult"/>.</summary>
    internal Func<ValueTask<FsError>>? BeforeFlush { get; set; }

    /// <summary>What FLUSH answers.</summary>
    internal FsError FlushResult { get; set; }

    internal int OpenHandles
    {
        get
        {
            lock (_lock)
                return _handles.Count;
        }
    }

    internal int Flushes { get; private set; }

    internal int XattrCalls { get; private set; }

    internal AttrChange LastChange { get; private set; }

    internal HandleId LastChangeHandle { get; private set; }

    internal OpenMode LastOpen { get; private set; }

    internal uint LastMode { get; private set; }

    public TimeSpan NegativeTtl { get; set; }

    public void AttachKernel(IKernelCache kernel) => Kernel = kernel;

    /// <summary>References the kernel holds on an inode.</summary>
    internal long LookupsOf(ulong inode)
    {
        lock (_lock)
            return _nodes[inode].Lookups;
    }

    internal long TotalLookups()
    {
        lock (_lock)
            return _nodes.Values.Sum(static node => node.Lookups);
    }

    /// <summary>Adds or replaces a file behind the kernel's back.</summary>
    internal ulong Put(string name, byte[] content)
    {
        lock (_lock)
        {
            Node root = _nodes[1];
            if (!root.Children.TryGetValue(name, out Node? node))
            {
                node = NewNode(FileKind.File, 0x1A4);
                node.Parent = root;
                root.Children[name] = node;
            }

            node.Content = content;
            node.Modified = Now();
            return node.Id;
        }
    }

    internal void RemoveBehindTheKernel(string name)
    {
        lock (_lock)
            _nodes[1].Children.Remove(name);
    }

    /// <summary>Opens without the shim.</summary>
    internal ulong OpenNow(ulong inode)
    {
        lock (_lock)
            return NewHandle(_nodes[inode]).Value;
    }

    internal byte[] Get(string name)
    {
        lock (_lock)
            return [.. _nodes[1].Children[name].Content];
    }

    public ValueTask<FsResult<Entry>> LookupAsync(InodeId parent, EntryName name, CancellationToken ct) =>
        BeforeLookup is { } before ? LookupSlowlyAsync(before, parent, name, ct) : ValueTask.FromResult(LookupNow(parent, name));

    private async ValueTask<FsResult<Entry>> LookupSlowlyAsync(Func<CancellationToken, ValueTask> before, InodeId parent, EntryName name, CancellationToken ct)
    {
        await before(ct);
        return LookupNow(parent, name);
    }

    private FsResult<Entry> LookupNow(InodeId parent, EntryName name)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(parent.Value, out Node? directory))
                return FsError.NotFound;
            if (directory.Kind != FileKind.Directory)
                return FsError.NotDirectory;
            return directory.Children.TryGetValue(name.Value, out Node? child) ? Count(child) : FsError.NotFound;
        }
    }

    public void Forget(InodeId inode, ulong count)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(inode.Value, out Node? node))
                node.Lookups -= (long)count;
        }
    }

    public ValueTask<FsResult<AttrReply>> GetAttrAsync(InodeId inode, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_nodes.TryGetValue(inode.Value, out Node? node) ? AttrOf(node) : FsError.NotFound);
    }

    public ValueTask<FsResult<AttrReply>> SetAttrAsync(InodeId inode, HandleId handle, AttrChange change, CancellationToken ct)
    {
        lock (_lock)
        {
            LastChange = change;
            LastChangeHandle = handle;
            if (!_nodes.TryGetValue(inode.Value, out Node? node))
                return ValueTask.FromResult<FsResult<AttrReply>>(FsError.NotFound);
            node.Mode = change.Mode ?? node.Mode;
            node.Uid = change.Uid ?? node.Uid;
            node.Gid = change.Gid ?? node.Gid;
            if (change.Size > MaxFileBytes)
                return ValueTask.FromResult<FsResult<AttrReply>>(FsError.TooLarge);
            if (change.Size is { } size)
                Array.Resize(ref node.Content, (int)size);
            node.Modified = Applied(change.Modified, node.Modified);
            node.Accessed = Applied(change.Accessed, node.Accessed);
            return ValueTask.FromResult(AttrOf(node));
        }
    }

    public ValueTask<FsResult<Entry>> MkdirAsync(InodeId parent, EntryName name, uint mode, Caller caller, CancellationToken ct)
    {
        lock (_lock)
        {
            LastMode = mode;
            return ValueTask.FromResult<FsResult<Entry>>(
                TryAdd(parent, name, FileKind.Directory, mode, caller, out Node? node) is var error && error == FsError.None ? Count(node!) : error);
        }
    }

    public ValueTask<FsError> UnlinkAsync(InodeId parent, EntryName name, CancellationToken ct) => Remove(parent, name, FileKind.File);

    public ValueTask<FsError> RmdirAsync(InodeId parent, EntryName name, CancellationToken ct) => Remove(parent, name, FileKind.Directory);

    public ValueTask<FsError> RenameAsync(
        InodeId oldParent, EntryName oldName, InodeId newParent, EntryName newName, RenameMode mode, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(oldParent.Value, out Node? from) || !_nodes.TryGetValue(newParent.Value, out Node? to)
                || !from.Children.TryGetValue(oldName.Value, out Node? node))
                return ValueTask.FromResult(FsError.NotFound);
            if (to.Children.TryGetValue(newName.Value, out Node? target))
            {
                if (mode == RenameMode.NoReplace)
                    return ValueTask.FromResult(FsError.Exists);
                if (target.Children.Count > 0)
                    return ValueTask.FromResult(FsError.NotEmpty);
                target.Links = 0;
            }

            from.Children.Remove(oldName.Value);
            to.Children[newName.Value] = node;
            node.Parent = to;
            return ValueTask.FromResult(FsError.None);
        }
    }

    public ValueTask<FsResult<Created>> CreateAsync(
        InodeId parent, EntryName name, uint mode, OpenMode open, Caller caller, CancellationToken ct)
    {
        lock (_lock)
        {
            LastOpen = open;
            LastMode = mode;
            FsError error = TryAdd(parent, name, FileKind.File, mode, caller, out Node? node);
            if (error == FsError.Exists && !open.HasFlag(OpenMode.Exclusive))
                node = _nodes[parent.Value].Children[name.Value];
            else if (error != FsError.None)
                return ValueTask.FromResult<FsResult<Created>>(error);
            return ValueTask.FromResult<FsResult<Created>>(new Created(Count(node!), new Opened(NewHandle(node!), Pages)));
        }
    }

    public async ValueTask<FsResult<Opened>> OpenAsync(InodeId inode, OpenMode open, CancellationToken ct)
    {
        if (BeforeOpen is { } before)
            await before(ct);
        lock (_lock)
        {
            LastOpen = open;
            if (!_nodes.TryGetValue(inode.Value, out Node? node))
                return FsError.NotFound;
            if (open.HasFlag(OpenMode.Truncate))
                node.Content = [];
            return new Opened(NewHandle(node), Pages);
        }
    }

    public ValueTask<FsResult<int>> ReadAsync(InodeId inode, HandleId handle, long offset, Memory<byte> buffer, CancellationToken ct) =>
        BeforeRead is { } before ? ReadSlowlyAsync(before, inode, handle, offset, buffer, ct) : ValueTask.FromResult(ReadNow(inode, handle, offset, buffer));

    public ValueTask<FsResult<int>> WriteAsync(InodeId inode, HandleId handle, long offset, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_handles.ContainsKey(handle.Value) || !_nodes.TryGetValue(inode.Value, out Node? node))
                return ValueTask.FromResult<FsResult<int>>(FsError.BadHandle);
            if (offset > MaxFileBytes - data.Length)
                return ValueTask.FromResult<FsResult<int>>(FsError.TooLarge);
            if (node.Content.Length < offset + data.Length)
                Array.Resize(ref node.Content, (int)offset + data.Length);
            data.Span.CopyTo(node.Content.AsSpan((int)offset));
            node.Modified = Now();
            return ValueTask.FromResult<FsResult<int>>(data.Length);
        }
    }

    public ValueTask<FsError> FlushAsync(InodeId inode, HandleId handle, CancellationToken ct)
    {
        Flushes++;
        return BeforeFlush?.Invoke() ?? ValueTask.FromResult(FlushResult);
    }

    public ValueTask<FsError> FsyncAsync(InodeId inode, HandleId handle, CancellationToken ct) => ValueTask.FromResult(FlushResult);

    public void Release(InodeId inode, HandleId handle)
    {
        lock (_lock)
            _handles.Remove(handle.Value);
    }

    public ValueTask<FsError> AllocateAsync(InodeId inode, HandleId handle, long offset, long length, bool keepSize, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(inode.Value, out Node? node))
                return ValueTask.FromResult(FsError.BadHandle);
            if (offset > MaxFileBytes || length > MaxFileBytes - offset)
                return ValueTask.FromResult(FsError.NoSpace);
            if (!keepSize && node.Content.Length < offset + length)
                Array.Resize(ref node.Content, (int)(offset + length));
            return ValueTask.FromResult(FsError.None);
        }
    }

    public ValueTask<FsResult<Opened>> OpenDirAsync(InodeId inode, CancellationToken ct)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<FsResult<Opened>>(
                _nodes.TryGetValue(inode.Value, out Node? node) ? new Opened(NewHandle(node), Pages) : FsError.NotFound);
        }
    }

    public ValueTask<FsError> ReadDirAsync(InodeId inode, HandleId handle, ulong cookie, IDirectorySink sink, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_handles.TryGetValue(handle.Value, out (ulong Inode, List<(string Name, Node Node)>? Snapshot) open)
                || !_nodes.TryGetValue(inode.Value, out Node? node))
                return ValueTask.FromResult(FsError.BadHandle);
            if (cookie == 0 || open.Snapshot is null)
                open.Snapshot = [(".", node), ("..", node.Parent!), .. node.Children.Select(static child => (child.Key, child.Value))];
            _handles[handle.Value] = open;
            for (int i = (int)Math.Min(cookie, (ulong)open.Snapshot.Count); i < open.Snapshot.Count; i++)
            {
                (string name, Node child) = open.Snapshot[i];
                Entry? entry = sink.WantsEntries && i > 1 ? EntryOf(child) : null;
                if (!sink.TryAdd(new DirEntry(name, child.Kind, child.Id, (ulong)i + 1), entry))
                    break;
                if (entry is not null)
                    child.Lookups++;
            }

            return ValueTask.FromResult(FsError.None);
        }
    }

    public void ReleaseDir(InodeId inode, HandleId handle) => Release(inode, handle);

    public ValueTask<FsResult<VolumeStats>> StatFsAsync(CancellationToken ct) =>
        ValueTask.FromResult<FsResult<VolumeStats>>(new VolumeStats(1L << 40, 1L << 39, _nodes.Count, EntryName.MaxBytes));

    public ValueTask<FsResult<ReadOnlyMemory<byte>>> GetXattrAsync(InodeId inode, string name, CancellationToken ct)
    {
        lock (_lock)
        {
            XattrCalls++;
            return ValueTask.FromResult<FsResult<ReadOnlyMemory<byte>>>(
                _nodes.TryGetValue(inode.Value, out Node? node) && node.Xattrs.TryGetValue(name, out byte[]? value)
                    ? (ReadOnlyMemory<byte>)value
                    : FsError.NoAttribute);
        }
    }

    public ValueTask<FsResult<IReadOnlyList<string>>> ListXattrAsync(InodeId inode, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(NamesOf(inode));
    }

    public ValueTask<FsError> SetXattrAsync(InodeId inode, string name, ReadOnlyMemory<byte> value, XattrMode mode, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(inode.Value, out Node? node))
                return ValueTask.FromResult(FsError.NotFound);
            bool exists = node.Xattrs.ContainsKey(name);
            if (mode == XattrMode.CreateOnly && exists)
                return ValueTask.FromResult(FsError.Exists);
            if (mode == XattrMode.ReplaceOnly && !exists)
                return ValueTask.FromResult(FsError.NoAttribute);
            node.Xattrs[name] = value.ToArray();
            return ValueTask.FromResult(FsError.None);
        }
    }

    public ValueTask<FsError> RemoveXattrAsync(InodeId inode, string name, CancellationToken ct)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(
                _nodes.TryGetValue(inode.Value, out Node? node) && node.Xattrs.Remove(name) ? FsError.None : FsError.NoAttribute);
        }
    }

    private FsResult<IReadOnlyList<string>> NamesOf(InodeId inode) =>
        _nodes.TryGetValue(inode.Value, out Node? node) ? node.Xattrs.Keys.ToArray() : FsError.NotFound;

    private static Timestamp Now() => Timestamp.From(TimeProvider.System.GetUtcNow());

    private static Timestamp Applied(TimeChange change, Timestamp old) => change.Kind switch
    {
        TimeChangeKind.Keep => old,
        TimeChangeKind.Now => Now(),
        TimeChangeKind.Set => change.Time,
    };

    private async ValueTask<FsResult<int>> ReadSlowlyAsync(
        Func<CancellationToken, ValueTask> before, InodeId inode, HandleId handle, long offset, Memory<byte> buffer, CancellationToken ct)
    {
        await before(ct);
        return ReadNow(inode, handle, offset, buffer);
    }

    private FsResult<int> ReadNow(InodeId inode, HandleId handle, long offset, Memory<byte> buffer)
    {
        lock (_lock)
        {
            if (!_handles.ContainsKey(handle.Value) || !_nodes.TryGetValue(inode.Value, out Node? node))
                return FsError.BadHandle;
            ReadOnlySpan<byte> rest = offset >= node.Content.Length ? default : node.Content.AsSpan((int)offset);
            rest = rest[..Math.Min(rest.Length, buffer.Length)];
            rest.CopyTo(buffer.Span);
            return rest.Length;
        }
    }

    private ValueTask<FsError> Remove(InodeId parent, EntryName name, FileKind kind)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(parent.Value, out Node? directory) || !directory.Children.TryGetValue(name.Value, out Node? node))
                return ValueTask.FromResult(FsError.NotFound);
            if (node.Kind != kind)
                return ValueTask.FromResult(kind == FileKind.File ? FsError.IsDirectory : FsError.NotDirectory);
            if (node.Children.Count > 0)
                return ValueTask.FromResult(FsError.NotEmpty);
            directory.Children.Remove(name.Value);
            node.Links = 0;
            return ValueTask.FromResult(FsError.None);
        }
    }

    private FsError TryAdd(InodeId parent, EntryName name, FileKind kind, uint mode, Caller caller, out Node? node)
    {
        node = null;
        if (!_nodes.TryGetValue(parent.Value, out Node? directory))
            return FsError.NotFound;
        if (directory.Kind != FileKind.Directory)
            return FsError.NotDirectory;
        if (directory.Children.ContainsKey(name.Value))
            return FsError.Exists;
        node = NewNode(kind, mode);
        node.Uid = caller.Uid;
        node.Gid = caller.Gid;
        node.Parent = directory;
        directory.Children[name.Value] = node;
        return FsError.None;
    }

    private Node NewNode(FileKind kind, uint mode)
    {
        Node node = new(_nextInode++, kind) { Mode = mode, Modified = Now(), Accessed = Now(), Links = kind == FileKind.File ? 1u : 2u };
        _nodes[node.Id] = node;
        return node;
    }

    private HandleId NewHandle(Node node)
    {
        _handles[_nextHandle] = (node.Id, null);
        return new HandleId(_nextHandle++);
    }

    private Entry Count(Node node)
    {
        node.Lookups++;
        return EntryOf(node);
    }

    private Entry EntryOf(Node node) => new(new InodeId(node.Id), AttrOf(node).Value.Attr, EntryTtl, AttrTtl);

    private FsResult<AttrReply> AttrOf(Node node) => new AttrReply(
        new Attr(
            node.Id, node.Kind, node.Content.Length, node.Mode, node.Uid, node.Gid, node.Links, node.Modified, node.Modified, node.Accessed, Node.Born),
        AttrTtl);

    private sealed class Node(ulong id, FileKind kind)
    {
        internal static readonly Timestamp Born = new(1_500_000_000_123_456_789);

        internal byte[] Content = [];

        internal ulong Id => id;

        internal FileKind Kind => kind;

        internal Node? Parent { get; set; }

        internal SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        internal Dictionary<string, byte[]> Xattrs { get; } = [];

        internal long Lookups { get; set; }

        internal uint Mode { get; set; }

        internal uint Uid { get; set; }

        internal uint Gid { get; set; }

        internal uint Links { get; set; }

        internal Timestamp Modified { get; set; }

        internal Timestamp Accessed { get; set; }
    }
}
