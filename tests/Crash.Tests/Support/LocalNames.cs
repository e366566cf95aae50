using System.Text.RegularExpressions;

namespace ImageKitFs.Crash.Tests.Support;

/// <summary>Names whose fate is not promised when their writer dies: temporary ones. Written anew from docs/SEMANTICS.md, not taken from Core.</summary>
internal static partial class LocalNames
{
    public static bool IsTemporary(string path) => Temporary().IsMatch(Path.GetFileName(path));

    [GeneratedRegex(@"^(?:\..*\.......|.*\.tmp|.*\.part|sed......|4913)$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Temporary();
}
