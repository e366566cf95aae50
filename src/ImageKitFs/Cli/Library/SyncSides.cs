namespace ImageKitFs.Cli.Library;

/// <summary>The two folders of `sync-dir`: each of a library, or of this machine.</summary>
/// <param name="Source">Of a library; null: of this machine.</param>
/// <param name="Target">Of a library; null: of this machine.</param>
internal readonly record struct SyncSides(LibraryPath? Source, LibraryPath? Target)
{
    /// <summary>Which is which: a prefix says it. Without any, one side is the library's when this machine leaves no doubt which.</summary>
    /// <exception cref="CliException">Neither side is a library, or which one is cannot be told.</exception>
    public static SyncSides Of(string source, string target)
    {
        LibraryPath? from = LibraryPath.TryParsePrefixed(source, out LibraryPath one) ? one : null;
        LibraryPath? to = LibraryPath.TryParsePrefixed(target, out LibraryPath two) ? two : null;
        if (from is not null || to is not null)
            return new SyncSides(from, to);
        bool isFrom = IsSourceOfLibrary(source, target);
        return new SyncSides(isFrom ? LibraryPath.Parse(source) : null, isFrom ? null : LibraryPath.Parse(target));
    }

    private static bool IsSourceOfLibrary(string source, string target)
    {
        // Only what begins at the root can be a library's; the other side is of this machine then.
        bool mayBeSource = source.StartsWith('/');
        bool mayBeTarget = target.StartsWith('/');
        if (mayBeSource != mayBeTarget)
            return mayBeSource;
        bool isHere = Directory.Exists(source);
        if (mayBeSource && isHere != Path.Exists(target))
            return !isHere;
        // A folder that is still to be made on this machine; at its root hardly anybody makes one.
        if (mayBeSource && !isHere && Path.GetDirectoryName(target.TrimEnd('/')) is { Length: > 1 } parent && Directory.Exists(parent))
            return true;
        string why = !mayBeSource ? "neither side is a library" : isHere ? "both are folders of this machine" : "neither is a folder of this machine";
        throw new CliException(ExitCode.Usage, $"{why}: put ik: or a profile and a colon in front of the one that is a library's, as in ik:/folder");
    }
}
