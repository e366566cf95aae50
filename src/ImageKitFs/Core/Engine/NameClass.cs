using System.IO.Enumeration;

namespace ImageKitFs.Core.Engine;

/// <summary>What a name says about a new file's fate.</summary>
internal enum NameClass
{
    /// <summary>Committed when it is closed.</summary>
    Ordinary,

    /// <summary>A program's temporary: committed when it is renamed to an ordinary name, or after it has been left alone for a while.</summary>
    Transient,

    /// <summary>Litter of desktops and editors: kept on this machine, never uploaded.</summary>
    Junk,

    /// <summary>A trash folder: refused, so that file managers delete for good and say so.</summary>
    Trash,
}

/// <summary>The closed lists of names. Decided when a file is created and never again: what was once committed is never junk.</summary>
/// <remarks>
/// Names that Windows programs write ignore case, because Windows does and its programs write them either way (`A1B2.TMP`, `Thumbs.db`).
/// All others are exact: `Sediments` is a folder's or a file's own name, `sedAbc123` is sed's temporary.
/// </remarks>
internal static class NameRules
{
    private static readonly string[] Junk = [".DS_Store", "._*", ".nfs*", ".~lock.*#", ".*.sw?"];

    private static readonly string[] WindowsJunk = ["Thumbs.db", "ehthumbs.db", "desktop.ini", "~$*"];

    private static readonly string[] Transient = [".*.??????", "sed??????", "4913", "*.part", "*.crdownload", "*.lock", "tmp_*"];

    private static readonly string[] WindowsTransient = ["~WR*", "*.tmp"];

    private static readonly string[] Trash = [".Trash*"];

    private static readonly string[] WindowsTrash = ["$RECYCLE.BIN"];

    /// <param name="name">The local name.</param>
    /// <param name="isExclusiveReadWrite">Created with O_RDWR and O_EXCL, as mkstemp does: rsync, sed -i, many editors.</param>
    public static NameClass Classify(string name, bool isExclusiveReadWrite)
    {
        if (MatchesAny(Junk, WindowsJunk, name))
            return NameClass.Junk;
        return isExclusiveReadWrite || MatchesAny(Transient, WindowsTransient, name) ? NameClass.Transient : NameClass.Ordinary;
    }

    public static bool IsTrash(string name) => MatchesAny(Trash, WindowsTrash, name);

    private static bool MatchesAny(string[] exact, string[] anyCase, string name) =>
        MatchesAny(exact, name, ignoreCase: false) || MatchesAny(anyCase, name, ignoreCase: true);

    private static bool MatchesAny(string[] patterns, string name, bool ignoreCase)
    {
        foreach (string pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase))
                return true;
        }

        return false;
    }
}
