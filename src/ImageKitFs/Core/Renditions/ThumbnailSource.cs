namespace ImageKitFs.Core.Renditions;

/// <summary>What the service makes thumbnails of, and how.</summary>
internal enum MediaKind
{
    /// <summary>Nothing to see.</summary>
    Other,

    /// <summary>Shown scaled.</summary>
    Image,

    /// <summary>A frame of it is shown.</summary>
    Video,
}

/// <summary>Tells images and videos, by the type that the service detected, else by the name.</summary>
internal static class ThumbnailSource
{
    private static readonly HashSet<string> Images = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".svg", ".heic", ".heif", ".ico", ".jxl",
    };

    private static readonly HashSet<string> Videos = new(StringComparer.OrdinalIgnoreCase) { ".mp4", ".mov", ".webm", ".m4v", ".avi", ".mkv", ".ogv", ".mpg", ".mpeg" };

    public static MediaKind KindOf(string? mime, string name)
    {
        if (mime is not null)
        {
            return mime.StartsWith("image/", StringComparison.Ordinal) ? MediaKind.Image
                : mime.StartsWith("video/", StringComparison.Ordinal) ? MediaKind.Video
                : MediaKind.Other;
        }

        string extension = Path.GetExtension(name);
        return Images.Contains(extension) ? MediaKind.Image : Videos.Contains(extension) ? MediaKind.Video : MediaKind.Other;
    }
}
