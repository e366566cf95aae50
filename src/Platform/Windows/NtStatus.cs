using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>The status codes that our callbacks return, named as ntstatus.h names them, and what they mean to a program.</summary>
/// <remarks>A failure is negative. Codes that are not negative count as success in Open and Create, so no error maps to one. Source: winfsp.md section 10.</remarks>
internal static class NtStatus
{
    internal const int STATUS_SUCCESS = 0;
    internal const int STATUS_PENDING = 0x00000103;
    internal const int STATUS_BUFFER_OVERFLOW = unchecked((int)0x80000005);
    internal const int STATUS_INVALID_HANDLE = unchecked((int)0xC0000008);
    internal const int STATUS_INVALID_PARAMETER = unchecked((int)0xC000000D);
    internal const int STATUS_INVALID_DEVICE_REQUEST = unchecked((int)0xC0000010);
    internal const int STATUS_END_OF_FILE = unchecked((int)0xC0000011);
    internal const int STATUS_ACCESS_DENIED = unchecked((int)0xC0000022);
    internal const int STATUS_BUFFER_TOO_SMALL = unchecked((int)0xC0000023);
    internal const int STATUS_OBJECT_NAME_INVALID = unchecked((int)0xC0000033);
    internal const int STATUS_OBJECT_NAME_NOT_FOUND = unchecked((int)0xC0000034);
    internal const int STATUS_OBJECT_NAME_COLLISION = unchecked((int)0xC0000035);
    internal const int STATUS_OBJECT_PATH_NOT_FOUND = unchecked((int)0xC000003A);
    internal const int STATUS_SHARING_VIOLATION = unchecked((int)0xC0000043);
    internal const int STATUS_QUOTA_EXCEEDED = unchecked((int)0xC0000044);
    internal const int STATUS_EAS_NOT_SUPPORTED = unchecked((int)0xC000004F);
    internal const int STATUS_DELETE_PENDING = unchecked((int)0xC0000056);
    internal const int STATUS_LOGON_FAILURE = unchecked((int)0xC000006D);
    internal const int STATUS_DISK_FULL = unchecked((int)0xC000007F);
    internal const int STATUS_INSUFFICIENT_RESOURCES = unchecked((int)0xC000009A);
    internal const int STATUS_MEDIA_WRITE_PROTECTED = unchecked((int)0xC00000A2);
    internal const int STATUS_IO_TIMEOUT = unchecked((int)0xC00000B5);
    internal const int STATUS_FILE_IS_A_DIRECTORY = unchecked((int)0xC00000BA);
    internal const int STATUS_NOT_SUPPORTED = unchecked((int)0xC00000BB);
    internal const int STATUS_NETWORK_BUSY = unchecked((int)0xC00000BF);
    internal const int STATUS_UNEXPECTED_NETWORK_ERROR = unchecked((int)0xC00000C4);
    internal const int STATUS_NOT_SAME_DEVICE = unchecked((int)0xC00000D4);
    internal const int STATUS_CANT_WAIT = unchecked((int)0xC00000D8);
    internal const int STATUS_UNEXPECTED_IO_ERROR = unchecked((int)0xC00000E9);
    internal const int STATUS_DIRECTORY_NOT_EMPTY = unchecked((int)0xC0000101);
    internal const int STATUS_NOT_A_DIRECTORY = unchecked((int)0xC0000103);
    internal const int STATUS_NAME_TOO_LONG = unchecked((int)0xC0000106);
    internal const int STATUS_CANCELLED = unchecked((int)0xC0000120);
    internal const int STATUS_CANNOT_DELETE = unchecked((int)0xC0000121);
    internal const int STATUS_IO_DEVICE_ERROR = unchecked((int)0xC0000185);
    internal const int STATUS_NETWORK_UNREACHABLE = unchecked((int)0xC000023C);
    internal const int STATUS_HOST_UNREACHABLE = unchecked((int)0xC000023D);
    internal const int STATUS_FILE_TOO_LARGE = unchecked((int)0xC0000904);

