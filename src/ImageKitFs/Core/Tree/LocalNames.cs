using System.Globalization;
using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Tree;

/// <summary>Gives every row of a folder a name of its own. The outcome depends on the rows alone, not on their order.</summary>
/// <remarks>
/// A name shown as it is stored comes before a decoded one: a decoded name that equals it is shown undecoded. Of a file and a folder of one name the folder
/// keeps it, the file gets "~file". Of two rows with one remote name the newer keeps it, the other gets a suffix made of its id.
/// Source: design.md section 6; imagekit-api.md U19.
/// </remarks>
internal sealed class LocalNames
{
    private const string FileSuffix = "~file";

    /// <summary>Six characters of an id are its counter: ids made close to each other differ there.</summary>
    private const int ShortIdLength = 6;

    private readonly Dictionary<string, int> _taken = [];
    private readonly HashSet<(string, FileKind)> _seen = [];
    private readonly string[] _wanted;
    private readonly bool[] _mayKeep;

    private LocalNames(int count)
    {
        _wanted = new string[count];
        _mayKeep = new bool[count];
    }

    /// <summary>Sets <see cref="RowDraft.Name"/> so that all differ and all are names of the port.</summary>
    public static void Settle(Span<RowDraft> rows)
    {
        if (!AllDiffer(rows))
            new LocalNames(rows.Length).Resolve(rows);
    }

    private static bool AllDiffer(ReadOnlySpan<RowDraft> rows)
    {
        var names = new HashSet<string>(rows.Length);
        foreach (ref readonly RowDraft row in rows)
        {
            if (!CanShow(row.Name) || !names.Add(row.Name))
                return false;
        }
        return true;
    }

    /// <summary>True for a name of the port.</summary>
    public static bool CanShow(string name) =>
        name.Length is > 0 and <= EntryName.MaxBytes && name is not ("." or "..") && !name.AsSpan().ContainsAny('/', '\0')
        && Encoding.UTF8.GetByteCount(name) <= EntryName.MaxBytes;

    private void Resolve(Span<RowDraft> rows)
    {
        ChooseWanted(rows);
        int[] order = ByPrecedence(rows);
        var losers = new List<int>();
        foreach (int row in order)
        {
            bool isFirst = _seen.Add((rows[row].RemoteName, rows[row].Kind));
            if (_mayKeep[row] && _taken.TryAdd(_wanted[row], row))
                rows[row].Name = _wanted[row];
            else
                losers.Add(isFirst ? row : ~row);
        }
        foreach (int loser in losers)
        {
            bool isFirst = loser >= 0;
            int row = isFirst ? loser : ~loser;
            string suffix = isFirst && YieldsToFolder(rows, row) ? FileSuffix : IdSuffix(rows[row].Id, _wanted[row]);
            rows[row].Name = Mint(_wanted[row], suffix, row);
        }
    }

    private bool YieldsToFolder(ReadOnlySpan<RowDraft> rows, int row) =>
        rows[row].Kind == FileKind.File && _taken.TryGetValue(_wanted[row], out int holder) && rows[holder].Kind == FileKind.Directory;

    /// <summary>
    /// Decides who is shown decoded. The set of names shown as stored only grows: each name in it turns the rows that decode to it undecoded, which adds
    /// their stored names. The least such set is the same whatever the order.
    /// </summary>
    private void ChooseWanted(ReadOnlySpan<RowDraft> rows)
    {
        var stored = new HashSet<string>();
        var decoded = new Dictionary<string, List<int>>();
        for (int i = 0; i < rows.Length; i++)
        {
            _wanted[i] = rows[i].Name;
            _mayKeep[i] = CanShow(rows[i].Name);
            if (rows[i].Name == rows[i].RemoteName)
                stored.Add(rows[i].Name);
            else if (decoded.TryGetValue(rows[i].Name, out List<int>? sharing))
                sharing.Add(i);
            else
                decoded.Add(rows[i].Name, [i]);
        }

        var undecoded = new Queue<int>();
        foreach ((string name, List<int> sharing) in decoded)
        {
            string? keeper = stored.Contains(name) ? null : FirstRemoteName(rows, sharing);
            foreach (int row in sharing)
            {
                if (rows[row].RemoteName != keeper)
                    undecoded.Enqueue(row);
            }
        }
        while (undecoded.TryDequeue(out int row))
        {
            string remote = rows[row].RemoteName;
            _mayKeep[row] = CanShow(remote);
            if (!_mayKeep[row])
                continue;
            _wanted[row] = remote;
            if (stored.Add(remote) && decoded.TryGetValue(remote, out List<int>? displaced))
                displaced.ForEach(undecoded.Enqueue);
        }
    }

    /// <summary>Of different stored names that decode to one, a folder's comes first, then the ordinally smallest.</summary>
    private static string FirstRemoteName(ReadOnlySpan<RowDraft> rows, List<int> sharing)
    {
        int first = sharing[0];
        foreach (int row in sharing)
        {
            int byKind = rows[first].Kind.CompareTo(rows[row].Kind);
            if (byKind < 0 || (byKind == 0 && string.CompareOrdinal(rows[row].RemoteName, rows[first].RemoteName) < 0))
                first = row;
        }
        return rows[first].RemoteName;
    }

    /// <summary>Folders first, then listed before unconfirmed, then the newer, then the greater id.</summary>
    private static int[] ByPrecedence(ReadOnlySpan<RowDraft> rows)
    {
        var keys = new (FileKind Kind, bool IsUnconfirmed, long Changed, ObjectId Id)[rows.Length];
        int[] order = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            keys[i] = (rows[i].Kind, rows[i].IsUnconfirmed, rows[i].Changed.UnixNanoseconds, rows[i].Id);
            order[i] = i;
        }
        Array.Sort(order, (a, b) =>
        {
            int result = keys[b].Kind.CompareTo(keys[a].Kind);
            if (result == 0)
                result = keys[a].IsUnconfirmed.CompareTo(keys[b].IsUnconfirmed);
            if (result == 0)
                result = keys[b].Changed.CompareTo(keys[a].Changed);
            return result != 0 ? result : ObjectId.Compare(keys[b].Id, keys[a].Id);
        });
        return order;
    }

    private string IdSuffix(ObjectId id, string name)
    {
        string text = id.ToString();
        if (text.Length <= ShortIdLength)
            return "~" + text;
        string suffix = string.Concat("~", text.AsSpan(text.Length - ShortIdLength));
        return _taken.ContainsKey(name + suffix) ? "~" + text : suffix;
    }

    /// <summary>Takes the first free of name+suffix, name+suffix2, name+suffix3, ...</summary>
    private string Mint(string name, string suffix, int row)
    {
        string candidate = Fit(name, suffix);
        for (int number = 2; !_taken.TryAdd(candidate, row); number++)
            candidate = Fit(name, string.Create(CultureInfo.InvariantCulture, $"{suffix}{number}"));
        return candidate;
    }

    /// <summary>Joins the two, without what no name may hold, and cuts the name so that all fits.</summary>
    private static string Fit(string name, string suffix)
    {
        var safe = new StringBuilder();
        int room = EntryName.MaxBytes - Encoding.UTF8.GetByteCount(suffix);
        foreach (Rune rune in name.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
                break;
            safe.Append(rune.Value is '/' or 0 ? "_" : rune.ToString());
        }
        return Sanitized(suffix, safe);
    }

    // An odd id may hold what a name may not.
    private static string Sanitized(string suffix, StringBuilder name) => name.Append(suffix.Replace('/', '_').Replace('\0', '_')).ToString();
}
