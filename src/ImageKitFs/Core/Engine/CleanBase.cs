using ImageKitFs.Core.Api;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>A clean version as what lies below dirty layers.</summary>
internal sealed class CleanBase(CachedContent content) : IBaseContent
{
    private readonly ReadaheadWindow _window = new();

    public long Size => content.Size;

    public bool IsLocal => content.IsComplete;

    public ValueTask<FsResult<int>> ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct) => content.ReadAsync(offset, buffer, _window, ct);

    public void Dispose()
    {
        _window.Dispose();
        content.Dispose();
    }
}

/// <summary>Finds where the bytes of one version are: under the inode's name while it is the current version, else through the version's own row.</summary>
internal sealed class VersionLocator(Volume volume, FileInode inode, RemoteVersion version) : IContentLocator
{
    public async ValueTask<FsResult<DeliveryTarget>> LocateAsync(int attempt, CancellationToken ct)
    {
        if (attempt == 0)
        {
            lock (volume.Lock)
            {
                // Another file may have the name of one that has none any more.
                if (inode.IsLinked && !inode.IsSuperseded && inode.Base is { } current && current.IsSameAs(version))
                    return new DeliveryTarget(Namespace.ServerPathOf(inode), version.ObjectVersion, version.IsPrivate);
            }
        }

        return await FindAsync(volume, version, ct);
    }

    /// <summary>Where a version is by its own row.</summary>
    public static async ValueTask<FsResult<DeliveryTarget>> FindAsync(Volume volume, RemoteVersion version, CancellationToken ct)
    {
        ApiResult<IReadOnlyList<LibraryRow>> versions = await volume.Library.VersionsAsync(version.FileId, ct);
        if (!versions.Ok)
            return versions.Error.Kind == ApiErrorKind.NotFound ? FsError.Stale : versions.Error.ToFsError();
        foreach (LibraryRow row in versions.Value)
        {
            if (row.VersionId == version.VersionId && RemotePath.IsWellFormed(row.Path))
                return new DeliveryTarget(row.Path, row.ObjectVersion, row.IsPrivate);
        }

        return FsError.Stale;
    }
}
