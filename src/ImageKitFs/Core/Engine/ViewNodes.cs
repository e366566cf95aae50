using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>The nodes of the view that the kernel holds. Their numbers lie far above those of the library's inodes.</summary>
internal sealed class ViewNodes
{
    /// <summary>Inodes of the library count up from 1 and never get here.</summary>
    private const ulong FirstId = 1UL << 62;

    private readonly Lock _lock = new();
    private readonly Dictionary<InodeId, ViewNode> _byId = [];
    private readonly Dictionary<string, ViewNode> _byKey = new(StringComparer.Ordinal);
    private ulong _next = FirstId;

    public static bool Owns(InodeId id) => id.Value >= FirstId;

    public int Count
    {
        get
        {
            lock (_lock)
                return _byId.Count;
        }
    }

    public bool TryGet(InodeId id, [NotNullWhen(true)] out ViewNode? node)
    {
        lock (_lock)
            return _byId.TryGetValue(id, out node);
    }

    /// <summary>The node of a key, with one lookup counted; made when there is none.</summary>
    public T Acquire<T>(string key, Func<InodeId, ulong, T> make, out bool isNew)
        where T : ViewNode
    {
        lock (_lock)
        {
            isNew = !_byKey.TryGetValue(key, out ViewNode? node);
            if (node is null)
            {
                // 63 bits: some programs read st_ino as signed.
                node = make(new InodeId(_next++), XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(key)) >> 1);
                _byKey[key] = node;
                _byId[node.Id] = node;
            }

            node.Lookups++;
            return (T)node;
        }
    }

    /// <summary>Gives lookups back.</summary>
    /// <returns>The node, when nobody holds it any more.</returns>
    public ViewNode? Forget(InodeId id, ulong count)
    {
        lock (_lock)
        {
            if (!_byId.TryGetValue(id, out ViewNode? node))
                return null;
            node.Lookups -= Math.Min(count, node.Lookups);
            if (node.Lookups > 0)
                return null;
            _byId.Remove(id);
            _byKey.Remove(node.Key);
            return node;
        }
    }
}
