using System.Text;

namespace ImageKitFs.Cli.Library;

/// <summary>Patterns of names as shells have them: `*`, `?`, `[abc]`, `[!a-z]`; a backslash takes a character's meaning away. `*` and `?` do not match a dot at the start.</summary>
internal static class Glob
{
    private const string Special = "*?[";

    public static bool IsPattern(string text) => text.AsSpan().ContainsAny(Special);

    /// <summary>The name that a text without a pattern means.</summary>
    public static string Literal(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        StringBuilder literal = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && (Special.Contains(text[i + 1], StringComparison.Ordinal) || text[i + 1] == '\\'))
                i++;
            literal.Append(text[i]);
        }

        return literal.ToString();
    }

    public static bool Matches(string pattern, string name)
    {
        if (name.StartsWith('.') && !pattern.StartsWith('.'))
            return false;
        // The last star is the only one that has to be tried again: what an earlier one would take, it can take too.
        int p = 0;
        int n = 0;
        int starAt = -1;
        int starTook = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starAt = p++;
                starTook = n;
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, name[n], out int next))
            {
                p = next;
                n++;
            }
            else if (starAt >= 0)
            {
                p = starAt + 1;
                n = ++starTook;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static bool MatchesOne(string pattern, int at, char unit, out int next)
    {
        next = at + 1;
        switch (pattern[at])
        {
            case '?':
                return true;
            case '\\' when at + 1 < pattern.Length:
                next = at + 2;
                return pattern[at + 1] == unit;
            case '[' when EndOfSet(pattern, at) is var end and > 0:
                next = end + 1;
                return IsInSet(pattern.AsSpan(at + 1, end - at - 1), unit);
            default:
                return pattern[at] == unit;
        }
    }

    /// <summary>The closing bracket; a bracket right at the start belongs to the set. -1: the opening one stands for itself.</summary>
    private static int EndOfSet(string pattern, int at)
    {
        int first = at + 1;
        if (first < pattern.Length && pattern[first] is '!' or '^')
            first++;
        return first + 1 < pattern.Length ? pattern.IndexOf(']', first + 1) : -1;
    }

    private static bool IsInSet(ReadOnlySpan<char> set, char unit)
    {
        bool isNegated = set[0] is '!' or '^';
        if (isNegated)
            set = set[1..];
        bool isIn = false;
        for (int i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                isIn |= unit >= set[i] && unit <= set[i + 2];
                i += 2;
            }
            else
            {
                isIn |= set[i] == unit;
            }
        }

        return isIn != isNegated;
    }
}
