using System.Text.Json;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>An mtime that the library is to store beside a version it has. Addressed by id: no other operation waits for it, and it waits for none.</summary>
internal sealed class PatchOp(long seq, string path, string fileId) : PendingOp(seq, path)
{
    public string FileId { get; } = fileId;

    /// <summary>The version that the time belongs to.</summary>
    public required string VersionId { get; set; }

    /// <summary>Bytes of that version.</summary>
    public required long Size { get; set; }

    public required Timestamp Modified { get; set; }

    /// <summary>What the library had stored before, so that a listing that lags is known for one.</summary>
    public Timestamp? Before { get; init; }

    public override string Verb => "times";

    public override bool IsAddressedById => true;

    public override OpRecord ToRecord() => Record(
        OpKind.Patch,
        0,
        FileId,
        JsonSerializer.Serialize(
            new PatchOpData { VersionId = VersionId, Size = Size, ModifiedNs = Modified.UnixNanoseconds, BeforeNs = Before?.UnixNanoseconds }, OpJson.Default.PatchOpData));
}

internal sealed record PatchOpData
{
    public required string VersionId { get; init; }

    public long Size { get; init; }

    public long ModifiedNs { get; init; }

    public long? BeforeNs { get; init; }
}
