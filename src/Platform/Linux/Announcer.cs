using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Interop;
using ImageKitFs.Platform.Linux.Protocol;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>Tells programs that watch a folder of the mount (inotify, fanotify) what others did in it.</summary>
/// <remarks>
/// The kernel has no message for that: what it is told by FUSE_NOTIFY_* reaches caches, not watchers. It tells them of calls made on the mount. So a thread makes
/// those calls: mknod or mkdir for a name that was added, unlink or rmdir for one that is gone, chmod for one that was changed. What the kernel then asks of
/// us on behalf of that thread is answered here, as if it were done; nothing is done. Where the thread may not write, as on a read-only mount, nobody is told.
/// </remarks>
internal sealed class Announcer(string mountPoint, IFileSystem fileSystem, FuseDevice device, ILogger log, TimeProvider clock)
{
    /// <summary>The kernel keeps the folder locked while it waits for an answer, and the listing is as new as can be: what takes longer is not told.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>More changes at once than a folder's watchers could make use of: they see the rest when they look.</summary>
    private const int MaxQueued = 10_000;

    private const int StackBytes = 256 << 10;

    /// <summary>Node ids of names that are gone, for the moment of their removal: far above those that the file system counts up to.</summary>
    private const ulong FirstGhost = 1UL << 63;

    private const uint FileMode = 0b110_100_100;
    private const uint FolderMode = 0b111_101_101;

    private readonly Queue<NameChange> _queue = new();
    private Thread? _thread;
    private bool _isStopped;
    private volatile uint _threadId; // 0: none yet, and no request comes from there
    private volatile Call? _call;
    private ulong _nextGhost = FirstGhost;

    /// <summary>The thread whose requests are to be offered to <see cref="TryAnswer"/>.</summary>
    internal uint ThreadId => _threadId;

    internal static bool IsGhost(ulong nodeId) => nodeId >= FirstGhost;

    internal void Enqueue(in NameChange change)
    {
        lock (_queue)
        {
            if (_isStopped || _queue.Count >= MaxQueued)
                return;
            _queue.Enqueue(change);
            if (_thread is null)
            {
                _thread = new Thread(AnnounceAll, StackBytes) { IsBackground = true, Name = "fuse-announce" };
                _thread.Start();
            }

            Monitor.Pulse(_queue);
        }
    }

    internal void Stop()
    {
        lock (_queue)
        {
            _isStopped = true;
            _queue.Clear();
            Monitor.PulseAll(_queue);
        }
    }

    /// <summary>Answers a request that a call of our own thread led to. False: it is as any other, such as the lookups on the way to the folder.</summary>
    internal bool TryAnswer(in FuseInHeader header, RequestReader body)
    {
        RequestId id = new(header.Unique, header.Opcode);
        if (_call is not { } call)
            return false;
        if (header.Opcode == FuseOpcode.SetAttr && call.Change.Event == NameEvent.Changed)
        {
            InodeId inode = new(header.NodeId);
            _ = AnswerAsync(id, inode, ct => ReplyAttrAsync(id, inode, ct));
            return true;
        }

        if (header.NodeId != call.Change.Parent.Value || !IsOfName(header.Opcode, ref body) || body.TryReadName(out EntryName name) != FsError.None || name.Value != call.Change.Name.Value)
            return false;
        switch (header.Opcode, call.Change.Event)
        {
            case (FuseOpcode.Lookup, NameEvent.Added):
                device.TryReply(id, ReplyWriter.ToNegativeEntryOut(TimeSpan.Zero));
                return true;
            case (FuseOpcode.Mknod or FuseOpcode.Mkdir, NameEvent.Added):
                _ = AnswerAsync(id, call.Change.Parent, ct => ReplyEntryAsync(id, call.Change, ct));
                return true;
            case (FuseOpcode.Lookup, NameEvent.Removed):
                device.TryReply(id, GhostOf(call));
                return true;
            case (FuseOpcode.Unlink or FuseOpcode.Rmdir, NameEvent.Removed):
                _ = AnswerAsync(id, call.Change.Parent, ct => ReplyGoneAsync(id, call.Change, ct));
                return true;
            default:
                return false;
        }
    }

