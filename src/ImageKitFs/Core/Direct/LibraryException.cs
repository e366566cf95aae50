using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Direct;

/// <summary>Why a command without a mount could not do something; the Cli gives each its exit status.</summary>
public enum LibraryFailure
{
    /// <summary>No such path, or no longer.</summary>
    NotInLibrary,

    /// <summary>The name is taken.</summary>
    Taken,

    /// <summary>A name, a size or a kind of file that the library does not take: no use trying again.</summary>
    NotStorable,

    /// <summary>The private key is refused.</summary>
    BadKey,

    /// <summary>The key, or the account's rules, do not allow it.</summary>
    NotAllowed,

    /// <summary>The service could not be reached.</summary>
    NoNetwork,

    /// <summary>The service answered with an error, or not as documented.</summary>
    Service,

    /// <summary>The account is full, or the file is larger than its plan accepts.</summary>
    TooMuch,
}

/// <summary>Something that one command could not do. The message is one line and holds no secret.</summary>
public sealed class LibraryException : Exception
{
    /// <summary>Makes one.</summary>
    public LibraryException(LibraryFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>The cause.</summary>
    public LibraryFailure Failure { get; }

    /// <param name="path">What it was about, as the user sees it.</param>
    /// <param name="error">What the service said.</param>
    /// <param name="ct">The caller's: a call that it ended is no failure.</param>
    internal static Exception Of(string path, ApiError error, CancellationToken ct)
    {
        if (error.Kind == ApiErrorKind.Canceled)
            return new OperationCanceledException(ct);
        LibraryFailure failure = error.Kind switch
        {
            ApiErrorKind.NotFound => LibraryFailure.NotInLibrary,
            ApiErrorKind.AlreadyExists => LibraryFailure.Taken,
            ApiErrorKind.Unauthorized or ApiErrorKind.Refused => LibraryFailure.BadKey,
            ApiErrorKind.Forbidden => LibraryFailure.NotAllowed,
            ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.TimedOut => LibraryFailure.NoNetwork,
            ApiErrorKind.TooLarge or ApiErrorKind.QuotaExceeded or ApiErrorKind.VersionLimit => LibraryFailure.TooMuch,
            _ => LibraryFailure.Service,
        };
        return new LibraryException(failure, $"{path}: {error}");
    }

    /// <summary>From what reading a file's bytes came to.</summary>
    internal static LibraryException Of(string path, FsError error) => error switch
    {
        FsError.Stale or FsError.NotFound => new LibraryException(LibraryFailure.NotInLibrary, $"{path} is no longer in the library as it was listed"),
        FsError.AccessDenied => new LibraryException(LibraryFailure.NotAllowed, $"{path}: the URL endpoint refuses it; check the key, and the rules of the URL endpoint in the dashboard"),
        FsError.Throttled => new LibraryException(LibraryFailure.Service, $"{path}: the service is rate limited"),
        _ => new LibraryException(LibraryFailure.Service, $"{path}: its bytes cannot be had: the service failed or sent others than it lists"),
    };
}
