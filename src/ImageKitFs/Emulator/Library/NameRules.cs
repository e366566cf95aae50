using System.Globalization;
using System.Text;

namespace ImageKitFs.Emulator.Library;

/// <summary>What the service makes of names (section 2.4). Every character refused becomes one <c>_</c>.</summary>
internal static class NameRules
{
    /// <summary>The deepest nesting of folders.</summary>
    public const int MaxDepth = 50;

    private const string RefusedByV2 = "/\"\\$<>[]";
    private const string UrlCharacters = "?#%";

    /// <summary>The stored form of a file name.</summary>
    public static string File(string name, bool isV2, EmulatorOptions options) =>
        isV2 && !options.V2Sanitises ? V2(name, options) : V1(name, keepDot: true, keepDash: true);

    /// <summary>The stored form of a folder name; <paramref name="creating"/> as the create call does it.</summary>
    public static string Folder(string name, bool isV2, EmulatorOptions options, bool creating = false) =>
        isV2 && !options.V2Sanitises ? V2(name, options) : V1(name, options.FolderDotKept, keepDash: !(creating && options.FolderDashReplaced));

    /// <summary>The parts of a path: with or without slashes at its ends, doubled slashes count once.</summary>
    public static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>True for the two names that no folder can have.</summary>
    public static bool IsDots(string name) => name is "." or "..";

    private static string V1(string name, bool keepDot, bool keepDash)
    {
        var kept = new StringBuilder(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
        {
            bool keep = rune.Value switch
            {
                '_' => true,
                '.' => keepDot,
                '-' => keepDash,
                0xFFFD => false, // also stands for half a surrogate pair
                _ => IsLetterMarkOrNumeral(Rune.GetUnicodeCategory(rune)),
            };
            kept.Append(keep ? rune.ToString() : "_");
        }

        return kept.ToString();
    }

    private static string V2(string name, EmulatorOptions options)
    {
        var kept = new StringBuilder(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
        {
            bool refuse = rune.Value < 0x20 || rune.Value == 0x7F || rune.Value == 0xFFFD
                || (rune.IsAscii && RefusedByV2.Contains((char)rune.Value, StringComparison.Ordinal))
                || (rune.IsAscii && !options.V2KeepsUrlCharacters && UrlCharacters.Contains((char)rune.Value, StringComparison.Ordinal));
            kept.Append(refuse ? "_" : rune.ToString());
        }

        return kept.ToString();
    }

    private static bool IsLetterMarkOrNumeral(UnicodeCategory category) => category
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
