using System.IO.Hashing;
using System.Text;

namespace ImageKitFs.Core.Tree;

/// <summary>One folder as the service listed it. Immutable, columnar: no object a row, about 100 bytes and two names each.</summary>
/// <remarks>Found by local name or by id in constant time. Built by <see cref="ListingBuilder"/>.</remarks>
internal sealed class Listing
{
    /// <summary>A name of the port has at most 255 bytes; a longer one is looked up through the heap.</summary>
    private const int StackBytes = 768;

    private readonly RowIndex _byName;
    private readonly RowIndex _byId;
    private readonly NameColumn _names;
    private readonly RowFlags[] _flags;
    private readonly ushort[] _mimes;
    private readonly string[] _mimeTexts;
    private readonly SparseColumn<string> _objectVersions = new();
    private readonly SparseColumn<RowExtras> _extras = new();

    /// <param name="folder">Remote path.</param>
    /// <param name="requestedAt">See <see cref="RequestedAt"/>.</param>
    /// <param name="drafts">The rows: ids unique, names unique.</param>
    internal Listing(string folder, long requestedAt, ReadOnlySpan<RowDraft> drafts)
    {
        int count = drafts.Length;
        Folder = folder;
        RequestedAt = requestedAt;
        Count = count;
        Ids = new IdColumn(count);
        VersionIds = new IdColumn(count);
        VersionNumbers = new int[count];
        Sizes = new long[count];
        Modified = new long[count];
        Changed = new long[count];
        Born = new long[count];
        Widths = new int[count];
        Heights = new int[count];
        _flags = new RowFlags[count];
        _mimes = new ushort[count];
        _names = new NameColumn(drafts);
        _byName = new RowIndex(count);
        _byId = new RowIndex(count);

        var mimeTexts = new List<string>();
        var mimeNumbers = new Dictionary<string, ushort>();
        for (int row = 0; row < count; row++)
        {
            ref readonly RowDraft draft = ref drafts[row];
            Ids[row] = draft.Id;
            VersionIds[row] = draft.VersionId;
            VersionNumbers[row] = draft.VersionNumber;
            Sizes[row] = draft.Size;
            Modified[row] = draft.Modified.UnixNanoseconds;
            Changed[row] = draft.Changed.UnixNanoseconds;
            Born[row] = draft.Born.UnixNanoseconds;
            Widths[row] = draft.Width;
            Heights[row] = draft.Height;
            _flags[row] = (draft.Kind == FileSystem.FileKind.Directory ? RowFlags.Folder : RowFlags.None)
                | (draft.IsPrivate ? RowFlags.Private : RowFlags.None)
                | (draft.IsUnconfirmed ? RowFlags.Unconfirmed : RowFlags.None);
            _mimes[row] = MimeNumber(draft.Mime, mimeNumbers, mimeTexts);
            _objectVersions.Add(row, draft.ObjectVersion);
            _extras.Add(row, draft.Extras);
            _byName.Add(HashOf(_names.Utf8(row)), row);
            _byId.Add(draft.Id.Hash(), row);
        }
        _objectVersions.Trim();
        _extras.Trim();
        _mimeTexts = [.. mimeTexts];
    }

    /// <summary>Remote path of the folder, "/" or "/a/b".</summary>
    public string Folder { get; }

    /// <summary>
    /// <see cref="TimeProvider.GetTimestamp"/> just before the first request of this listing was sent: the listing is evidence about everything that was answered before that.
    /// </summary>
    public long RequestedAt { get; }

    public int Count { get; }

    internal IdColumn Ids { get; }

    internal IdColumn VersionIds { get; }

    internal int[] VersionNumbers { get; }

    internal long[] Sizes { get; }

    internal long[] Modified { get; }

    internal long[] Changed { get; }

    internal long[] Born { get; }

    internal int[] Widths { get; }

    internal int[] Heights { get; }

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
    public static Listing Empty(string folder, long requestedAt) => new(folder, requestedAt, []);

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
            if (_names.Utf8(candidates.Row).SequenceEqual(localName))
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
        RowIndex.Candidates candidates = _byId.Find(id.Hash());
        while (candidates.MoveNext())
        {
            if (Ids[candidates.Row] == id)
            {
                row = new Row(this, candidates.Row);
                return true;
            }
        }
        row = default;
        return false;
    }

    internal ReadOnlySpan<byte> NameUtf8(int row) => _names.Utf8(row);

    internal string NameOf(int row) => Encoding.UTF8.GetString(_names.Utf8(row));

    internal string RemoteNameOf(int row) => Encoding.UTF8.GetString(_names.RemoteUtf8(row));

    internal bool HasFlag(int row, RowFlags flag) => _flags[row].HasFlag(flag);

    internal string? MimeOf(int row) => _mimes[row] == 0 ? null : _mimeTexts[_mimes[row] - 1];

    internal string? ObjectVersionOf(int row) => _objectVersions[row];

    internal RowExtras? ExtrasOf(int row) => _extras[row];

    private static uint HashOf(ReadOnlySpan<byte> name) => (uint)XxHash3.HashToUInt64(name);

    /// <summary>The place of a type in the table, from 1; 0 is "no type".</summary>
    private static ushort MimeNumber(string? mime, Dictionary<string, ushort> numbers, List<string> texts)
    {
        if (mime is null)
            return 0;
        if (numbers.TryGetValue(mime, out ushort number))
            return number;
        // There are a few hundred types in use; past 65,535 the rest is shown without one.
        if (numbers.Count == ushort.MaxValue)
            return 0;
        texts.Add(mime);
        number = (ushort)texts.Count;
        numbers.Add(mime, number);
        return number;
    }
}
