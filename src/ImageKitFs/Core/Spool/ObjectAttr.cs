namespace ImageKitFs.Core.Spool;

/// <summary>What we know about an object of the library and the library does not store.</summary>
/// <param name="ObjectId">fileId or folderId.</param>
/// <param name="Ino">The st_ino assigned to it, for ever.</param>
/// <param name="VersionId">The version that <paramref name="ModifiedNs"/> belongs to.</param>
/// <param name="ModifiedNs">mtime in nanoseconds since 1970.</param>
/// <param name="AccessedNs">atime in nanoseconds since 1970.</param>
internal sealed record ObjectAttr(
    string ObjectId, ulong Ino, uint? Mode, uint? Uid, uint? Gid, string? VersionId, long? ModifiedNs, long? AccessedNs);
