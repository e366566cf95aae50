using System.Diagnostics.CodeAnalysis;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// The inodes in memory and the names they are bound to. A folder shows its listing's rows with our overlay laid over them:
/// overlay children win over a row of the same name, hidden rows are left out.
/// </summary>
/// <remarks>Purely in memory; every member is called with the volume's lock held.</remarks>
internal sealed class Namespace
{
    /// <summary>Below this, nodeids are the root and the virtual files.</summary>
    private const ulong FirstFreeInodeId = 16;

    /// <summary>Files that the kernel may hold at once, at some 500 bytes each: a walk through a million must not keep them all.</summary>
    private const int MaxListedFiles = 40_000;

    /// <summary>Bounds the work of one call.</summary>
    private const int MaxReleased = 512;

    /// <summary>Files bound to listed rows, oldest first.</summary>
    private readonly Queue<InodeId> _byAge = [];

    private readonly Dictionary<InodeId, Inode> _inodes = [];
    private readonly Dictionary<string, ObjectAttr> _attrs;
    private readonly InodeNumbers _numbers;
    private ulong _nextInodeId = FirstFreeInodeId;

    public Namespace(string rootRemotePath, Dictionary<string, ObjectAttr> attrs, InodeNumbers numbers)
    {
        _attrs = attrs;
        _numbers = numbers;
        foreach (ObjectAttr attr in attrs.Values)
        {
            if (attr.Ino != 0)
                numbers.Bind(attr.ObjectId, attr.Ino);
        }

        Root = new FolderInode(InodeId.Root, ino: 1, rootRemotePath);
        _inodes[InodeId.Root] = Root;
    }

    public FolderInode Root { get; }

    public int Count => _inodes.Count;

    /// <summary>A row had an mtime that the account stores: it has the field for it.</summary>
    public bool HasSeenStoredTime { get; set; }

    /// <summary>By file id, stored mtimes that a row may still have although ours is newer; null: any.</summary>
    public Dictionary<string, Timestamp?> OutdatedTimes { get; } = new(StringComparer.Ordinal);

    public bool TryGet(InodeId id, [NotNullWhen(true)] out Inode? inode) => _inodes.TryGetValue(id, out inode);

    public void Add(Inode inode) => _inodes[inode.Id] = inode;

    /// <summary>The folder at a remote path, when it is in memory.</summary>
    public FolderInode? FindFolder(string remotePath)
    {
        FolderInode folder = Root;
        if (remotePath == folder.RemotePath)
            return folder;
        if (!RemotePath.IsBelow(remotePath, folder.RemotePath))
            return null;
        int start = RemotePath.IsRoot(folder.RemotePath) ? 1 : folder.RemotePath.Length + 1;
        foreach (Range range in remotePath.AsSpan(start).Split('/'))
        {
            ReadOnlySpan<char> part = remotePath.AsSpan(start)[range];
            FolderInode? next = null;
            foreach (Inode child in folder.Dentries.Values)
            {
                if (child is FolderInode candidate && part.SequenceEqual(candidate.RemoteName))
                {
                    next = candidate;
                    break;
                }
            }

            if (next is null)
                return null;
            folder = next;
        }

        return folder;
    }

    /// <summary>Adds the folders in memory that have one of these numbers and are not in <paramref name="found"/>.</summary>
    public void CollectFolders(IReadOnlySet<ulong> numbers, Dictionary<ulong, FolderInode> found)
    {
        foreach (Inode inode in _inodes.Values)
        {
            if (inode is FolderInode folder && numbers.Contains(folder.Ino))
                found.TryAdd(folder.Ino, folder);
        }
    }

    public FileInode NewFile(ulong? ino = null)
    {
        FileInode inode = new(new InodeId(_nextInodeId++), ino ?? _numbers.Reserve());
        _inodes[inode.Id] = inode;
        FileCount++;
        return inode;
    }

    public FolderInode NewFolder(string remotePath, ulong? ino = null)
    {
        FolderInode inode = new(new InodeId(_nextInodeId++), ino ?? _numbers.Reserve(), remotePath);
        _inodes[inode.Id] = inode;
        return inode;
    }

