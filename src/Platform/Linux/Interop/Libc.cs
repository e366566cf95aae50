using System.Runtime.InteropServices;

namespace ImageKitFs.Platform.Linux.Interop;

/// <summary>The C library's functions that we call, one declaration each; -1 means that errno says why (<see cref="LastError"/>).</summary>
internal static partial class Libc
{
    internal const int OpenReadWrite = 2;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int AddressFamilyUnix = 1;
    internal const int SocketStream = 1;
    internal const int SocketCloseOnExec = 0x80000;
    internal const int SetDescriptorFlags = 2;
    internal const ulong MountReadOnly = 1;
    internal const ulong MountNoSuid = 2;
    internal const ulong MountNoDev = 4;
    internal const ulong MountNoAtime = 1024;
    internal const int UnmountDetach = 2;
    internal const int UnmountNoFollow = 8;

    /// <summary>4096: PATH_MAX, what realpath(3) writes at most.</summary>
    internal const int PathMax = 4096;

    // More than struct statfs has on any 64-bit Linux (120 bytes); only the errno is wanted.
    private const int StatFsBytes = 512;

    /// <summary>errno of the last call on this thread. Copy it before anything else runs: the runtime's own calls overwrite it.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>read(2). On /dev/fuse one call takes exactly one request; ENODEV means unmounted.</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(FuseDeviceHandle fd, Span<byte> buffer, nuint count);

    /// <summary>write(2). On /dev/fuse one call carries exactly one whole reply or notification; ENOENT means that the request is gone.</summary>
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(FuseDeviceHandle fd, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial FuseDeviceHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);

    /// <summary>socketpair(2): two connected sockets.</summary>
    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int SocketPair(int family, int type, int protocol, Span<int> pair);

    /// <summary>fcntl(2) with an integer argument.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FileControl(FuseDeviceHandle fd, int command, nint argument);

    /// <summary>gettid(2): how the kernel names this thread in the requests that it causes.</summary>
    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int GetThreadId();

    /// <summary>mknod(2).</summary>
    [LibraryImport("libc", EntryPoint = "mknod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeNode(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeFolder(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveFile(string path);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveFolder(string path);

    /// <summary>chmod(2).</summary>
    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeMode(string path, uint mode);

    /// <summary>readlink(2): the length, or -1.</summary>
    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLink(string path, Span<byte> target, nuint size);

    /// <summary>0 when the file system at <paramref name="path"/> answers. Unlike stat(2) this always asks the daemon, never a cache.</summary>
    internal static int StatFs(string path) => StatFs(path, stackalloc byte[StatFsBytes]);

    /// <summary>realpath(3): the absolute path without links; null when it fails.</summary>
    internal static string? RealPath(string path)
    {
        Span<byte> resolved = stackalloc byte[PathMax];
        if (RealPath(path, resolved) == 0)
            return null;
        return System.Text.Encoding.UTF8.GetString(resolved[..resolved.IndexOf((byte)0)]);
    }

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFs(string path, Span<byte> result);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPath(string path, Span<byte> resolved);
}
