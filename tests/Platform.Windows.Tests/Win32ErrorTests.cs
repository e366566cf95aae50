using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>The other direction of the error map: what a program sees of a status.</summary>
public sealed partial class Win32ErrorTests
{
    private const string Table = """
        SUCCESS=0 PENDING=997 BUFFER_OVERFLOW=234 INVALID_HANDLE=6 INVALID_PARAMETER=87 INVALID_DEVICE_REQUEST=1 END_OF_FILE=38 ACCESS_DENIED=5
        BUFFER_TOO_SMALL=122 OBJECT_NAME_INVALID=123 OBJECT_NAME_NOT_FOUND=2 OBJECT_NAME_COLLISION=183 OBJECT_PATH_NOT_FOUND=3 SHARING_VIOLATION=32
        QUOTA_EXCEEDED=1816 EAS_NOT_SUPPORTED=282 DELETE_PENDING=5 LOGON_FAILURE=1326 DISK_FULL=112 INSUFFICIENT_RESOURCES=1450 MEDIA_WRITE_PROTECTED=19
        IO_TIMEOUT=121 FILE_IS_A_DIRECTORY=5 NOT_SUPPORTED=50 NETWORK_BUSY=54 UNEXPECTED_NETWORK_ERROR=59 NOT_SAME_DEVICE=17 CANT_WAIT=554
        UNEXPECTED_IO_ERROR=1117 DIRECTORY_NOT_EMPTY=145 NOT_A_DIRECTORY=267 NAME_TOO_LONG=206 CANCELLED=995 CANNOT_DELETE=5 IO_DEVICE_ERROR=1117
        NETWORK_UNREACHABLE=1231 HOST_UNREACHABLE=1232 FILE_TOO_LARGE=223
        """;

    private static readonly Dictionary<string, int> Statuses = typeof(NtStatus).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
        .Where(field => field.Name.StartsWith("STATUS_", StringComparison.Ordinal)).ToDictionary(field => field.Name, field => (int)field.GetRawConstantValue()!);

    [Fact]
    public void Every_status_becomes_the_error_that_the_table_has()
    {
        Dictionary<string, int> expected = Table.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split('='))
            .ToDictionary(row => "STATUS_" + row[0], row => int.Parse(row[1], System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(Statuses.Keys.Order(StringComparer.Ordinal), expected.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(Differences(NtStatus.ToWin32Error));
        // As a Windows program: the table is Windows' own.
        if (OperatingSystem.IsWindows())
            Assert.Empty(Differences(status => (int)RtlNtStatusToDosError(status)));

        IEnumerable<string> Differences(Func<int, int> map) =>
            Statuses.Where(status => map(status.Value) != expected[status.Key]).Select(status => $"{status.Key}={map(status.Value)}");
    }

    // RtlNtStatusToDosError, winternl.h.
    [LibraryImport("ntdll.dll")]
    private static partial uint RtlNtStatusToDosError(int status);
}
