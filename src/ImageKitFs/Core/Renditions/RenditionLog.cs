using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Renditions;

/// <summary>Log lines of this room.</summary>
internal static partial class RenditionLog
{
    [LoggerMessage(50, LogLevel.Warning, "The rendition {Transformation} of {Path} could not be read: {Error}")]
    public static partial void NotRead(ILogger log, string path, string transformation, string error);

    [LoggerMessage(51, LogLevel.Warning, "Thumbnails cannot be stored in {Folder}: {Error}")]
    public static partial void NotStored(ILogger log, string folder, string error);
}
