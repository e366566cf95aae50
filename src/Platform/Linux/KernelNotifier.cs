using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <summary>Sends invalidations from a thread of its own.</summary>
/// <remarks>
/// The kernel makes the sender wait for page and directory locks that are held until we answer other requests,
/// so a thread that serves requests, or holds a lock that a handler needs, must never send one.
/// </remarks>
internal sealed class KernelNotifier : IKernelCache
{
    private const uint ExpireOnly = 1;
    private const int StackBytes = 256 << 10;

    private static readonly int MaxMessageBytes =
        FuseOutHeader.Bytes + Unsafe.SizeOf<FuseNotifyDelete>() + EntryName.MaxBytes + 1;

    private readonly FuseDevice _device;
    private readonly Announcer? _announcer;
    private readonly Queue<Notification> _queue = new();
    private readonly Thread _thread;
    private bool _isStopped;
    private volatile bool _canExpire;

    /// <param name="device">Where to send.</param>
    /// <param name="announcer">Tells who waits for changes; null for nobody.</param>
    internal KernelNotifier(FuseDevice device, Announcer? announcer)
    {
        _device = device;
        _announcer = announcer;
        _thread = new Thread(SendAll, StackBytes) { IsBackground = true, Name = "fuse-notify" };
    }

    /// <inheritdoc/>
    public void InvalidateEntry(InodeId parent, EntryName name) => Enqueue(new Notification(FuseNotifyCode.InvalidateEntry, parent, default, name.Value, false));

    /// <inheritdoc/>
    public void Release(InodeId parent, EntryName name) =>
        Enqueue(new Notification(FuseNotifyCode.InvalidateEntry, parent, default, name.Value, IncludesData: true));

    /// <inheritdoc/>
    public void EntryDeleted(InodeId parent, InodeId child, EntryName name) => Enqueue(new Notification(FuseNotifyCode.Delete, parent, child, name.Value, false));

    /// <inheritdoc/>
    public void InvalidateInode(InodeId inode, bool data) => Enqueue(new Notification(FuseNotifyCode.InvalidateInode, inode, default, string.Empty, data));

    /// <inheritdoc/>
    public void Announce(in NameChange change)
    {
        if (_announcer is not null)
            Enqueue(new Notification(default, default, default, string.Empty, false, change));
    }

    /// <summary>Begins to send, with the features that INIT agreed on; what was queued before goes out now.</summary>
    internal void Start(FuseInitFlags features)
    {
        _canExpire = features.HasFlag(FuseInitFlags.HasExpireOnly);
        _thread.Start();
    }

    /// <summary>Ends the thread; what is queued is of no use to a connection that is over.</summary>
    internal void Stop()
    {
        lock (_queue)
        {
            _isStopped = true;
            _queue.Clear();
            Monitor.PulseAll(_queue);
        }
    }

    private void Enqueue(in Notification notification)
    {
        lock (_queue)
        {
            if (_isStopped)
                return;
            _queue.Enqueue(notification);
            Monitor.Pulse(_queue);
        }
    }

    private void SendAll()
    {
        Span<byte> message = stackalloc byte[MaxMessageBytes];
        while (TryTake(out Notification notification))
        {
            if (notification.Change is { } change)
            {
                _announcer!.Enqueue(change); // in its turn: the kernel has dropped by now what it cached of the name
                continue;
            }

            // ENOENT: nothing was cached. EINVAL: an older kernel does not know the message; timeouts do the work there.
            if (Send(notification, message) is Errno.ENODEV or Errno.EBADF)
                return;
        }
    }

    private bool TryTake(out Notification notification)
    {
        lock (_queue)
        {
            while (_queue.Count == 0 && !_isStopped)
                Monitor.Wait(_queue);
            return _queue.TryDequeue(out notification);
        }
    }

    private int Send(in Notification notification, Span<byte> message)
    {
        Span<byte> body = message[FuseOutHeader.Bytes..];
        int length = notification.Code switch
        {
            FuseNotifyCode.InvalidateInode => WriteInode(notification, body),
            FuseNotifyCode.InvalidateEntry => WriteEntry(notification, body),
            FuseNotifyCode.Delete => WriteDelete(notification, body),
        };
        return _device.Notify(notification.Code, message[..(FuseOutHeader.Bytes + length)]);
    }

    private static int WriteInode(in Notification notification, Span<byte> body)
    {
        // A negative offset drops the attributes only; offset 0 and length 0 all pages too.
        FuseNotifyInode wire = new() { NodeId = notification.Parent.Value, Offset = notification.IncludesData ? 0 : -1 };
        MemoryMarshal.Write(body, in wire);
        return FuseNotifyInode.Bytes;
    }

    private int WriteEntry(in Notification notification, Span<byte> body)
    {
        int nameLength = WriteName(notification.Name, body[FuseNotifyEntry.Bytes..]);
        FuseNotifyEntry wire = new() { Parent = notification.Parent.Value, NameLength = (uint)nameLength, Flags = _canExpire && !notification.IncludesData ? ExpireOnly : 0 };
        MemoryMarshal.Write(body, in wire);
        return FuseNotifyEntry.Bytes + nameLength + 1;
    }

    private static int WriteDelete(in Notification notification, Span<byte> body)
    {
        int nameLength = WriteName(notification.Name, body[FuseNotifyDelete.Bytes..]);
        FuseNotifyDelete wire = new() { Parent = notification.Parent.Value, Child = notification.Child.Value, NameLength = (uint)nameLength };
        MemoryMarshal.Write(body, in wire);
        return FuseNotifyDelete.Bytes + nameLength + 1;
    }

    private static int WriteName(string name, Span<byte> target)
    {
        int length = Encoding.UTF8.GetBytes(name, target);
        target[length] = 0;
        return length;
    }

    private readonly record struct Notification(FuseNotifyCode Code, InodeId Parent, InodeId Child, string Name, bool IncludesData, NameChange? Change = null);
}