    private static bool IsOfName(FuseOpcode opcode, ref RequestReader body)
    {
        switch (opcode)
        {
            case FuseOpcode.Mknod:
                body.Read<FuseMknodIn>();
                return true;
            case FuseOpcode.Mkdir:
                body.Read<FuseMkdirIn>();
                return true;
            default:
                return opcode is FuseOpcode.Lookup or FuseOpcode.Unlink or FuseOpcode.Rmdir;
        }
    }

    private void AnnounceAll()
    {
        _threadId = (uint)Libc.GetThreadId();
        while (TryTake(out NameChange change))
        {
            string path = mountPoint + (change.Folder == "/" ? "/" : change.Folder + "/") + change.Name.Value;
            _call = new Call(change, _nextGhost++);
            // A name that is the other way by now (EEXIST, ENOENT), or a mount that cannot be written: nothing to tell.
            _ = (change.Event, change.Kind) switch
            {
                (NameEvent.Added, FileKind.File) => Libc.MakeNode(path, LinuxFlags.RegularFile | FileMode, device: 0),
                (NameEvent.Added, FileKind.Directory) => Libc.MakeFolder(path, FolderMode),
                (NameEvent.Removed, FileKind.File) => Libc.RemoveFile(path),
                (NameEvent.Removed, FileKind.Directory) => Libc.RemoveFolder(path),
                (NameEvent.Changed, FileKind.File) => Libc.ChangeMode(path, FileMode),
                (NameEvent.Changed, FileKind.Directory) => Libc.ChangeMode(path, FolderMode),
            };
            _call = null;
        }
    }

    private bool TryTake(out NameChange change)
    {
        lock (_queue)
        {
            while (_queue.Count == 0 && !_isStopped)
                Monitor.Wait(_queue);
            return _queue.TryDequeue(out change);
        }
    }

    /// <summary>The name as it was, for as long as its removal takes.</summary>
    private static FuseEntryOut GhostOf(Call call)
    {
        bool isFolder = call.Change.Kind == FileKind.Directory;
        Attr attr = new() { Ino = call.Ghost, Kind = call.Change.Kind, Mode = isFolder ? FolderMode : FileMode, LinkCount = isFolder ? 2u : 1u, Uid = Libc.GetEffectiveUserId() };
        return ReplyWriter.ToEntryOut(new Entry(new InodeId(call.Ghost), attr, TimeSpan.Zero, TimeSpan.Zero));
    }

    /// <summary>One answer to each request, whatever happens: a thread that gets none stays in the kernel for ever, and the folder with it.</summary>
    private async Task AnswerAsync(RequestId id, InodeId inode, Func<CancellationToken, Task> answer)
    {
        using CancellationTokenSource patience = new(Patience, clock);
        try
        {
            await answer(patience.Token);
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException)
                FuseLog.RequestFailed(log, id.Opcode, inode.Value, e);
            device.TryReplyError(id, Errno.EIO);
        }
    }

    private async Task ReplyEntryAsync(RequestId id, NameChange change, CancellationToken ct)
    {
        FsResult<Entry> found = await fileSystem.LookupAsync(change.Parent, change.Name, ct);
        if (!found.Ok)
            device.TryReplyError(id, found.Error.ToErrno());
        else if (!device.TryReply(id, ReplyWriter.ToEntryOut(found.Value)))
            fileSystem.Forget(found.Value.Inode, count: 1);
    }

    private async Task ReplyGoneAsync(RequestId id, NameChange change, CancellationToken ct)
    {
        FsResult<Entry> found = await fileSystem.LookupAsync(change.Parent, change.Name, ct);
        if (found.Ok)
            fileSystem.Forget(found.Value.Inode, count: 1); // it is there again
        device.TryReplyError(id, found.Error == FsError.NotFound ? 0 : Errno.EBUSY);
    }

    private async Task ReplyAttrAsync(RequestId id, InodeId inode, CancellationToken ct)
    {
        FsResult<AttrReply> found = await fileSystem.GetAttrAsync(inode, ct);
        if (found.Ok)
            device.TryReply(id, ReplyWriter.ToAttrOut(found.Value));
        else
            device.TryReplyError(id, found.Error.ToErrno());
    }

    /// <summary>The call that the thread is making.</summary>
    private sealed record Call(NameChange Change, ulong Ghost);
}
