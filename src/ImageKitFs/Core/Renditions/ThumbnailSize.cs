namespace ImageKitFs.Core.Renditions;

/// <summary>A size of the desktop's thumbnails (freedesktop.org, Thumbnail Managing Standard): its folder, and the longest edge in pixels.</summary>
internal sealed record ThumbnailSize(string Folder, int Edge)
{
    public static readonly ThumbnailSize Normal = new("normal", 128);

    public static readonly ThumbnailSize Large = new("large", 256);

    public static IReadOnlyList<ThumbnailSize> All { get; } = [Normal, Large, new("x-large", 512), new("xx-large", 1024)];

    /// <summary>Scaled down to fit, never up; PNG, which the standard demands.</summary>
    public string Transformation => $"w-{Edge},h-{Edge},c-at_max,f-png";

    public static ThumbnailSize? Find(string folder) => All.FirstOrDefault(size => size.Folder == folder);
}
