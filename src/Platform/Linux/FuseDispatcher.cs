using System.Runtime.InteropServices;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>Finds the handler of a request and guards it. Handlers decode, call the port and encode; they decide nothing.</summary>
/// <remarks>
/// A handler has read all it needs from the request's buffer when it returns, whether its task is complete or not.
/// What the port answers at once is answered on the calling thread, without allocating; the rest is entered in <see cref="InFlight"/>.
/// </remarks>
internal sealed partial class FuseDispatcher
{
    private readonly IFileSystem _fileSystem;
    private readonly FuseDevice _device;
    private readonly InFlight _inFlight;
    private readonly ILogger _log;
    private readonly TimeProvider _clock;
    private readonly ReplyBufferPool _buffers = new();
    private readonly Operation[] _operations;
    private readonly TaskCompletionSource<FuseInitFlags> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Announcer? _announcer;
    private FuseInitFlags _features;
    private long _served;

    internal FuseDispatcher(IFileSystem fileSystem, FuseDevice device, InFlight inFlight, ILogger log, TimeProvider clock, Announcer? announcer = null)
    {
        _announcer = announcer;
        _fileSystem = fileSystem;
        _device = device;
        _inFlight = inFlight;
        _log = log;
        _clock = clock;
        _operations = BuildOperations();
    }

    private delegate ValueTask Handler(in FuseInHeader header, RequestReader body, CancellationToken ct);

    /// <summary>Completes with the features agreed on when INIT is answered; fails when the kernel is too old.</summary>
    internal Task<FuseInitFlags> Ready => _ready.Task;

    /// <summary>Requests so far, roughly: only whether it moves is of use.</summary>
    internal long Served => Volatile.Read(ref _served);

    /// <summary>Serves one request.</summary>
    /// <param name="request">All of it; reused by the caller when this returns.</param>
    /// <param name="spare">A source for the handler's token; replaced here when the handler goes on using it.</param>
    internal void Dispatch(ReadOnlyMemory<byte> request, ref CancellationTokenSource spare)
    {
        if (request.Length < FuseInHeader.Bytes)
        {
            FuseLog.RequestGarbled(_log, request.Length, 0, null);
            return;
        }

        FuseInHeader header = MemoryMarshal.Read<FuseInHeader>(request.Span);
        RequestId id = new(header.Unique, header.Opcode);
        Operation operation = (uint)header.Opcode < (uint)_operations.Length ? _operations[(uint)header.Opcode] : default;
        if (header.Length != (uint)request.Length)
        {
            FuseLog.RequestGarbled(_log, request.Length, (int)header.Length, null);
            Refuse(id, operation, Errno.EIO);
        }
        else if (operation.Handle is null)
        {
            Refuse(id, operation, operation.Errno == 0 ? Errno.ENOSYS : operation.Errno);
        }
        else if (request.Length - FuseInHeader.Bytes < operation.MinBody)
        {
            Refuse(id, operation, Errno.EINVAL);
        }
        else if (!_ready.Task.IsCompletedSuccessfully && header.Opcode != FuseOpcode.Init)
        {
            Refuse(id, operation, Errno.EIO);
        }
        else if (_announcer is null || header.Pid != _announcer.ThreadId || !_announcer.TryAnswer(header, new RequestReader(request[FuseInHeader.Bytes..])))
        {
            _served++;
            Run(header, operation, request[FuseInHeader.Bytes..], ref spare);
        }
    }

    private static OperationBuilder At(FuseOpcode opcode) => new(opcode);

