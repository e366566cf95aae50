using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

public sealed class DiskErrorsTests
{
    [SkippableFact]
    public void A_full_disk_is_no_space()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/dev/full is Linux's");
        using SafeFileHandle full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

        IOException exception = Assert.Throws<IOException>(() => RandomAccess.Write(full, new byte[10], 0));

        Assert.True(DiskErrors.IsDiskError(exception));
        Assert.Equal(FsError.NoSpace, DiskErrors.ToFsError(exception));
    }

    [Fact]
    public void Any_other_failure_of_the_disk_is_local()
    {
        Assert.Equal(FsError.LocalFailure, DiskErrors.ToFsError(new IOException("broken")));
        Assert.False(DiskErrors.IsDiskError(new InvalidOperationException()));
    }
}
