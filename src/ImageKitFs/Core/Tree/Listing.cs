using System.IO.Hashing;
using System.Text;

namespace ImageKitFs.Core.Tree;

/// <summary>One folder as the service listed it. Immutable; no object a row, about 100 bytes and a name each.</summary>
/// <remarks>Found by local name or by id in constant time. Built by <see cref="ListingBuilder"/>.</remarks>
internal sealed class Listing
{
    /// <summary>A name of the port has at most 255 bytes; a longer one is looked up through the heap.</summary>
    private const int StackBytes = 768;

    private readonly RowIndex _byName;
    private readonly RowIndex _byId;

    /// <param name="folder">Remote path.</param>
    /// <param name="requestedAt">See <see cref="RequestedAt"/>.</param>
    /// <param name="rows">Owned from here on.</param>
    /// <param name="byName">Every row by <see cref="HashOf"/> its local name; names are unique.</param>
    /// <param name="byId">Every row by its id; ids are unique.</param>
    internal Listing(string folder, long requestedAt, RowBlock rows, RowIndex byName, RowIndex byId)
    {
        Folder = folder;
        RequestedAt = requestedAt;
        Rows = rows;
        _byName = byName;
        _byId = byId;
    }

    /// <summary>Remote path of the folder, "/" or "/a/b".</summary>
    public string Folder { get; }

    /// <summary>
    /// <see cref="TimeProvider.GetTimestamp"/> just before the first request of this listing was sent: the listing is evidence about everything that was answered before that.
    /// </summary>
    public long RequestedAt { get; }

    public int Count => Rows.Count;

    internal RowBlock Rows { get; }

    /// <summary>In the order in which the service lists; rows that are kept unconfirmed come last.</summary>
    public Row this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return new Row(this, index);
        }
    }

    /// <summary>A folder that is known to be new and empty.</summary>
    public static Listing Empty(string folder, long requestedAt) => new(folder, requestedAt, new RowBlock(), new RowIndex(0), new RowIndex(0));

    public bool TryFind(string localName, out Row row)
    {
        int maxBytes = Encoding.UTF8.GetMaxByteCount(localName.Length);
        Span<byte> utf8 = maxBytes <= StackBytes ? stackalloc byte[StackBytes] : new byte[maxBytes];
        return TryFind(utf8[..Encoding.UTF8.GetBytes(localName, utf8)], out row);
    }

    /// <param name="localName">UTF-8.</param>
    public bool TryFind(ReadOnlySpan<byte> localName, out Row row)
    {
        RowIndex.Candidates candidates = _byName.Find(HashOf(localName));
        while (candidates.MoveNext())
        {
            if (Rows.NameUtf8(candidates.Row).SequenceEqual(localName))
            {
                row = new Row(this, candidates.Row);
                return true;
            }
        }
        row = default;
        return false;
    }

    /// <param name="id">fileId or folderId.</param>
    public bool TryFindId(string id, out Row row) => TryFindId(ObjectId.Parse(id), out row);

    internal bool TryFindId(ObjectId id, out Row row)
    {
        int found = ListingBuilder.FindId(Rows, _byId, id);
        row = found >= 0 ? new Row(this, found) : default;
        return found >= 0;
    }

    internal static uint HashOf(ReadOnlySpan<byte> name) => (uint)XxHash3.HashToUInt64(name);
}
