using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Names;

/// <summary>The reversible mapping between names as the user sees them and names that ImageKit's v1 API stores unchanged.</summary>
/// <remarks>
/// v1 keeps letters, marks, numerals, '.', '-' and '_', and silently turns the rest into '_' (imagekit-api.md 2.4). Every UTF-16 unit that it would not
/// keep is written as <c>_xHHHH_</c>; so is the underscore of a literal <c>_x</c> that would be read as such an escape. Two promises:
/// <c>ToLocal(TryToRemote(local)) == local</c> for every local name; and <c>TryToRemote(ToLocal(remote)) == remote</c> for every remote name that v1
/// leaves alone, is no reserved delivery name, and whose local form is allowed on a disk. Everything else is shown under a safe name, and its owner keeps the remote name beside it.
/// </remarks>
internal sealed class NameMap
{
    /// <summary>The service documents no limit; 255 bytes is what every disk that may hold a copy allows.</summary>
    public const int DefaultMaxRemoteBytes = 255;

    /// <summary>Underscore, x, four hexadecimal digits, underscore.</summary>
    private const int EscapeLength = 7;

    /// <summary>From the first underscore of an escape to its last.</summary>
    private const int EscapeTail = EscapeLength - 1;

    private const char Underscore = '_';

    /// <summary>Enough for ".excalidraw.json"; what is longer is not an extension that a program looks at.</summary>
    private const int MaxExtensionBytes = 16;

    private readonly bool _escapeFolderDash;
    private readonly int _maxRemoteBytes;

    /// <param name="escapeFolderDash">True on an account that turns '-' in folder names into '_' (seen once in a listing, remembered).</param>
    /// <param name="maxRemoteBytes">Longest remote name, in bytes of UTF-8.</param>
    public NameMap(bool escapeFolderDash = false, int maxRemoteBytes = DefaultMaxRemoteBytes)
    {
        _escapeFolderDash = escapeFolderDash;
        _maxRemoteBytes = maxRemoteBytes;
    }

    /// <summary>The remote name for a local one.</summary>
    /// <returns><see cref="FsError.None"/>, <see cref="FsError.InvalidName"/> (not a name that a disk allows) or <see cref="FsError.NameTooLong"/>.</returns>
    public FsError TryToRemote(string localName, bool isFolder, out string remote)
    {
        remote = "";
        FsError error = EntryName.TryParse(localName, out _);
        if (error != FsError.None)
            return error;

        string encoded = Encode(localName, isFolder);
        if (Encoding.UTF8.GetByteCount(encoded) > _maxRemoteBytes)
            return FsError.NameTooLong;
        remote = encoded;
        return FsError.None;
    }

    /// <summary>The local name for a remote one: decoded; as it is, when the decoded form is no name for a disk; else made safe, always in the same way.</summary>
    /// <returns>Always a valid <see cref="EntryName"/>, whatever the service sent.</returns>
    public string ToLocal(string remoteName, bool isFolder)
    {
        string decoded = Decode(remoteName, isFolder);
        if (IsAllowedLocally(decoded))
            return decoded;
        return IsAllowedLocally(remoteName) ? remoteName : MakeSafe(remoteName);
    }

    /// <summary>True when the v1 rule leaves the name alone, so that it may be named as an upload or rename target.</summary>
    /// <remarks>Characters beyond the BMP count as changed: nobody has seen what v1 does with them.</remarks>
    public bool IsStableUnderV1(string remoteName, bool isFolder)
    {
        if (remoteName is "" or "." or "..")
            return false;
        foreach (char unit in remoteName)
        {
            if (!IsKept(unit, isFolder))
                return false;
        }

        return true;
    }

    // Right to left, so that a literal underscore is judged by what will really stand behind it.
    private string Encode(string local, bool isFolder)
    {
        if (ReservedNames.IsReserved(local, isFolder))
            return ReservedNames.Escape(local);

        var reversed = new StringBuilder(local.Length + EscapeLength);
        for (int i = local.Length - 1; i >= 0; i--)
        {
            char unit = local[i];
            bool escape = !IsKept(unit, isFolder) || (unit == Underscore && WouldOpenEscape(reversed, i == 0, isFolder));
            if (escape)
                AppendEscapeReversed(reversed, unit);
            else
                reversed.Append(unit);
        }

        return Reverse(reversed);
    }

    private bool WouldOpenEscape(StringBuilder reversedRest, bool isAtStart, bool isFolder)
    {
        // Cheap exit for ordinary underscores: an escape goes on with 'x'.
        if (reversedRest.Length < EscapeTail || reversedRest[^1] != 'x')
            return false;
        return IsLive(Underscore + Reverse(reversedRest), 0, isAtStart, isFolder);
    }

