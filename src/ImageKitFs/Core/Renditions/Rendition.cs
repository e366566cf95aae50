using ImageKitFs.Core.Content;

namespace ImageKitFs.Core.Renditions;

/// <summary>Other bytes that the service makes of one version: by a transformation, of the file or of a frame of a video. They never change.</summary>
/// <param name="FileId">Of the file.</param>
/// <param name="VersionId">Of the version.</param>
/// <param name="RemotePath">Where the service has it now.</param>
/// <param name="ObjectVersion">ik-obj-version of an older version, null for the current one.</param>
/// <param name="IsPrivate">Sign the URL.</param>
/// <param name="Transformation">In the service's grammar, such as w-300,h-300.</param>
internal sealed record Rendition(string FileId, string VersionId, string RemotePath, string? ObjectVersion, bool IsPrivate, string Transformation)
{
    /// <summary>Delivery shows a frame of a video under this name below the file.</summary>
    private const string FrameName = "/ik-thumbnail.jpg";

    /// <summary>Of a frame of the video, not of the video.</summary>
    public bool IsFrame { get; init; }

    /// <summary>Anything but a PNG is no answer.</summary>
    public bool MustBePng { get; init; }

    /// <summary>The path to ask for.</summary>
    public string DeliveryPath => IsFrame ? RemotePath + FrameName : RemotePath;

    /// <summary>Where the cache keeps it, beside the version itself.</summary>
    public ContentKey Key => new(FileId, $"{VersionId}\n{Transformation}{(IsFrame ? FrameName : "")}");

    /// <summary>The thumbnail of an image or video.</summary>
    public static Rendition Thumbnail(string fileId, string versionId, string remotePath, string? objectVersion, bool isPrivate, MediaKind kind, ThumbnailSize size) =>
        new(fileId, versionId, remotePath, objectVersion, isPrivate, size.Transformation) { IsFrame = kind == MediaKind.Video, MustBePng = true };
}
