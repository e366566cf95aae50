using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageKitFs.Platform.Linux.Interop;
using ImageKitFs.Platform.Linux.Protocol;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>How a read of the device ended.</summary>
internal enum DeviceRead
{
    /// <summary>There is a request.</summary>
    Request,

    /// <summary>The file system was unmounted.</summary>
    Unmounted,

    /// <summary>The connection was aborted, or the device failed.</summary>
    Aborted,
}

/// <summary>One request in, one reply out. Safe to use from many threads: the kernel takes each write as a whole message.</summary>
internal sealed class FuseDevice(FuseDeviceHandle handle, ILogger log) : IDisposable
{
    /// <summary>Takes the next request; blocks until there is one.</summary>
    internal DeviceRead Read(Span<byte> buffer, out int length)
    {
        while (true)
        {
            nint received = Libc.Read(handle, buffer, (nuint)buffer.Length);
            int errno = received < 0 ? Libc.LastError : 0;
            length = (int)received;
            switch (errno)
            {
                case 0:
                    return received > 0 ? DeviceRead.Request : DeviceRead.Unmounted;
                case Errno.EINTR or Errno.EAGAIN or Errno.ENOENT: // ENOENT: the request was interrupted before we had it
                    continue;
                case Errno.ENODEV:
                    return DeviceRead.Unmounted;
                case Errno.ECONNABORTED:
                    return DeviceRead.Aborted;
                default:
                    FuseLog.DeviceFailed(log, errno, null);
                    return DeviceRead.Aborted;
            }
        }
    }

    /// <summary>Answers with a struct.</summary>
    /// <returns>False when the caller is gone: what the reply would have handed over must be taken back.</returns>
    internal bool TryReply<T>(RequestId request, in T payload)
        where T : unmanaged
    {
        Span<byte> message = stackalloc byte[FuseOutHeader.Bytes + Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(message[FuseOutHeader.Bytes..], in payload);
        return Send(request, message);
    }

    /// <summary>Answers with the first bytes of a buffer.</summary>
    /// <inheritdoc cref="TryReply{T}"/>
    internal bool TryReply(RequestId request, ReplyBuffer buffer, int payloadLength) => Send(request, buffer.Message(payloadLength));

    /// <summary>Answers with an error, or with bare success when it is 0.</summary>
    /// <inheritdoc cref="TryReply{T}"/>
    internal bool TryReplyError(RequestId request, int errno)
    {
        Span<byte> message = stackalloc byte[FuseOutHeader.Bytes];
        return Send(request, message, -errno);
    }

    /// <summary>Sends a notification; its header is filled in here.</summary>
    /// <returns>0, or errno: ENOENT when the kernel has nothing cached, EINVAL when it does not know the message.</returns>
    internal int Notify(FuseNotifyCode code, Span<byte> message) => Write(message, (int)code, unique: 0);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private bool Send(RequestId request, Span<byte> message, int error = 0)
    {
        // Unique 0 would be taken for a notification.
        if (request.Unique == 0)
            return false;
        int errno = Write(message, error, request.Unique);
        if (errno is 0)
            return true;
        // ENOENT: the caller was interrupted, or this request was answered before. ENODEV: unmounted.
        if (errno is Errno.ENOENT or Errno.ENODEV or Errno.EBADF or Errno.ECONNABORTED)
            return false;
        FuseLog.ReplyRefused(log, request.Opcode, errno, null);
        if (error == 0)
            Write(message[..FuseOutHeader.Bytes], -Errno.EIO, request.Unique); // an unanswered request is an unkillable process
        return false;
    }

    private int Write(Span<byte> message, int error, ulong unique)
    {
        FuseOutHeader header = new() { Length = (uint)message.Length, Error = error, Unique = unique };
        MemoryMarshal.Write(message, in header);
        try
        {
            while (Libc.Write(handle, message, (nuint)message.Length) < 0)
            {
                int errno = Libc.LastError;
                if (errno != Errno.EINTR)
                    return errno;
            }

            return 0;
        }
        catch (ObjectDisposedException)
        {
            return Errno.EBADF; // the mount ended while this request was being worked on
        }
    }
}
