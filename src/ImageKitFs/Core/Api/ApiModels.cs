namespace ImageKitFs.Core.Api;

internal enum RowKind
{
    File,
    FileVersion,
    Folder,
}

/// <summary>A row of a listing, of details or of versions; checked: what a kind needs is there, whatever the service left out or sent as null.</summary>
/// <remarks>Source: imagekit-api.md 2.1, 2.2. Rows that lack an id, a name or a path are dropped by the client and counted.</remarks>
internal sealed record LibraryRow
{
    public required RowKind Kind { get; init; }

    /// <summary>fileId, or folderId for a folder.</summary>
    public required string Id { get; init; }

    /// <summary>Base name as the service stores it.</summary>
    public required string Name { get; init; }

    /// <summary>filePath or folderPath: absolute, with the name, no trailing slash.</summary>
    public required string Path { get; init; }

    /// <summary>versionInfo.id; equals <see cref="Id"/> where the service gave none. Empty for a folder.</summary>
    public string VersionId { get; init; } = "";

    /// <summary>N of versionInfo.name "Version N"; 1 where the service gave none.</summary>
    public int VersionNumber { get; init; } = 1;

    /// <summary>Bytes of this version's original.</summary>
    public long Size { get; init; }

    public bool IsPrivate { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>ik-obj-version of the row's url: addresses an older version's bytes. Null where the url has none.</summary>
    public string? ObjectVersion { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>x,y,w,h or null.</summary>
    public string? CustomCoordinates { get; init; }

    public string? Description { get; init; }

    /// <summary>The object as JSON text; null when it is absent or empty.</summary>
    public string? CustomMetadataJson { get; init; }

    public string? Mime { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }
}

internal enum SortOrder
{
    CreatedAscending,
    NameAscending,
    UpdatedDescending,
}

/// <summary>GET /v1/files.</summary>
/// <param name="Path">The folder, or null for the whole library.</param>
internal sealed record ListQuery(string? Path, int Skip = 0, int Limit = 1000, string Type = "all", SortOrder Sort = SortOrder.CreatedAscending)
{
    public string? SearchQuery { get; init; }
}

/// <summary>POST /api/v1/files/upload. The body is opened once per attempt, so that a repeat starts from the first byte.</summary>
internal sealed record UploadRequest
{
    /// <summary>Remote folder, "/" or "/a/b".</summary>
    public required string Folder { get; init; }

    /// <summary>Remote base name.</summary>
    public required string FileName { get; init; }

    public required long Size { get; init; }

    /// <summary>Opens the bytes from the start; called once per attempt, the client disposes the stream.</summary>
    public required Func<Stream> OpenBody { get; init; }

    /// <summary>False: exclusive create, the service answers 400 "already exists" for a taken name.</summary>
    public required bool Overwrite { get; init; }

    public bool IsPrivate { get; init; }

    public string? CustomCoordinates { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public string? CustomMetadataJson { get; init; }
}

/// <summary>What the upload's 200 says.</summary>
internal sealed record UploadReply(string FileId, string VersionId, int VersionNumber, string Name, string FilePath, long Size, bool? IsPrivate, string? Url);

internal enum JobState
{
    Pending,
    Completed,
}

/// <summary>A change of details; null is left as it is.</summary>
internal sealed record DetailsPatch
{
    public IReadOnlyList<string>? Tags { get; init; }

    public string? Description { get; init; }

    /// <summary>A JSON object; a null member unsets.</summary>
    public string? CustomMetadataJson { get; init; }
}

/// <summary>What deleteByFileIds did.</summary>
internal sealed record BulkDeleteReply(IReadOnlyList<string> Deleted, IReadOnlyList<string> Failed);
