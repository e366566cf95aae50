using System.Diagnostics.CodeAnalysis;
using ImageKitFs.Core.FileSystem;
using FileInfo = Fsp.Interop.FileInfo;

namespace ImageKitFs.Platform.Windows;

internal sealed partial class WinFspVolume
{
    /// <inheritdoc/>
    public override int Read(object FileNode, object FileDesc, IntPtr Buffer, ulong Offset, uint Length, out uint BytesTransferred)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        BytesTransferred = 0;
        HandleId handle = descriptor.IsWriter ? node.Writer : descriptor.Reader;
        if (handle.IsNone)
            return node.IsFolder ? NtStatus.STATUS_INVALID_DEVICE_REQUEST : NtStatus.STATUS_ACCESS_DENIED;
        if (Length == 0)
            return NtStatus.STATUS_SUCCESS;
        if (Offset > long.MaxValue)
            return NtStatus.STATUS_END_OF_FILE;
        NativeBuffer buffer = new(Buffer, Length);
        ValueTask<FsResult<int>> reading = _fileSystem.ReadAsync(node.Inode, handle, (long)Offset, buffer.Memory, _stopping.Token);
        if (reading.IsCompletedSuccessfully)
            return Conclude(reading.Result, out BytesTransferred);
        ulong hint = _host!.RequestHint();
        _pending.Begin();
        _ = ReadLaterAsync(reading, hint);
        return NtStatus.STATUS_PENDING;
    }

    /// <inheritdoc/>
    public override int Write(
        object FileNode, object FileDesc, IntPtr Buffer, ulong Offset, uint Length, bool WriteToEndOfFile, bool ConstrainedIo,
        out uint BytesTransferred, out FileInfo FileInfo)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        BytesTransferred = 0;
        FileInfo = default;
        if (!descriptor.IsWriter)
            return node.IsFolder ? NtStatus.STATUS_INVALID_DEVICE_REQUEST : NtStatus.STATUS_ACCESS_DENIED;
        if (ConstrainedIo)
        {
            // Pages of a mapped file: they never make it longer.
            FsResult<Attr> attr = AttrOf(node);
            if (!attr.Ok)
                return ToStatus(attr.Error);
            ulong size = (ulong)attr.Value.Size;
            if (Offset >= size)
                return Show(node, out FileInfo);
            Length = (uint)Math.Min(Length, size - Offset);
        }

        if (!WriteToEndOfFile && Offset > (ulong)(long.MaxValue - Length))
            return NtStatus.STATUS_INVALID_PARAMETER;
        NativeBuffer buffer = new(Buffer, Length);
        ValueTask<FsResult<int>> writing = WriteToEndOfFile ? Append(node, buffer) : _fileSystem.WriteAsync(node.Inode, node.Writer, (long)Offset, buffer.Memory, _stopping.Token);
        node.MarkDirty(descriptor);
        descriptor.HasWrittenSince = true;
        if (!writing.IsCompletedSuccessfully)
        {
            ulong hint = _host!.RequestHint();
            _pending.Begin();
            _ = WriteLaterAsync(writing, hint, node);
            return NtStatus.STATUS_PENDING;
        }

        FsResult<int> written = writing.Result;
        if (!written.Ok)
            return ToStatus(written.Error);
        BytesTransferred = (uint)written.Value;
        return Show(node, out FileInfo);
    }

    /// <remarks>The one call that can tell a program that its bytes did not reach the library; so it waits for the library.</remarks>
    /// <inheritdoc/>
    public override int Flush(object? FileNode, object? FileDesc, out FileInfo FileInfo)
    {
        FileInfo = default;
        if (FileNode is not OpenNode node)
            return NtStatus.STATUS_SUCCESS; // The volume: what was closed is in the journal.
        if (node.IsFolder)
            return Show(node, out FileInfo);
        var descriptor = (OpenDescriptor)FileDesc!;
        if (descriptor.IsWriter)
        {
            // No deadline of ours: the engine has one on progress, and giving up early would report a failure that is none.
            FsError error = Run(ct => CommitAsync(node, descriptor, ct), Timeout.InfiniteTimeSpan);
            if (error != FsError.None)
                return ToStatus(error);
        }

        return Show(node, out FileInfo);
    }

    /// <inheritdoc/>
    public override int SetFileSize(object FileNode, object FileDesc, ulong NewSize, bool SetAllocationSize, out FileInfo FileInfo)
    {
        var node = (OpenNode)FileNode;
        var descriptor = (OpenDescriptor)FileDesc;
        FileInfo = default;
        if (NewSize > long.MaxValue)
            return NtStatus.STATUS_INVALID_PARAMETER;
        FsResult<Attr> attr = AttrOf(node);
        if (!attr.Ok)
            return ToStatus(attr.Error);
        if (SetAllocationSize)
            node.Reserved = NewSize;
        // A reservation beyond the size changes nothing that the library would see.
        if (!SetAllocationSize || NewSize < (ulong)attr.Value.Size)
        {
            FsError error = Run(ct => ResizeAsync(node, descriptor, (long)NewSize, ct));
            if (error != FsError.None)
                return ToStatus(error);
        }

        return Show(node, out FileInfo);
    }

    private ValueTask<FsResult<int>> Append(OpenNode node, NativeBuffer buffer)
    {
        lock (node.AppendLock)
        {
            FsResult<Attr> attr = AttrOf(node);
            // The port takes the bytes before it returns, so the next append sees the new end.
            return attr.Ok ? _fileSystem.WriteAsync(node.Inode, node.Writer, attr.Value.Size, buffer.Memory, _stopping.Token) : new(attr.Error);
        }
    }

    private async ValueTask<FsError> ResizeAsync(OpenNode node, OpenDescriptor descriptor, long size, CancellationToken ct)
    {
        FsError error = await EnsureWriterAsync(node, descriptor, ct);
        if (error != FsError.None)
            return error;
        FsResult<AttrReply> changed = await _fileSystem.SetAttrAsync(node.Inode, node.Writer, new AttrChange(Size: size), ct);
        if (!changed.Ok)
            return changed.Error;
        node.MarkDirty(descriptor);
        descriptor.HasWrittenSince = true;
        return FsError.None;
    }

    /// <summary>Commits what is written, under the time that the program gave it.</summary>
    private async ValueTask<FsError> CommitAsync(OpenNode node, OpenDescriptor descriptor, CancellationToken ct)
    {
        await KeepSetTimeAsync(node, descriptor, ct);
        FsError error = await _fileSystem.FlushAsync(node.Inode, node.Writer, ct);
        if (error == FsError.None)
        {
            node.MarkClean(descriptor);
            _failures.Record(node.Inode, FsError.None);
        }

        return error;
    }

    /// <summary>As on NTFS: a time set through a handle stays, whatever is written through it later.</summary>
    private async ValueTask<FsError> KeepSetTimeAsync(OpenNode node, OpenDescriptor descriptor, CancellationToken ct)
    {
        bool isMoved = descriptor is { HasWrittenSince: true, SetWriteTime.Kind: TimeChangeKind.Set };
        descriptor.HasWrittenSince = false;
        if (!isMoved)
            return FsError.None;
        FsResult<AttrReply> changed = await _fileSystem.SetAttrAsync(node.Inode, node.Writer, new AttrChange(Modified: descriptor.SetWriteTime), ct);
        return changed.Error;
    }

    private int Conclude(FsResult<int> read, out uint bytes)
    {
        bytes = read.Ok ? (uint)read.Value : 0;
        return read.Ok && read.Value == 0 ? NtStatus.STATUS_END_OF_FILE : ToStatus(read.Error);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happened, the driver waits for exactly one reply.")]
    private async Task ReadLaterAsync(ValueTask<FsResult<int>> reading, ulong hint)
    {
        int status;
        uint bytes = 0;
        try
        {
            status = Conclude(await reading, out bytes);
        }
        catch (Exception e)
        {
            status = ExceptionHandler(e);
        }

        Answer(host => host.ReadDone(hint, status, bytes));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happened, the driver waits for exactly one reply.")]
    private async Task WriteLaterAsync(ValueTask<FsResult<int>> writing, ulong hint, OpenNode node)
    {
        int status;
        uint bytes = 0;
        FileInfoFields info = default;
        try
        {
            FsResult<int> written = await writing;
            status = ToStatus(written.Error);
            if (written.Ok)
            {
                bytes = (uint)written.Value;
                FsResult<Attr> attr = AttrOf(node);
                status = ToStatus(attr.Error);
                info = attr.Ok ? FileInfoMap.From(attr.Value, node.Reserved) : default;
            }
        }
        catch (Exception e)
        {
            status = ExceptionHandler(e);
        }

        Answer(host => host.WriteDone(hint, status, bytes, info));
    }

    /// <summary>Sends the one reply that a pending request is owed; the unmount waits until it is sent.</summary>
    private void Answer(Action<IHostPort> reply)
    {
        try
        {
            reply(_host!);
        }
        finally
        {
            _pending.End();
        }
    }
}
