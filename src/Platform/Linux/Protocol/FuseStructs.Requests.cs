using System.Runtime.InteropServices;

namespace ImageKitFs.Platform.Linux.Protocol;

/// <summary>Starts every request (fuse_in_header).</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseInHeader
{
    internal const int Bytes = 40;

    public uint Length;
    public FuseOpcode Opcode;
    public ulong Unique;
    public ulong NodeId;
    public uint Uid;
    public uint Gid;
    public uint Pid;
    public ushort TotalExtLength;
    public ushort Padding;
}

/// <summary>fuse_init_in; kernels before 7.36 end after Flags (16 bytes).</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseInitIn
{
    internal const int Bytes = 64;
    internal const int BytesBeforeFlags2 = 16;

    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public uint Flags2;
}

/// <summary>fuse_forget_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseForgetIn
{
    internal const int Bytes = 8;

    public ulong Count;
}

/// <summary>fuse_batch_forget_in; Count times <see cref="FuseForgetOne"/> follow.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseBatchForgetIn
{
    internal const int Bytes = 8;

    public uint Count;
    public uint Padding;
}

/// <summary>fuse_forget_one.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseForgetOne
{
    internal const int Bytes = 16;

    public ulong NodeId;
    public ulong Count;
}

/// <summary>fuse_getattr_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseGetAttrIn
{
    internal const int Bytes = 16;

    public uint Flags;
    public uint Padding;
    public ulong Handle;
}

/// <summary>fuse_setattr_in.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct FuseSetAttrIn
{
    internal const int Bytes = 88;

    [FieldOffset(0)] public FuseSetAttrValid Valid;
    [FieldOffset(8)] public ulong Handle;
    [FieldOffset(16)] public ulong Size;
    [FieldOffset(24)] public ulong LockOwner;
    [FieldOffset(32)] public ulong Atime;
    [FieldOffset(40)] public ulong Mtime;
    [FieldOffset(48)] public ulong Ctime;
    [FieldOffset(56)] public uint AtimeNsec;
    [FieldOffset(60)] public uint MtimeNsec;
    [FieldOffset(64)] public uint CtimeNsec;
    [FieldOffset(68)] public uint Mode;
    [FieldOffset(76)] public uint Uid;
    [FieldOffset(80)] public uint Gid;
}

/// <summary>fuse_mknod_in; the name follows.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseMknodIn
{
    internal const int Bytes = 16;

    public uint Mode;
    public uint Device;
    public uint Umask;
    public uint Padding;
}

/// <summary>fuse_mkdir_in; the name follows.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseMkdirIn
{
    internal const int Bytes = 8;

    public uint Mode;
    public uint Umask;
}

/// <summary>fuse_rename_in; the old and the new name follow.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseRenameIn
{
    internal const int Bytes = 8;

    public ulong NewDirectory;
}

/// <summary>fuse_rename2_in; the old and the new name follow.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseRename2In
{
    internal const int Bytes = 16;

    public ulong NewDirectory;
    public uint Flags;
    public uint Padding;
}

/// <summary>fuse_open_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseOpenIn
{
    internal const int Bytes = 8;

    public uint Flags;
    public uint OpenFlags;
}

/// <summary>fuse_create_in; the name follows.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseCreateIn
{
    internal const int Bytes = 16;

    public uint Flags;
    public uint Mode;
    public uint Umask;
    public uint OpenFlags;
}

/// <summary>fuse_read_in and fuse_write_in, which have one layout; WRITE's bytes follow.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseTransferIn
{
    internal const int Bytes = 40;

    public ulong Handle;
    public ulong Offset;
    public uint Size;
    public uint TransferFlags;
    public ulong LockOwner;
    public uint Flags;
    public uint Padding;
}

/// <summary>fuse_release_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseReleaseIn
{
    internal const int Bytes = 24;

    public ulong Handle;
    public uint Flags;
    public uint ReleaseFlags;
    public ulong LockOwner;
}

/// <summary>fuse_flush_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseFlushIn
{
    internal const int Bytes = 24;

    public ulong Handle;
    public uint Unused;
    public uint Padding;
    public ulong LockOwner;
}

/// <summary>fuse_fsync_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseFsyncIn
{
    internal const int Bytes = 16;

    public ulong Handle;
    public uint Flags;
    public uint Padding;
}

/// <summary>fuse_setxattr_in without SETXATTR_EXT; name and value follow.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseSetXattrIn
{
    internal const int Bytes = 8;

    public uint Size;
    public uint Flags;
}

/// <summary>fuse_getxattr_in, also of LISTXATTR; the name follows in GETXATTR.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseGetXattrIn
{
    internal const int Bytes = 8;

    public uint Size;
    public uint Padding;
}

/// <summary>fuse_fallocate_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseFallocateIn
{
    internal const int Bytes = 32;

    public ulong Handle;
    public ulong Offset;
    public ulong Length;
    public uint Mode;
    public uint Padding;
}

/// <summary>fuse_interrupt_in: which request is no longer wanted.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseInterruptIn
{
    internal const int Bytes = 8;

    public ulong Unique;
}

/// <summary>fuse_statx_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct FuseStatxIn
{
    internal const int Bytes = 24;

    public uint GetAttrFlags;
    public uint Reserved;
    public ulong Handle;
    public uint StatxFlags;
    public uint StatxMask;
}
