namespace ImageKitFs.Core.FileSystem;

/// <summary>The port: what a kernel asks of the mounted library. Platform shims decode, call, encode; the engine behind it decides.</summary>
/// <remarks>
/// Safe to call from many threads at once. A call that local state answers returns a completed task and may run on the kernel's reader thread;
/// a call that needs the network or waits returns an incomplete one and never blocks its caller.
/// Cancelling means that the caller was interrupted: the call ends soon with <see cref="FsError.Interrupted"/>, a commit already sent goes on.
/// Expected outcomes are values; an exception is a bug.
/// References: each <see cref="Entry"/> returned, and each one a sink accepted, counts one lookup on its inode, to be given back by
/// <see cref="Forget"/>. A shim whose reply could not be delivered gives it back at once, and releases the handle of an undelivered open.
/// </remarks>
public interface IFileSystem
{
    /// <summary>Where invalidations go; set once, before the first call.</summary>
    void AttachKernel(IKernelCache kernel);

    /// <summary>
    /// Folders in which programs on this machine wait to be told of changes (inotify). Their listings are refreshed before the TTL ends, without anyone
    /// asking, and what others changed in them is announced (<see cref="IKernelCache.Announce"/>).
    /// </summary>
    /// <param name="folders">All of them, by the number that stat shows; the last call counts.</param>
    /// <returns>How soon to call again; infinite when it makes no difference.</returns>
    TimeSpan Watch(IReadOnlySet<ulong> folders) => Timeout.InfiniteTimeSpan;

    /// <summary>Finds a name in a folder and counts one lookup.</summary>
    /// <remarks>Errors: NotFound, NotDirectory, Remote, AccessDenied, Throttled.</remarks>
    ValueTask<FsResult<Entry>> LookupAsync(InodeId parent, EntryName name, CancellationToken ct);

    /// <summary>Gives back <paramref name="count"/> lookups. Never blocks.</summary>
    void Forget(InodeId inode, ulong count);

    /// <summary>How long the kernel may remember that a name does not exist; zero = not at all.</summary>
    TimeSpan NegativeTtl { get; }

    /// <summary>Attributes of an inode, also of one that was unlinked while open.</summary>
    ValueTask<FsResult<AttrReply>> GetAttrAsync(InodeId inode, CancellationToken ct);

    /// <summary>chmod, chown, truncate, utimens: stored locally; a new size makes the file dirty and is committed like a write.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="handle">The open file the call came through (ftruncate), or none: then a truncation commits before the call returns.</param>
    /// <param name="change">What to change.</param>
    /// <param name="ct">Ends the wait of the caller.</param>
    ValueTask<FsResult<AttrReply>> SetAttrAsync(InodeId inode, HandleId handle, AttrChange change, CancellationToken ct);

    /// <summary>Makes a folder and counts one lookup.</summary>
    ValueTask<FsResult<Entry>> MkdirAsync(InodeId parent, EntryName name, uint mode, Caller caller, CancellationToken ct);

    /// <summary>Removes a file's name. Open handles keep the bytes.</summary>
    ValueTask<FsError> UnlinkAsync(InodeId parent, EntryName name, CancellationToken ct);

    /// <summary>Removes an empty folder: proved empty by a listing asked for after the call began.</summary>
    ValueTask<FsError> RmdirAsync(InodeId parent, EntryName name, CancellationToken ct);

    /// <summary>Renames or moves a file or folder. Returned None: the library or this machine's journal has it.</summary>
    ValueTask<FsError> RenameAsync(InodeId oldParent, EntryName oldName, InodeId newParent, EntryName newName, RenameMode mode, CancellationToken ct);

    /// <summary>Creates and opens a file, or opens the one that is there unless <see cref="OpenMode.Exclusive"/>.</summary>
    ValueTask<FsResult<Created>> CreateAsync(InodeId parent, EntryName name, uint mode, OpenMode open, Caller caller, CancellationToken ct);

