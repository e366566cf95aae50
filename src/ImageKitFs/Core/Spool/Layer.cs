using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Spool;

/// <summary>One generation of a file's changes over what lies below it. Guarded by its stack's lock.</summary>
/// <remarks>
/// A byte at offset x comes from the file when <see cref="Data"/> has x, else from below when x is under <see cref="BelowLimit"/>, else it is zero.
/// Life: open (takes writes), frozen (is being sealed), sealed (complete and immutable). A failed seal leads back to open.
/// </remarks>
internal sealed class Layer(long generation)
{
    public long Generation { get; } = generation;

    /// <summary>The name that the file has or will have.</summary>
    public string FileName { get; } = SpoolDirectory.FileNameOf(generation);

    /// <summary>Null until bytes need a place.</summary>
    public Pinned<SpoolFile>? File { get; set; }

    /// <summary>Which bytes of the file count: written by the user, or fetched from below.</summary>
    public RangeMap Data { get; init; } = new();

    /// <summary>Bytes in the content with this layer on top.</summary>
    public long Size { get; set; }

    /// <summary>Bytes below that still show through. A shrink lowers it and nothing raises it, so what was cut off never comes back.</summary>
    public long BelowLimit { get; set; }

    public bool IsFrozen { get; set; }

    public SealedLayer? Sealed { get; set; }

    /// <summary>A write failed half-way, so bytes outside <see cref="Data"/> may not be zero in the file.</summary>
    public bool HasDirtyHoles { get; set; }

    /// <summary>The fetch of the holes; null before it first begins.</summary>
    public Task<FsError>? Fill { get; set; }

    /// <summary>True while the layer takes writes.</summary>
    public bool IsOpen => !IsFrozen && Sealed is null;

    /// <summary>Bytes that a write of <paramref name="range"/> adds to what the layer holds or will hold: holes over the base are counted since it was opened.</summary>
    public long NewBytes(ByteRange range) => Data.MissingBytes(Math.Max(range.Start, BelowLimit), range.End);

    /// <summary>Bytes that the layer holds, or will once its holes are filled from below.</summary>
    public long HeldBytes => Data.TotalBytes + Data.MissingBytes(0, BelowLimit);

    /// <summary>True while everything written continues from the start of the file: it may become a rewrite that needs nothing from below.</summary>
    public bool IsRewriteFromStart => Data.Count == 1 && Data[0].Start == 0;
}
