using ImageKitFs.Core.Engine;
using ImageKitFs.Emulator;
using ImageKitFs.Platform.Windows.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>Where Windows lets an error reach the program, it does; where not, status and the log have it.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData("upload=status:401:Who?", NtStatus.STATUS_ACCESS_DENIED)]
    [InlineData("upload=status:403:No.", NtStatus.STATUS_MEDIA_WRITE_PROTECTED)] // a key that may only read
    [InlineData("upload=status:503", NtStatus.STATUS_UNEXPECTED_NETWORK_ERROR)]
    [InlineData("any=reset", NtStatus.STATUS_UNEXPECTED_NETWORK_ERROR)] // as when the network is away
    public async Task FlushFileBuffers_reports_that_the_library_refused(string fault, int expected)
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            options: mount => mount with { CommitDeadline = TimeSpan.FromSeconds(2) });
        library.Emulator.Faults.Replace(fault);
        FakeHandle handle = library.Fsd.Open(@"\a.txt", Disposition.CreateNew, Access.ReadWrite);
        library.Fsd.Write(handle, 0, "x"u8.ToArray());

        int status = library.Fsd.Flush(handle);

        Assert.Equal(expected, status);
        library.Emulator.Faults.Clear();
        library.Volume.Volume.Retry();
        await library.Volume.SyncAsync();
        Assert.Equal(0, library.Fsd.Flush(handle));
        library.Fsd.Close(handle);
        Assert.Equal("x", library.Stored("/a.txt"));
    }

    [Fact]
    public async Task A_failed_close_is_told_in_the_log_in_status_and_once_to_the_next_writer()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            options: mount => mount with { CommitDeadline = TimeSpan.FromSeconds(2) }, emulator: new EmulatorOptions { Faults = ["upload=status:403:No."] });

        library.CopyIn(@"\a.txt", "x");

        Assert.Contains(library.Volume.Log.Lines, line => line.StartsWith("Error:", StringComparison.Ordinal) && line.Contains(@"\a.txt", StringComparison.Ordinal));
        PendingItem item = Assert.Single(library.Volume.Volume.GetStatus().Pending);
        Assert.Equal(("/a.txt", "failed"), (item.Path, item.State));
        Assert.Equal("x", library.ReadText(@"\a.txt"));
        Assert.Equal(NtStatus.STATUS_MEDIA_WRITE_PROTECTED, library.Fsd.Create(@"\a.txt", Disposition.OpenExisting, Access.ReadWrite).Status);
        library.Emulator.Faults.Clear();
        FakeHandle again = library.Fsd.Open(@"\a.txt", Disposition.OpenExisting, Access.ReadWrite);
        library.Fsd.Write(again, 0, "y"u8.ToArray());
        library.Fsd.Close(again);
        Assert.Equal("y", library.Stored("/a.txt"));
    }

    [Fact]
    public async Task A_slow_upload_does_not_hold_the_close_for_longer_than_the_limit_and_goes_on()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            configure: settings => settings with { CloseWait = TimeSpan.FromMilliseconds(20) }, emulator: new EmulatorOptions { Faults = ["upload*1=stall:1500"] });

        library.CopyIn(@"\big.bin", "content");

        Assert.Null(library.Stored("/big.bin"));
        Assert.Equal(1, library.Volume.Volume.GetStatus().PendingCount);
        Assert.Contains(library.Volume.Log.Lines, line => line.Contains("upload goes on", StringComparison.Ordinal));
        await library.Volume.SyncAsync();
        Assert.Equal("content", library.Stored("/big.bin"));
        Assert.Equal(1, library.Uploads);
    }

    [Fact]
    public async Task A_read_that_fails_is_an_error_and_never_zeros()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            server => server.Store.Put("/a.bin", new byte[100]), emulator: new EmulatorOptions { Faults = ["delivery=status:404"] });
        FakeHandle handle = library.Fsd.Open(@"\a.bin", Disposition.OpenExisting, Access.Read);

        (int status, byte[] bytes) = library.Fsd.Read(handle, 0, 100);

        Assert.True(status < 0);
        Assert.NotEqual(NtStatus.STATUS_END_OF_FILE, status);
        Assert.Empty(bytes);
        library.Fsd.Close(handle);
    }

    [Fact]
    public async Task A_service_that_hangs_ends_an_open_at_the_limit()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            server => server.Store.Put("/folder/a.txt", "x"u8), settings => settings with { CallLimit = TimeSpan.FromMilliseconds(100) });
        library.Emulator.Faults.Replace("list=stall:600000");

        int status = library.Fsd.Create(@"\folder\a.txt", Disposition.OpenExisting, Access.Read).Status;

        Assert.Equal(NtStatus.STATUS_IO_TIMEOUT, status);
        library.Emulator.Faults.Clear();
    }

    [Fact]
    public async Task A_full_spool_is_a_full_disk_at_the_write_and_what_was_written_before_is_kept()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(options: mount => mount with { SpoolBytes = 1 << 20 });
        FakeHandle handle = library.Fsd.Open(@"\a.bin", Disposition.CreateNew, Access.ReadWrite);
        library.Fsd.Write(handle, 0, new byte[1000]);

        int status = library.Fsd.TryWrite(handle, 1000, new byte[2 << 20]).Status;

        Assert.Equal(NtStatus.STATUS_DISK_FULL, status);
        library.Fsd.Close(handle);
        Assert.Equal(1000, library.Emulator.Store.Read("/a.bin")?.Length);
    }

    [Fact]
    public async Task A_delete_that_is_refused_is_told_in_the_log()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/folder/a.txt", "x"u8));
        _ = library.Names(@"\folder");
        FakeHandle folder = library.Fsd.Open(@"\folder", Disposition.OpenExisting, Access.Delete, isDirectory: true);
        Assert.Equal(0, library.Delete(@"\folder\a.txt"));
        Assert.Equal(0, library.Fsd.SetDelete(folder));
        library.Emulator.Faults.Replace("any=status:403:No.");

        library.Fsd.Close(folder);

        Assert.Contains(library.Volume.Log.Lines, line => line.StartsWith("Error:", StringComparison.Ordinal) && line.Contains(@"\folder was deleted, and the delete was refused", StringComparison.Ordinal));
        library.Emulator.Faults.Clear();
    }

    [Fact]
    public async Task A_name_that_is_too_long_for_the_library_is_refused_at_the_create()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();

        // 255 units are a name to Windows; in the library's escaped form they are too many.
        Assert.Equal(NtStatus.STATUS_NAME_TOO_LONG, library.Fsd.Create('\\' + new string('€', 255), Disposition.CreateNew, Access.ReadWrite).Status);
        Assert.Equal(0, library.Shim.OpenCount);
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_refused_at_the_write()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(options: mount => mount with { MaxFileBytes = 1000 });
        FakeHandle handle = library.Fsd.Open(@"\a.bin", Disposition.CreateNew, Access.ReadWrite);

        Assert.Equal(NtStatus.STATUS_FILE_TOO_LARGE, library.Fsd.SetSize(handle, 1001));
        Assert.Equal(NtStatus.STATUS_FILE_TOO_LARGE, library.Fsd.TryWrite(handle, 999, new byte[2]).Status);
        Assert.Equal(0, library.Fsd.TryWrite(handle, 0, new byte[1000]).Status);
        library.Fsd.Close(handle);
    }

    [Fact]
    public async Task The_size_of_the_volume_is_the_plans_when_it_is_known()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(options: mount => mount with { VolumeBytes = 20L << 30 });

        Assert.Equal(0, library.Shim.GetVolumeInfo(out Fsp.Interop.VolumeInfo info));

        Assert.Equal(20UL << 30, info.TotalSize);
    }

    [Fact]
    public async Task A_read_only_mount_refuses_every_change()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            server => server.Store.Put("/a.txt", "x"u8), options: mount => mount with { ReadOnly = true });

        Assert.Equal(NtStatus.STATUS_MEDIA_WRITE_PROTECTED, library.Fsd.Create(@"\a.txt", Disposition.OpenExisting, Access.ReadWrite).Status);
        Assert.Equal(NtStatus.STATUS_MEDIA_WRITE_PROTECTED, library.Fsd.Create(@"\b.txt", Disposition.CreateNew, Access.ReadWrite).Status);
        Assert.Equal(NtStatus.STATUS_MEDIA_WRITE_PROTECTED, library.MakeFolder(@"\c"));
        Assert.Equal(NtStatus.STATUS_MEDIA_WRITE_PROTECTED, library.Move(@"\a.txt", @"\d.txt"));
        Assert.Equal("x", library.ReadText(@"\a.txt"));
    }

    [Fact]
    public async Task An_exception_in_a_call_is_logged_and_becomes_an_io_error()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();

        int status = library.Shim.ExceptionHandler(new InvalidOperationException("a bug"));

        Assert.Equal(NtStatus.STATUS_UNEXPECTED_IO_ERROR, status);
        Assert.Contains(library.Volume.Log.Lines, line => line.Contains("a bug", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_volume_has_room_and_its_label_cannot_be_changed()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(configure: settings => settings with { Label = "demo" });
        library.Emulator.Faults.Replace("any=stall:600000");
        library.Emulator.ResetStats();

        Assert.Equal(0, library.Shim.GetVolumeInfo(out Fsp.Interop.VolumeInfo info));

        Assert.Equal(0, library.Emulator.Stats.Total); // Every copy asks: it must not wait for the service.
        library.Emulator.Faults.Clear();
        Assert.True(info.TotalSize >= info.FreeSize);
        Assert.True(info.FreeSize >= 256UL << 30, "Explorer refuses copies that do not fit");
        Assert.Equal("demo", info.GetVolumeLabel());
        Assert.Equal(NtStatus.STATUS_ACCESS_DENIED, library.Shim.SetVolumeLabel("mine", out _));
    }
}
