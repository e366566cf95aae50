using System.Diagnostics.CodeAnalysis;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Tree;

/// <summary>A view of one row of a <see cref="Listing"/>; strings are decoded when asked for. The default value is no row.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A view; compared by SameVersion or ListingDiff.")]
internal readonly struct Row(Listing listing, int index)
{
    /// <summary>The name as the user sees it, unique in its folder.</summary>
    public string Name => listing.NameOf(index);

    /// <summary><see cref="Name"/> in UTF-8.</summary>
    public ReadOnlySpan<byte> NameUtf8 => listing.NameUtf8(index);

    /// <summary>The name as the service stores it.</summary>
    public string RemoteName => listing.RemoteNameOf(index);

    public FileKind Kind => listing.HasFlag(index, RowFlags.Folder) ? FileKind.Directory : FileKind.File;

    /// <summary>fileId or folderId.</summary>
    public string Id => listing.Ids[index].ToString();

    /// <summary>Empty for a folder.</summary>
    public string VersionId => listing.VersionIds[index].ToString();

    public int VersionNumber => listing.VersionNumbers[index];

    /// <summary>Bytes; 0 for a folder.</summary>
    public long Size => listing.Sizes[index];

    public bool IsPrivate => listing.HasFlag(index, RowFlags.Private);

    /// <summary>mtime: the first updatedAt seen for this version. A folder has no version; there it is the updatedAt.</summary>
    public Timestamp Modified => new(listing.Modified[index]);

    /// <summary>ctime: the updatedAt of this listing.</summary>
    public Timestamp Changed => new(listing.Changed[index]);

    public Timestamp Born => new(listing.Born[index]);

    /// <summary>ik-obj-version of the row's url, or null.</summary>
    public string? ObjectVersion => listing.ObjectVersionOf(index);

    public string? Mime => listing.MimeOf(index);

    /// <summary>Pixels; null where the service gave none.</summary>
    public int? Width => listing.Widths[index] is > 0 and int width ? width : null;

    /// <summary>Pixels; null where the service gave none.</summary>
    public int? Height => listing.Heights[index] is > 0 and int height ? height : null;

    /// <summary>Null when the row has none of them.</summary>
    public RowExtras? Extras => listing.ExtrasOf(index);

    /// <summary>True for a row that this listing lacked: kept because pages shift, dropped when the next listing lacks it too.</summary>
    public bool IsUnconfirmed => listing.HasFlag(index, RowFlags.Unconfirmed);

    internal ObjectId ObjectId => listing.Ids[index];

    internal ObjectId VersionObjectId => listing.VersionIds[index];

    internal int Index => index;

    /// <summary>True when both hold the same bytes: same object, same version.</summary>
    public bool SameVersion(Row other) => ObjectId == other.ObjectId && VersionObjectId == other.VersionObjectId;
}
