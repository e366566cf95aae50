using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Engine;

/// <summary>Folders that are being renamed or deleted: what wants to list or send anything at or below one waits until it is over.</summary>
/// <remarks>Every member is called with the volume's lock held.</remarks>
internal sealed class PathGates
{
    private readonly List<Gate> _closed = [];

    /// <summary>Closes a folder, or returns null when it, something above it or something below it is closed already.</summary>
    public Gate? TryClose(string folder)
    {
        foreach (Gate gate in _closed)
        {
            if (gate.Folder == folder || RemotePath.IsBelow(folder, gate.Folder) || RemotePath.IsBelow(gate.Folder, folder))
                return null;
        }

        Gate closed = new(this, folder);
        _closed.Add(closed);
        return closed;
    }

    /// <summary>True when the path is at or below a closed folder; <paramref name="opened"/> completes when that opens.</summary>
    public bool IsClosed(string path, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Task? opened)
    {
        opened = null;
        foreach (Gate gate in _closed)
        {
            if (gate.Folder == path || RemotePath.IsBelow(path, gate.Folder))
            {
                opened = gate.Opened;
                return true;
            }
        }

        return false;
    }

    /// <summary>What completes when the first of the closed folders related to this one opens.</summary>
    public Task WaitForRelated(string folder)
    {
        foreach (Gate gate in _closed)
        {
            if (gate.Folder == folder || RemotePath.IsBelow(folder, gate.Folder) || RemotePath.IsBelow(gate.Folder, folder))
                return gate.Opened;
        }

        return Task.CompletedTask;
    }

    internal sealed class Gate(PathGates owner, string folder)
    {
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Folder { get; } = folder;

        public Task Opened => _opened.Task;

        /// <summary>Opens the folder; with the volume's lock held.</summary>
        public void Open()
        {
            owner._closed.Remove(this);
            _opened.TrySetResult();
        }
    }
}
