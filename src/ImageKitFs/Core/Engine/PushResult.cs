using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>How one attempt to push an operation ended.</summary>
internal enum PushVerdict
{
    Done,

    /// <summary>May work later without anybody changing anything.</summary>
    Retry,

    /// <summary>Refused: waits for the user.</summary>
    Refused,
}

/// <summary>The verdict with its reason.</summary>
internal readonly record struct PushResult(PushVerdict Verdict, FsError Error, string? Message, TimeSpan MinDelay = default)
{
    public static readonly PushResult Done = new(PushVerdict.Done, FsError.None, null);

    /// <summary>15 s between uploads to a path on which the service used its throttle text (design of the pacing rule).</summary>
    private static readonly TimeSpan ThrottlePause = TimeSpan.FromSeconds(15);

    public static PushResult From(ApiError error) => error.IsTransient || error.Kind == ApiErrorKind.Canceled
        ? new PushResult(PushVerdict.Retry, error.ToFsError(), error.ToString(), error.Kind == ApiErrorKind.UpdateThrottled ? ThrottlePause : default)
        : new PushResult(PushVerdict.Refused, error.ToFsError(), error.ToString());

    public static PushResult RetryLater(FsError error, string message) => new(PushVerdict.Retry, error, message);

    public static PushResult Refuse(FsError error, string message) => new(PushVerdict.Refused, error, message);
}
