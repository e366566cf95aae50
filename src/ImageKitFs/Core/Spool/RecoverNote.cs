using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImageKitFs.Core.Spool;

/// <summary>Why a file lies in the recover folder.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecoverReason>))]
internal enum RecoverReason
{
    /// <summary>Never sealed: it was being written when the process ended. What was not written yet is missing or zero.</summary>
    [JsonStringEnumMemberName("unfinished")]
    Unfinished,

    /// <summary>Sealed, and no longer what was sealed.</summary>
    [JsonStringEnumMemberName("damaged")]
    Damaged,

    /// <summary>Sealed, and gone: the note is all there is.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>The journal was corrupt, so that nobody knows what was to become of it.</summary>
    [JsonStringEnumMemberName("journal-lost")]
    JournalLost,
}

/// <summary>What is known of a file in the recover folder; lies beside it.</summary>
internal sealed record RecoverNote
{
    public const string Extension = ".json";

    public RecoverReason Reason { get; init; }

    /// <summary>The remote path it had; null when nobody knows.</summary>
    public string? Path { get; init; }

    /// <summary>Its name as the user saw it, where that is known better than from the path.</summary>
    public string? Name { get; init; }

    public long Size { get; init; }

    /// <summary>The time that the file showed.</summary>
    public DateTimeOffset? LastWrite { get; init; }

    public DateTimeOffset? MovedHere { get; init; }

    public ulong? Inode { get; init; }

    public DateTimeOffset? Created { get; init; }

    /// <summary>The note of a file, or null when it has none that can be read.</summary>
    public static RecoverNote? TryRead(string noteFile)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(noteFile), RecoverNoteJson.Default.RecoverNote);
        }
        catch (Exception exception) when (exception is JsonException || DiskErrors.IsDiskError(exception))
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecoverNote))]
internal sealed partial class RecoverNoteJson : JsonSerializerContext;
