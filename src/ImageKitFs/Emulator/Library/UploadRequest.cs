using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Library;

/// <summary>An upload whose parts have been read and checked one by one.</summary>
internal sealed record UploadRequest
{
    /// <summary>The name asked for.</summary>
    public required string FileName { get; init; }

    /// <summary>The folder asked for.</summary>
    public string Folder { get; init; } = "/";

    /// <summary>The stored bytes.</summary>
    public required Blob Blob { get; init; }

    /// <summary>What the bytes are.</summary>
    public required MediaInfo Media { get; init; }

    /// <summary>Answers to v2 name rules.</summary>
    public bool IsV2 { get; init; }

    /// <summary>Puts a suffix behind the name.</summary>
    public bool UseUniqueFileName { get; init; } = true;

    /// <summary>Replaces a file of that name.</summary>
    public bool OverwriteFile { get; init; } = true;

    /// <summary>Drops the old tags when none are sent.</summary>
    public bool OverwriteTags { get; init; } = true;

    /// <summary>Drops the old AI tags.</summary>
    public bool OverwriteAiTags { get; init; } = true;

    /// <summary>Drops the old custom metadata when none is sent.</summary>
    public bool OverwriteCustomMetadata { get; init; } = true;

    /// <summary>The tags sent, or null.</summary>
    public ImmutableArray<string>? Tags { get; init; }

    /// <summary>Tags found by an extension, or null.</summary>
    public JsonArray? AiTags { get; init; }

    /// <summary>The custom metadata sent, or null.</summary>
    public JsonObject? CustomMetadata { get; init; }

    /// <summary>The coordinates sent, or null.</summary>
    public string? CustomCoordinates { get; init; }

    /// <summary>The description sent, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Delivered to signed URLs only.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>False for a draft.</summary>
    public bool IsPublished { get; init; } = true;
}
