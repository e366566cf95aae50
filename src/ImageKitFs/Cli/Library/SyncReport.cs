using System.Text.Json.Serialization;

namespace ImageKitFs.Cli.Library;

/// <summary>What `sync-dir` did, or would do.</summary>
internal sealed record SyncReport
{
    public required bool DryRun { get; init; }

    /// <summary>In the order in which they are done; what is the same on both sides is not among them.</summary>
    public required IReadOnlyList<SyncLine> Actions { get; init; }

    /// <summary>Files that are the same on both sides.</summary>
    public required int Unchanged { get; init; }

    public required int Failed { get; init; }

    /// <summary>Why nothing was deleted although it was asked for; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeleteSkipped { get; init; }
}

/// <summary>One thing that is done.</summary>
internal sealed record SyncLine
{
    /// <summary>copy, mkdir or delete.</summary>
    public required string Action { get; init; }

    /// <summary>Relative to both sides.</summary>
    public required string Path { get; init; }

    /// <summary>new or changed, for copies.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Size { get; init; }

    /// <summary>Why it failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}
