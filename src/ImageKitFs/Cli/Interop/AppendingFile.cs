using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Cli.Interop;

/// <summary>A file that is opened with O_APPEND, which .NET does not offer: FileMode.Append writes at the end as it was when the file was opened.</summary>
[SupportedOSPlatform("linux")]
internal static partial class AppendingFile
{
    // fcntl.h, the same on x86-64 and arm64.
    private const int O_WRONLY = 1;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;
    private const int O_CLOEXEC = 0x80000;
    private const int AT_FDCWD = -100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_INO = 0x100;

    // rw for the owner alone.
    private const int Mode = 0x180;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string path)
    {
        SafeFileHandle file = OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, Mode);
        if (!file.IsInvalid)
            return file;
        int errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        throw new IOException(Marshal.GetPInvokeErrorMessage(errno));
    }

    /// <summary>False when the path leads to another file by now, or to none.</summary>
    public static bool IsAt(SafeFileHandle file, string path) =>
        StatX(file, "", AT_EMPTY_PATH, STATX_INO, out Identity open) == 0 && StatX(AT_FDCWD, path, 0, STATX_INO, out Identity there) == 0
        && (open.Inode, open.DeviceMajor, open.DeviceMinor) == (there.Inode, there.DeviceMajor, there.DeviceMinor);

    // open(2).
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags, int mode);

    // statx(2), of an open file.
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(SafeFileHandle file, string path, int flags, uint mask, out Identity result);

    // statx(2), of a path.
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, out Identity result);

    /// <summary>struct statx (linux/stat.h): the fields that name a file.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Identity
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
