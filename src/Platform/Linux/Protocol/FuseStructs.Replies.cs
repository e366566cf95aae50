using System.Runtime.InteropServices;

namespace ImageKitFs.Platform.Linux.Protocol;

/// <summary>Starts every reply and notification (fuse_out_header).</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseOutHeader
{
    internal const int Bytes = 16;

    public uint Length;
    public int Error;
    public ulong Unique;
}

/// <summary>fuse_init_out.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct FuseInitOut
{
    internal const int Bytes = 64;

    [FieldOffset(0)] public uint Major;
    [FieldOffset(4)] public uint Minor;
    [FieldOffset(8)] public uint MaxReadahead;
    [FieldOffset(12)] public uint Flags;
    [FieldOffset(16)] public ushort MaxBackground;
    [FieldOffset(18)] public ushort CongestionThreshold;
    [FieldOffset(20)] public uint MaxWrite;
    [FieldOffset(24)] public uint TimeGranularity;
    [FieldOffset(28)] public ushort MaxPages;
    [FieldOffset(32)] public uint Flags2;
    [FieldOffset(36)] public uint MaxStackDepth;
}

/// <summary>fuse_attr.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseAttr
{
    internal const int Bytes = 88;

    public ulong Ino;
    public ulong Size;
    public ulong Blocks;
    public long Atime;
    public long Mtime;
    public long Ctime;
    public uint AtimeNsec;
    public uint MtimeNsec;
    public uint CtimeNsec;
    public uint Mode;
    public uint LinkCount;
    public uint Uid;
    public uint Gid;
    public uint Device;
    public uint BlockSize;
    public uint Flags;
}

/// <summary>fuse_attr_out.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseAttrOut
{
    internal const int Bytes = 104;

    public ulong AttrValid;
    public uint AttrValidNsec;
    public uint Padding;
    public FuseAttr Attr;
}

/// <summary>fuse_entry_out.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseEntryOut
{
    internal const int Bytes = 128;

    public ulong NodeId;
    public ulong Generation;
    public ulong EntryValid;
    public ulong AttrValid;
    public uint EntryValidNsec;
    public uint AttrValidNsec;
    public FuseAttr Attr;
}

/// <summary>fuse_open_out.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseOpenOut
{
    internal const int Bytes = 16;

    public ulong Handle;
    public FuseOpenFlags OpenFlags;
    public int BackingId;
}

/// <summary>The reply to CREATE: fuse_entry_out, then fuse_open_out.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseCreateOut
{
    internal const int Bytes = FuseEntryOut.Bytes + FuseOpenOut.Bytes;

    public FuseEntryOut Entry;
    public FuseOpenOut Open;
}

/// <summary>fuse_write_out, and fuse_getxattr_out, which has the same layout.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseSizeOut
{
    internal const int Bytes = 8;

    public uint Size;
    public uint Padding;
}

/// <summary>fuse_statfs_out (fuse_kstatfs).</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseStatFsOut
{
    internal const int Bytes = 80;

    public ulong Blocks;
    public ulong BlocksFree;
    public ulong BlocksAvailable;
    public ulong Files;
    public ulong FilesFree;
    public uint BlockSize;
    public uint MaxNameLength;
    public uint FragmentSize;
    public uint Padding;
}

/// <summary>fuse_sx_time.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseStatxTime
{
    internal const int Bytes = 16;

    public long Seconds;
    public uint Nanoseconds;
    public int Reserved;
}

/// <summary>fuse_statx_out with its fuse_statx at offset 32.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct FuseStatxOut
{
    internal const int Bytes = 288;

    [FieldOffset(0)] public ulong AttrValid;
    [FieldOffset(8)] public uint AttrValidNsec;
    [FieldOffset(32)] public uint Mask;
    [FieldOffset(36)] public uint BlockSize;
    [FieldOffset(48)] public uint LinkCount;
    [FieldOffset(52)] public uint Uid;
    [FieldOffset(56)] public uint Gid;
    [FieldOffset(60)] public ushort Mode;
    [FieldOffset(64)] public ulong Ino;
    [FieldOffset(72)] public ulong Size;
    [FieldOffset(80)] public ulong Blocks;
    [FieldOffset(96)] public FuseStatxTime Atime;
    [FieldOffset(112)] public FuseStatxTime Btime;
    [FieldOffset(128)] public FuseStatxTime Ctime;
    [FieldOffset(144)] public FuseStatxTime Mtime;
}

/// <summary>fuse_dirent; the name follows, padded to 8 bytes. READDIRPLUS puts a <see cref="FuseEntryOut"/> before it.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseDirent
{
    internal const int Bytes = 24;

    public ulong Ino;
    public ulong NextCookie;
    public uint NameLength;
    public uint Type;
}

/// <summary>fuse_notify_inval_inode_out.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseNotifyInode
{
    internal const int Bytes = 24;

    public ulong NodeId;
    public long Offset;
    public long Length;
}

/// <summary>fuse_notify_inval_entry_out; the name and a NUL follow.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseNotifyEntry
{
    internal const int Bytes = 16;

    public ulong Parent;
    public uint NameLength;
    public uint Flags;
}

/// <summary>fuse_notify_delete_out; the name and a NUL follow.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseNotifyDelete
{
    internal const int Bytes = 24;

    public ulong Parent;
    public ulong Child;
    public uint NameLength;
    public uint Padding;
}
