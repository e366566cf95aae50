namespace ImageKitFs.Core.Names;

/// <summary>Names that mean something else in a delivery URL, so that a file stored under one could never be read.</summary>
/// <remarks>Source: imagekit-api.md 9.1. All begin with 'i'; escaping that one letter hides the meaning.</remarks>
internal static class ReservedNames
{
    private const string EscapedFirstLetter = "_x0069_";

    private static readonly string[] Files = ["ik-thumbnail.jpg", "ik-video.mp4", "ik-master.m3u8", "ik-master.mpd"];
    private static readonly string[] Folders = ["ik-seo"];

    public static bool IsReserved(string localName, bool isFolder) => Array.IndexOf(Of(isFolder), localName) >= 0;

    /// <summary>The remote form of a reserved local name.</summary>
    public static string Escape(string reserved) => string.Concat(EscapedFirstLetter, reserved.AsSpan(1));

    /// <summary>True when the whole text is what <see cref="Escape"/> makes of a reserved name.</summary>
    public static bool IsEscaped(ReadOnlySpan<char> text, bool isFolder)
    {
        if (!text.StartsWith(EscapedFirstLetter, StringComparison.Ordinal))
            return false;
        ReadOnlySpan<char> rest = text[EscapedFirstLetter.Length..];
        foreach (string reserved in Of(isFolder))
        {
            if (rest.SequenceEqual(reserved.AsSpan(1)))
                return true;
        }

        return false;
    }

    private static string[] Of(bool isFolder) => isFolder ? Folders : Files;
}