    /// <summary>The whole protocol: opcode, handler or fixed error, minimum body, and whether the kernel waits for a reply.</summary>
    private Operation[] BuildOperations()
    {
        OperationBuilder[] table =
        [
            At(FuseOpcode.Init).Calls(Init, FuseInitIn.BytesBeforeFlags2),
            At(FuseOpcode.Destroy).Calls(Succeed, 0),
            At(FuseOpcode.Interrupt).CallsWithoutReply(Interrupt, FuseInterruptIn.Bytes),
            At(FuseOpcode.NotifyReply).CallsWithoutReply(Ignore, 0),

            At(FuseOpcode.Lookup).Calls(Lookup, 1),
            At(FuseOpcode.Forget).CallsWithoutReply(Forget, FuseForgetIn.Bytes),
            At(FuseOpcode.BatchForget).CallsWithoutReply(BatchForget, FuseBatchForgetIn.Bytes),
            At(FuseOpcode.Mknod).Calls(Mknod, FuseMknodIn.Bytes),
            At(FuseOpcode.Mkdir).Calls(Mkdir, FuseMkdirIn.Bytes),
            At(FuseOpcode.Unlink).Calls(Unlink, 1),
            At(FuseOpcode.Rmdir).Calls(Rmdir, 1),
            At(FuseOpcode.Rename).Calls(Rename, FuseRenameIn.Bytes),
            At(FuseOpcode.Rename2).Calls(Rename2, FuseRename2In.Bytes),
            At(FuseOpcode.Create).Calls(Create, FuseCreateIn.Bytes),
            At(FuseOpcode.Symlink).Answers(Errno.EPERM),
            At(FuseOpcode.Link).Answers(Errno.EPERM),
            At(FuseOpcode.ReadLink).Answers(Errno.EINVAL),

            At(FuseOpcode.GetAttr).Calls(GetAttr, FuseGetAttrIn.Bytes),
            At(FuseOpcode.SetAttr).Calls(SetAttr, FuseSetAttrIn.Bytes),
            At(FuseOpcode.Statx).Calls(Statx, FuseStatxIn.Bytes),
            At(FuseOpcode.StatFs).Calls(StatFs, 0),
            At(FuseOpcode.SetXattr).Calls(SetXattr, FuseSetXattrIn.Bytes),
            At(FuseOpcode.GetXattr).Calls(GetXattr, FuseGetXattrIn.Bytes),
            At(FuseOpcode.ListXattr).Calls(ListXattr, FuseGetXattrIn.Bytes),
            At(FuseOpcode.RemoveXattr).Calls(RemoveXattr, 1),
            At(FuseOpcode.Access).Answers(Errno.ENOSYS), // default_permissions: the kernel checks the mode itself

            At(FuseOpcode.Open).Calls(Open, FuseOpenIn.Bytes),
            At(FuseOpcode.Read).Calls(Read, FuseTransferIn.Bytes),
            At(FuseOpcode.Write).Calls(Write, FuseTransferIn.Bytes),
            At(FuseOpcode.Flush).Calls(Flush, FuseFlushIn.Bytes),
            At(FuseOpcode.Fsync).Calls(Fsync, FuseFsyncIn.Bytes),
            At(FuseOpcode.Release).Calls(Release, FuseReleaseIn.Bytes),
            At(FuseOpcode.Fallocate).Calls(Fallocate, FuseFallocateIn.Bytes),
            At(FuseOpcode.CopyFileRange).Answers(Errno.EOPNOTSUPP), // the kernel reads and writes instead
            At(FuseOpcode.CopyFileRange64).Answers(Errno.EOPNOTSUPP),
            At(FuseOpcode.SyncFs).Calls(Succeed, 0),

            At(FuseOpcode.OpenDir).Calls(OpenDir, FuseOpenIn.Bytes),
            At(FuseOpcode.ReadDir).Calls(ReadDir, FuseTransferIn.Bytes),
            At(FuseOpcode.ReadDirPlus).Calls(ReadDir, FuseTransferIn.Bytes),
            At(FuseOpcode.ReleaseDir).Calls(ReleaseDir, FuseReleaseIn.Bytes),
            At(FuseOpcode.FsyncDir).Calls(Succeed, FuseFsyncIn.Bytes),

            // Not here, so ENOSYS: LSEEK (the kernel assumes no holes), IOCTL (ENOTTY), POLL, locks (local to the host), BMAP, TMPFILE (EOPNOTSUPP).
        ];
        Operation[] operations = new Operation[(int)Enum.GetValues<FuseOpcode>().Max() + 1];
        foreach (OperationBuilder entry in table)
            operations[(uint)entry.Opcode] = entry.Operation;
        return operations;
    }

    private void Run(in FuseInHeader header, in Operation operation, ReadOnlyMemory<byte> body, ref CancellationTokenSource spare)
    {
        RequestId id = new(header.Unique, header.Opcode);
        try
        {
            ValueTask work = operation.Handle!(header, new RequestReader(body), spare.Token);
            if (work.IsCompletedSuccessfully)
            {
                work.GetAwaiter().GetResult();
                return;
            }

            PendingRequest pending = new(id, header.NodeId, _clock.GetTimestamp(), spare);
            spare = new CancellationTokenSource();
            _inFlight.Add(pending);
            _ = FinishAsync(pending, work);
        }
        catch (Exception e)
        {
            Fail(id, operation.IsSilent, header.NodeId, e);
        }
    }

