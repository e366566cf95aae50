namespace ImageKitFs.Core.Media;

/// <summary>Why a command cannot have what it asked the library for; the Cli gives each its exit code.</summary>
public enum MediaFailure
{
    /// <summary>The library has no such file, folder or version.</summary>
    NotFound,

    /// <summary>A folder, where only a file makes sense.</summary>
    IsFolder,

    /// <summary>A value that the library does not take.</summary>
    BadValue,

    /// <summary>The service refused the key.</summary>
    BadKey,

    /// <summary>The key may not do this.</summary>
    NotPermitted,

    /// <summary>The service could not be reached.</summary>
    NoNetwork,

    /// <summary>The service refused, failed, or answered not as documented.</summary>
    Service,
}

/// <summary>The library cannot give or do it. The message is one line and holds no secret.</summary>
public sealed class MediaException : Exception
{
    /// <summary>Makes one.</summary>
    public MediaException(MediaFailure failure, string message)
        : base(message) => Failure = failure;

    /// <summary>The cause, for the exit code.</summary>
    public MediaFailure Failure { get; }
}
