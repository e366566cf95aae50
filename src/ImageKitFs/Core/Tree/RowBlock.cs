using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Tree;

/// <summary>Rows on their way into a <see cref="Listing"/> and then its storage: no object a row, about 75 bytes and two names each.</summary>
/// <remarks>Grows by one writer; once a listing owns it, it does not change and is read from any thread.</remarks>
internal sealed class RowBlock
{
    private const int FirstRows = 8;

    /// <summary>Names are 20 to 40 bytes as a rule.</summary>
    private const int FirstNameBytes = 256;

    /// <summary>A folder holds a handful of types; what comes past this many is shown without one, so that looking one up stays cheap.</summary>
    private const int MaxMimes = 255;

    private RowCells[] _cells = [];
    private byte[] _names = [];
    private int _nameBytes;

    public int Count { get; private set; }

    /// <summary>True when a row came with a name that cannot be shown as it is: the names must be settled.</summary>
    public bool HasUnshowable { get; private set; }

    public ReadOnlySpan<RowCells> Cells => _cells.AsSpan(0, Count);

    public ReadOnlySpan<byte> Names => _names.AsSpan(0, _nameBytes);

    /// <summary>Ids and versions that are not 24 hex characters, by row.</summary>
    public SparseColumn<string> OddIds { get; private init; } = new();

    public SparseColumn<string> OddVersions { get; private init; } = new();

    public SparseColumn<string> ObjectVersions { get; private init; } = new();

    public SparseColumn<RowExtras> Extras { get; private init; } = new();

    public List<string> Mimes { get; private init; } = [];

    /// <summary>A block of parts that were stored.</summary>
    public static RowBlock From(
        RowCells[] cells, byte[] names, List<string> mimes, SparseColumn<string> oddIds, SparseColumn<string> oddVersions, SparseColumn<string> objectVersions,
        SparseColumn<RowExtras> extras) => new()
        {
            _cells = cells,
            _names = names,
            _nameBytes = names.Length,
            Count = cells.Length,
            Mimes = mimes,
            OddIds = oddIds,
            OddVersions = oddVersions,
            ObjectVersions = objectVersions,
            Extras = extras,
        };

    public static RowBlock Of(IEnumerable<RowDraft> drafts)
    {
        var block = new RowBlock();
        foreach (RowDraft draft in drafts)
            block.Add(draft);
        return block;
    }

    public void Add(in RowDraft draft)
    {
        int row = Count;
        if (row == _cells.Length)
            Array.Resize(ref _cells, Math.Max(FirstRows, row * 2));
        int start = _nameBytes;
        bool canShow = LocalNames.CanShow(draft.Name);
        int length = canShow ? Append(draft.Name) : 0;
        if (!canShow || draft.Name != draft.RemoteName)
            Append(draft.RemoteName);
        HasUnshowable |= !canShow;
        OddIds.Add(row, draft.Id.Odd);
        OddVersions.Add(row, draft.VersionId.Odd);
        ObjectVersions.Add(row, draft.ObjectVersion);
        Extras.Add(row, draft.Extras);
        _cells[row] = new RowCells
        {
            Size = draft.Size,
            Modified = draft.Modified.UnixNanoseconds,
            Changed = draft.Changed.UnixNanoseconds,
            Born = draft.Born.UnixNanoseconds,
            IdHigh = draft.Id.High,
            IdLow = draft.Id.Low,
            VersionHigh = draft.VersionId.High,
            VersionLow = draft.VersionId.Low,
            VersionNumber = draft.VersionNumber,
            Width = draft.Width,
            Height = draft.Height,
            NameStart = start,
            NameLength = (byte)length,
            Flags = (draft.Kind == FileKind.Directory ? RowFlags.Folder : RowFlags.None)
                | (draft.IsPrivate ? RowFlags.Private : RowFlags.None)
                | (draft.IsUnconfirmed ? RowFlags.Unconfirmed : RowFlags.None)
                | (draft.HasStoredTime ? RowFlags.StoredTime : RowFlags.None),
            Mime = MimeNumber(draft.Mime),
        };
        Count++;
    }

