using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ImageKitFs.Core.Names;

/// <summary>The names of one folder as Windows shows them: no two of them differ only in case.</summary>
/// <remarks>
/// Of names that differ only in case, the one seen first keeps its name; of those first seen together, the ordinally first. Each other one gets the first free
/// of " (case 1)", " (case 2)", ... before its extension. The choice is kept: a name is shown the same for as long as it is there, and again when it comes back
/// and its old place is free. Not safe for concurrent use: its owner locks. Source: design.md section 6; winfsp.md section 9.
/// </remarks>
public sealed class CaseNames
{
    /// <summary>Enough for ".excalidraw.json"; what is longer is not an extension that a program looks at.</summary>
    private const int MaxExtensionUnits = 16;

    /// <summary>Longest component of a Windows path, in UTF-16 units.</summary>
    private const int MaxUnits = 255;

    private readonly record struct Member(string Local, string Shown);

    private readonly Dictionary<string, Member> _byFolded = [];
    private readonly Dictionary<string, string> _shownOf = [];

    /// <summary>Where names that met a clash stood; outlives their removal, so it holds clashes only.</summary>
    private readonly Dictionary<string, string> _choices = [];

    /// <summary>How many names are here.</summary>
    public int Count => _shownOf.Count;

    /// <summary>True when a clash was met: then this object must not be thrown away.</summary>
    public bool HasChoices => _choices.Count > 0;

    /// <summary>Finds the name that Windows means, in whatever case it is written.</summary>
    /// <param name="asked">A name as Windows wrote it.</param>
    /// <param name="local">The local name.</param>
    /// <param name="shown">The same as it is shown: <paramref name="asked"/> but for its case.</param>
    public bool TryFind(string asked, [NotNullWhen(true)] out string? local, [NotNullWhen(true)] out string? shown)
    {
        bool isFound = _byFolded.TryGetValue(CaseFolding.Fold(asked), out Member member);
        (local, shown) = isFound ? (member.Local, member.Shown) : (null, null);
        return isFound;
    }

    /// <summary>The shown form of a local name that is here.</summary>
    public bool TryGetShown(string local, [NotNullWhen(true)] out string? shown) => _shownOf.TryGetValue(local, out shown);

    /// <summary>Makes <paramref name="locals"/> the names that are here. The outcome does not depend on their order.</summary>
    public void Replace(IEnumerable<string> locals)
    {
        ArgumentNullException.ThrowIfNull(locals);
        var present = new HashSet<string>(locals);
        foreach (string gone in _shownOf.Keys.Where(local => !present.Contains(local)).ToList())
            Remove(gone);
        present.ExceptWith(_shownOf.Keys);
        string[] arrived = [.. present];
        Array.Sort(arrived, string.CompareOrdinal);
        foreach (string local in arrived)
            TakeOldPlace(local);

        // Plain names first, so that none loses its own name to a suffix.
        var clashing = new List<string>();
        foreach (string local in arrived)
        {
            if (!_shownOf.ContainsKey(local) && !TryTake(local, WindowsNames.ToShown(local)))
                clashing.Add(local);
        }

        clashing.ForEach(TakeSuffixed);
    }

    /// <summary>Adds one name, if it is not here.</summary>
    /// <returns>Its shown form.</returns>
    public string Add(string local)
    {
        if (_shownOf.TryGetValue(local, out string? shown))
            return shown;
        TakeOldPlace(local);
        if (!_shownOf.ContainsKey(local) && !TryTake(local, WindowsNames.ToShown(local)))
            TakeSuffixed(local);
        return _shownOf[local];
    }

    /// <summary>Takes one name away.</summary>
    public void Remove(string local)
    {
        if (_shownOf.Remove(local, out string? shown))
            _byFolded.Remove(CaseFolding.Fold(shown));
    }

    /// <summary>Drops every name but keeps the choices made at clashes: what little must last when memory is wanted back.</summary>
    public void Clear()
    {
        _byFolded.Clear();
        _shownOf.Clear();
    }

    private void TakeOldPlace(string local)
    {
        if (_choices.TryGetValue(local, out string? place))
            TryTake(local, place);
    }

    private bool TryTake(string local, string shown)
    {
        if (!_byFolded.TryAdd(CaseFolding.Fold(shown), new Member(local, shown)))
            return false;
        _shownOf.Add(local, shown);
        return true;
    }

    private void TakeSuffixed(string local)
    {
        string plain = WindowsNames.ToShown(local);
        Member holder = _byFolded[CaseFolding.Fold(plain)];
        _choices[holder.Local] = holder.Shown;
        for (int number = 1; ; number++)
        {
            string candidate = WithSuffix(plain, string.Create(CultureInfo.InvariantCulture, $" (case {number})"));
            if (!TryTake(local, candidate))
                continue;
            _choices[local] = candidate;
            return;
        }
    }

    private static string WithSuffix(string name, string suffix)
    {
        int dot = name.LastIndexOf('.');
        int stemLength = dot > 0 && name.Length - dot <= MaxExtensionUnits ? dot : name.Length;
        int keep = Math.Min(stemLength, MaxUnits - suffix.Length - (name.Length - stemLength));
        if (keep < stemLength && char.IsLowSurrogate(name[keep]))
            keep--;
        return string.Concat(name.AsSpan(0, keep), suffix, name.AsSpan(stemLength));
    }
}
