using System.Diagnostics.CodeAnalysis;
using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Tree;

/// <summary>A view of one row of a <see cref="Listing"/>; strings are decoded when asked for. The default value is no row.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A view; compared by SameVersion or ListingDiff.")]
internal readonly struct Row(Listing listing, int index)
{
    /// <summary>The name as the user sees it, unique in its folder.</summary>
    public string Name => Encoding.UTF8.GetString(NameUtf8);

    /// <summary><see cref="Name"/> in UTF-8.</summary>
    public ReadOnlySpan<byte> NameUtf8 => listing.Rows.NameUtf8(index);

    /// <summary>The name as the service stores it.</summary>
    public string RemoteName => listing.Rows.RemoteNameOf(index);

    /// <summary><see cref="RemoteName"/> in UTF-8.</summary>
    public ReadOnlySpan<byte> RemoteNameUtf8 => listing.Rows.RemoteNameUtf8(index);

    public FileKind Kind => listing.Rows.KindOf(index);

    /// <summary>fileId or folderId.</summary>
    public string Id => ObjectId.ToString();

    /// <summary>Empty for a folder.</summary>
    public string VersionId => VersionObjectId.ToString();

    public int VersionNumber => Cells.VersionNumber;

    /// <summary>Bytes; 0 for a folder.</summary>
    public long Size => Cells.Size;

    public bool IsPrivate => Cells.Flags.HasFlag(RowFlags.Private);

    /// <summary>mtime: what the account stores for this version, else the first updatedAt seen for it. A folder has no version; there it is the updatedAt.</summary>
    public Timestamp Modified => new(Cells.Modified);

    /// <summary>The mtime that the account stores for this version; null when it stores none.</summary>
    public Timestamp? StoredTime => listing.Rows.HasStoredTime(index) ? Modified : null;

    /// <summary>An earlier run listed it: this machine may have changed it since.</summary>
    public bool IsKept => listing.RequestedAt == 0;

    /// <summary>ctime: the updatedAt of this listing.</summary>
    public Timestamp Changed => new(Cells.Changed);

    public Timestamp Born => new(Cells.Born);

    /// <summary>ik-obj-version of the row's url, or null.</summary>
    public string? ObjectVersion => listing.Rows.ObjectVersions[index];

    public string? Mime => listing.Rows.MimeOf(index);

    /// <summary>Pixels; null where the service gave none.</summary>
    public int? Width => Cells.Width is > 0 and int width ? width : null;

    /// <summary>Pixels; null where the service gave none.</summary>
    public int? Height => Cells.Height is > 0 and int height ? height : null;

    /// <summary>Null when the row has none of them.</summary>
    public RowExtras? Extras => listing.Rows.Extras[index];

    /// <summary>True for a row that this listing lacked: kept because pages shift, dropped when the next listing lacks it too.</summary>
    public bool IsUnconfirmed => Cells.Flags.HasFlag(RowFlags.Unconfirmed);

    internal ObjectId ObjectId => listing.Rows.IdOf(index);

    internal ObjectId VersionObjectId => listing.Rows.VersionOf(index);

    internal int Index => index;

    private ref readonly RowCells Cells => ref listing.Rows.Cells[index];

    /// <summary>True when both hold the same bytes: same object, same version.</summary>
    public bool SameVersion(Row other) => ObjectId == other.ObjectId && VersionObjectId == other.VersionObjectId;
}