    public void SetModified(int row, long nanoseconds) => _cells[row].Modified = nanoseconds;

    /// <summary>Gives back what growing took in advance. Once, when all rows are there.</summary>
    public void Trim()
    {
        _cells = LongLived.Copy(_cells, Count);
        _names = LongLived.Copy(_names, _nameBytes);
        Mimes.TrimExcess();
        OddIds.Trim();
        OddVersions.Trim();
        ObjectVersions.Trim();
        Extras.Trim();
    }

    public ObjectId IdOf(int row) => ObjectId.FromParts(_cells[row].IdHigh, _cells[row].IdLow, OddIds[row]);

    public ObjectId VersionOf(int row) => ObjectId.FromParts(_cells[row].VersionHigh, _cells[row].VersionLow, OddVersions[row]);

    public FileKind KindOf(int row) => _cells[row].Flags.HasFlag(RowFlags.Folder) ? FileKind.Directory : FileKind.File;

    /// <summary>The mtime is what the account stores.</summary>
    public bool HasStoredTime(int row) => _cells[row].Flags.HasFlag(RowFlags.StoredTime);

    /// <summary>The local name; empty for a row that cannot be shown as it is.</summary>
    public ReadOnlySpan<byte> NameUtf8(int row) => _names.AsSpan(_cells[row].NameStart, _cells[row].NameLength);

    public ReadOnlySpan<byte> RemoteNameUtf8(int row)
    {
        int start = _cells[row].NameStart + _cells[row].NameLength;
        int end = row + 1 < Count ? _cells[row + 1].NameStart : _nameBytes;
        return start == end ? NameUtf8(row) : _names.AsSpan(start, end - start);
    }

    public string RemoteNameOf(int row) => Encoding.UTF8.GetString(RemoteNameUtf8(row));

    public string? MimeOf(int row) => _cells[row].Mime == 0 ? null : Mimes[_cells[row].Mime - 1];

    /// <summary>A row as it came, with the name that the map gives it.</summary>
    public RowDraft ToDraft(int row, Func<string, bool, string> toLocal)
    {
        ref readonly RowCells cells = ref _cells[row];
        string remote = RemoteNameOf(row);
        FileKind kind = KindOf(row);
        return new RowDraft
        {
            RemoteName = remote,
            Name = toLocal(remote, kind == FileKind.Directory),
            Kind = kind,
            Id = IdOf(row),
            VersionId = VersionOf(row),
            VersionNumber = cells.VersionNumber,
            Size = cells.Size,
            IsPrivate = cells.Flags.HasFlag(RowFlags.Private),
            Modified = new Timestamp(cells.Modified),
            Changed = new Timestamp(cells.Changed),
            Born = new Timestamp(cells.Born),
            ObjectVersion = ObjectVersions[row],
            Mime = MimeOf(row),
            Width = cells.Width,
            Height = cells.Height,
            Extras = Extras[row],
            IsUnconfirmed = cells.Flags.HasFlag(RowFlags.Unconfirmed),
            HasStoredTime = HasStoredTime(row),
        };
    }

    private int Append(string name)
    {
        int length = Encoding.UTF8.GetByteCount(name);
        int end = checked(_nameBytes + length);
        if (end > _names.Length)
            Array.Resize(ref _names, Math.Max(Math.Max(FirstNameBytes, end), (int)Math.Min(Array.MaxLength, _names.Length * 2L)));
        Encoding.UTF8.GetBytes(name, _names.AsSpan(_nameBytes));
        _nameBytes = end;
        return length;
    }

    private ushort MimeNumber(string? mime)
    {
        if (mime is null)
            return 0;
        int place = Mimes.IndexOf(mime);
        if (place < 0 && Mimes.Count < MaxMimes)
        {
            place = Mimes.Count;
            Mimes.Add(mime);
        }

        return (ushort)(place + 1);
    }
}
