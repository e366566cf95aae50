namespace ImageKitFs.Core.FileSystem;

/// <summary>One name in a folder.</summary>
/// <param name="Name">The name; "." and ".." come first and are given as such.</param>
/// <param name="Kind">File or folder.</param>
/// <param name="Ino">What stat shows for it.</param>
/// <param name="NextCookie">Where reading goes on after this entry.</param>
public readonly record struct DirEntry(string Name, FileKind Kind, ulong Ino, ulong NextCookie);

/// <summary>Takes the entries of one ReadDir call until its buffer is full.</summary>
public interface IDirectorySink
{
    /// <summary>True when each entry is wanted with its inode and attributes (readdirplus).</summary>
    bool WantsEntries { get; }

    /// <summary>Takes one entry, or returns false when it does not fit; then nothing was taken and no reference is held.</summary>
    /// <param name="entry">The name.</param>
    /// <param name="node">Its inode, one reference counted; null for "." and "..", and when entries are not wanted.</param>
    bool TryAdd(in DirEntry entry, in Entry? node);
}

/// <summary>Tells the kernel to drop what it caches. Never blocks: an implementation queues and sends from a thread of its own.</summary>
/// <remarks>The engine publishes its new state before it calls. It never reports a change that the kernel itself asked for.</remarks>
public interface IKernelCache
{
    /// <summary>The name now means something else, or nothing.</summary>
    void InvalidateEntry(InodeId parent, EntryName name);

    /// <summary>The name is gone together with the inode (seen by inotify where the kernel allows).</summary>
    void EntryDeleted(InodeId parent, InodeId child, EntryName name);

    /// <summary>Attributes, and for a file the cached pages too, are out of date.</summary>
    void InvalidateInode(InodeId inode, bool data);

    /// <summary>
    /// What was told of the name stays true, but memory is short: the kernel should let go of it, and gives its lookups back when nobody uses it. A platform
    /// that does so by itself needs not do anything.
    /// </summary>
    void Release(InodeId parent, EntryName name)
    {
    }

    /// <summary>
    /// Others changed a name in a folder that <see cref="IFileSystem.Watch"/> named. Programs that wait for it are to be told, as far as the platform can:
    /// invalidations alone reach nobody. Called after those.
    /// </summary>
    void Announce(in NameChange change)
    {
    }
}

/// <summary>What became of a name.</summary>
public enum NameEvent
{
    /// <summary>It was not there before.</summary>
    Added,

    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>It is another file now, or another version.</summary>
    Changed,
}

/// <summary>What others did to a name in a folder.</summary>
/// <param name="Parent">The folder.</param>
/// <param name="Folder">Its path from the mount's root, "/" first.</param>
/// <param name="Name">The name.</param>
/// <param name="Kind">What it is, or was.</param>
/// <param name="Event">What happened.</param>
public readonly record struct NameChange(InodeId Parent, string Folder, EntryName Name, FileKind Kind, NameEvent Event);
