namespace ImageKitFs.Core.Names;

/// <summary>Which names Windows takes for one: simple, per UTF-16 unit, the same on every machine and in every culture.</summary>
/// <remarks>
/// The kernel folds with a table of single units (RtlUpcaseUnicodeChar, NTFS's $UpCase): no unit becomes two, surrogate pairs have no case, and nothing
/// beyond ASCII becomes ASCII (dotless i, long s, Kelvin sign). The program runs with invariant globalization, so the table is the runtime's own.
/// </remarks>
public static class CaseFolding
{
    /// <summary>The upper-case form by which names are told apart. Same length as the name.</summary>
    public static string Fold(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return string.Create(name.Length, name, static (folded, from) =>
        {
            for (int i = 0; i < from.Length; i++)
                folded[i] = Fold(from[i]);
        });
    }

    /// <summary>True when Windows would not let both stand in one folder.</summary>
    public static bool Same(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return left.Length == right.Length && CompareFolded(left, right) == 0;
    }

    /// <summary>The order of a listing: by folded units, then by the units themselves. Zero only for equal strings.</summary>
    public static int Compare(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        int folded = CompareFolded(left, right);
        return folded != 0 ? folded : string.CompareOrdinal(left, right);
    }

    /// <summary>One unit, folded.</summary>
    public static char Fold(char unit)
    {
        if (char.IsAscii(unit))
            return char.IsAsciiLetterLower(unit) ? (char)(unit - 'a' + 'A') : unit;
        char upper = char.ToUpperInvariant(unit);
        return char.IsAscii(upper) ? unit : upper;
    }

    private static int CompareFolded(string left, string right)
    {
        int common = Math.Min(left.Length, right.Length);
        for (int i = 0; i < common; i++)
        {
            int difference = Fold(left[i]) - Fold(right[i]);
            if (difference != 0)
                return difference;
        }

        return left.Length - right.Length;
    }
}
