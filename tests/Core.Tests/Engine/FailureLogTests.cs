using System.Text.RegularExpressions;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>Each call of a program that fails for a reason that is not its own is one line.</summary>
public sealed class FailureLogTests
{
    [Fact]
    public async Task The_first_failure_is_told_as_the_trouble_it_is_and_each_later_one_in_a_line_of_its_own()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "a"u8));
        TestFile file = await volume.OpenAsync("/a.txt");
        volume.Emulator.Faults.Replace("delivery=status:403");

        FsError first = await ReadAsync(volume, file);
        string trouble = Assert.Single(volume.Log.Lines);
        FsError second = await ReadAsync(volume, file);

        Assert.Equal((FsError.AccessDenied, FsError.AccessDenied), (first, second));
        Assert.StartsWith("Warning: Reading /a.txt failed: ", trouble, StringComparison.Ordinal);
        Assert.Contains("get EACCES", trouble, StringComparison.Ordinal);
        Assert.Equal(2, volume.Log.Lines.Count);
        Assert.StartsWith("Information: read of /a.txt failed with EACCES: Delivery answered 403", volume.Log.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_line_names_the_request_and_status_has_it_in_fields()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/inner/a.txt", "a"u8));
        InodeId inner = await volume.FolderAsync("/inner");
        volume.Emulator.Faults.Replace("list=status:401");

        await volume.Volume.Served.OpenDirAsync(inner, CancellationToken.None);
        await volume.Volume.Served.OpenDirAsync(inner, CancellationToken.None);

        OperationFailure failure = volume.Volume.GetStatus().FailedOperations![0];
        Assert.Equal(("opendir", "/inner", "EACCES"), (failure.Operation, failure.Path, failure.Errno));
        Assert.NotEmpty(failure.RequestId);
        Assert.Contains($"opendir of /inner failed with EACCES: {failure.Cause} [request {failure.RequestId}]", volume.Log.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(2, volume.Volume.GetStatus().FailedOperationCount);
    }

    [Fact]
    public async Task A_failure_that_nothing_has_explained_is_a_warning()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { MaxFileBytes = 10 });
        TestFile file = await volume.CreateAsync("/large.bin", []);

        FsResult<int> written = await volume.Volume.Served.WriteAsync(file.Inode, file.Handle, 0, new byte[11], CancellationToken.None);

        Assert.Equal(FsError.TooLarge, written.Error);
        Assert.Equal("Warning: write of /large.bin failed with EFBIG: larger than the account accepts", Assert.Single(volume.Log.Lines));
    }

    [Fact]
    public async Task What_belongs_to_ordinary_work_is_no_line()
    {
        await using TestVolume volume = await TestVolume.StartAsync(seed: server => server.Store.Put("/a.txt", "a"u8));
        IFileSystem served = volume.Volume.Served;

        Assert.Equal(FsError.NotFound, (await served.LookupAsync(InodeId.Root, EntryName.Of("none"), CancellationToken.None)).Error);
        Assert.Equal(FsError.Exists, (await served.CreateAsync(
            InodeId.Root, EntryName.Of("a.txt"), 0, OpenMode.Read | OpenMode.Write | OpenMode.Exclusive, new Caller(0, 0), CancellationToken.None)).Error);
        Assert.Equal(FsError.NotPermitted, await served.UnlinkAsync(InodeId.Root, EntryName.Of(".imagekit"), CancellationToken.None));

        Assert.Empty(volume.Log.Lines);
        Assert.Equal(0, volume.Volume.GetStatus().FailedOperationCount);
    }

    [Fact]
    public async Task A_program_that_fails_in_a_loop_is_counted_and_does_not_fill_the_log()
    {
        ManualTimeProvider time = new();
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { MaxFileBytes = 10 }, time: time);
        TestFile file = await volume.CreateAsync("/large.bin", []);

        for (int i = 0; i < 200; i++)
            await volume.Volume.Served.WriteAsync(file.Inode, file.Handle, 0, new byte[11], CancellationToken.None);
        int lines = volume.Log.Lines.Count;
        time.Advance(TimeSpan.FromSeconds(1));
        await volume.Volume.Served.WriteAsync(file.Inode, file.Handle, 0, new byte[11], CancellationToken.None);

        Assert.Equal(50, lines);
        Assert.EndsWith("(150 more calls failed before.)", volume.Log.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(201, volume.Volume.GetStatus().FailedOperationCount);
    }

    [Fact]
    public void Every_call_is_passed_on_also_one_that_a_file_system_may_leave_out()
    {
        System.Reflection.InterfaceMapping calls = typeof(ServedFileSystem).GetInterfaceMap(typeof(IFileSystem));

        Assert.All(calls.TargetMethods, call => Assert.Equal(typeof(ServedFileSystem), call.DeclaringType));
    }

    [Fact]
    public void The_names_of_errors_are_those_that_Linux_programs_get()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ImageKitFs.sln")))
            folder = Path.GetDirectoryName(folder)!;
        Dictionary<string, string> table = Regex.Matches(File.ReadAllText(Path.Combine(folder, "src/Platform/Linux/Errno.cs")), @"FsError\.(\w+) => (\w+),")
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        foreach (FsError error in Enum.GetValues<FsError>())
        {
            if (FailureWords.ErrnoOf(error) is { } name)
                Assert.Equal(table[error.ToString()], name);
        }
    }

    private static async Task<FsError> ReadAsync(TestVolume volume, TestFile file) =>
        (await volume.Volume.Served.ReadAsync(file.Inode, file.Handle, 0, new byte[1], CancellationToken.None)).Error;
}
