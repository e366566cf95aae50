using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Media;

/// <summary>A file, a version of one, or a folder, as the library lists it.</summary>
public sealed record MediaItem
{
    /// <summary>True for a folder: it has an id, a path and times, and nothing else.</summary>
    public required bool IsFolder { get; init; }

    /// <summary>As the mount shows it: names are decoded.</summary>
    public required string Path { get; init; }

    /// <summary>As the service stores it.</summary>
    public required string StoredPath { get; init; }

    /// <summary>fileId or folderId.</summary>
    public required string Id { get; init; }

    /// <summary>Of this version; empty for a folder.</summary>
    public string VersionId { get; init; } = "";

    /// <summary>N of "Version N".</summary>
    public int VersionNumber { get; init; }

    /// <summary>False for an older version.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>As the service detected it.</summary>
    public string? Mime { get; init; }

    /// <summary>Pixels, of pictures and videos.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels, of pictures and videos.</summary>
    public int? Height { get; init; }

    /// <summary>Delivered to signed URLs only.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Empty when there are none.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Null when there is none.</summary>
    public string? Description { get; init; }

    /// <summary>A JSON object; null when it has no members.</summary>
    public string? CustomMetadata { get; init; }

    /// <summary>First upload of the path.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Last change.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    internal static MediaItem From(LibraryRow row, string path) => new()
    {
        IsFolder = row.Kind == RowKind.Folder,
        Path = path,
        StoredPath = row.Path,
        Id = row.Id,
        VersionId = row.VersionId,
        VersionNumber = row.VersionNumber,
        IsCurrent = row.Kind != RowKind.FileVersion,
        Size = row.Size,
        Mime = row.Mime,
        Width = row.Width,
        Height = row.Height,
        IsPrivate = row.IsPrivate,
        Tags = row.Tags,
        Description = row.Description is { Length: > 0 } text ? text : null,
        CustomMetadata = row.CustomMetadataJson,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
    };
}