    /// <summary>Gives an inode a name. What held the name before is unbound and returned.</summary>
    public Inode? Bind(FolderInode parent, string name, string remoteName, Inode inode, OverlayState overlay)
    {
        Inode? before = null;
        if (parent.Dentries.TryGetValue(name, out Inode? present) && present != inode)
        {
            before = present;
            Detach(present);
        }

        FolderInode? oldParent = inode.Parent;
        if (oldParent is not null)
        {
            oldParent.OverlayChildren.Remove(inode);
            oldParent.Dentries.Remove(inode.Name);
        }

        inode.Parent = parent;
        inode.Name = name;
        inode.RemoteName = remoteName;
        parent.Dentries[name] = inode;
        SetOverlay(inode, overlay);
        if (inode is FolderInode folder)
            MovePaths(folder, RemotePath.Combine(parent.RemotePath, remoteName));
        // Only now: nothing of what was just bound may be let go for having had no name for a moment.
        if (before is not null)
            DropIfUnused(before);
        if (oldParent is not null)
            DropIfUnused(oldParent);
        return before;
    }

    /// <summary>Takes an inode's name away; handles and the kernel's references keep the object.</summary>
    public void Unbind(Inode inode)
    {
        if (inode.Parent is not { } parent)
            return;
        Detach(inode);
        DropIfUnused(inode);
        DropIfUnused(parent);
    }

    private static void Detach(Inode inode)
    {
        FolderInode parent = inode.Parent!;
        if (inode is FileInode { ServerPath: null } file)
            file.ServerPath = RemotePath.Combine(parent.RemotePath, file.RemoteName);
        parent.OverlayChildren.Remove(inode);
        parent.Dentries.Remove(inode.Name);
        inode.Parent = null;
        inode.Overlay = OverlayState.Listed;
    }

    public static void SetOverlay(Inode inode, OverlayState overlay)
    {
        inode.Overlay = overlay;
        if (inode.Parent is not { } parent)
            return;
        if (overlay == OverlayState.Listed)
            parent.OverlayChildren.Remove(inode);
        else
            parent.OverlayChildren.Add(inode);
    }

    /// <summary>Where the service has the file now.</summary>
    public static string ServerPathOf(FileInode inode) =>
        inode.ServerPath ?? (inode.Parent is { } parent ? RemotePath.Combine(parent.RemotePath, inode.RemoteName) : inode.RemoteName);

    /// <summary>The path that its name says, in the library's spelling.</summary>
    public static string RemotePathOf(Inode inode) => inode switch
    {
        FolderInode folder => folder.RemotePath,
        _ => inode.Parent is { } parent ? RemotePath.Combine(parent.RemotePath, inode.RemoteName) : ((FileInode)inode).ServerPath ?? inode.RemoteName,
    };

    /// <summary>The path from the mount's root, as the user sees it.</summary>
    public string LocalPathOf(Inode inode)
    {
        if (inode == Root)
            return "/";
        List<string> parts = [];
        for (Inode? at = inode; at is not null && at != Root; at = at.Parent)
            parts.Add(at.Name);
        parts.Reverse();
        return "/" + string.Join('/', parts);
    }

    public static bool IsHidden(FolderInode folder, in Row row)
    {
        if (folder.Hidden.Count == 0)
            return false;
        // A folder whose id was never learnt is hidden by name.
        return folder.Hidden.ContainsKey(new HiddenKey(row.Id, row.RemoteName))
            || folder.Hidden.ContainsKey(row.Kind == FileKind.Directory ? new HiddenKey("", row.RemoteName) : HiddenKey.AnyFile(row.RemoteName));
    }

    /// <summary>Finds what a name means in a folder whose listing is at hand. Binds an inode to the row when there is none yet.</summary>
    public Inode? Find(FolderInode folder, string name, Listing? listing)
    {
        if (folder.Dentries.TryGetValue(name, out Inode? bound) && (bound.Overlay != OverlayState.Listed || listing is null))
            return bound;
        if (listing is null || !listing.TryFind(name, out Row row) || IsHidden(folder, row))
            return null;
        return BindRow(folder, name, bound, row);
    }

