using System.Runtime.InteropServices;

namespace ImageKitFs.Platform.Linux.Tests.Support;

/// <summary>System calls that only tests make.</summary>
internal static partial class TestLibc
{
    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(int socket, int level, int option, ReadOnlySpan<byte> value, uint length);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);
}
