namespace ImageKitFs.Emulator.Library;

/// <summary>What a folder job does.</summary>
internal enum JobType
{
    /// <summary>Copies a folder into another.</summary>
    CopyFolder,

    /// <summary>Moves a folder into another.</summary>
    MoveFolder,

    /// <summary>Gives a folder another name.</summary>
    RenameFolder,
}

/// <summary>A folder job, from the call that started it on.</summary>
internal sealed class BulkJob
{
    /// <summary>What the status call asks by.</summary>
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    public required JobType Type { get; init; }

    /// <summary>The folder it takes.</summary>
    public required string Source { get; init; }

    /// <summary>The path at which that folder ends up.</summary>
    public required string Target { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it has its effect.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Copies older versions too.</summary>
    public bool IncludeVersions { get; init; }

    /// <summary>Answers to v2 name rules.</summary>
    public bool IsV2 { get; init; }

    /// <summary>The purge it started, if one was asked for.</summary>
    public string? PurgeRequestId { get; init; }

    /// <summary>A purge was asked for and refused.</summary>
    public bool PurgeFailed { get; init; }

    /// <summary>True once the effect took place.</summary>
    public bool IsDone { get; set; }

    /// <summary>With partial visibility: the files at its start, and how many of them have arrived.</summary>
    public IReadOnlyList<FileNode>? Files { get; init; }

    /// <summary>How many of <see cref="Files"/> have arrived.</summary>
    public int Arrived { get; set; }
}