    /// <summary>The inode of a listed row.</summary>
    /// <param name="name">The row's own; passed on so that a walk makes the text once.</param>
    /// <param name="bound">What has the name now.</param>
    private Inode BindRow(FolderInode folder, string name, Inode? bound, in Row row)
    {
        if (bound is not null)
        {
            if (row.ObjectId.Is(bound.ObjectId))
                return bound;
            if (bound is FolderInode { FolderId: null } known && row.Kind == FileKind.Directory)
            {
                Identify(known, row);
                return known;
            }
        }

        Inode inode;
        if (row.Kind == FileKind.Directory)
        {
            FolderInode child = NewFolder(RemotePath.Combine(folder.RemotePath, row.RemoteName), _numbers.For(row.ObjectId));
            child.FolderId = row.Id;
            inode = child;
        }
        else
        {
            FileInode child = NewFile(_numbers.For(row.ObjectId));
            child.Base = RemoteVersion.From(row);
            _byAge.Enqueue(child.Id);
            inode = child;
        }

        ApplyRow(inode, row);
        Bind(folder, name, row.RemoteNameUtf8.SequenceEqual(row.NameUtf8) ? name : row.RemoteName, inode, OverlayState.Listed);
        return inode;
    }

    /// <summary>A listing tells the id of a folder that was known by its path alone: what is in it is ours, and stays.</summary>
    /// <returns>What must be stored now that it has an id, if anything.</returns>
    public ObjectAttr? Identify(FolderInode folder, in Row row)
    {
        folder.FolderId = row.Id;
        if (!folder.IsAssumed)
            return RememberAttr(folder);
        folder.IsAssumed = false;
        folder.Ino = _numbers.For(row.Id);
        ApplyRow(folder, row);
        return null;
    }

    /// <summary>Takes times and stored attributes from a row that names the same object.</summary>
    public void ApplyRow(Inode inode, in Row row)
    {
        inode.Born = row.Born;
        inode.Modified = row.Modified;
        inode.Changed = row.Changed;
        HasSeenStoredTime |= row.StoredTime is not null;
        Timestamp? listed = row.IsKept ? null : row.StoredTime;
        string id = inode.ObjectId ?? row.Id;
        // Most objects have nothing stored; then no text of their version is made.
        if (listed is not null || _attrs.ContainsKey(id))
            ApplyStored(inode, id, row.VersionId, listed);
    }

    /// <summary>Takes what this machine knows of an object; an mtime counts for its own version only, and not against one that another machine stored since.</summary>
    public void ApplyStored(Inode inode, string objectId, string versionId, Timestamp? listed = null)
    {
        bool isOutdated = false;
        if (listed is not null && OutdatedTimes.TryGetValue(objectId, out Timestamp? outdated))
        {
            isOutdated = outdated is null || outdated == listed;
            if (!isOutdated)
                OutdatedTimes.Remove(objectId);
        }

        if (!_attrs.TryGetValue(objectId, out ObjectAttr? attr))
            return;
        if (attr.Ino != 0)
            inode.Ino = attr.Ino;
        inode.Mode = attr.Mode;
        inode.Uid = attr.Uid;
        inode.Gid = attr.Gid;
        if (attr.ModifiedNs is { } modified && (listed is null || isOutdated) && (attr.VersionId is null || attr.VersionId == versionId))
            inode.Modified = new Timestamp(modified);
        if (attr.AccessedNs is { } accessed)
            inode.Accessed = new Timestamp(accessed);
    }

    /// <summary>What must be stored so that the inode looks the same after a remount.</summary>
    public ObjectAttr? RememberAttr(Inode inode)
    {
        if (inode.ObjectId is not { } id)
            return null;
        string? version = inode is FileInode { Base: { } current } ? current.VersionId : null;
        ObjectAttr attr = new(id, inode.Ino, inode.Mode, inode.Uid, inode.Gid, version, inode.Modified.UnixNanoseconds, inode.Accessed?.UnixNanoseconds);
        _attrs[id] = attr;
        _numbers.Bind(id, inode.Ino);
        return attr;
    }

