using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;

namespace ImageKitFs.Core.Engine;

/// <summary>An object that only the mount shows: a folder of renditions, or a rendition. Guarded by its <see cref="ViewNodes"/>.</summary>
internal abstract class ViewNode(InodeId id, string key, ulong ino)
{
    public InodeId Id { get; } = id;

    /// <summary>What it is; two of the same are one.</summary>
    public string Key { get; } = key;

    public ulong Ino { get; } = ino;

    /// <summary>References that the kernel holds.</summary>
    public ulong Lookups { get; set; }
}

/// <summary>.sh_thumbnails of a folder, and the folders of sizes in it.</summary>
internal sealed class SharedThumbnailsNode(InodeId id, string key, ulong ino, InodeId folder, ThumbnailSize? size) : ViewNode(id, key, ino)
{
    /// <summary>The folder whose files are shown.</summary>
    public InodeId Folder { get; } = folder;

    /// <summary>Null for .sh_thumbnails itself.</summary>
    public ThumbnailSize? Size { get; } = size;

    /// <summary>What is asked for in turn.</summary>
    public AheadPattern Pattern { get; } = new();
}

/// <summary>.imagekit/tr.</summary>
internal sealed class TransformationsNode(InodeId id, string key, ulong ino) : ViewNode(id, key, ino);

/// <summary>A folder of the library below .imagekit/tr/TRANSFORMATION. Holds one lookup of that folder.</summary>
internal sealed class TransformedFolderNode(InodeId id, string key, ulong ino, InodeId folder, string transformation) : ViewNode(id, key, ino)
{
    public InodeId Folder { get; } = folder;

    public string Transformation { get; } = transformation;

    /// <summary>What is asked for in turn.</summary>
    public AheadPattern Pattern { get; } = new();
}

/// <summary>A rendition as a file. One version, one time: what it shows never changes.</summary>
/// <param name="id">Its number.</param>
/// <param name="key">What it is.</param>
/// <param name="ino">Its number for stat.</param>
/// <param name="rendition">The bytes.</param>
/// <param name="text">Put in behind a PNG's header; empty for none.</param>
/// <param name="size">Of the rendition, without the text.</param>
/// <param name="modified">When the original was modified.</param>
internal sealed class RenditionNode(InodeId id, string key, ulong ino, Rendition rendition, byte[] text, long size, Timestamp modified) : ViewNode(id, key, ino)
{
    public Rendition Rendition { get; } = rendition;

    public byte[] Text { get; } = text;

    public long Size { get; } = size + text.Length;

    public Timestamp Modified { get; } = modified;
}

/// <summary>One open of a rendition.</summary>
internal sealed class OpenRendition(RenditionNode node, RenditionContent content) : IDisposable
{
    public RenditionNode Node { get; } = node;

    /// <summary>Replaced when the cache's copy turns out to be broken.</summary>
    public RenditionContent Content { get; set; } = content;

    public void Dispose() => Content.Dispose();
}

/// <summary>One open of a folder of the view: its names as of the open.</summary>
internal sealed record OpenViewFolder(IReadOnlyList<DirEntry> Entries);
