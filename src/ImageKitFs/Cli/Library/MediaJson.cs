using System.Text.Json;

namespace ImageKitFs.Cli.Library;

/// <summary>`info --json`. What the service did not send is null.</summary>
internal sealed record InfoView
{
    public required string Type { get; init; }

    public required string Path { get; init; }

    public string? FileId { get; init; }

    public string? FolderId { get; init; }

    public int? Version { get; init; }

    public string? VersionId { get; init; }

    /// <summary>How many versions the file has.</summary>
    public int? Versions { get; init; }

    public long? Size { get; init; }

    public string? Mime { get; init; }

    public string? FileType { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public JsonElement? AiTags { get; init; }

    public string? Description { get; init; }

    public JsonElement? CustomMetadata { get; init; }

    public string? CustomCoordinates { get; init; }

    public bool? IsPrivate { get; init; }

    public bool? IsPublished { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Unsigned; `url` signs.</summary>
    public string? Url { get; init; }

    public string? Thumbnail { get; init; }

    /// <summary>Exif, IPTC and XMP as the listing has them.</summary>
    public JsonElement? EmbeddedMetadata { get; init; }

    /// <summary>Format, colour profile, exif and the like as read from the bytes.</summary>
    public JsonElement? Metadata { get; init; }

    public string? ETag { get; init; }
}

/// <summary>A row of `search --json`.</summary>
internal sealed record FoundView(
    string Type, string Path, string Id, long? Size, string? Mime, int? Width, int? Height, bool? IsPrivate, IReadOnlyList<string> Tags, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A row of `tag --json`.</summary>
internal sealed record TagsView(string Path, string FileId, IReadOnlyList<string> Tags);

/// <summary>`describe --json`.</summary>
internal sealed record DescriptionView(string Path, string FileId, string? Description);

/// <summary>`meta --json`.</summary>
internal sealed record MetaView(string Path, string FileId, JsonElement CustomMetadata);

/// <summary>A row of `versions --json`.</summary>
internal sealed record VersionView(int Version, string VersionId, bool IsCurrent, long Size, string? Mime, DateTimeOffset UpdatedAt);

/// <summary>`url --json`.</summary>
internal sealed record UrlView(string Url, bool IsSigned, DateTimeOffset? ExpiresAt);

/// <summary>`purge --json`.</summary>
internal sealed record PurgeView(string Url, string RequestId, string Status);

/// <summary>`usage --json`.</summary>
internal sealed record UsageView
{
    /// <summary>The first day.</summary>
    public required DateOnly From { get; init; }

    /// <summary>The day after the last.</summary>
    public required DateOnly To { get; init; }

    public long? BandwidthBytes { get; init; }

    public long? MediaLibraryStorageBytes { get; init; }

    public long? OriginalCacheStorageBytes { get; init; }

    public long? VideoProcessingUnitsCount { get; init; }

    public long? ExtensionUnitsCount { get; init; }
}