    /// <summary>The stat number a row will have once it is bound.</summary>
    public ulong InoOf(in Row row) => _numbers.For(row.ObjectId);

    public void ForgetAttr(string objectId)
    {
        _attrs.Remove(objectId);
        _numbers.Release(objectId);
    }

    public void Forget(InodeId id, ulong count)
    {
        if (!_inodes.TryGetValue(id, out Inode? inode))
            return;
        inode.Lookups -= Math.Min(count, inode.Lookups);
        FolderInode? parent = inode.Parent;
        DropIfUnused(inode);
        if (!inode.IsLinked)
            parent?.TrimDentries();
    }

    /// <summary>May be asked without the lock: a number that is a moment old does as well.</summary>
    public bool HasTooMany => _byAge.Count > MaxListedFiles;

    /// <summary>The kernel has yet to let go of what it was asked to; as <see cref="HasTooMany"/>, without the lock.</summary>
    public bool IsCrowded => FileCount > MaxListedFiles + (MaxListedFiles / 2);

    /// <summary>Files in memory. Folders do not count: the kernel keeps them, and is not asked to let go of them.</summary>
    public int FileCount { get; private set; }

    /// <summary>The names of files that the kernel should let go of, since there are too many.</summary>
    public List<(InodeId Parent, string Name)>? TakeOld()
    {
        List<(InodeId, string)>? old = null;
        for (int i = 0; i < MaxReleased && HasTooMany; i++)
        {
            InodeId id = _byAge.Dequeue();
            if (!_inodes.TryGetValue(id, out Inode? inode) || inode.Parent is not { } parent)
                continue;
            if (inode.IsPinned)
                _byAge.Enqueue(id);
            else
                (old ??= []).Add((parent.Id, inode.Name));
        }

        return old;
    }

    /// <summary>Lets go of an inode that nobody needs, and of parents that were kept for it.</summary>
    public void DropIfUnused(Inode inode)
    {
        Inode? at = inode;
        while (at is not null && at != Root && at.Lookups == 0 && !at.IsPinned && at is not FileInode { IsVirtual: true })
        {
            FolderInode? parent = at.Parent;
            if (parent is not null)
            {
                parent.Dentries.Remove(at.Name);
                parent.OverlayChildren.Remove(at);
                at.Parent = null;
            }

            if (_inodes.Remove(at.Id) && at is FileInode)
                FileCount--;
            at = parent;
        }
    }

    /// <summary>Files with a name whose bytes are in no journaled generation: being written, or no room was found for them.</summary>
    public IEnumerable<FileInode> Unsaved()
    {
        foreach (Inode inode in _inodes.Values)
        {
            if (inode is FileInode { IsLinked: true, Dirty: { } dirty } file && (dirty.IsNew || dirty.Stack.IsDirty || dirty.Users > 0))
                yield return file;
        }
    }

    /// <summary>Every inode at or below a folder, for a change of paths or a search for open work.</summary>
    public static IEnumerable<Inode> Below(FolderInode folder)
    {
        foreach (Inode child in folder.Dentries.Values)
        {
            yield return child;
            if (child is FolderInode inner)
            {
                foreach (Inode deeper in Below(inner))
                    yield return deeper;
            }
        }
    }

    private static void MovePaths(FolderInode folder, string path)
    {
        if (folder.RemotePath == path)
            return;
        string old = folder.RemotePath;
        folder.RemotePath = path;
        foreach (Inode child in folder.Dentries.Values)
        {
            if (child is FolderInode inner)
                MovePaths(inner, RemotePath.Combine(path, inner.RemoteName));
            else if (child is FileInode { ServerPath: { } server } file && RemotePath.IsBelow(server, old))
                file.ServerPath = RemotePath.Rebase(server, old, path);
        }
    }
}
