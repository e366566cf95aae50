using System.Runtime.InteropServices;

namespace ImageKitFs.Crash.Tests.Support;

/// <summary>A system call failed.</summary>
public sealed class PosixException(string call, string path, int errno) : IOException($"{call}({path}): {Marshal.GetPInvokeErrorMessage(errno)}")
{
    public int Errno { get; } = errno;
}

/// <summary>
/// The system calls of the workload, by path. .NET's own file API does not tell what close(2) returned, and that is what acknowledges a file here.
/// </summary>
internal static partial class Posix
{
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;

    private const uint FileMode = 0b110_100_100;
    private const uint FolderMode = 0b111_101_101;

    /// <summary>Opens, writes all, closes; returns only when every call succeeded.</summary>
    public static void Write(string path, int flags, ReadOnlySpan<byte> content, long? offset = null, bool sync = false)
    {
        int file = Check(OpenFile(path, flags, FileMode), "open", path);
        try
        {
            long at = offset ?? 0;
            while (content.Length > 0)
            {
                nint written = offset is null ? WriteFile(file, content, (nuint)content.Length) : WriteAt(file, content, (nuint)content.Length, at);
                Check((int)written, "write", path);
                at += written;
                content = content[(int)written..];
            }

            if (sync)
                Check(SyncFile(file), "fsync", path);
        }
        catch
        {
            _ = CloseFile(file);
            throw;
        }

        Check(CloseFile(file), "close", path);
    }

    public static void Truncate(string path, long size) => Check(TruncateFile(path, size), "truncate", path);

    public static void Rename(string from, string to) => Check(RenameEntry(from, to), "rename", $"{from} -> {to}");

    public static void Unlink(string path) => Check(UnlinkFile(path), "unlink", path);

    public static void Mkdir(string path) => Check(MakeFolder(path, FolderMode), "mkdir", path);

    public static void Rmdir(string path) => Check(RemoveFolder(path), "rmdir", path);

    private static int Check(int result, string call, string path) =>
        result >= 0 ? result : throw new PosixException(call, path, Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(int file, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint WriteAt(int file, ReadOnlySpan<byte> buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFile(int file);

    [LibraryImport("libc", EntryPoint = "truncate", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int TruncateFile(string path, long size);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameEntry(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkFile(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFolder(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveFolder(string path);
}
