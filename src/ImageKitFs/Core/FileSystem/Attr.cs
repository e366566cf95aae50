namespace ImageKitFs.Core.FileSystem;

/// <summary>What an inode is. The library holds files and folders, nothing else.</summary>
public enum FileKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,
}

/// <summary>What stat shows.</summary>
/// <param name="Ino">The number that stat shows; survives forget, lookup and remount.</param>
/// <param name="Kind">File or folder.</param>
/// <param name="Size">Bytes; 0 for a folder.</param>
/// <param name="Mode">Permission bits, 07777 at most.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="LinkCount">1 for a file, 2 for a folder, 0 once unlinked.</param>
/// <param name="Modified">When the bytes last changed (mtime).</param>
/// <param name="Changed">When bytes or attributes last changed (ctime).</param>
/// <param name="Accessed">Last access as far as it is known (atime); reads do not move it.</param>
/// <param name="Born">When the library first stored it.</param>
public readonly record struct Attr(
    ulong Ino, FileKind Kind, long Size, uint Mode, uint Uid, uint Gid, uint LinkCount,
    Timestamp Modified, Timestamp Changed, Timestamp Accessed, Timestamp Born);

/// <summary>Attributes and how long the kernel may trust them.</summary>
public readonly record struct AttrReply(Attr Attr, TimeSpan Ttl);

/// <summary>A looked-up name: the inode (one reference was counted), its attributes, and how long both may be trusted.</summary>
public readonly record struct Entry(InodeId Inode, Attr Attr, TimeSpan EntryTtl, TimeSpan AttrTtl);

/// <summary>How SetAttr treats one time.</summary>
public enum TimeChangeKind
{
    /// <summary>Left as it is.</summary>
    Keep,

    /// <summary>Set to the clock's time.</summary>
    Now,

    /// <summary>Set to the given time.</summary>
    Set,
}

/// <summary>A change of one time.</summary>
public readonly record struct TimeChange(TimeChangeKind Kind, Timestamp Time)
{
    /// <summary>Sets the time given.</summary>
    public static TimeChange To(Timestamp time) => new(TimeChangeKind.Set, time);

    /// <summary>Sets the clock's time.</summary>
    public static TimeChange Now => new(TimeChangeKind.Now, default);
}

/// <summary>What chmod, chown, truncate and utimens change; null is left as it is.</summary>
public readonly record struct AttrChange(
    uint? Mode = null, uint? Uid = null, uint? Gid = null, long? Size = null, TimeChange Modified = default, TimeChange Accessed = default);
