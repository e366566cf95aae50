using System.Runtime.InteropServices;

namespace ImageKitFs.Platform.Windows;

/// <summary>FSP_FSCTL_FILE_INFO: the 72 bytes in which WinFsp takes what it shows of a file. Times are FILETIME, UTC.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileInfoFields
{
    internal uint FileAttributes;
    internal uint ReparseTag;
    internal ulong AllocationSize;
    internal ulong FileSize;
    internal ulong CreationTime;
    internal ulong LastAccessTime;
    internal ulong LastWriteTime;
    internal ulong ChangeTime;
    internal ulong IndexNumber;
    internal uint HardLinks;
    internal uint EaSize;
}
