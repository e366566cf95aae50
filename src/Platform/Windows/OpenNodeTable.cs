using System.Diagnostics.CodeAnalysis;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Platform.Windows;

/// <summary>The open nodes of a mount, one per inode. Holds one lookup per open, given back when it is closed.</summary>
internal sealed class OpenNodeTable(IFileSystem fileSystem)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<InodeId, OpenNode> _nodes = [];

    /// <summary>How many nodes are open.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _nodes.Count;
        }
    }

    /// <summary>Counts one open. The lookup that found <paramref name="entry"/> passes to the table.</summary>
    internal OpenNode Open(in Entry entry, string path)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(entry.Inode, out OpenNode? node))
            {
                node = new OpenNode(entry.Inode, entry.Attr.Kind, path);
                _nodes.Add(entry.Inode, node);
            }

            node.Opens++;
            return node;
        }
    }

    /// <summary>Ends one open.</summary>
    internal void Close(OpenNode node)
    {
        lock (_lock)
        {
            if (node.Opens == 0)
                return;
            if (--node.Opens == 0)
                _nodes.Remove(node.Inode);
        }

        if (node.Inode != InodeId.Root)
            fileSystem.Forget(node.Inode, count: 1);
    }

    /// <summary>The open folders, newest last.</summary>
    internal List<OpenNode> Folders()
    {
        lock (_lock)
            return [.. _nodes.Values.Where(node => node.IsFolder)];
    }

    /// <summary>The open node of an inode.</summary>
    internal bool TryGet(InodeId inode, [NotNullWhen(true)] out OpenNode? node)
    {
        lock (_lock)
            return _nodes.TryGetValue(inode, out node);
    }

    /// <summary>The mount is gone: no close will come for what is open.</summary>
    internal async Task AbandonAsync(CancellationToken ct)
    {
        List<OpenNode> left;
        lock (_lock)
        {
            left = [.. _nodes.Values];
            _nodes.Clear();
        }

        await Task.WhenAll(left.Select(node => node.AbandonWritersAsync(fileSystem, ct)));
        foreach (OpenNode node in left.Where(node => node.Inode != InodeId.Root))
            fileSystem.Forget(node.Inode, (ulong)node.Opens);
    }

    /// <summary>A file or folder was renamed: moves its node and all below it.</summary>
    internal void Moved(string oldPath, string newPath)
    {
        string below = oldPath + PathWalker.Separator;
        lock (_lock)
        {
            foreach (OpenNode node in _nodes.Values)
            {
                if (CaseFolding.Same(node.Path, oldPath))
                    node.Path = newPath;
                else if (node.Path.Length > below.Length && CaseFolding.Same(node.Path[..below.Length], below))
                    node.Path = string.Concat(newPath, node.Path.AsSpan(oldPath.Length));
            }
        }
    }
}
