using System.Reflection;
using ImageKitFs.Core.FileSystem;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class NtStatusTests
{
    [Theory]
    [InlineData(FsError.None, 0x00000000, 0)]
    [InlineData(FsError.NotFound, 0xC0000034, 2)]
    [InlineData(FsError.Exists, 0xC0000035, 183)]
    [InlineData(FsError.NotDirectory, 0xC0000103, 267)]
    [InlineData(FsError.IsDirectory, 0xC00000BA, 5)]
    [InlineData(FsError.NotEmpty, 0xC0000101, 145)]
    [InlineData(FsError.InvalidName, 0xC0000033, 123)]
    [InlineData(FsError.NameTooLong, 0xC0000106, 206)]
    [InlineData(FsError.InvalidArgument, 0xC000000D, 87)]
    [InlineData(FsError.BadHandle, 0xC0000008, 6)]
    [InlineData(FsError.NotSupported, 0xC0000010, 1)]
    [InlineData(FsError.NotPermitted, 0xC0000022, 5)]
    [InlineData(FsError.AccessDenied, 0xC0000022, 5)]
    [InlineData(FsError.ReadOnly, 0xC00000A2, 19)]
    [InlineData(FsError.Busy, 0xC0000043, 32)]
    [InlineData(FsError.Stale, 0xC0000056, 5)]
    [InlineData(FsError.NoSpace, 0xC000007F, 112)]
    [InlineData(FsError.QuotaExceeded, 0xC000007F, 112)]
    [InlineData(FsError.TooLarge, 0xC0000904, 223)]
    [InlineData(FsError.Throttled, 0xC00000BF, 54)]
    [InlineData(FsError.Remote, 0xC00000C4, 59)]
    [InlineData(FsError.TimedOut, 0xC00000B5, 121)]
    [InlineData(FsError.Interrupted, 0xC0000120, 995)]
    [InlineData(FsError.NoAttribute, 0xC0000034, 2)]
    [InlineData(FsError.BufferTooSmall, 0xC0000023, 122)]
    [InlineData(FsError.LocalFailure, 0xC0000185, 1117)]
    public void A_program_sees_the_error_that_it_knows(FsError error, uint status, int win32)
    {
        Assert.Equal(unchecked((int)status), error.ToNtStatus());
        Assert.Equal(win32, NtStatus.ToWin32Error(error.ToNtStatus()));
    }

    [Fact]
    public void Every_error_is_a_failure_to_the_driver_and_has_a_message()
    {
        foreach (FsError error in Enum.GetValues<FsError>().Where(error => error != FsError.None))
        {
            // A warning (0x8...) is negative too, but many programs go on after one.
            Assert.Equal(0xCU, unchecked((uint)error.ToNtStatus()) >> 28);
            Assert.NotEqual(NtStatus.NoMessage, NtStatus.ToWin32Error(error.ToNtStatus()));
        }
    }

    [Fact]
    public void Every_status_has_a_code_of_its_own_and_a_win32_error()
    {
        int[] codes = [.. typeof(NtStatus).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field.Name.StartsWith("STATUS_", StringComparison.Ordinal)).Select(field => (int)field.GetRawConstantValue()!)];

        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.DoesNotContain(NtStatus.NoMessage, codes.Select(NtStatus.ToWin32Error));
        Assert.Equal(NtStatus.NoMessage, NtStatus.ToWin32Error(unchecked((int)0xC0FFEE00)));
    }
}
