using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Cli.Interop;

/// <summary>What a daemon needs of the system and .NET does not offer.</summary>
[SupportedOSPlatform("linux")]
internal static partial class SystemCalls
{
    // setsid(2). The new session's id, or -1 (EPERM: already a leader of a process group).
    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    internal static partial int SetSid();

    // dup2(2). The new descriptor, or -1; errno through Marshal.GetLastPInvokeError().
    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    internal static partial int Dup2(SafeFileHandle oldFd, int newFd);

    // write(2). Bytes written or -1; errno through Marshal.GetLastPInvokeError().
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, ReadOnlySpan<byte> buffer, nuint count);

    internal const int EINTR = 4;

    internal const int SIGKILL = 9;

    internal const int SIGTERM = 15;

    // kill(2). 0 or -1 (ESRCH: no such process).
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int processId, int signal);

    // lseek(2): where the first hole at or behind offset begins; the end of the file when there is none. -1 (EINVAL: not known here).
    internal const int SEEK_HOLE = 4;

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(SafeFileHandle fd, long offset, int whence);

    // madvise(2): the pages are read again from their file when they are next used. 0 or -1.
    internal const int MADV_DONTNEED = 4;

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int AdviseMemory(nint start, nuint length, int advice);

    // malloc_trim(3): what the C library keeps of freed memory goes back to the system.
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    internal static partial int MallocTrim(nuint keep);

    // geteuid(2), getegid(2). Never fail.
    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    internal static partial uint GetEffectiveGroup();
}