    /// <summary>Opens a file.</summary>
    ValueTask<FsResult<Opened>> OpenAsync(InodeId inode, OpenMode open, CancellationToken ct);

    /// <summary>Reads up to <paramref name="buffer"/>.Length bytes at <paramref name="offset"/> (bytes from the start).</summary>
    /// <returns>Bytes read; fewer than asked only at end of file, 0 at or past it.</returns>
    /// <remarks>
    /// Dirty ranges come from the spool, the rest from the content cache or the library. Errors: Stale when the version opened is gone; Remote.
    /// Source: read(2); a short reply before end of file would look like end of file to the kernel (FUSE, no direct I/O).
    /// </remarks>
    ValueTask<FsResult<int>> ReadAsync(InodeId inode, HandleId handle, long offset, Memory<byte> buffer, CancellationToken ct);

    /// <summary>Writes all of <paramref name="data"/> at <paramref name="offset"/> into the spool. Never waits for the network.</summary>
    /// <remarks>Takes the bytes before it returns, also when the task is incomplete. Errors: NoSpace, TooLarge, LocalFailure.</remarks>
    ValueTask<FsResult<int>> WriteAsync(InodeId inode, HandleId handle, long offset, ReadOnlyMemory<byte> data, CancellationToken ct);

    /// <summary>A descriptor was closed: commits what is dirty; the result is close(2)'s. May come several times per open.</summary>
    ValueTask<FsError> FlushAsync(InodeId inode, HandleId handle, CancellationToken ct);

    /// <summary>Commits what is dirty now.</summary>
    ValueTask<FsError> FsyncAsync(InodeId inode, HandleId handle, CancellationToken ct);

    /// <summary>The last use of a handle is over. What is still dirty (mmap stores after close) is committed in the background.</summary>
    void Release(InodeId inode, HandleId handle);

    /// <summary>Makes sure that <paramref name="length"/> bytes from <paramref name="offset"/> can be written; grows the file unless <paramref name="keepSize"/>.</summary>
    ValueTask<FsError> AllocateAsync(InodeId inode, HandleId handle, long offset, long length, bool keepSize, CancellationToken ct);

    /// <summary>Opens a folder for reading; the listing is fetched here when it is not fresh.</summary>
    ValueTask<FsResult<Opened>> OpenDirAsync(InodeId inode, CancellationToken ct);

    /// <summary>Gives entries from <paramref name="cookie"/> on (0 = the start) to <paramref name="sink"/> until it is full or the folder ends.</summary>
    /// <remarks>An open folder is a snapshot: names that stay are given once. Cookie 0 takes a new snapshot (rewinddir).</remarks>
    ValueTask<FsError> ReadDirAsync(InodeId inode, HandleId handle, ulong cookie, IDirectorySink sink, CancellationToken ct);

    /// <summary>Ends an open folder.</summary>
    void ReleaseDir(InodeId inode, HandleId handle);

    /// <summary>Space and limits.</summary>
    ValueTask<FsResult<VolumeStats>> StatFsAsync(CancellationToken ct);

    /// <summary>The value of an extended attribute, or NoAttribute.</summary>
    ValueTask<FsResult<ReadOnlyMemory<byte>>> GetXattrAsync(InodeId inode, string name, CancellationToken ct);

    /// <summary>Names of the extended attributes.</summary>
    ValueTask<FsResult<IReadOnlyList<string>>> ListXattrAsync(InodeId inode, CancellationToken ct);

    /// <summary>Sets an extended attribute; NotSupported outside the namespace that the library can store.</summary>
    ValueTask<FsError> SetXattrAsync(InodeId inode, string name, ReadOnlyMemory<byte> value, XattrMode mode, CancellationToken ct);

    /// <summary>Removes an extended attribute.</summary>
    ValueTask<FsError> RemoveXattrAsync(InodeId inode, string name, CancellationToken ct);
}
