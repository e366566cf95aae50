using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>From what the service said to what a program is told. Total: a new kind does not compile until it is answered here.</summary>
internal static class FsErrorMap
{
    public static FsError ToFsError(this ApiError error) => error.Kind switch
    {
        ApiErrorKind.None => FsError.LocalFailure,
        ApiErrorKind.BadRequest => FsError.Remote,
        ApiErrorKind.Unauthorized => FsError.AccessDenied,
        ApiErrorKind.Forbidden => FsError.ReadOnly,
        ApiErrorKind.NotFound => FsError.NotFound,
        ApiErrorKind.AlreadyExists => FsError.Exists,
        ApiErrorKind.Locked => FsError.Busy,
        ApiErrorKind.TooLarge => FsError.TooLarge,
        ApiErrorKind.QuotaExceeded => FsError.QuotaExceeded,
        ApiErrorKind.UpdateThrottled => FsError.Throttled,
        ApiErrorKind.VersionLimit => FsError.QuotaExceeded,
        ApiErrorKind.TooManyObjects => FsError.Busy,
        ApiErrorKind.RateLimited => FsError.Throttled,
        ApiErrorKind.Server => FsError.Remote,
        ApiErrorKind.Unreachable => FsError.Remote,
        ApiErrorKind.Network => FsError.Remote,
        ApiErrorKind.TimedOut => FsError.Remote,
        ApiErrorKind.BadReply => FsError.Remote,
        ApiErrorKind.Refused => FsError.AccessDenied,
        ApiErrorKind.Canceled => FsError.Interrupted,
    };

    /// <summary>As <see cref="ToFsError"/>, for a call that only reads: what is forbidden then is not a change.</summary>
    public static FsError ToReadError(this ApiError error) => error.Kind == ApiErrorKind.Forbidden ? FsError.AccessDenied : error.ToFsError();
}
