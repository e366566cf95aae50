using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Spool;

/// <summary>Makes the names in a folder durable.</summary>
/// <remarks>
/// fsync(2): syncing a file "does not necessarily ensure that the entry in the directory containing the file has also reached disk".
/// The framework opens no folders, hence the one native call. NTFS journals names by itself, and offers no such flush.
/// </remarks>
internal static class FolderSync
{
    // Linux, x86-64 and arm64: O_RDONLY (0) | O_CLOEXEC.
    private const int OpenFlags = 0x80000;

    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using SafeFileHandle handle = new(open(folder, OpenFlags), ownsHandle: true);
        if (handle.IsInvalid)
            throw new IOException($"Cannot open the folder '{folder}' to flush it (errno {Marshal.GetLastPInvokeError()}).");
        RandomAccess.FlushToDisk(handle);
    }

    // open(2) without a mode: nothing is created. Returns a descriptor or -1.
    [DllImport("libc", EntryPoint = "open", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
