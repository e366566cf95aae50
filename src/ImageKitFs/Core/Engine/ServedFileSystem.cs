using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// What the kernel is served: counts each call, and tells of those that fail. A call that the file system below answers at once costs one interlocked add and
/// allocates nothing.
/// </summary>
internal sealed class ServedFileSystem(IFileSystem below, FailureLog failures, TimeProvider time) : IFileSystem
{
    /// <inheritdoc/>
    public TimeSpan NegativeTtl => below.NegativeTtl;

    /// <inheritdoc/>
    public void AttachKernel(IKernelCache kernel) => below.AttachKernel(kernel);

    /// <inheritdoc/>
    public TimeSpan Watch(IReadOnlySet<ulong> folders) => below.Watch(folders);

    /// <inheritdoc/>
    public ValueTask<FsResult<Entry>> LookupAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        Call call = new(FsOperation.Lookup, parent, name.Value, failures.Begin(FsOperation.Lookup));
        return Told(call, below.LookupAsync(parent, name, ct));
    }

    /// <inheritdoc/>
    public void Forget(InodeId inode, ulong count) => below.Forget(inode, count);

    /// <inheritdoc/>
    public ValueTask<FsResult<AttrReply>> GetAttrAsync(InodeId inode, CancellationToken ct)
    {
        Call call = new(FsOperation.GetAttr, inode, null, failures.Begin(FsOperation.GetAttr));
        return Told(call, below.GetAttrAsync(inode, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<AttrReply>> SetAttrAsync(InodeId inode, HandleId handle, AttrChange change, CancellationToken ct)
    {
        Call call = new(FsOperation.SetAttr, inode, null, failures.Begin(FsOperation.SetAttr));
        return Told(call, below.SetAttrAsync(inode, handle, change, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<Entry>> MkdirAsync(InodeId parent, EntryName name, uint mode, Caller caller, CancellationToken ct)
    {
        Call call = new(FsOperation.Mkdir, parent, name.Value, failures.Begin(FsOperation.Mkdir));
        return Told(call, below.MkdirAsync(parent, name, mode, caller, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> UnlinkAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        Call call = new(FsOperation.Unlink, parent, name.Value, failures.Begin(FsOperation.Unlink));
        return Told(call, below.UnlinkAsync(parent, name, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> RmdirAsync(InodeId parent, EntryName name, CancellationToken ct)
    {
        Call call = new(FsOperation.Rmdir, parent, name.Value, failures.Begin(FsOperation.Rmdir));
        return Told(call, below.RmdirAsync(parent, name, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> RenameAsync(InodeId oldParent, EntryName oldName, InodeId newParent, EntryName newName, RenameMode mode, CancellationToken ct)
    {
        Call call = new(FsOperation.Rename, oldParent, oldName.Value, failures.Begin(FsOperation.Rename));
        return Told(call, below.RenameAsync(oldParent, oldName, newParent, newName, mode, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<Created>> CreateAsync(InodeId parent, EntryName name, uint mode, OpenMode open, Caller caller, CancellationToken ct)
    {
        Call call = new(FsOperation.Create, parent, name.Value, failures.Begin(FsOperation.Create));
        return Told(call, below.CreateAsync(parent, name, mode, open, caller, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<Opened>> OpenAsync(InodeId inode, OpenMode open, CancellationToken ct)
    {
        Call call = new(FsOperation.Open, inode, null, failures.Begin(FsOperation.Open));
        return Told(call, below.OpenAsync(inode, open, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<int>> ReadAsync(InodeId inode, HandleId handle, long offset, Memory<byte> buffer, CancellationToken ct)
    {
        Call call = new(FsOperation.Read, inode, null, failures.Begin(FsOperation.Read));
        return Told(call, below.ReadAsync(inode, handle, offset, buffer, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<int>> WriteAsync(InodeId inode, HandleId handle, long offset, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        Call call = new(FsOperation.Write, inode, null, failures.Begin(FsOperation.Write));
        return Told(call, below.WriteAsync(inode, handle, offset, data, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> FlushAsync(InodeId inode, HandleId handle, CancellationToken ct)
    {
        Call call = new(FsOperation.Flush, inode, null, failures.Begin(FsOperation.Flush));
        return Told(call, below.FlushAsync(inode, handle, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> FsyncAsync(InodeId inode, HandleId handle, CancellationToken ct)
    {
        Call call = new(FsOperation.Fsync, inode, null, failures.Begin(FsOperation.Fsync));
        return Told(call, below.FsyncAsync(inode, handle, ct));
    }

    /// <inheritdoc/>
    public void Release(InodeId inode, HandleId handle) => below.Release(inode, handle);

    /// <inheritdoc/>
    public ValueTask<FsError> AllocateAsync(InodeId inode, HandleId handle, long offset, long length, bool keepSize, CancellationToken ct)
    {
        Call call = new(FsOperation.Allocate, inode, null, failures.Begin(FsOperation.Allocate));
        return Told(call, below.AllocateAsync(inode, handle, offset, length, keepSize, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<Opened>> OpenDirAsync(InodeId inode, CancellationToken ct)
    {
        Call call = new(FsOperation.OpenDir, inode, null, failures.Begin(FsOperation.OpenDir));
        return Told(call, below.OpenDirAsync(inode, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> ReadDirAsync(InodeId inode, HandleId handle, ulong cookie, IDirectorySink sink, CancellationToken ct)
    {
        Call call = new(FsOperation.ReadDir, inode, null, failures.Begin(FsOperation.ReadDir));
        return Told(call, below.ReadDirAsync(inode, handle, cookie, sink, ct));
    }

    /// <inheritdoc/>
    public void ReleaseDir(InodeId inode, HandleId handle) => below.ReleaseDir(inode, handle);

    /// <inheritdoc/>
    public ValueTask<FsResult<VolumeStats>> StatFsAsync(CancellationToken ct)
    {
        Call call = new(FsOperation.StatFs, InodeId.Root, null, failures.Begin(FsOperation.StatFs));
        return Told(call, below.StatFsAsync(ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<ReadOnlyMemory<byte>>> GetXattrAsync(InodeId inode, string name, CancellationToken ct)
    {
        Call call = new(FsOperation.GetXattr, inode, null, failures.Begin(FsOperation.GetXattr));
        return Told(call, below.GetXattrAsync(inode, name, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<IReadOnlyList<string>>> ListXattrAsync(InodeId inode, CancellationToken ct)
    {
        Call call = new(FsOperation.ListXattr, inode, null, failures.Begin(FsOperation.ListXattr));
        return Told(call, below.ListXattrAsync(inode, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> SetXattrAsync(InodeId inode, string name, ReadOnlyMemory<byte> value, XattrMode mode, CancellationToken ct)
    {
        Call call = new(FsOperation.SetXattr, inode, null, failures.Begin(FsOperation.SetXattr));
        return Told(call, below.SetXattrAsync(inode, name, value, mode, ct));
    }

    /// <inheritdoc/>
    public ValueTask<FsError> RemoveXattrAsync(InodeId inode, string name, CancellationToken ct)
    {
        Call call = new(FsOperation.RemoveXattr, inode, null, failures.Begin(FsOperation.RemoveXattr));
        return Told(call, below.RemoveXattrAsync(inode, name, ct));
    }

    private ValueTask<FsResult<T>> Told<T>(in Call call, ValueTask<FsResult<T>> answer)
    {
        if (!answer.IsCompletedSuccessfully)
            return FinishAsync(call, answer, time.GetUtcNow());
        FsResult<T> result = answer.Result;
        if (!result.Ok)
            Tell(call, result.Error, since: null);
        return new ValueTask<FsResult<T>>(result);
    }

    private ValueTask<FsError> Told(in Call call, ValueTask<FsError> answer)
    {
        if (!answer.IsCompletedSuccessfully)
            return FinishAsync(call, answer, time.GetUtcNow());
        FsError error = answer.Result;
        if (error != FsError.None)
            Tell(call, error, since: null);
        return new ValueTask<FsError>(error);
    }

    private async ValueTask<FsResult<T>> FinishAsync<T>(Call call, ValueTask<FsResult<T>> answer, DateTimeOffset since)
    {
        FsResult<T> result = await answer;
        if (!result.Ok)
            Tell(call, result.Error, since);
        return result;
    }

    private async ValueTask<FsError> FinishAsync(Call call, ValueTask<FsError> answer, DateTimeOffset since)
    {
        FsError error = await answer;
        if (error != FsError.None)
            Tell(call, error, since);
        return error;
    }

    private void Tell(in Call call, FsError error, DateTimeOffset? since) => failures.Failed(call.Operation, error, call.Inode, call.Name, call.Warnings, since);

    private readonly record struct Call(FsOperation Operation, InodeId Inode, string? Name, long Warnings);
}
