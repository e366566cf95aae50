namespace ImageKitFs.Emulator.Library;

/// <summary>Rows in creation order that can be counted below any point of it in logarithmic time.</summary>
internal interface IRowSource
{
    /// <summary>How many rows.</summary>
    int Count { get; }

    /// <summary>How many rows come before <paramref name="sequence"/>.</summary>
    int CountBelow(long sequence);

    /// <summary>The row at <paramref name="index"/> of this source.</summary>
    Node At(int index);
}

/// <summary>Nodes sorted by <see cref="Node.Sequence"/>.</summary>
internal class SequenceList<T> : IRowSource
    where T : Node
{
    private readonly List<T> _nodes = [];

    /// <inheritdoc/>
    public int Count => _nodes.Count;

    /// <summary>The nodes, in order.</summary>
    public IReadOnlyList<T> Nodes => _nodes;

    /// <inheritdoc/>
    public Node At(int index) => _nodes[index];

    /// <summary>Adds a node. New nodes have the highest sequence, so this is an append but for moves.</summary>
    public virtual void Add(T node)
    {
        if (_nodes.Count == 0 || _nodes[^1].Sequence < node.Sequence)
            _nodes.Add(node);
        else
            _nodes.Insert(CountBelow(node.Sequence), node);
    }

    /// <summary>Takes a node out.</summary>
    public virtual void Remove(T node) => _nodes.RemoveAt(CountBelow(node.Sequence));

    /// <inheritdoc/>
    public int CountBelow(long sequence)
    {
        int low = 0;
        int high = _nodes.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_nodes[middle].Sequence < sequence)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}

/// <summary>The files or the folders of one folder: no two share a name.</summary>
internal sealed class NodeList<T> : SequenceList<T>
    where T : Node
{
    private readonly Dictionary<string, T> _byName = new(StringComparer.Ordinal);

    /// <summary>The node of that name.</summary>
    public T? Find(string name) => _byName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override void Add(T node)
    {
        _byName.Add(node.Name, node);
        base.Add(node);
    }

    /// <inheritdoc/>
    public override void Remove(T node)
    {
        _byName.Remove(node.Name);
        base.Remove(node);
    }
}

/// <summary>Several sources as one list in creation order; any page of it starts in logarithmic time.</summary>
internal sealed class MergedRows(params IReadOnlyList<IRowSource> sources)
{
    /// <summary>How many rows.</summary>
    public int Count => sources.Sum(source => source.Count);

    /// <summary>The rows from the <paramref name="skip"/>th on.</summary>
    public IEnumerable<Node> From(int skip)
    {
        int[] next = Start(skip);
        while (true)
        {
            int best = -1;
            Node? row = null;
            for (int i = 0; i < next.Length; i++)
            {
                if (next[i] >= sources[i].Count)
                    continue;
                Node candidate = sources[i].At(next[i]);
                if (row is not null && candidate.Sequence > row.Sequence)
                    continue;
                (best, row) = (i, candidate);
            }

            if (row is null)
                yield break;
            next[best]++;
            yield return row;
        }
    }

    // The sequence below which exactly `skip` rows lie, by halving; then each source's share of them.
    private int[] Start(int skip)
    {
        long low = long.MinValue / 4; // the folders above synthetic ones come before zero
        long high = long.MaxValue / 4;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (sources.Sum(source => source.CountBelow(middle)) < skip)
                low = middle + 1;
            else
                high = middle;
        }

        return [.. sources.Select(source => source.CountBelow(low))];
    }
}
