namespace ImageKitFs.Core.Spool;

/// <summary>What a pending operation does. The numbers are in the journal: they never change.</summary>
internal enum OpKind
{
    Upload = 0,

    /// <summary>Kept here only: transient, junk, empty placeholder.</summary>
    Hold = 1,
    Delete = 2,
    Rename = 3,
    Mkdir = 4,
    Rmdir = 5,
    FolderJob = 6,
    Patch = 7,

    /// <summary>Tags, description, custom metadata.</summary>
    Details = 8,
}

/// <summary>How far it got. The numbers are in the journal: they never change.</summary>
internal enum OpState
{
    Waiting = 0,

    /// <summary>On its way, or was when the process ended: its outcome is unknown.</summary>
    Sent = 1,

    /// <summary>Done at the service, waiting for a listing to agree.</summary>
    Replied = 2,
    Failed = 3,
}

/// <summary>A pending operation as the journal keeps it.</summary>
internal sealed record OpRecord
{
    /// <summary>Its place in the order, and its name: one row each.</summary>
    public required long Seq { get; init; }

    public required OpKind Kind { get; init; }

    public OpState State { get; init; }

    /// <summary>The remote path it is about.</summary>
    public required string Path { get; init; }

    /// <summary>The other path of a rename or move.</summary>
    public string? Path2 { get; init; }

    public ulong Ino { get; init; }

    public string? FileId { get; init; }

    /// <summary>The last error, one line; null when there was none.</summary>
    public string? Error { get; init; }

    /// <summary>JSON text that the engine owns.</summary>
    public string Data { get; init; } = "{}";
}