    private async Task FinishAsync(PendingRequest pending, ValueTask work)
    {
        try
        {
            await work;
        }
        catch (Exception e)
        {
            Fail(pending.Id, isSilent: false, pending.NodeId, e);
        }
        finally
        {
            _inFlight.Remove(pending);
        }
    }

    // The one guard: a cancelled call was interrupted, anything else that escapes is a bug.
    private void Fail(RequestId id, bool isSilent, ulong nodeId, Exception exception)
    {
        bool isInterrupted = exception is OperationCanceledException;
        if (!isInterrupted)
            FuseLog.RequestFailed(_log, id.Opcode, nodeId, exception);
        if (!isSilent)
            _device.TryReplyError(id, isInterrupted ? Errno.EINTR : Errno.EIO);
    }

    private void Refuse(RequestId id, in Operation operation, int errno)
    {
        if (!operation.IsSilent)
            _device.TryReplyError(id, errno);
    }

    private ValueTask Init(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        RequestId id = IdOf(header);
        if (_ready.Task.IsCompleted)
            return ReplyErrno(id, Errno.EIO);

        FuseInitIn offer = default;
        ReadOnlySpan<byte> bytes = body.Rest.Span;
        bytes[..Math.Min(bytes.Length, FuseInitIn.Bytes)].CopyTo(MemoryMarshal.AsBytes(new Span<FuseInitIn>(ref offer)));
        FuseNegotiation answer = FuseNegotiation.Answer(offer);
        if (answer.Outcome == NegotiationOutcome.TooOld)
        {
            FuseLog.KernelTooOld(_log, offer.Major, offer.Minor, null);
            _device.TryReplyError(id, Errno.EPROTO);
            _ready.TrySetException(new FuseMountException(
                FuseMountFailure.KernelTooOld, $"The kernel speaks FUSE {offer.Major}.{offer.Minor}; use Linux 3.15 or newer."));
            return ValueTask.CompletedTask;
        }

        if (answer.Outcome == NegotiationOutcome.Agreed)
        {
            // Published before the reply: the next request may overtake it on another reader.
            _features = answer.Features;
            FuseLog.Negotiated(_log, answer.Reply.Minor, answer.Reply.MaxWrite, answer.Features, null);
            _ready.TrySetResult(answer.Features);
        }

        _device.TryReply(id, answer.Reply);
        return ValueTask.CompletedTask;
    }

    private ValueTask Interrupt(in FuseInHeader header, RequestReader body, CancellationToken ct)
    {
        _inFlight.Interrupt(body.Read<FuseInterruptIn>().Unique);
        return ValueTask.CompletedTask;
    }

    private ValueTask Ignore(in FuseInHeader header, RequestReader body, CancellationToken ct) => ValueTask.CompletedTask;

    private ValueTask Succeed(in FuseInHeader header, RequestReader body, CancellationToken ct) => ReplyErrno(IdOf(header), 0);

    private static RequestId IdOf(in FuseInHeader header) => new(header.Unique, header.Opcode);

    private ValueTask ReplyErrno(RequestId id, int errno)
    {
        _device.TryReplyError(id, errno);
        return ValueTask.CompletedTask;
    }

    private ValueTask ReplyError(RequestId id, FsError error) => ReplyErrno(id, error.ToErrno());

    private async ValueTask ReplyOutcomeAsync(RequestId id, ValueTask<FsError> pending) =>
        _device.TryReplyError(id, (await pending).ToErrno());

    /// <summary>One row of the table. The default row is an opcode that we do not know.</summary>
    private readonly record struct Operation(Handler? Handle, int MinBody, bool IsSilent, int Errno);

    /// <summary>Lets the table read as sentences.</summary>
    private readonly record struct OperationBuilder(FuseOpcode Opcode, Operation Operation = default)
    {
        internal OperationBuilder Calls(Handler handler, int minBody) => this with { Operation = new Operation(handler, minBody, IsSilent: false, Errno: 0) };

        internal OperationBuilder CallsWithoutReply(Handler handler, int minBody) => this with { Operation = new Operation(handler, minBody, IsSilent: true, Errno: 0) };

        internal OperationBuilder Answers(int errno) => this with { Operation = new Operation(null, 0, IsSilent: false, errno) };
    }
}
