using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <content>Open files.</content>
internal sealed partial class FuseDispatcher
{
    private ValueTask Open(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        InodeId inode = new(header.NodeId);
        OpenMode open = OpenModeOf(body.Read<FuseOpenIn>().Flags);
        return ReplyOpenedAsync(IdOf(header), inode, open, _fileSystem.OpenAsync(inode, open, ct));
    }

    private async ValueTask ReplyOpenedAsync(RequestId id, InodeId inode, OpenMode open, ValueTask<FsResult<Opened>> pending)
    {
        FsResult<Opened> result = await pending;
        if (!result.Ok)
            _device.TryReplyError(id, result.Error.ToErrno());
        else if (!_device.TryReply(id, ToOpenOut(result.Value, isUnchanged: (open & (OpenMode.Write | OpenMode.Truncate)) == OpenMode.None)))
            _fileSystem.Release(inode, result.Value.Handle); // refused: no RELEASE will come
    }

    private ValueTask Read(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseTransferIn args = body.Read<FuseTransferIn>();
        if (args.Offset > long.MaxValue || args.Size > ReplyBufferPool.MaxCapacity)
            return ReplyErrno(IdOf(header), Errno.EINVAL);
        int size = (int)args.Size;
        ReplyBuffer buffer = _buffers.Rent(size);
        ValueTask<FsResult<int>> pending = _fileSystem.ReadAsync(
            new InodeId(header.NodeId), new HandleId(args.Handle), (long)args.Offset, buffer.Payload(size), ct);
        return pending.IsCompletedSuccessfully ? ReplyRead(IdOf(header), buffer, pending.Result) : ReplyReadAsync(IdOf(header), buffer, pending);
    }

    // The buffer is not given back when this throws: the operation may still be writing to it.
    private async ValueTask ReplyReadAsync(RequestId id, ReplyBuffer buffer, ValueTask<FsResult<int>> pending) => await ReplyRead(id, buffer, await pending);

    private ValueTask ReplyRead(RequestId id, ReplyBuffer buffer, in FsResult<int> result)
    {
        if (result.Ok)
            _device.TryReply(id, buffer, result.Value);
        else
            _device.TryReplyError(id, result.Error.ToErrno());
        _buffers.Return(buffer);
        return ValueTask.CompletedTask;
    }

    private ValueTask Write(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseTransferIn args = body.Read<FuseTransferIn>();
        if (args.Offset > long.MaxValue || args.Size > (uint)body.Rest.Length)
            return ReplyErrno(IdOf(header), Errno.EINVAL);
        return ReplyWrittenAsync(IdOf(header), _fileSystem.WriteAsync(
            new InodeId(header.NodeId), new HandleId(args.Handle), (long)args.Offset, body.Rest[..(int)args.Size], ct));
    }

    private async ValueTask ReplyWrittenAsync(RequestId id, ValueTask<FsResult<int>> pending)
    {
        FsResult<int> result = await pending;
        if (result.Ok)
            _device.TryReply(id, new FuseSizeOut { Size = (uint)result.Value });
        else
            _device.TryReplyError(id, result.Error.ToErrno());
    }

    private ValueTask Flush(in FuseInHeader header, RequestReader body, CancellationToken ct) => ReplyOutcomeAsync(
        IdOf(header), _fileSystem.FlushAsync(new InodeId(header.NodeId), new HandleId(body.Read<FuseFlushIn>().Handle), ct));

    private ValueTask Fsync(in FuseInHeader header, RequestReader body, CancellationToken ct) => ReplyOutcomeAsync(
        IdOf(header), _fileSystem.FsyncAsync(new InodeId(header.NodeId), new HandleId(body.Read<FuseFsyncIn>().Handle), ct));

    private ValueTask Release(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        _fileSystem.Release(new InodeId(header.NodeId), new HandleId(body.Read<FuseReleaseIn>().Handle));
        return ReplyErrno(IdOf(header), 0);
    }

    private ValueTask Fallocate(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseFallocateIn args = body.Read<FuseFallocateIn>();
        if ((args.Mode & ~LinuxFlags.FallocateKeepSize) != 0)
            return ReplyError(IdOf(header), FsError.NotSupported);
        if (args.Offset > long.MaxValue || args.Length > long.MaxValue - args.Offset)
            return ReplyError(IdOf(header), FsError.TooLarge);
        return ReplyOutcomeAsync(IdOf(header), _fileSystem.AllocateAsync(
            new InodeId(header.NodeId),
            new HandleId(args.Handle),
            (long)args.Offset,
            (long)args.Length,
            keepSize: (args.Mode & LinuxFlags.FallocateKeepSize) != 0,
            ct));
    }

    private static OpenMode OpenModeOf(uint flags)
    {
        OpenMode open = (flags & LinuxFlags.AccessModeMask) switch
        {
            0 => OpenMode.Read,
            LinuxFlags.WriteOnly => OpenMode.Write,
            _ => OpenMode.Read | OpenMode.Write, // also 3, which asks for both permissions
        };
        if ((flags & LinuxFlags.Truncate) != 0)
            open |= OpenMode.Truncate;
        if ((flags & LinuxFlags.Append) != 0)
            open |= OpenMode.Append;
        return open;
    }

    private FuseOpenOut ToOpenOut(in Opened opened, bool isUnchanged)
    {
        FuseOpenFlags flags = opened.Pages switch
        {
            PagePolicy.Fresh => FuseOpenFlags.None,
            PagePolicy.Keep => FuseOpenFlags.KeepCache,
            // Without the feature a shared mmap of the file would fail with ENODEV.
            PagePolicy.Direct => _features.HasFlag(FuseInitFlags.DirectIoAllowMmap) ? FuseOpenFlags.DirectIo : FuseOpenFlags.None,
        };
        if (isUnchanged)
            flags |= FuseOpenFlags.NoFlush; // nothing to commit: saves a round trip per close
        return new FuseOpenOut { Handle = opened.Handle.Value, OpenFlags = flags };
    }
}
