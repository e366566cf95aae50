using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>Commits that failed where nobody could be told: CloseHandle has no errors. The next open for writing of that file gets the error, once.</summary>
internal sealed class CommitFailures
{
    /// <summary>More failures than this are one cause, which `status` shows; the oldest are forgotten.</summary>
    internal const int MaxRemembered = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<InodeId, FsError> _errors = [];
    private readonly Queue<InodeId> _order = new();

    /// <summary>Remembers, or with <see cref="FsError.None"/> forgets.</summary>
    internal void Record(InodeId inode, FsError error)
    {
        lock (_lock)
        {
            if (error == FsError.None)
            {
                _errors.Remove(inode);
                return;
            }

            _errors[inode] = error;
            _order.Enqueue(inode);
            while (_order.Count > MaxRemembered)
                _errors.Remove(_order.Dequeue());
        }
    }

    /// <summary>The error that nobody was told yet, or None.</summary>
    internal FsError Take(InodeId inode)
    {
        lock (_lock)
            return _errors.Remove(inode, out FsError error) ? error : FsError.None;
    }
}
