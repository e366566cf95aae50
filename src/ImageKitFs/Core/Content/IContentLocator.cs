using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Content;

/// <summary>Where the bytes of a version are now.</summary>
/// <param name="RemotePath">Absolute path in the library.</param>
/// <param name="ObjectVersion">ik-obj-version of an older version, null for the current one.</param>
/// <param name="IsPrivate">Sign the URL.</param>
internal readonly record struct DeliveryTarget(string RemotePath, string? ObjectVersion, bool IsPrivate);

/// <summary>Knows where a version is: paths change under an open file, and versions are superseded.</summary>
internal interface IContentLocator
{
    /// <param name="attempt">0 before each fetch: answer from what is known. Above 0 the last answer gave a 404 or other bytes: look the version up and
    /// answer with its ObjectVersion, or <see cref="FsError.Stale"/> when it is gone.</param>
    /// <param name="ct">Ends the wait.</param>
    ValueTask<FsResult<DeliveryTarget>> LocateAsync(int attempt, CancellationToken ct);
}
