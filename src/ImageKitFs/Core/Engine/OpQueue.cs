using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// The journal's operations in the order in which the user made them, per path: an operation waits for every earlier one that touches a path of its own.
/// Folder renames and deletes are not queued: they close the folder (<see cref="PathGates"/>) and wait for what runs below.
/// </summary>
/// <remarks>In memory; every member is called with the volume's lock held.</remarks>
internal sealed class OpQueue
{
    private readonly SortedDictionary<long, PendingOp> _bySeq = [];
    private readonly Dictionary<string, List<PendingOp>> _byPath = new(StringComparer.Ordinal);
    private int _backups;

    /// <summary>All operations, oldest first.</summary>
    public IEnumerable<PendingOp> All => _bySeq.Values;

    public int Count => _bySeq.Count;

    public void Add(PendingOp op)
    {
        _bySeq.Add(op.Seq, op);
        if (op is BackupOp)
            _backups++;
        foreach (string path in PathsOf(op))
            Register(path, op);
    }

    /// <summary>Takes an operation out: it is done, or no longer wanted.</summary>
    public void Remove(PendingOp op)
    {
        if (!_bySeq.Remove(op.Seq))
            return;
        if (op is BackupOp)
            _backups--;
        foreach (string path in PathsOf(op))
            Unregister(path, op);
    }

    public PendingOp? Find(long seq) => _bySeq.GetValueOrDefault(seq);

    public bool Contains(PendingOp op) => _bySeq.TryGetValue(op.Seq, out PendingOp? found) && found == op;

    /// <summary>True when nothing earlier touches its paths.</summary>
    public bool IsFirst(PendingOp op)
    {
        foreach (string path in PathsOf(op))
        {
            if (!IsFirstOn(path, op))
                return false;
        }

        return true;
    }

    /// <summary>A rename that turned out not to need the name at its source, or to have to do without it: others may use it.</summary>
    public void DropStopover(RenameOp op)
    {
        if (op.Stopover is not { } stopover)
            return;
        if (Contains(op))
            Unregister(stopover, op);
        op.Stopover = null;
    }

    /// <summary>True when a later operation needs the name.</summary>
    public bool IsWaitedFor(PendingOp op) => _byPath[op.Path] is [.., var last] && last != op;

    /// <summary>An operation that waits on the path, newest first match.</summary>
    public T? FindWaiting<T>(string path)
        where T : PendingOp
    {
        if (!_byPath.TryGetValue(path, out List<PendingOp>? ops))
            return null;
        for (int i = ops.Count - 1; i >= 0; i--)
        {
            if (ops[i] is T op && !op.IsRunning && op.State is OpState.Waiting or OpState.Failed)
                return (T)ops[i];
        }

        return null;
    }

    /// <summary>A rename away from the path that still waits for a file to take it, and that nothing else waits for.</summary>
    public RenameOp? FindHeldRename(string path)
    {
        if (!_byPath.TryGetValue(path, out List<PendingOp>? ops) || ops[^1] is not RenameOp { IsHeld: true, IsRunning: false, State: OpState.Waiting } rename)
            return null;
        return rename.Path == path && _byPath[rename.Path2!].Count == 1 ? rename : null;
    }

    /// <summary>A view of a version of the file: the file must not be deleted before the view has bytes of its own.</summary>
    public BackupOp? FindBackupOf(string? fileId)
    {
        if (fileId is null || _backups == 0)
            return null;
        foreach (PendingOp op in _bySeq.Values)
        {
            if (op is BackupOp backup && backup.Version.FileId == fileId)
                return backup;
        }

        return null;
    }

    /// <summary>Something waits for the path of a held rename: it goes now. True when one was found.</summary>
    public bool ReleaseHeld(PendingOp waiting)
    {
        bool found = false;
        foreach (string path in PathsOf(waiting))
            found |= ReleaseOn(path, waiting);
        return found;
    }

    public bool HasOpsOn(string path) => _byPath.ContainsKey(path);

    public MkdirOp? FindMkdir(string path)
    {
        if (!_byPath.TryGetValue(path, out List<PendingOp>? ops))
            return null;
        foreach (PendingOp op in ops)
        {
            if (op is MkdirOp mkdir)
                return mkdir;
        }

        return null;
    }

    /// <summary>Moves an operation to another path, keeping its place in time.</summary>
    public void Retarget(PendingOp op, string path)
    {
        Unregister(op.Path, op);
        op.Path = path;
        Register(path, op);
    }

    /// <summary>After a folder was renamed: every path at or below it changes.</summary>
    public void Rebase(string oldFolder, string newFolder)
    {
        foreach (PendingOp op in _bySeq.Values)
        {
            if (op.Path == oldFolder || RemotePath.IsBelow(op.Path, oldFolder))
                Retarget(op, RemotePath.Rebase(op.Path, oldFolder, newFolder));
            if (op.Path2 is { } second && (second == oldFolder || RemotePath.IsBelow(second, oldFolder)))
            {
                Unregister(second, op);
                op.Path2 = RemotePath.Rebase(second, oldFolder, newFolder);
                Register(op.Path2, op);
            }

            if (op is not RenameOp rename)
                continue;
            rename.Rebase(oldFolder, newFolder);
            if (rename.Stopover is { } stopover && RemotePath.IsBelow(stopover, oldFolder))
            {
                Unregister(stopover, op);
                rename.Stopover = RemotePath.Rebase(stopover, oldFolder, newFolder);
                Register(rename.Stopover, op);
            }
        }
    }

    public IEnumerable<PendingOp> Below(string folder)
    {
        foreach (PendingOp op in _bySeq.Values)
        {
            if (RemotePath.IsBelow(op.Path, folder) || (op.Path2 is { } second && RemotePath.IsBelow(second, folder)))
                yield return op;
        }
    }

    /// <remarks>What is never sent holds nobody up: a placeholder's name can be renamed away and used again.</remarks>
    private bool IsFirstOn(string path, PendingOp op) => _byPath[path].Find(earlier => earlier == op || earlier.WillBePushed) == op;

    private static IEnumerable<string> PathsOf(PendingOp op)
    {
        if (op.IsAddressedById)
            yield break;
        yield return op.Path;
        if (op.Path2 is { } second)
            yield return second;
        if (op is RenameOp { Stopover: { } stopover })
            yield return stopover;
    }

    private bool ReleaseOn(string path, PendingOp waiting)
    {
        bool found = false;
        foreach (PendingOp op in _byPath[path])
        {
            if (op == waiting)
                break;
            if (op is not RenameOp { IsHeld: true } held)
                continue;
            held.IsHeld = false;
            held.NotBefore = 0;
            found = true;
        }

        return found;
    }

    private void Register(string path, PendingOp op)
    {
        if (op.IsAddressedById)
            return;
        if (!_byPath.TryGetValue(path, out List<PendingOp>? ops))
            _byPath[path] = ops = [];
        int at = ops.Count;
        while (at > 0 && ops[at - 1].Seq > op.Seq)
            at--;
        ops.Insert(at, op);
    }

    private void Unregister(string path, PendingOp op)
    {
        if (op.IsAddressedById)
            return;
        List<PendingOp> ops = _byPath[path];
        ops.Remove(op);
        if (ops.Count == 0)
            _byPath.Remove(path);
    }
}
