namespace ImageKitFs.Platform.Linux.Protocol;

/// <summary>Features of INIT that we know; bits 32 and up travel in flags2.</summary>
[Flags]
internal enum FuseInitFlags : ulong
{
    None = 0,
    AsyncRead = 1UL << 0,
    AtomicOTrunc = 1UL << 3,
    BigWrites = 1UL << 5,
    AutoInvalData = 1UL << 12,
    DoReadDirPlus = 1UL << 13,
    ReadDirPlusAuto = 1UL << 14,
    AsyncDio = 1UL << 15,
    WritebackCache = 1UL << 16,
    ParallelDirOps = 1UL << 18,
    PosixAcl = 1UL << 20,
    AbortError = 1UL << 21,
    MaxPages = 1UL << 22,
    HandleKillPrivV2 = 1UL << 28,
    InitExt = 1UL << 30,
    HasExpireOnly = 1UL << 35,
    DirectIoAllowMmap = 1UL << 36,
    Passthrough = 1UL << 37,
    NoExportSupport = 1UL << 38,
}

/// <summary>What the kernel may do with an open file (open_out.open_flags).</summary>
[Flags]
internal enum FuseOpenFlags : uint
{
    None = 0,
    DirectIo = 1,
    KeepCache = 2,
    CacheDir = 8,
    NoFlush = 32,
}

/// <summary>Which fields of SETATTR count.</summary>
[Flags]
internal enum FuseSetAttrValid : uint
{
    None = 0,
    Mode = 1,
    Uid = 2,
    Gid = 4,
    Size = 8,
    Atime = 16,
    Mtime = 32,
    Handle = 64,
    AtimeNow = 128,
    MtimeNow = 256,
}

/// <summary>Messages that we send unasked; they travel in the error field with unique 0.</summary>
internal enum FuseNotifyCode
{
    InvalidateInode = 2,
    InvalidateEntry = 3,
    Delete = 6,
}

/// <summary>File status and open flags of Linux as they cross the wire (x86-64 and arm64 agree on these).</summary>
internal static class LinuxFlags
{
    internal const uint AccessModeMask = 3;
    internal const uint WriteOnly = 1;
    internal const uint ReadWrite = 2;
    internal const uint Exclusive = 0x80;
    internal const uint Truncate = 0x200;
    internal const uint Append = 0x400;

    internal const uint FileTypeMask = 0xF000;
    internal const uint RegularFile = 0x8000;
    internal const uint DirectoryFile = 0x4000;
    internal const uint PermissionMask = 0xFFF;

    internal const uint RenameNoReplace = 1;
    internal const uint FallocateKeepSize = 1;
    internal const uint XattrCreate = 1;
    internal const uint XattrReplace = 2;

    internal const uint StatxBasicAndBirth = 0xFFF;
}
