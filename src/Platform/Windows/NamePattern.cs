using ImageKitFs.Core.Names;

namespace ImageKitFs.Platform.Windows;

/// <summary>Search patterns of FindFirstFile as the driver passes them on, by the rules of FsRtlIsNameInExpression; case does not matter.</summary>
/// <remarks>
/// <c>*</c> any units; <c>?</c> one unit; <c>&lt;</c> (DOS_STAR) any units, but it does not go past the last dot; <c>&gt;</c> (DOS_QM) one unit other than a dot, or
/// none at a dot or the end; <c>"</c> (DOS_DOT) a dot, or nothing at the end.
/// </remarks>
internal static class NamePattern
{
    internal static bool Matches(string? pattern, string name)
    {
        if (pattern is null or "" or "*")
            return true;

        // One row of the match table per unit of the pattern: linear memory, no backtracking however many stars there are.
        int lastDot = name.LastIndexOf('.');
        bool[] reached = new bool[name.Length + 1];
        bool[] next = new bool[name.Length + 1];
        reached[0] = true;
        foreach (char unit in pattern)
        {
            Array.Clear(next);
            Step(unit, name, lastDot, reached, next);
            (reached, next) = (next, reached);
        }

        return reached[name.Length];
    }

    private static void Step(char unit, string name, int lastDot, bool[] reached, bool[] next)
    {
        for (int at = 0; at <= name.Length; at++)
        {
            bool isAtEnd = at == name.Length;
            switch (unit)
            {
                case '*':
                    next[at] |= reached[at] || (at > 0 && next[at - 1]);
                    break;
                case '<':
                    // Takes one unit more, unless that is the last dot.
                    next[at] |= reached[at] || (at > 0 && next[at - 1] && at - 1 != lastDot);
                    break;
                case '>' when reached[at]:
                    if (isAtEnd || name[at] == '.')
                        next[at] = true;
                    else
                        next[at + 1] = true;
                    break;
                case '"' when reached[at]:
                    if (isAtEnd)
                        next[at] = true;
                    else if (name[at] == '.')
                        next[at + 1] = true;
                    break;
                case '>' or '"':
                    break;
                default:
                    if (reached[at] && !isAtEnd && (unit == '?' || CaseFolding.Fold(unit) == CaseFolding.Fold(name[at])))
                        next[at + 1] = true;
                    break;
            }
        }
    }
}
