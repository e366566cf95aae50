namespace ImageKitFs.Core.Media;

/// <summary>Tags as text, and what the service takes of them (imagekit-api.md 4.1).</summary>
internal static class TagList
{
    /// <summary>All tags of a file with the commas between them.</summary>
    public const int MaxCharacters = 500;

    /// <summary>From comma-separated text: trimmed, each once, none empty.</summary>
    public static IReadOnlyList<string> Parse(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];

    public static string ToText(IReadOnlyList<string> tags) => string.Join(',', tags);

    public static bool IsTooLong(IReadOnlyList<string> tags) => ToText(tags).Length > MaxCharacters;

    public static bool HasBadCharacter(string tag) => tag.Contains('%', StringComparison.Ordinal) || tag.Any(char.IsControl);

    /// <summary>What is wrong with the tags of a file, or null.</summary>
    public static string? Check(IReadOnlyList<string> tags)
    {
        if (tags.FirstOrDefault(HasBadCharacter) is { } bad)
            return $"the tag '{bad}' holds a character that ImageKit does not take";
        return IsTooLong(tags) ? $"all tags of a file together may have {MaxCharacters} characters" : null;
    }
}
