using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Linux;

/// <summary>Linux error numbers that we use (asm-generic, the same on x86-64 and arm64), and the one table from <see cref="FsError"/>.</summary>
internal static class Errno
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int EIO = 5;
    internal const int E2BIG = 7;
    internal const int EBADF = 9;
    internal const int EAGAIN = 11;
    internal const int EACCES = 13;
    internal const int EBUSY = 16;
    internal const int EEXIST = 17;
    internal const int ENODEV = 19;
    internal const int ENOTDIR = 20;
    internal const int EISDIR = 21;
    internal const int EINVAL = 22;
    internal const int EFBIG = 27;
    internal const int ENOSPC = 28;
    internal const int EROFS = 30;
    internal const int ERANGE = 34;
    internal const int ENAMETOOLONG = 36;
    internal const int ENOSYS = 38;
    internal const int ENOTEMPTY = 39;
    internal const int ENODATA = 61;
    internal const int EPROTO = 71;
    internal const int EOPNOTSUPP = 95;
    internal const int ECONNABORTED = 103;
    internal const int ENOTCONN = 107;
    internal const int ETIMEDOUT = 110;
    internal const int ESTALE = 116;
    internal const int EDQUOT = 122;

    /// <summary>What a system call shows for an outcome of the port.</summary>
    internal static int ToErrno(this FsError error) => error switch
    {
        FsError.None => 0,
        FsError.NotFound => ENOENT,
        FsError.Exists => EEXIST,
        FsError.NotDirectory => ENOTDIR,
        FsError.IsDirectory => EISDIR,
        FsError.NotEmpty => ENOTEMPTY,
        FsError.InvalidName => EINVAL,       // as vfat does; rm -f and find know it, EILSEQ puzzles people
        FsError.NameTooLong => ENAMETOOLONG,
        FsError.InvalidArgument => EINVAL,
        FsError.BadHandle => EBADF,
        FsError.NotSupported => EOPNOTSUPP,  // never ENOSYS: the kernel would stop asking for the life of the mount
        FsError.NotPermitted => EPERM,
        FsError.AccessDenied => EACCES,
        FsError.ReadOnly => EROFS,
        FsError.Busy => EBUSY,
        FsError.Stale => ESTALE,             // the version that is open is gone from the library
        FsError.NoSpace => ENOSPC,           // the spool is full, not the library
        FsError.QuotaExceeded => EDQUOT,
        FsError.TooLarge => EFBIG,
        FsError.Throttled => EBUSY,          // rate limited past the deadline; EAGAIN would make some callers spin
        FsError.Remote => EIO,
        FsError.TimedOut => ETIMEDOUT,
        FsError.Interrupted => EINTR,
        FsError.NoAttribute => ENODATA,
        FsError.BufferTooSmall => ERANGE,
        FsError.LocalFailure => EIO,
    };
}
