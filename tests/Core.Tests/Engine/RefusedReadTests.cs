using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>The service refuses to be read: the caller hears that it may not, the log says why.</summary>
public sealed class RefusedReadTests
{
    [Theory]
    [InlineData("list=status:401")]
    [InlineData("list=status:403")]
    public async Task A_folder_that_may_not_be_listed_is_access_denied_and_logged_once(string fault)
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/inner/a.txt", "a"u8));
        InodeId inner = await volume.FolderAsync("/inner");
        volume.Emulator.Faults.Replace(fault);

        FsResult<Opened> opened = await volume.FileSystem.OpenDirAsync(inner, CancellationToken.None);

        FsResult<Opened> again = await volume.FileSystem.OpenDirAsync(inner, CancellationToken.None);

        Assert.Equal((FsError.AccessDenied, FsError.AccessDenied), (opened.Error, again.Error));
        string line = Assert.Single(volume.Log.Lines);
        Assert.StartsWith("Warning: Listing /inner failed", line, StringComparison.Ordinal);
        Assert.Contains("key", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_may_not_be_read_is_access_denied_and_logged()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "a"u8));
        TestFile file = await volume.OpenAsync("/a.txt");
        volume.Emulator.Faults.Replace("delivery=status:403");

        FsResult<int> read = await volume.FileSystem.ReadAsync(file.Inode, file.Handle, 0, new byte[1], CancellationToken.None);

        Assert.Equal(FsError.AccessDenied, read.Error);
        Assert.StartsWith("Warning: Reading /a.txt failed", Assert.Single(volume.Log.Lines), StringComparison.Ordinal);
    }
}
