using System.Buffers;

namespace ImageKitFs.Cli.Library;

/// <summary>A path of a library as the user wrote it: `/a/b`, `a/b`, `ik:/a/b` or `PROFILE:/a/b`.</summary>
/// <param name="Profile">A stored account; null: the one that the options, the environment or the profile `default` name.</param>
/// <param name="Path">Absolute, without a slash at the end, with its patterns.</param>
/// <param name="HasSlash">A slash at the end: it names a folder.</param>
internal readonly record struct LibraryPath(string? Profile, string Path, bool HasSlash)
{
    /// <summary>The prefix that says "a library" and names no profile.</summary>
    private const string DefaultPrefix = "ik";

    private const string Root = "/";

    private static readonly SearchValues<char> ProfileLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>The last part; empty for the root.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The folder that holds it; the root's is the root.</summary>
    public string Parent => Path.LastIndexOf('/') is var slash and > 0 ? Path[..slash] : Root;

    public bool IsRoot => Path == Root;

    /// <summary>For an argument that is a path of a library in any case.</summary>
    public static LibraryPath Parse(string text) => TryParsePrefixed(text, out LibraryPath path) ? path : Of(null, text);

    /// <summary>For an argument that may be a local path too: true when it has a prefix. On Windows one letter and a colon are a drive.</summary>
    public static bool TryParsePrefixed(string text, out LibraryPath path)
    {
        path = default;
        int colon = text.IndexOf(":/", StringComparison.Ordinal);
        bool isPrefix = colon > 0 && text.AsSpan(0, colon).IndexOfAnyExcept(ProfileLetters) < 0 && !(OperatingSystem.IsWindows() && colon == 1);
        if (!isPrefix)
            return false;
        string prefix = text[..colon];
        path = Of(prefix == DefaultPrefix ? null : prefix, text[(colon + 1)..]);
        return true;
    }

    /// <summary>The path of an entry, as an argument would name it.</summary>
    public static string Show(string? profile, string path) => profile is null ? path : $"{profile}:{path}";

    /// <inheritdoc/>
    public override string ToString() => Show(Profile, Path);

    private static LibraryPath Of(string? profile, string text)
    {
        if (text.Length == 0)
            throw new CliException(ExitCode.Usage, "an empty path names nothing; the library's root is /");
        string[] names = [.. text.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".")];
        if (names.Contains("..") || text.Contains('\0', StringComparison.Ordinal))
            throw new CliException(ExitCode.Usage, $"'{text}': paths of a library have no '..'");
        return new LibraryPath(profile, Root + string.Join('/', names), text.EndsWith('/'));
    }
}
