using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Library;

/// <summary>A file or folder of the library. Changed under the store's lock only.</summary>
internal abstract class Node
{
    /// <summary>24 hexadecimal digits.</summary>
    public required string Id { get; set; }

    /// <summary>The place in creation order: the stable order of listings.</summary>
    public required long Sequence { get; init; }

    /// <summary>The stored base name.</summary>
    public required string Name { get; set; }

    /// <summary>The folder it is in; null for the root.</summary>
    public FolderNode? Parent { get; set; }

    /// <summary>First creation of the path.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Last change.</summary>
    public abstract DateTimeOffset UpdatedAt { get; }

    /// <summary>Set on a snapshot: where it was when it was taken.</summary>
    public string? FrozenParentPath { get; init; }

    /// <summary>The path of the folder it is in: <c>/</c> or <c>/a/b</c>.</summary>
    public string ParentPath => FrozenParentPath ?? Parent?.Path ?? "/";

    /// <summary><c>/a/b</c>, without a trailing slash.</summary>
    public string Path => Parent is null && FrozenParentPath is null ? "/" : ParentPath == "/" ? "/" + Name : ParentPath + "/" + Name;
}

/// <summary>A folder.</summary>
internal sealed class FolderNode : Node
{
    private DateTimeOffset _updatedAt;

    /// <summary>Subfolders in creation order.</summary>
    public NodeList<FolderNode> Folders { get; } = new();

    /// <summary>Files in creation order, without the untouched synthetic ones.</summary>
    public NodeList<FileNode> Files { get; } = new();

    /// <summary>Which block of synthetic files belongs here; -1 for none.</summary>
    public int SyntheticIndex { get; init; } = -1;

    /// <inheritdoc/>
    public override DateTimeOffset UpdatedAt => _updatedAt;

    /// <summary>Moves <see cref="UpdatedAt"/>.</summary>
    public void Touch(DateTimeOffset now) => _updatedAt = now;

    /// <summary>True for <paramref name="other"/> itself and whatever it is in.</summary>
    public bool IsAtOrAbove(FolderNode other)
    {
        for (FolderNode? at = other; at is not null; at = at.Parent)
        {
            if (ReferenceEquals(at, this))
                return true;
        }

        return false;
    }

    /// <summary>The folder as it is now, for a listing that lags.</summary>
    public FolderNode Snapshot() => new()
    {
        Id = Id,
        Sequence = Sequence,
        Name = Name,
        CreatedAt = CreatedAt,
        FrozenParentPath = ParentPath,
        _updatedAt = _updatedAt,
    };
}

/// <summary>A file and its versions.</summary>
internal sealed class FileNode : Node
{
    /// <summary>Oldest first.</summary>
    public required ImmutableArray<FileVersion> Versions { get; set; }

    /// <summary>The version that the path shows.</summary>
    public required FileVersion Current { get; set; }

    /// <summary>The highest number ever given.</summary>
    public int LastNumber { get; set; }

    /// <inheritdoc/>
    public override DateTimeOffset UpdatedAt => Current.UpdatedAt;

    /// <summary>The file as it is now, for a listing that lags.</summary>
    public FileNode Snapshot() => new()
    {
        Id = Id,
        Sequence = Sequence,
        Name = Name,
        CreatedAt = CreatedAt,
        FrozenParentPath = ParentPath,
        Versions = Versions,
        Current = Current,
        LastNumber = LastNumber,
    };

    /// <summary>Puts a changed version in the place of the old one.</summary>
    public void Replace(FileVersion old, FileVersion changed)
    {
        Versions = Versions.Replace(old, changed);
        if (ReferenceEquals(Current, old))
            Current = changed;
    }
}

/// <summary>One version: bytes and what was said about them. Immutable, the JSON inside too.</summary>
internal sealed record FileVersion
{
    /// <summary>The <c>versionInfo.id</c>; of version 1 the file's id.</summary>
    public required string Id { get; init; }

    /// <summary>The N of <c>Version N</c>.</summary>
    public required int Number { get; init; }

    /// <summary>The bytes as uploaded.</summary>
    public required Blob Blob { get; init; }

    /// <summary>What the bytes are.</summary>
    public required MediaInfo Media { get; init; }

    /// <summary>Null when none.</summary>
    public ImmutableArray<string>? Tags { get; init; }

    /// <summary>Null when none.</summary>
    public JsonArray? AiTags { get; init; }

    /// <summary>Null when empty.</summary>
    public JsonObject? CustomMetadata { get; init; }

    /// <summary><c>x,y,w,h</c> or null.</summary>
    public string? CustomCoordinates { get; init; }

    /// <summary>Free text or null.</summary>
    public string? Description { get; init; }

    /// <summary>Delivered to signed URLs only.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>False for a draft.</summary>
    public bool IsPublished { get; init; } = true;

    /// <summary>When the bytes came; what delivery calls Last-Modified.</summary>
    public required DateTimeOffset UploadedAt { get; init; }

    /// <summary>Last change of anything.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The token that <c>ik-obj-version</c> names the version by; publishing and unpublishing change it.</summary>
    public string Token => Convert.ToBase64String(Convert.FromHexString(Id)).Replace('+', '-').Replace('/', '_') + (IsPublished ? ".p" : ".d");
}
