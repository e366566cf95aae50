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

    /// <summary>The log has a line about the cause.</summary>
    public bool IsTold { get; init; }

    /// <summary>No connection to the service could be made.</summary>
    public bool IsUnreachable { get; init; }

    public static PushResult From(ApiError error) =>
        new(error.IsTransient || error.Kind == ApiErrorKind.Canceled ? PushVerdict.Retry : PushVerdict.Refused, error.ToFsError(), error.ToString())
        {
            IsTold = error.IsTold,
            IsUnreachable = error.Kind == ApiErrorKind.Unreachable,
        };

    public static PushResult RetryLater(FsError error, string message) => new(PushVerdict.Retry, error, message);

    public static PushResult Refuse(FsError error, string message) => new(PushVerdict.Refused, error, message);
}
