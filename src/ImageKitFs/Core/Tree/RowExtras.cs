namespace ImageKitFs.Core.Tree;

/// <summary>What few rows have; it must be sent again when the file is overwritten, or the service erases it.</summary>
/// <param name="Tags">Empty when there are none.</param>
/// <param name="CustomCoordinates">x,y,w,h or null.</param>
/// <param name="Description">Text or null.</param>
/// <param name="CustomMetadataJson">A JSON object with members besides the mtime that we store, or null.</param>
/// <remarks>Source: imagekit-api.md 0.1 fact 4, 4.1.</remarks>
internal sealed record RowExtras(IReadOnlyList<string> Tags, string? CustomCoordinates, string? Description, string? CustomMetadataJson);
