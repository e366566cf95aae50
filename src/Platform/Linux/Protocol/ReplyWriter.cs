using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Linux.Protocol;

/// <summary>Turns the port's values into the kernel's structs.</summary>
internal static class ReplyWriter
{
    /// <summary>4096: st_blksize, the unit in which stdio reads; larger would make programs that sniff a header fetch more.</summary>
    internal const uint BlockSize = 4096;

    private const ulong StatBlockBytes = 512;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int NanosecondsPerTick = 100;

    /// <summary>2^32: shown as free inodes; the library has no such limit, and some tools refuse to copy at 0.</summary>
    private const ulong FreeFiles = 1UL << 32;

    internal static FuseEntryOut ToEntryOut(in Entry entry)
    {
        FuseEntryOut wire = new() { NodeId = entry.Inode.Value, Attr = ToAttr(entry.Attr) };
        (wire.EntryValid, wire.EntryValidNsec) = ToValid(entry.EntryTtl);
        (wire.AttrValid, wire.AttrValidNsec) = ToValid(entry.AttrTtl);
        return wire;
    }

    /// <summary>Node 0: the name does not exist, and the kernel may remember that.</summary>
    internal static FuseEntryOut ToNegativeEntryOut(TimeSpan ttl)
    {
        FuseEntryOut wire = default;
        (wire.EntryValid, wire.EntryValidNsec) = ToValid(ttl);
        return wire;
    }

    internal static FuseAttrOut ToAttrOut(in AttrReply reply)
    {
        FuseAttrOut wire = new() { Attr = ToAttr(reply.Attr) };
        (wire.AttrValid, wire.AttrValidNsec) = ToValid(reply.Ttl);
        return wire;
    }

    internal static FuseStatxOut ToStatxOut(in AttrReply reply)
    {
        Attr attr = reply.Attr;
        FuseStatxOut wire = new()
        {
            Mask = LinuxFlags.StatxBasicAndBirth,
            BlockSize = BlockSize,
            LinkCount = attr.LinkCount,
            Uid = attr.Uid,
            Gid = attr.Gid,
            Mode = (ushort)ToMode(attr),
            Ino = attr.Ino,
            Size = (ulong)attr.Size,
            Blocks = ToBlocks(attr.Size),
            Atime = ToStatxTime(attr.Accessed),
            Btime = ToStatxTime(attr.Born),
            Ctime = ToStatxTime(attr.Changed),
            Mtime = ToStatxTime(attr.Modified),
        };
        (wire.AttrValid, wire.AttrValidNsec) = ToValid(reply.Ttl);
        return wire;
    }

    internal static FuseStatFsOut ToStatFsOut(in VolumeStats stats) => new()
    {
        Blocks = (ulong)Math.Max(stats.TotalBytes, 0) / BlockSize,
        BlocksFree = (ulong)Math.Max(stats.FreeBytes, 0) / BlockSize,
        BlocksAvailable = (ulong)Math.Max(stats.FreeBytes, 0) / BlockSize,
        Files = (ulong)Math.Max(stats.Files, 0) + FreeFiles,
        FilesFree = FreeFiles,
        BlockSize = BlockSize,
        MaxNameLength = (uint)stats.MaxNameBytes,
        FragmentSize = BlockSize,
    };

    /// <summary>The type bits of st_mode.</summary>
    internal static uint ToFileType(FileKind kind) => kind switch
    {
        FileKind.File => LinuxFlags.RegularFile,
        FileKind.Directory => LinuxFlags.DirectoryFile,
    };

    /// <summary>Reads a time of the wire; what a 64-bit count of nanoseconds cannot hold (beyond 2262) becomes the nearest it can.</summary>
    internal static Timestamp ToTimestamp(ulong seconds, uint nanoseconds)
    {
        Int128 total = ((Int128)(long)seconds * NanosecondsPerSecond) + nanoseconds;
        return new Timestamp((long)Int128.Clamp(total, long.MinValue, long.MaxValue));
    }

    /// <summary>Seconds, rounded down also before 1970, and the nanoseconds that are left.</summary>
    internal static (long Seconds, uint Nanoseconds) ToWireTime(Timestamp time)
    {
        (long seconds, long rest) = Math.DivRem(time.UnixNanoseconds, NanosecondsPerSecond);
        return rest < 0 ? (seconds - 1, (uint)(rest + NanosecondsPerSecond)) : (seconds, (uint)rest);
    }

    private static FuseAttr ToAttr(in Attr attr)
    {
        FuseAttr wire = new()
        {
            Ino = attr.Ino,
            Size = (ulong)attr.Size,
            Blocks = ToBlocks(attr.Size),
            Mode = ToMode(attr),
            LinkCount = attr.LinkCount,
            Uid = attr.Uid,
            Gid = attr.Gid,
            BlockSize = BlockSize,
        };
        (wire.Atime, wire.AtimeNsec) = ToWireTime(attr.Accessed);
        (wire.Mtime, wire.MtimeNsec) = ToWireTime(attr.Modified);
        (wire.Ctime, wire.CtimeNsec) = ToWireTime(attr.Changed);
        return wire;
    }

    private static uint ToMode(in Attr attr) => ToFileType(attr.Kind) | (attr.Mode & LinuxFlags.PermissionMask);

    private static ulong ToBlocks(long size) => ((ulong)size + StatBlockBytes - 1) / StatBlockBytes;

    private static FuseStatxTime ToStatxTime(Timestamp time)
    {
        (long seconds, uint nanoseconds) = ToWireTime(time);
        return new FuseStatxTime { Seconds = seconds, Nanoseconds = nanoseconds };
    }

    private static (ulong Seconds, uint Nanoseconds) ToValid(TimeSpan ttl)
    {
        if (ttl <= TimeSpan.Zero)
            return (0, 0);
        (long seconds, long ticks) = Math.DivRem(ttl.Ticks, TimeSpan.TicksPerSecond);
        return ((ulong)seconds, (uint)ticks * NanosecondsPerTick);
    }
}
