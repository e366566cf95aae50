using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ImageKitFs.Cli.Interop;
using ImageKitFs.Cli.Logging;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Cuts a background mount loose from the terminal and the folder that it was started from.</summary>
[SupportedOSPlatform("linux")]
internal static class Daemon
{
    /// <summary>First thing: a session of its own, so that closing the terminal or Ctrl-C there does not reach it.</summary>
    /// <remarks>Relative paths must have been made absolute before.</remarks>
    public static void LeaveTerminal()
    {
        // EPERM means that it leads a process group already, which is as good.
        _ = SystemCalls.SetSid();
        // The folder it was started in must not be kept busy.
        Environment.CurrentDirectory = "/";
    }

    /// <summary>After the launcher got its answer: input and output to nowhere, what the runtime may still say in a crash to the log.</summary>
    public static void LeaveLauncher(string logFile)
    {
        using SafeFileHandle nowhere = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Redirect(nowhere, 0);
        Redirect(nowhere, 1);
        // With the journal as the log's target nothing has made its folder yet.
        Directory.CreateDirectory(Path.GetDirectoryName(logFile)!);
        using SafeFileHandle log = RollingLogFile.OpenAppending(logFile);
        Redirect(log, 2);
    }

    private static void Redirect(SafeFileHandle target, int descriptor)
    {
        if (SystemCalls.Dup2(target, descriptor) < 0)
            throw new IOException($"dup2 to {descriptor} failed with errno {Marshal.GetLastPInvokeError()}");
    }
}
