using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Spool;

/// <summary>What a failing local disk means to the caller.</summary>
internal static class DiskErrors
{
    // The framework puts errno into HResult where it has no exception of its own; Windows gives HRESULT_FROM_WIN32.
    private const int ENOSPC = 28;
    private const int EFBIG = 27;
    private const int EDQUOT = 122;
    private const int ErrorDiskFull = unchecked((int)0x80070070);
    private const int ErrorHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>True for what the disk throws; anything else is a bug and passes through.</summary>
    public static bool IsDiskError(Exception exception) =>
        exception is IOException or UnauthorizedAccessException;

    public static FsError ToFsError(Exception exception) => exception.HResult switch
    {
        ENOSPC or EDQUOT or ErrorDiskFull or ErrorHandleDiskFull => FsError.NoSpace,
        EFBIG => FsError.TooLarge,
        _ => FsError.LocalFailure,
    };
}
