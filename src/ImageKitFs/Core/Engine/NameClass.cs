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
internal static class NameRules
{
    private static readonly string[] Junk =
        [".DS_Store", "._*", "Thumbs.db", "ehthumbs.db", "desktop.ini", ".nfs*", ".~lock.*#", "~$*", ".*.sw?"];

    private static readonly string[] Transient =
        [".*.??????", ".*.tmp", "sed??????", "4913", "*.part", "*.crdownload", "*.lock", "tmp_*", "~WR*", "*.tmp"];

    private static readonly string[] Trash = [".Trash*", "$RECYCLE.BIN"];

    /// <param name="name">The local name.</param>
    /// <param name="isExclusiveReadWrite">Created with O_RDWR and O_EXCL, as mkstemp does: rsync, sed -i, many editors.</param>
    public static NameClass Classify(string name, bool isExclusiveReadWrite)
    {
        if (MatchesAny(Junk, name))
            return NameClass.Junk;
        return isExclusiveReadWrite || MatchesAny(Transient, name) ? NameClass.Transient : NameClass.Ordinary;
    }

    public static bool IsTrash(string name) => MatchesAny(Trash, name);

    private static bool MatchesAny(string[] patterns, string name)
    {
        foreach (string pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true))
                return true;
        }

        return false;
    }
}
