using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <content>Attributes, extended attributes and the volume's figures.</content>
internal sealed partial class FuseDispatcher
{
    /// <summary>64 KiB: XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux.</summary>
    private const int MaxXattrBytes = 64 << 10;

    private ValueTask GetAttr(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        ValueTask<FsResult<AttrReply>> pending = _fileSystem.GetAttrAsync(new InodeId(header.NodeId), ct);
        return pending.IsCompletedSuccessfully ? ReplyAttr(IdOf(header), pending.Result) : ReplyAttrAsync(IdOf(header), pending);
    }

    private ValueTask SetAttr(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseSetAttrIn args = body.Read<FuseSetAttrIn>();
        FuseSetAttrValid valid = args.Valid;
        if (valid.HasFlag(FuseSetAttrValid.Size) && args.Size > long.MaxValue)
            return ReplyError(IdOf(header), FsError.TooLarge);
        // CTIME is ours to keep; LOCKOWNER and KILL_SUIDGID have no meaning here (the mount is nosuid).
        AttrChange change = new(
            Mode: valid.HasFlag(FuseSetAttrValid.Mode) ? args.Mode & LinuxFlags.PermissionMask : null,
            Uid: valid.HasFlag(FuseSetAttrValid.Uid) ? args.Uid : null,
            Gid: valid.HasFlag(FuseSetAttrValid.Gid) ? args.Gid : null,
            Size: valid.HasFlag(FuseSetAttrValid.Size) ? (long)args.Size : null,
            Modified: ToTimeChange(valid, FuseSetAttrValid.Mtime, FuseSetAttrValid.MtimeNow, args.Mtime, args.MtimeNsec),
            Accessed: ToTimeChange(valid, FuseSetAttrValid.Atime, FuseSetAttrValid.AtimeNow, args.Atime, args.AtimeNsec));
        HandleId handle = valid.HasFlag(FuseSetAttrValid.Handle) ? new HandleId(args.Handle) : HandleId.None;
        return ReplyAttrAsync(IdOf(header), _fileSystem.SetAttrAsync(new InodeId(header.NodeId), handle, change, ct));
    }

    private static TimeChange ToTimeChange(FuseSetAttrValid valid, FuseSetAttrValid set, FuseSetAttrValid now, ulong seconds, uint nanoseconds)
    {
        if (valid.HasFlag(now))
            return TimeChange.Now;
        return valid.HasFlag(set) ? TimeChange.To(ReplyWriter.ToTimestamp(seconds, nanoseconds)) : default;
    }

    private async ValueTask ReplyAttrAsync(RequestId id, ValueTask<FsResult<AttrReply>> pending) => await ReplyAttr(id, await pending);

    private ValueTask ReplyAttr(RequestId id, in FsResult<AttrReply> result)
    {
        if (result.Ok)
            _device.TryReply(id, ReplyWriter.ToAttrOut(result.Value));
        else
            _device.TryReplyError(id, result.Error.ToErrno());
        return ValueTask.CompletedTask;
    }

    private ValueTask Statx(in FuseInHeader header, RequestReader body, CancellationToken ct) =>
        ReplyStatxAsync(IdOf(header), _fileSystem.GetAttrAsync(new InodeId(header.NodeId), ct));

    private async ValueTask ReplyStatxAsync(RequestId id, ValueTask<FsResult<AttrReply>> pending)
    {
        FsResult<AttrReply> result = await pending;
        if (result.Ok)
            _device.TryReply(id, ReplyWriter.ToStatxOut(result.Value));
        else
            _device.TryReplyError(id, result.Error.ToErrno());
    }

    private ValueTask StatFs(in FuseInHeader header, RequestReader body, CancellationToken ct) =>
        ReplyStatFsAsync(IdOf(header), _fileSystem.StatFsAsync(ct));

    private async ValueTask ReplyStatFsAsync(RequestId id, ValueTask<FsResult<VolumeStats>> pending)
    {
        FsResult<VolumeStats> result = await pending;
        if (result.Ok)
            _device.TryReply(id, ReplyWriter.ToStatFsOut(result.Value));
        else
            _device.TryReplyError(id, result.Error.ToErrno());
    }

