using System.Runtime.InteropServices;
using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Linux.Protocol;

/// <summary>Fills one READDIR or READDIRPLUS reply.</summary>
internal sealed class DirentWriter(Memory<byte> target, bool wantsEntries) : IDirectorySink
{
    private const int FileTypeShift = 12;

    /// <inheritdoc/>
    public bool WantsEntries => wantsEntries;

    /// <summary>Bytes written so far.</summary>
    internal int Written { get; private set; }

    private int EntryBytes => wantsEntries ? FuseEntryOut.Bytes : 0;

    /// <inheritdoc/>
    public bool TryAdd(in DirEntry entry, in Entry? node)
    {
        Span<byte> free = target.Span[Written..];
        int nameStart = EntryBytes + FuseDirent.Bytes;
        if (free.Length < nameStart || !Encoding.UTF8.TryGetBytes(entry.Name, free[nameStart..], out int nameLength))
            return false;
        int length = Align(nameStart + nameLength);
        if (length > free.Length)
            return false;

        if (wantsEntries)
        {
            // Node 0 ("." and "..") takes no reference and carries no attributes.
            FuseEntryOut wire = node is { } found && !IsDotOrDotDot(entry.Name) ? ReplyWriter.ToEntryOut(found) : default;
            MemoryMarshal.Write(free, in wire);
        }

        FuseDirent dirent = new()
        {
            Ino = entry.Ino,
            NextCookie = entry.NextCookie,
            NameLength = (uint)nameLength,
            Type = ReplyWriter.ToFileType(entry.Kind) >> FileTypeShift,
        };
        MemoryMarshal.Write(free[EntryBytes..], in dirent);
        free[(nameStart + nameLength)..length].Clear();
        Written += length;
        return true;
    }

    /// <summary>Gives back the reference of every entry written: the reply was not delivered.</summary>
    internal void ForgetAll(IFileSystem fileSystem)
    {
        if (!wantsEntries)
            return;
        ReadOnlySpan<byte> rest = target.Span[..Written];
        while (!rest.IsEmpty)
        {
            FuseEntryOut entry = MemoryMarshal.Read<FuseEntryOut>(rest);
            FuseDirent dirent = MemoryMarshal.Read<FuseDirent>(rest[FuseEntryOut.Bytes..]);
            if (entry.NodeId != 0)
                fileSystem.Forget(new InodeId(entry.NodeId), 1);
            rest = rest[Align(FuseEntryOut.Bytes + FuseDirent.Bytes + (int)dirent.NameLength)..];
        }
    }

    private static bool IsDotOrDotDot(string name) => name is "." or "..";

    // Records start on 8 bytes (FUSE_DIRENT_ALIGN).
    private static int Align(int length) => (length + 7) & ~7;
}
