namespace ImageKitFs.Core.FileSystem;

/// <summary>How a file is opened.</summary>
[Flags]
public enum OpenMode
{
    /// <summary>Neither: attributes only.</summary>
    None = 0,

    /// <summary>For reading.</summary>
    Read = 1,

    /// <summary>For writing.</summary>
    Write = 2,

    /// <summary>Emptied at open.</summary>
    Truncate = 4,

    /// <summary>Writes go to the end (the kernel computes the offset; kept for the record).</summary>
    Append = 8,

    /// <summary>A create that must not find the name.</summary>
    Exclusive = 16,
}

/// <summary>What the kernel may do with the pages of an open file.</summary>
public enum PagePolicy
{
    /// <summary>Drop what it had cached and cache anew.</summary>
    Fresh,

    /// <summary>Keep what it had cached: the version has not changed.</summary>
    Keep,

    /// <summary>Send each read through: our readahead decides (the file is not whole in the local cache).</summary>
    Direct,
}

/// <summary>An open file or folder.</summary>
/// <param name="Handle">To be given back with Release or ReleaseDir.</param>
/// <param name="Pages">What the kernel may cache.</param>
public readonly record struct Opened(HandleId Handle, PagePolicy Pages);

/// <summary>A file just created (or found, without <see cref="OpenMode.Exclusive"/>) and opened: one lookup and one open are counted.</summary>
public readonly record struct Created(Entry Entry, Opened Opened);

/// <summary>What rename does when the new name is taken.</summary>
public enum RenameMode
{
    /// <summary>Replaces it, as rename(2).</summary>
    Replace,

    /// <summary>Refuses with <see cref="FsError.Exists"/>, as RENAME_NOREPLACE.</summary>
    NoReplace,
}

/// <summary>How SetXattr treats an attribute that is there, or is not.</summary>
public enum XattrMode
{
    /// <summary>Creates or replaces.</summary>
    Any,

    /// <summary>Must not be there: <see cref="FsError.Exists"/>.</summary>
    CreateOnly,

    /// <summary>Must be there: <see cref="FsError.NoAttribute"/>.</summary>
    ReplaceOnly,
}

/// <summary>Space and limits of the volume, for statfs.</summary>
/// <param name="TotalBytes">Size of the account's storage as configured, or a large fixed value when it is not known.</param>
/// <param name="FreeBytes">What is left of it.</param>
/// <param name="Files">Number of entries known.</param>
/// <param name="MaxNameBytes">Longest name.</param>
public readonly record struct VolumeStats(long TotalBytes, long FreeBytes, long Files, int MaxNameBytes);