    private ValueTask GetXattr(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        uint size = body.Read<FuseGetXattrIn>().Size;
        if (!body.TryReadText(out string name))
            return ReplyErrno(IdOf(header), Errno.EINVAL);
        // Not "no such attribute": after "not supported" ls does not ask again on this device, after the former it asks twice for every file.
        return IsForeignNamespace(name)
            ? ReplyError(IdOf(header), FsError.NotSupported)
            : ReplyXattrAsync(IdOf(header), size, _fileSystem.GetXattrAsync(new InodeId(header.NodeId), name, ct));
    }

    private async ValueTask ReplyXattrAsync(RequestId id, uint size, ValueTask<FsResult<ReadOnlyMemory<byte>>> pending)
    {
        FsResult<ReadOnlyMemory<byte>> result = await pending;
        if (result.Ok)
            ReplySized(id, size, result.Value.Span);
        else
            _device.TryReplyError(id, result.Error.ToErrno());
    }

    private ValueTask ListXattr(in FuseInHeader header, RequestReader body, CancellationToken ct) =>
        ReplyXattrNamesAsync(IdOf(header), body.Read<FuseGetXattrIn>().Size, _fileSystem.ListXattrAsync(new InodeId(header.NodeId), ct));

    private async ValueTask ReplyXattrNamesAsync(RequestId id, uint size, ValueTask<FsResult<IReadOnlyList<string>>> pending)
    {
        FsResult<IReadOnlyList<string>> result = await pending;
        if (result.Ok)
            ReplySized(id, size, Encoding.UTF8.GetBytes(string.Concat(result.Value.Select(static name => name + '\0'))));
        else
            _device.TryReplyError(id, result.Error.ToErrno());
    }

    /// <summary>The size protocol: 0 asks how long the value is, anything else is the caller's room.</summary>
    private void ReplySized(RequestId id, uint size, ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxXattrBytes)
        {
            _device.TryReplyError(id, Errno.E2BIG);
        }
        else if (size == 0)
        {
            _device.TryReply(id, new FuseSizeOut { Size = (uint)value.Length });
        }
        else if ((uint)value.Length > size)
        {
            _device.TryReplyError(id, Errno.ERANGE);
        }
        else
        {
            ReplyBuffer buffer = _buffers.Rent(value.Length);
            value.CopyTo(buffer.Payload(value.Length).Span);
            _device.TryReply(id, buffer, value.Length);
            _buffers.Return(buffer);
        }
    }

    private ValueTask SetXattr(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseSetXattrIn args = body.Read<FuseSetXattrIn>();
        if (!body.TryReadText(out string name) || args.Size > (uint)body.Rest.Length || args.Flags > LinuxFlags.XattrReplace)
            return ReplyErrno(IdOf(header), Errno.EINVAL);
        if (args.Size > MaxXattrBytes)
            return ReplyErrno(IdOf(header), Errno.E2BIG);
        if (IsForeignNamespace(name))
            return ReplyError(IdOf(header), FsError.NotSupported); // cp -a goes on after this one, not after EPERM
        XattrMode mode = args.Flags switch
        {
            LinuxFlags.XattrCreate => XattrMode.CreateOnly,
            LinuxFlags.XattrReplace => XattrMode.ReplaceOnly,
            _ => XattrMode.Any,
        };
        // Copied: the port may keep the value while the request's buffer is reused.
        ReadOnlyMemory<byte> value = body.Rest[..(int)args.Size].ToArray();
        return ReplyOutcomeAsync(IdOf(header), _fileSystem.SetXattrAsync(new InodeId(header.NodeId), name, value, mode, ct));
    }

    private ValueTask RemoveXattr(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        if (!body.TryReadText(out string name))
            return ReplyErrno(IdOf(header), Errno.EINVAL);
        return IsForeignNamespace(name)
            ? ReplyError(IdOf(header), FsError.NoAttribute)
            : ReplyOutcomeAsync(IdOf(header), _fileSystem.RemoveXattrAsync(new InodeId(header.NodeId), name, ct));
    }

    private static bool IsForeignNamespace(string name) =>
        name.StartsWith("security.", StringComparison.Ordinal) || name.StartsWith("system.", StringComparison.Ordinal);
}
