using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Tree;

/// <summary>A row on its way into a <see cref="Listing"/>.</summary>
internal record struct RowDraft
{
    public required string RemoteName { get; init; }

    /// <summary>What the name map gives; the builder settles collisions here.</summary>
    public required string Name { get; set; }

    public required FileKind Kind { get; init; }

    public required ObjectId Id { get; init; }

    public ObjectId VersionId { get; init; }

    public int VersionNumber { get; init; }

    public long Size { get; init; }

    public bool IsPrivate { get; init; }

    public Timestamp Modified { get; set; }

    public Timestamp Changed { get; init; }

    public Timestamp Born { get; init; }

    public string? ObjectVersion { get; init; }

    public string? Mime { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    public RowExtras? Extras { get; init; }

    public bool IsUnconfirmed { get; init; }

    /// <summary><see cref="Modified"/> is what the account stores.</summary>
    public bool HasStoredTime { get; init; }

    public static RowDraft From(LibraryRow row, Func<string, bool, string> toLocal)
    {
        bool isFolder = row.Kind == RowKind.Folder;
        bool hasMetadata = false;
        var updated = Timestamp.From(row.UpdatedAt);
        Timestamp? stored = isFolder ? null : StoredTime.Read(row.CustomMetadataJson, row.Size, out hasMetadata);
        // What is ours alone is in its column: an object for each row would cost a large library hundreds of megabytes.
        string? metadata = hasMetadata ? row.CustomMetadataJson : null;
        bool hasExtras = row.Tags.Count > 0 || row.CustomCoordinates is not null || row.Description is not null || metadata is not null;
        return new RowDraft
        {
            RemoteName = row.Name,
            Name = toLocal(row.Name, isFolder),
            Kind = isFolder ? FileKind.Directory : FileKind.File,
            Id = ObjectId.Parse(row.Id),
            VersionId = isFolder ? default : ObjectId.Parse(row.VersionId),
            VersionNumber = row.VersionNumber,
            Size = isFolder ? 0 : row.Size,
            IsPrivate = row.IsPrivate,
            Modified = stored ?? updated,
            HasStoredTime = stored is not null,
            Changed = updated,
            Born = Timestamp.From(row.CreatedAt),
            ObjectVersion = row.ObjectVersion,
            Mime = row.Mime,
            Width = row.Width ?? 0,
            Height = row.Height ?? 0,
            Extras = hasExtras ? new RowExtras(row.Tags, row.CustomCoordinates, row.Description, metadata) : null,
        };
    }
}
