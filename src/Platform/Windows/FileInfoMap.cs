using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>Between what the port says of an inode and what Windows shows and sets.</summary>
internal static class FileInfoMap
{
    /// <summary>One allocation unit: the sector size that the volume declares, and a page.</summary>
    internal const ulong AllocationUnit = 4096;

    /// <summary>The write bits of owner, group and others: a file without any is read-only.</summary>
    private const uint WriteBits = 0b010_010_010;

    private const uint OwnerWrite = 0b010_000_000;

    /// <summary>
    /// Hidden, system and archive are kept in the three bits of a mode that mean nothing on Windows: sticky, setgid, setuid. So they are stored with the
    /// file by whatever stores modes, and a remount finds them.
    /// </summary>
    private static readonly (uint Attribute, uint ModeBit)[] InMode =
    [
        (FileAttributeBits.Hidden, 0b001_000_000_000),
        (FileAttributeBits.System, 0b010_000_000_000),
        (FileAttributeBits.Archive, 0b100_000_000_000),
    ];

    /// <summary>What to show.</summary>
    /// <param name="attr">The inode's attributes.</param>
    /// <param name="reserved">Bytes that a program reserved; the allocation never is less than the size.</param>
    internal static FileInfoFields From(in Attr attr, ulong reserved = 0)
    {
        bool isFolder = attr.Kind == FileKind.Directory;
        ulong size = isFolder ? 0 : (ulong)attr.Size;
        return new FileInfoFields
        {
            FileAttributes = AttributesOf(attr),
            FileSize = size,
            AllocationSize = isFolder ? 0 : RoundUp(Math.Max(size, Math.Min(reserved, long.MaxValue))),
            CreationTime = FileTime.From(attr.Born),
            LastAccessTime = FileTime.From(attr.Accessed),
            LastWriteTime = FileTime.From(attr.Modified),
            ChangeTime = FileTime.From(attr.Changed),
            IndexNumber = attr.Ino,
            // Link counts: WinFsp wants 0 and reports 1 itself.
        };
    }

    /// <summary>The attribute bits of an inode.</summary>
    /// <remarks>
    /// Nothing is indexed: the indexer would read every file through the network. Read-only is for files; on a folder Explorer takes it for "customised".
    /// </remarks>
    internal static uint AttributesOf(in Attr attr)
    {
        uint bits = FileAttributeBits.NotContentIndexed;
        foreach ((uint attribute, uint modeBit) in InMode)
        {
            if ((attr.Mode & modeBit) != 0)
                bits |= attribute;
        }

        if (attr.Kind == FileKind.Directory)
            return bits | FileAttributeBits.Directory;
        return (attr.Mode & WriteBits) == 0 ? bits | FileAttributeBits.ReadOnly : bits;
    }

    /// <summary>What SetBasicInfo asks the port to change.</summary>
    /// <param name="attr">The inode as it is.</param>
    /// <param name="attributes">The bits asked for, or <see cref="FileAttributeBits.Unchanged"/>.</param>
    /// <param name="lastAccess">FILETIME; 0 leaves it.</param>
    /// <param name="lastWrite">FILETIME; 0 leaves it.</param>
    /// <remarks>The creation time is the library's and the change time the engine's: neither can be set.</remarks>
    internal static AttrChange ToChange(in Attr attr, uint attributes, ulong lastAccess, ulong lastWrite)
    {
        uint mode = attributes == FileAttributeBits.Unchanged ? attr.Mode : ModeFor(attr.Kind, attr.Mode, attributes);
        return new AttrChange(
            Mode: mode == attr.Mode ? null : mode, Modified: FileTime.ToChange(lastWrite), Accessed: FileTime.ToChange(lastAccess));
    }

    /// <summary>The mode that shows attributes as asked. Read-only: no write bits at all, else at least the owner's; a mode that shows it already stays.</summary>
    internal static uint ModeFor(FileKind kind, uint mode, uint attributes)
    {
        foreach ((uint attribute, uint modeBit) in InMode)
            mode = (attributes & attribute) != 0 ? mode | modeBit : mode & ~modeBit;
        if (kind == FileKind.Directory)
            return mode;
        if ((attributes & FileAttributeBits.ReadOnly) != 0)
            return mode & ~WriteBits;
        return (mode & WriteBits) == 0 ? mode | OwnerWrite : mode;
    }

    private static ulong RoundUp(ulong bytes) => (bytes + (AllocationUnit - 1)) & ~(AllocationUnit - 1);
}
