using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <content>Open folders.</content>
internal sealed partial class FuseDispatcher
{
    private ValueTask OpenDir(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        InodeId inode = new(header.NodeId);
        return ReplyOpenedDirAsync(IdOf(header), inode, _fileSystem.OpenDirAsync(inode, ct));
    }

    private async ValueTask ReplyOpenedDirAsync(RequestId id, InodeId inode, ValueTask<FsResult<Opened>> pending)
    {
        FsResult<Opened> result = await pending;
        if (!result.Ok)
        {
            _device.TryReplyError(id, result.Error.ToErrno());
            return;
        }

        // A kept listing is read from the kernel's directory cache without asking us; any other policy drops that cache.
        FuseOpenFlags flags = result.Value.Pages == PagePolicy.Keep ? FuseOpenFlags.KeepCache | FuseOpenFlags.CacheDir : FuseOpenFlags.None;
        if (!_device.TryReply(id, new FuseOpenOut { Handle = result.Value.Handle.Value, OpenFlags = flags }))
            _fileSystem.ReleaseDir(inode, result.Value.Handle); // refused: no RELEASEDIR will come
    }

    private ValueTask ReadDir(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseTransferIn args = body.Read<FuseTransferIn>();
        int size = (int)Math.Min(args.Size, (uint)ReplyBufferPool.MaxCapacity); // a shorter reply is continued, unlike a read's
        ReplyBuffer buffer = _buffers.Rent(size);
        DirentWriter writer = new(buffer.Payload(size), wantsEntries: header.Opcode == FuseOpcode.ReadDirPlus);
        return ReplyDirectoryAsync(IdOf(header), buffer, writer, _fileSystem.ReadDirAsync(
            new InodeId(header.NodeId), new HandleId(args.Handle), args.Offset, writer, ct));
    }

    private async ValueTask ReplyDirectoryAsync(RequestId id, ReplyBuffer buffer, DirentWriter writer, ValueTask<FsError> pending)
    {
        bool isDelivered = false;
        try
        {
            FsError error = await pending;
            isDelivered = error == FsError.None ? _device.TryReply(id, buffer, writer.Written) : ReplyFailed(id, error);
        }
        finally
        {
            if (!isDelivered)
                writer.ForgetAll(_fileSystem);
        }

        _buffers.Return(buffer);
    }

    private bool ReplyFailed(RequestId id, FsError error)
    {
        _device.TryReplyError(id, error.ToErrno());
        return false;
    }

    private ValueTask ReleaseDir(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        _fileSystem.ReleaseDir(new InodeId(header.NodeId), new HandleId(body.Read<FuseReleaseIn>().Handle));
        return ReplyErrno(IdOf(header), 0);
    }
}
