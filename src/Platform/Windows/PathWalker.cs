using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Platform.Windows;

/// <summary>From a path as Windows writes it to an inode, by lookups from the root. Case does not matter; the path comes back in stored case.</summary>
/// <remarks>What was looked up on the way is forgotten again; of the inode found one lookup is the caller's, unless it is the root.</remarks>
internal sealed class PathWalker(IFileSystem fileSystem, NameIndex names)
{
    internal const char Separator = '\\';

    /// <summary>The path of the root.</summary>
    internal const string RootPath = "\\";

    /// <summary>Finds what a path names.</summary>
    internal async ValueTask<WalkResult<WalkedNode>> WalkAsync(string path, CancellationToken ct)
    {
        if (!TrySplit(path, out string[] components))
            return WalkResult<WalkedNode>.Failed(FsError.InvalidName, isAtAncestor: false);
        return await WalkAsync(components, isWhole: true, ct);
    }

    /// <summary>Finds the folder in which the last component of a path is, or would be made. That component need not exist.</summary>
    internal async ValueTask<WalkResult<WalkedParent>> WalkToParentAsync(string path, CancellationToken ct)
    {
        if (!TrySplit(path, out string[] components))
            return WalkResult<WalkedParent>.Failed(FsError.InvalidName, isAtAncestor: false);
        if (components.Length == 0)
            return WalkResult<WalkedParent>.Failed(FsError.NotPermitted, isAtAncestor: false); // the root has no name

        FsError error = WindowsNames.TryToLocal(components[^1], out EntryName name);
        if (error != FsError.None)
            return WalkResult<WalkedParent>.Failed(error, isAtAncestor: false);
        WalkResult<WalkedNode> parent = await WalkAsync(components[..^1], isWhole: false, ct);
        if (parent.Error != FsError.None)
            return WalkResult<WalkedParent>.Failed(parent.Error, parent.IsAtAncestor);
        if (parent.Value.Entry.Attr.Kind == FileKind.Directory)
            return WalkResult<WalkedParent>.Found(new WalkedParent(parent.Value, name, components[^1]));
        Forget(parent.Value.Entry.Inode);
        return WalkResult<WalkedParent>.Failed(FsError.NotDirectory, isAtAncestor: true);
    }

    /// <summary>Gives back the caller's lookup of what was found.</summary>
    internal void Forget(InodeId inode)
    {
        if (inode != InodeId.Root)
            fileSystem.Forget(inode, count: 1);
    }

    /// <summary>A name below a folder's path.</summary>
    internal static string Join(string folder, string name) => folder == RootPath ? RootPath + name : string.Concat(folder, RootPath, name);

    private async ValueTask<WalkResult<WalkedNode>> WalkAsync(string[] components, bool isWhole, CancellationToken ct)
    {
        FsResult<AttrReply> root = await fileSystem.GetAttrAsync(InodeId.Root, ct);
        if (!root.Ok)
            return WalkResult<WalkedNode>.Failed(root.Error, isAtAncestor: components.Length > 0 || !isWhole);

        Entry at = new(InodeId.Root, root.Value.Attr, root.Value.Ttl, root.Value.Ttl);
        string path = RootPath;
        EntryName local = default;
        for (int i = 0; i < components.Length; i++)
        {
            bool isFolder = at.Attr.Kind == FileKind.Directory;
            FsResult<NamedEntry> next = isFolder ? await names.LookupAsync(at, components[i], ct) : FsError.NotDirectory;
            Forget(at.Inode);
            if (!next.Ok)
                return WalkResult<WalkedNode>.Failed(next.Error, isAtAncestor: !isFolder || !isWhole || i < components.Length - 1);
            at = next.Value.Entry;
            local = next.Value.Local;
            path = Join(path, next.Value.Shown);
        }

        return WalkResult<WalkedNode>.Found(new WalkedNode(at, local, path));
    }

    /// <summary>The driver sends rooted paths without empty components; anything else is refused.</summary>
    private static bool TrySplit(string path, out string[] components)
    {
        components = [];
        if (path.Length == 0 || path[0] != Separator)
            return false;
        if (path.Length > 1)
            components = path[1..].Split(Separator);
        return !components.Contains("");
    }
}

/// <summary>What a path names. One lookup of it is the holder's, unless it is the root.</summary>
/// <param name="Entry">The inode.</param>
/// <param name="Local">Its name in the port; default for the root.</param>
/// <param name="Path">The path in stored case: what the driver wants as NormalizedName.</param>
internal readonly record struct WalkedNode(Entry Entry, EntryName Local, string Path);

/// <summary>Where a name is or would be made. One lookup of the folder is the holder's, unless it is the root.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Local">The last component as a new local name. An existing name may differ from it in case or by a suffix: look it up first.</param>
/// <param name="Asked">The last component as Windows wrote it.</param>
internal readonly record struct WalkedParent(WalkedNode Folder, EntryName Local, string Asked);
