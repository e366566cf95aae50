namespace ImageKitFs.Emulator.Library;

/// <summary>The lagging search index (U1): what listings go on showing of nodes that have changed. Used under the store's lock.</summary>
internal sealed class ListingLag(Func<EmulatorOptions> options, TimeProvider time)
{
    private readonly Dictionary<string, Queue<Memory>> _memories = new(StringComparer.Ordinal);

    /// <summary>Remembers a node's state before it changes; <paramref name="before"/> null: it did not exist.</summary>
    public void Remember(string id, Node? before)
    {
        EmulatorOptions now = options();
        if (now.ListingLag <= TimeSpan.Zero && now.ListingLagCalls <= 0)
            return;
        if (!_memories.TryGetValue(id, out Queue<Memory>? states))
            _memories.Add(id, states = new Queue<Memory>());
        states.Enqueue(new Memory(before, time.GetUtcNow() + now.ListingLag, now.ListingLagCalls));
    }

    /// <summary>Remembers a node that is about to change.</summary>
    public void Before(Node node) => Remember(node.Id, node is FolderNode folder ? folder.Snapshot() : ((FileNode)node).Snapshot());

    /// <summary>The states that listings show instead of the present ones, by id; null when listings are up to date.</summary>
    public IReadOnlyDictionary<string, Node?>? Current()
    {
        if (_memories.Count == 0)
            return null;
        DateTimeOffset now = time.GetUtcNow();
        var shown = new Dictionary<string, Node?>(StringComparer.Ordinal);
        foreach ((string id, Queue<Memory> states) in _memories.ToList())
        {
            while (states.TryPeek(out Memory? oldest) && oldest.Until <= now && oldest.CallsLeft <= 0)
                states.Dequeue();
            if (states.TryPeek(out Memory? shownState))
                shown.Add(id, shownState.State);
            else
                _memories.Remove(id);
        }

        return shown.Count == 0 ? null : shown;
    }

    /// <summary>Counts one list call against every memory.</summary>
    public void CountCall()
    {
        foreach (Queue<Memory> states in _memories.Values)
        {
            foreach (Memory memory in states)
                memory.CallsLeft--;
        }
    }

    private sealed class Memory(Node? state, DateTimeOffset until, int calls)
    {
        public Node? State => state;

        public DateTimeOffset Until => until;

        public int CallsLeft { get; set; } = calls;
    }
}
