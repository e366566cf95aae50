using System.Text.RegularExpressions;

namespace ImageKitFs.Core.Media;

/// <summary>From words to ImageKit's search language (imagekit-api.md 3.2), which knows beginnings of names but no parts of them.</summary>
public static partial class SearchWords
{
    /// <summary>
    /// Words find names that begin with them, as they are, in lower case, in upper case, and with a capital first letter, because names are compared with
    /// their case; and what has every one of them as a tag. What holds a comparison is a query already.
    /// </summary>
    public static string ToQuery(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string words = text.Trim();
        if (Comparison().IsMatch(words))
            return words;
        string[] each = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (each.Length == 0)
            throw new MediaException(MediaFailure.BadValue, "search for what?");
        IEnumerable<string> names = NamesOf(words).Select(name => $"name : {MediaNames.Quote(name)}");
        string tags = string.Join(" AND ", each.Select(word => $"tags IN [{MediaNames.Quote(word)}]"));
        return $"""type IN ["file", "folder"] AND ({string.Join(" OR ", names)} OR ({tags}))""";
    }

    // As this program stores them, and as others do.
    private static IEnumerable<string> NamesOf(string words) =>
        ((string[])[words, words.ToLowerInvariant(), words.ToUpperInvariant(), Capitalised(words)])
            .SelectMany(name => (string[])[MediaNames.Stored(name.Replace('/', '_'), isFolder: false), name])
            .Distinct(StringComparer.Ordinal);

    private static string Capitalised(string words) => char.ToUpperInvariant(words[0]) + words[1..].ToLowerInvariant();

    [GeneratedRegex("""[=<>]|\bIN\s*\[|["\w]\s*:\s*"|\bNOT\b""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comparison();
}