    private string Decode(string remote, bool isFolder)
    {
        if (!remote.Contains("_x", StringComparison.Ordinal))
            return remote;

        var local = new StringBuilder(remote.Length);
        for (int i = 0; i < remote.Length;)
        {
            if (!IsLive(remote, i, i == 0, isFolder))
            {
                local.Append(remote[i++]);
                continue;
            }

            int next = i;
            do
            {
                _ = TryReadEscape(remote, next, out char unit);
                local.Append(unit);
                next += EscapeLength;
            }
            while (char.IsHighSurrogate(local[^1]));
            i = next;
        }

        return local.ToString();
    }

    /// <summary>True when the text at <paramref name="at"/> is an escape that <see cref="Encode"/> writes. Depends on nothing left of it but <paramref name="isAtStart"/>.</summary>
    private bool IsLive(string text, int at, bool isAtStart, bool isFolder)
    {
        // An escaped underscore is ours only where the bare one would have opened an escape: look at that one next.
        char unit;
        while (true)
        {
            if (!TryReadEscape(text, at, out unit))
                return false;
            if (unit != Underscore)
                break;
            at += EscapeTail;
        }

        if (char.IsHighSurrogate(unit))
            return TryReadEscape(text, at + EscapeLength, out char low) && char.IsLowSurrogate(low);
        if (char.IsSurrogate(unit) || unit is '/' or '\0')
            return false;
        return !IsKept(unit, isFolder) || (isAtStart && ReservedNames.IsEscaped(text.AsSpan(at), isFolder));
    }

    private static bool TryReadEscape(string text, int at, out char unit)
    {
        unit = default;
        if (at + EscapeLength > text.Length || text[at] != Underscore || text[at + 1] != 'x' || text[at + EscapeTail] != Underscore)
            return false;
        int value = 0;
        foreach (char digit in text.AsSpan(at + 2, 4))
        {
            if (!char.IsAsciiHexDigitUpper(digit))
                return false;
            value = (value << 4) | (char.IsAsciiDigit(digit) ? digit - '0' : digit - 'A' + 10);
        }

        unit = (char)value;
        return true;
    }

    private bool IsKept(char unit, bool isFolder) => unit switch
    {
        '_' => true,
        '-' => !isFolder || !_escapeFolderDash,
        '.' => !isFolder,
        _ => CharUnicodeInfo.GetUnicodeCategory(unit) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber,
    };

    private static bool IsAllowedLocally(string name) => EntryName.TryParse(name, out _) == FsError.None;

    // For names that no client can have made by the rules. The hash keeps two long names apart.
    private static string MakeSafe(string remote)
    {
        var safe = new StringBuilder(remote.Length + EscapeLength);
        for (int i = 0; i < remote.Length; i++)
        {
            char unit = remote[i];
            bool isPair = char.IsHighSurrogate(unit) && i + 1 < remote.Length && char.IsLowSurrogate(remote[i + 1]);
            if (isPair)
                safe.Append(unit).Append(remote[++i]);
            else if (unit is '/' or '\0' || char.IsSurrogate(unit))
                safe.Append(EscapeOf(unit));
            else
                safe.Append(unit);
        }

        string name = safe.ToString();
        name = name switch
        {
            "" => "_x0000_",
            "." => EscapeOf('.'),
            ".." => EscapeOf('.') + EscapeOf('.'),
            _ => name,
        };
        return IsAllowedLocally(name) ? name : Shorten(name, remote);
    }

    private static string Shorten(string name, string remote)
    {
        ulong hash = XxHash64.HashToUInt64(MemoryMarshal.AsBytes(remote.AsSpan()));
        string extension = Path.GetExtension(name);
        if (Encoding.UTF8.GetByteCount(extension) > MaxExtensionBytes)
            extension = "";
        string tail = $"_{hash:x16}{extension}";
        int room = EntryName.MaxBytes - Encoding.UTF8.GetByteCount(tail);
        var head = new StringBuilder();
        foreach (Rune rune in name.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
                break;
            head.Append(rune.ToString());
        }

        return head + tail;
    }

    private static string EscapeOf(char unit) => $"_x{(int)unit:X4}_";

    private static void AppendEscapeReversed(StringBuilder reversed, char unit)
    {
        string escape = EscapeOf(unit);
        for (int i = escape.Length - 1; i >= 0; i--)
            reversed.Append(escape[i]);
    }

    private static string Reverse(StringBuilder text)
    {
        string forward = string.Create(text.Length, text, static (span, source) =>
        {
            source.CopyTo(0, span, span.Length);
            span.Reverse();
        });
        return forward;
    }
}
