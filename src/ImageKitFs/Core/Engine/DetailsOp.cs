using System.Text.Json;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Tags, description or custom metadata that were set and that the library does not have yet: because the file is not there yet, or because it could not be told.</summary>
/// <remarks>Addressed by id, once there is one; before that it is in no queue, only in the journal and with the inode.</remarks>
internal sealed class DetailsOp(long seq, string path, FileInode? inode) : PendingOp(seq, path)
{
    /// <summary>The file, while this process knows it.</summary>
    public FileInode? Inode { get; set; } = inode;

    /// <summary>Null until the library has the file.</summary>
    public string? FileId { get; set; }

    public required DetailsChange Change { get; set; }

    public override string Verb => "details";

    public override bool IsAddressedById => true;

    public override bool WillBePushed => FileId is not null;

    public override OpRecord ToRecord() =>
        Record(OpKind.Details, Inode?.Ino ?? 0, FileId, JsonSerializer.Serialize(DetailsOpData.Of(Change, updatedAt: null), OpJson.Default.DetailsOpData));
}

/// <summary>Details that the library has acknowledged: they are shown until a listing agrees, or knows better.</summary>
/// <param name="Seq">The journal row that repeats this after a restart.</param>
/// <param name="Path">The remote path, for the journal.</param>
/// <param name="Change">What was set.</param>
/// <param name="UpdatedAt">The service's time of it: a row that is newer knows better.</param>
/// <param name="At">When (TimeProvider timestamp).</param>
internal sealed record SettledDetails(long Seq, string Path, DetailsChange Change, Timestamp UpdatedAt, long At)
{
    public OpRecord ToRecord(string fileId) => new()
    {
        Seq = Seq,
        Kind = OpKind.Details,
        State = OpState.Replied,
        Path = Path,
        FileId = fileId,
        Data = JsonSerializer.Serialize(DetailsOpData.Of(Change, UpdatedAt), OpJson.Default.DetailsOpData),
    };
}

internal sealed record DetailsOpData
{
    public IReadOnlyList<string>? Tags { get; init; }

    public string? Description { get; init; }

    /// <summary>Fields that are set.</summary>
    public Dictionary<string, string>? Metadata { get; init; }

    /// <summary>Fields that are taken away.</summary>
    public IReadOnlyList<string>? Unset { get; init; }

    /// <summary>The service's time, once it has acknowledged.</summary>
    public long? UpdatedNs { get; init; }

    public static DetailsOpData Of(DetailsChange change, Timestamp? updatedAt) => new()
    {
        Tags = change.Tags,
        Description = change.Description,
        Metadata = change.Metadata.Where(field => field.Value is not null).ToDictionary(field => field.Key, field => field.Value!, StringComparer.Ordinal),
        Unset = [.. change.Metadata.Where(field => field.Value is null).Select(field => field.Key)],
        UpdatedNs = updatedAt?.UnixNanoseconds,
    };

    public DetailsChange ToChange()
    {
        Dictionary<string, string?> metadata = new(StringComparer.Ordinal);
        foreach ((string field, string text) in Metadata ?? [])
            metadata[field] = text;
        foreach (string field in Unset ?? [])
            metadata[field] = null;
        return new DetailsChange { Tags = Tags, Description = Description, Metadata = metadata };
    }
}
