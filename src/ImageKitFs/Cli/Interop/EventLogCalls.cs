using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ImageKitFs.Cli.Interop;

/// <summary>Windows' event log.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class EventLogCalls
{
    // EVENTLOG_ERROR_TYPE.
    private const ushort ErrorType = 1;

    // The messages of .NET's EventLogMessages.dll, which install.ps1 registers for our source, are the plain text whatever the number.
    private const uint AnyEvent = 1;

    /// <summary>Writes one error; a log that is full or closed is no reason to fail.</summary>
    public static void Report(nint source, string text)
    {
        fixed (char* line = text)
        {
            char* lines = line;
            _ = ReportEvent(source, ErrorType, category: 0, AnyEvent, user: 0, count: 1, dataBytes: 0, &lines, data: 0);
        }
    }

    // RegisterEventSourceW, winbase.h. 0 on failure.
    [LibraryImport("advapi32.dll", EntryPoint = "RegisterEventSourceW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial nint RegisterEventSource(string? server, string source);

    // DeregisterEventSource, winbase.h.
    [LibraryImport("advapi32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool DeregisterEventSource(nint source);

    // ReportEventW, winbase.h. The lines end with NUL, as .NET's strings do.
    [LibraryImport("advapi32.dll", EntryPoint = "ReportEventW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ReportEvent(nint source, ushort type, ushort category, uint id, nint user, ushort count, uint dataBytes, char** lines, nint data);
}
