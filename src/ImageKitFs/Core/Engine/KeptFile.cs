using System.Text.Json.Serialization;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>Why a file is on this machine and not in the library.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KeptReason>))]
public enum KeptReason
{
    /// <summary>It was being written when the process ended. What was not written yet is missing or zero.</summary>
    [JsonStringEnumMemberName("unfinished")]
    Unfinished,

    /// <summary>The service refused it for good.</summary>
    [JsonStringEnumMemberName("refused")]
    Refused,

    /// <summary>The disk changed its bytes after they were acknowledged.</summary>
    [JsonStringEnumMemberName("damaged")]
    Damaged,

    /// <summary>The disk lost its bytes: there is nothing to take out.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>The journal that named it is corrupt, so nobody knows what was to become of it.</summary>
    [JsonStringEnumMemberName("journal-lost")]
    JournalLost,

    /// <summary>It will be sent by a mount.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>It stays on this machine by rule: litter, or empty.</summary>
    [JsonStringEnumMemberName("local")]
    Local,
}

/// <summary>A file whose bytes the library does not have.</summary>
public sealed record KeptFile
{
    /// <summary>From the mount's root, as the user saw it; null when the journal that named it is lost.</summary>
    public required string? Path { get; init; }

    /// <summary>Why it is here.</summary>
    public required KeptReason Reason { get; init; }

    /// <summary>What the service said last; null when it was never asked.</summary>
    public string? Error { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The time that the file showed.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>Where its bytes lie; null for an empty file, which needs none.</summary>
    internal string? Source { get; init; }

    /// <summary>The journal's row; null for what is in the recover folder.</summary>
    internal OpRecord? Row { get; init; }

    /// <summary>What the journal says that the bytes are; null for a layer that was never sealed.</summary>
    internal SealedLayer? Layer { get; init; }

    /// <summary>False while the file is not one that was given up: it is still to be sent, or stays by rule.</summary>
    public bool IsGivenUp => Reason is not (KeptReason.Waiting or KeptReason.Local);
}

/// <summary>What became of one file.</summary>
/// <param name="File">The file.</param>
/// <param name="Target">Its copy, durable; null when there is none.</param>
/// <param name="Problem">What is wrong with the copy, or why there is none; null when all is well.</param>
public sealed record TakenFile(KeptFile File, string? Target, string? Problem);
