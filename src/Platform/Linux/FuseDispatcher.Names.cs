using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <content>Names: lookup, create, remove, rename; and forget.</content>
internal sealed partial class FuseDispatcher
{
    private ValueTask Lookup(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FsError error = body.TryReadName(out EntryName name);
        if (error != FsError.None)
            return ReplyError(IdOf(header), error);
        ValueTask<FsResult<Entry>> pending = _fileSystem.LookupAsync(new InodeId(header.NodeId), name, ct);
        return pending.IsCompletedSuccessfully ? ReplyLookup(IdOf(header), pending.Result) : ReplyLookupAsync(IdOf(header), pending);
    }

    private async ValueTask ReplyLookupAsync(RequestId id, ValueTask<FsResult<Entry>> pending) => await ReplyLookup(id, await pending);

    private ValueTask ReplyLookup(RequestId id, in FsResult<Entry> result)
    {
        if (result.Error == FsError.NotFound && _fileSystem.NegativeTtl is { } ttl && ttl > TimeSpan.Zero)
            _device.TryReply(id, ReplyWriter.ToNegativeEntryOut(ttl));
        else
            ReplyEntry(id, result);
        return ValueTask.CompletedTask;
    }

    private async ValueTask ReplyEntryAsync(RequestId id, ValueTask<FsResult<Entry>> pending) => ReplyEntry(id, await pending);

    private void ReplyEntry(RequestId id, in FsResult<Entry> result)
    {
        if (!result.Ok)
            _device.TryReplyError(id, result.Error.ToErrno());
        else if (!_device.TryReply(id, ReplyWriter.ToEntryOut(result.Value)))
            _fileSystem.Forget(result.Value.Inode, count: 1); // refused: the caller was interrupted and holds no reference
    }

    private ValueTask Forget(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        ulong count = body.Read<FuseForgetIn>().Count;
        if (!Announcer.IsGhost(header.NodeId))
            _fileSystem.Forget(new InodeId(header.NodeId), count);
        return ValueTask.CompletedTask;
    }

    private ValueTask BatchForget(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        uint count = body.Read<FuseBatchForgetIn>().Count;
        for (uint i = 0; i < count && body.Rest.Length >= FuseForgetOne.Bytes; i++)
        {
            FuseForgetOne one = body.Read<FuseForgetOne>();
            if (!Announcer.IsGhost(one.NodeId))
                _fileSystem.Forget(new InodeId(one.NodeId), one.Count);
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask Mkdir(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseMkdirIn args = body.Read<FuseMkdirIn>();
        FsError error = body.TryReadName(out EntryName name);
        return error == FsError.None
            ? ReplyEntryAsync(
                IdOf(header),
                _fileSystem.MkdirAsync(new InodeId(header.NodeId), name, PermissionsOf(args.Mode, args.Umask), CallerOf(header), ct))
            : ReplyError(IdOf(header), error);
    }

    private ValueTask Mknod(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseMknodIn args = body.Read<FuseMknodIn>();
        if ((args.Mode & LinuxFlags.FileTypeMask) is not (LinuxFlags.RegularFile or 0))
            return ReplyError(IdOf(header), FsError.NotPermitted);
        FsError error = body.TryReadName(out EntryName name);
        if (error != FsError.None)
            return ReplyError(IdOf(header), error);
        return ReplyMknodAsync(IdOf(header), _fileSystem.CreateAsync(
            new InodeId(header.NodeId), name, PermissionsOf(args.Mode, args.Umask), OpenMode.Write | OpenMode.Exclusive, CallerOf(header), ct));
    }

    private async ValueTask ReplyMknodAsync(RequestId id, ValueTask<FsResult<Created>> pending)
    {
        FsResult<Created> result = await pending;
        if (result.Ok)
        {
            _fileSystem.Release(result.Value.Entry.Inode, result.Value.Opened.Handle);
            ReplyEntry(id, result.Value.Entry);
        }
        else
        {
            _device.TryReplyError(id, result.Error.ToErrno());
        }
    }

    private ValueTask Create(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseCreateIn args = body.Read<FuseCreateIn>();
        FsError error = body.TryReadName(out EntryName name);
        if (error != FsError.None)
            return ReplyError(IdOf(header), error);
        OpenMode open = OpenModeOf(args.Flags);
        if ((args.Flags & LinuxFlags.Exclusive) != 0)
            open |= OpenMode.Exclusive;
        return ReplyCreatedAsync(IdOf(header), _fileSystem.CreateAsync(
            new InodeId(header.NodeId), name, PermissionsOf(args.Mode, args.Umask), open, CallerOf(header), ct));
    }

    private async ValueTask ReplyCreatedAsync(RequestId id, ValueTask<FsResult<Created>> pending)
    {
        FsResult<Created> result = await pending;
        if (!result.Ok)
        {
            _device.TryReplyError(id, result.Error.ToErrno());
            return;
        }

        (Entry entry, Opened opened) = result.Value;
        FuseCreateOut reply = new() { Entry = ReplyWriter.ToEntryOut(entry), Open = ToOpenOut(opened, isUnchanged: false) };
        if (!_device.TryReply(id, reply))
        {
            // Refused: no RELEASE and no FORGET will come.
            _fileSystem.Release(entry.Inode, opened.Handle);
            _fileSystem.Forget(entry.Inode, count: 1);
        }
    }

    private ValueTask Unlink(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FsError error = body.TryReadName(out EntryName name);
        return error == FsError.None
            ? ReplyOutcomeAsync(IdOf(header), _fileSystem.UnlinkAsync(new InodeId(header.NodeId), name, ct))
            : ReplyError(IdOf(header), error);
    }

    private ValueTask Rmdir(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FsError error = body.TryReadName(out EntryName name);
        return error == FsError.None
            ? ReplyOutcomeAsync(IdOf(header), _fileSystem.RmdirAsync(new InodeId(header.NodeId), name, ct))
            : ReplyError(IdOf(header), error);
    }

    private ValueTask Rename(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        ulong newDirectory = body.Read<FuseRenameIn>().NewDirectory;
        return Rename(header, newDirectory, RenameMode.Replace, body, ct);
    }

    private ValueTask Rename2(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        FuseRename2In args = body.Read<FuseRename2In>();
        return args.Flags switch
        {
            0 => Rename(header, args.NewDirectory, RenameMode.Replace, body, ct),
            LinuxFlags.RenameNoReplace => Rename(header, args.NewDirectory, RenameMode.NoReplace, body, ct),
            _ => ReplyErrno(IdOf(header), Errno.EINVAL), // EXCHANGE and WHITEOUT: what rename(2) says where they are not supported
        };
    }

    private ValueTask Rename(in FuseInHeader header, ulong newDirectory, RenameMode mode, RequestReader body, CancellationToken ct)
    {
        FsError error = body.TryReadName(out EntryName oldName);
        if (error != FsError.None)
            return ReplyError(IdOf(header), error);
        error = body.TryReadName(out EntryName newName);
        return error == FsError.None
            ? ReplyOutcomeAsync(
                IdOf(header), _fileSystem.RenameAsync(new InodeId(header.NodeId), oldName, new InodeId(newDirectory), newName, mode, ct))
            : ReplyError(IdOf(header), error);
    }

    private static uint PermissionsOf(uint mode, uint umask) => mode & ~umask & LinuxFlags.PermissionMask;

    private static Caller CallerOf(in FuseInHeader header) => new(header.Uid, header.Gid);
}