    /// <summary>The status that makes a program see what happened.</summary>
    internal static int ToNtStatus(this FsError error) => error switch
    {
        FsError.None => STATUS_SUCCESS,
        FsError.NotFound => STATUS_OBJECT_NAME_NOT_FOUND,
        FsError.Exists => STATUS_OBJECT_NAME_COLLISION,
        FsError.NotDirectory => STATUS_NOT_A_DIRECTORY,
        FsError.IsDirectory => STATUS_FILE_IS_A_DIRECTORY,
        FsError.NotEmpty => STATUS_DIRECTORY_NOT_EMPTY,
        FsError.InvalidName => STATUS_OBJECT_NAME_INVALID,
        FsError.NameTooLong => STATUS_NAME_TOO_LONG,
        FsError.InvalidArgument => STATUS_INVALID_PARAMETER,
        FsError.BadHandle => STATUS_INVALID_HANDLE,
        FsError.NotSupported => STATUS_INVALID_DEVICE_REQUEST,
        FsError.NotPermitted => STATUS_ACCESS_DENIED,
        FsError.AccessDenied => STATUS_ACCESS_DENIED,
        FsError.ReadOnly => STATUS_MEDIA_WRITE_PROTECTED,
        FsError.Busy => STATUS_SHARING_VIOLATION,        // programs retry it; DEVICE_BUSY is only a warning code
        FsError.Stale => STATUS_DELETE_PENDING,          // the version that is open is gone from the library
        FsError.NoSpace => STATUS_DISK_FULL,
        FsError.QuotaExceeded => STATUS_DISK_FULL,       // QUOTA_EXCEEDED would show as the odd error 1816
        FsError.TooLarge => STATUS_FILE_TOO_LARGE,
        FsError.Throttled => STATUS_NETWORK_BUSY,
        FsError.Remote => STATUS_UNEXPECTED_NETWORK_ERROR, // unreachable or failing: the port does not tell which
        FsError.TimedOut => STATUS_IO_TIMEOUT,
        FsError.Interrupted => STATUS_CANCELLED,         // nothing is interrupted here but by the unmount
        FsError.NoAttribute => STATUS_OBJECT_NAME_NOT_FOUND,
        FsError.BufferTooSmall => STATUS_BUFFER_TOO_SMALL,
        FsError.LocalFailure => STATUS_IO_DEVICE_ERROR,
    };

    /// <summary>The Win32 error that a program gets for a status, as RtlNtStatusToDosError has it; 317 (no message) for a code that is not ours.</summary>
    internal static int ToWin32Error(int status) => status switch
    {
        STATUS_SUCCESS => 0,
        STATUS_PENDING => 997,
        STATUS_BUFFER_OVERFLOW => 234,
        STATUS_INVALID_HANDLE => 6,
        STATUS_INVALID_PARAMETER => 87,
        STATUS_INVALID_DEVICE_REQUEST => 1,
        STATUS_END_OF_FILE => 38,
        STATUS_ACCESS_DENIED => 5,
        STATUS_BUFFER_TOO_SMALL => 122,
        STATUS_OBJECT_NAME_INVALID => 123,
        STATUS_OBJECT_NAME_NOT_FOUND => 2,
        STATUS_OBJECT_NAME_COLLISION => 183,
        STATUS_OBJECT_PATH_NOT_FOUND => 3,
        STATUS_SHARING_VIOLATION => 32,
        STATUS_QUOTA_EXCEEDED => 1816,
        STATUS_EAS_NOT_SUPPORTED => 282,
        STATUS_DELETE_PENDING => 5,
        STATUS_LOGON_FAILURE => 1326,
        STATUS_DISK_FULL => 112,
        STATUS_INSUFFICIENT_RESOURCES => 1450,
        STATUS_MEDIA_WRITE_PROTECTED => 19,
        STATUS_IO_TIMEOUT => 121,
        STATUS_FILE_IS_A_DIRECTORY => 5,
        STATUS_NOT_SUPPORTED => 50,
        STATUS_NETWORK_BUSY => 54,
        STATUS_UNEXPECTED_NETWORK_ERROR => 59,
        STATUS_NOT_SAME_DEVICE => 17,
        STATUS_CANT_WAIT => 554,
        STATUS_UNEXPECTED_IO_ERROR => 1117,
        STATUS_DIRECTORY_NOT_EMPTY => 145,
        STATUS_NOT_A_DIRECTORY => 267,
        STATUS_NAME_TOO_LONG => 206,
        STATUS_CANCELLED => 995,
        STATUS_CANNOT_DELETE => 5,
        STATUS_IO_DEVICE_ERROR => 1117,
        STATUS_NETWORK_UNREACHABLE => 1231,
        STATUS_HOST_UNREACHABLE => 1232,
        STATUS_FILE_TOO_LARGE => 223,
        _ => NoMessage,
    };

    /// <summary>ERROR_MR_MID_NOT_FOUND, which RtlNtStatusToDosError returns for what it does not know.</summary>
    internal const int NoMessage = 317;
}
