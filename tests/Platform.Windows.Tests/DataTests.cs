using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Emulator;
using ImageKitFs.Platform.Windows.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class DataTests
{
    private const ulong SomeTime = 133_855_167_670_000_001;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_reads_writes_sizes_and_pages_are_those_of_an_array(int seed)
    {
        byte[] stored = new byte[200_000];
        Random random = new(seed);
        random.NextBytes(stored);
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/x.bin", stored));
        List<byte> model = [.. stored];
        FakeHandle handle = library.Fsd.Open(@"\x.bin", Disposition.OpenExisting, Access.ReadWrite);

        for (int step = 0; step < 300; step++)
        {
            int at = random.Next(0, 260_000);
            byte[] data = new byte[random.Next(1, 20_000)];
            random.NextBytes(data);
            switch (random.Next(6))
            {
                case 0:
                    library.Fsd.Write(handle, (ulong)at, data);
                    Put(model, at, data);
                    break;
                case 1:
                    library.Fsd.Write(handle, null, data);
                    model.AddRange(data);
                    break;
                case 2:
                    // Paging I/O: never beyond the end.
                    (int status, uint written) = library.Fsd.TryWrite(handle, (ulong)at, data, isPaging: true);
                    int fits = Math.Clamp(model.Count - at, 0, data.Length);
                    Assert.Equal((0, (uint)fits), (status, written));
                    Put(model, at, data[..fits]);
                    break;
                case 3:
                    FakeFsd.Require("size", library.Fsd.SetSize(handle, (ulong)at));
                    Resize(model, at);
                    break;
                case 4:
                    // A reservation cuts, and never makes longer.
                    FakeFsd.Require("allocation", library.Fsd.SetSize(handle, (ulong)at, isAllocation: true));
                    Resize(model, Math.Min(at, model.Count));
                    Assert.True(handle.Info.AllocationSize >= (ulong)at);
                    break;
                default:
                    (status, byte[] read) = library.Fsd.Read(handle, (ulong)at, data.Length);
                    int there = Math.Clamp(model.Count - at, 0, data.Length);
                    Assert.Equal(there == 0 ? NtStatus.STATUS_END_OF_FILE : 0, status);
                    Assert.Equal(there == 0 ? [] : model.GetRange(at, there), read);
                    break;
            }

            Assert.Equal((ulong)model.Count, library.Fsd.GetInfo(handle).FileSize);
            Assert.True(library.Fsd.GetInfo(handle).AllocationSize >= (ulong)model.Count);
        }

        library.Fsd.Close(handle);
        Assert.Equal(model, library.Emulator.Store.Read("/x.bin"));
        Assert.Equal(1, library.Uploads);
    }

    [Fact]
    public async Task A_cold_read_does_not_hold_the_drivers_thread_nor_the_other_reads()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            server =>
            {
                for (int i = 0; i < 8; i++)
                    server.Store.Put($"/{i}.txt", Encoding.UTF8.GetBytes($"content {i}"));
            },
            emulator: new EmulatorOptions { Faults = ["delivery~0.txt=stall:600000"] });
        FakeHandle[] handles = [.. Enumerable.Range(0, 8).Select(i => library.Fsd.Open($@"\{i}.txt", Disposition.OpenExisting, Access.Read))];

        Task<(int Status, byte[] Bytes)>[] reads = [.. handles.Select(handle => library.Fsd.BeginRead(handle, 0, 100))];
        (int Status, byte[] Bytes)[] others = await Task.WhenAll(reads[1..]);

        Assert.False(reads[0].IsCompleted);
        Assert.Equal(8, library.Fsd.Pended);
        Assert.Equal(Enumerable.Range(1, 7).Select(i => $"content {i}"), others.Select(read => Encoding.UTF8.GetString(read.Bytes)));
        Assert.Equal("content 3", Encoding.UTF8.GetString(library.Fsd.Read(handles[3], 0, 100).Bytes));
        Assert.Equal(8, library.Fsd.Pended); // What is here is answered at once.
        Assert.Equal(1, library.Shim.PendingCount);
        library.Shim.Unmounted(new object());
        Assert.Equal(NtStatus.STATUS_CANCELLED, (await reads[0]).Status);
    }

    [Fact]
    public async Task Unmounting_answers_every_pending_request_before_it_returns()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            server => server.Store.Put("/slow.txt", "x"u8), emulator: new EmulatorOptions { Faults = ["delivery=stall:600000"] });
        FakeHandle handle = library.Fsd.Open(@"\slow.txt", Disposition.OpenExisting, Access.Read);
        Task<(int Status, byte[] Bytes)> read = library.Fsd.BeginRead(handle, 0, 10);
        Assert.Equal(1, library.Shim.PendingCount);

        library.Shim.Unmounted(new object());

        Assert.Equal(0, library.Shim.PendingCount);
        Assert.Equal(NtStatus.STATUS_CANCELLED, (await read).Status);
        Assert.True(await library.Shim.Ended);
    }

    [Fact]
    public async Task What_was_written_and_never_closed_is_committed_after_the_unmount()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();
        FakeHandle handle = library.Fsd.Open(@"\open.txt", Disposition.CreateNew, Access.ReadWrite);
        library.Fsd.Write(handle, 0, "kept"u8.ToArray());

        library.Shim.Unmounted(new object());
        await library.Volume.SyncAsync();

        Assert.Equal("kept", library.Stored("/open.txt"));
    }

    [Fact]
    public async Task After_a_crash_the_next_mount_has_what_was_closed_and_sends_it()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            options: mount => mount with { Commit = CommitMode.Journal }, emulator: new EmulatorOptions { Faults = ["upload=reset"] });
        library.CopyIn(@"\a.txt", Encoding.UTF8.GetBytes("kept"), SomeTime);

        await library.CrashAsync();

        Assert.Equal("kept", library.ReadText(@"\A.TXT"));
        await library.Volume.SyncAsync();
        Assert.Equal("kept", library.Stored("/a.txt"));
        Assert.Equal(SomeTime, library.Fsd.Find(@"\", "a.txt").Info.LastWriteTime);
    }

    [Fact]
    public async Task Stores_through_a_mapping_after_the_last_close_are_committed_too()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/map.bin", "aaaa"u8));
        FakeHandle handle = library.Fsd.Open(@"\map.bin", Disposition.OpenExisting, Access.ReadWrite);

        library.Fsd.Cleanup(handle);
        Assert.Equal((0, 2U), library.Fsd.TryWrite(handle, 2, "bbbb"u8.ToArray(), isPaging: true));
        library.Fsd.Finish(handle);
        await library.Volume.SyncAsync();

        Assert.Equal("aabb", library.Stored("/map.bin"));
    }

    [Fact]
    public async Task A_second_close_changes_nothing()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/a.txt", "x"u8));
        FakeHandle one = library.Fsd.Open(@"\a.txt", Disposition.OpenExisting, Access.ReadWrite);
        FakeHandle two = library.Fsd.Open(@"\a.txt", Disposition.OpenExisting, Access.ReadWrite);

        library.Fsd.Close(one);
        library.Fsd.Finish(one);

        library.Fsd.Write(two, 0, "y"u8.ToArray());
        library.Fsd.Close(two);
        Assert.Equal("y", library.Stored("/a.txt"));
        Assert.Equal(0, library.Shim.OpenCount);
    }

    [Fact]
    public async Task A_time_set_by_a_program_stays_whatever_it_writes_later_and_survives_a_remount()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();
        FakeHandle handle = library.Fsd.Open(@"\unzipped.txt", Disposition.CreateNew, Access.ReadWrite);
        Assert.Equal(0, library.Fsd.SetBasicInfo(handle, accessed: SomeTime + 5, written: SomeTime));

        library.Fsd.Write(handle, 0, "after the time"u8.ToArray());
        library.Fsd.Close(handle);

        Assert.Equal(SomeTime, library.Fsd.Find(@"\", "unzipped.txt").Info.LastWriteTime);
        await library.Volume.SyncAsync();
        await library.RemountAsync();
        FileInfoFields info = library.Fsd.Find(@"\", "unzipped.txt").Info;
        Assert.Equal((SomeTime, SomeTime + 5), (info.LastWriteTime, info.LastAccessTime));
    }

    [Fact]
    public async Task Attributes_survive_a_remount_and_writing_sets_the_archive_bit()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/folder/a.txt", "x"u8));
        const uint Asked = FileAttributeBits.Hidden | FileAttributeBits.System | FileAttributeBits.ReadOnly;
        FakeHandle file = library.Fsd.Open(@"\folder\a.txt", Disposition.OpenExisting, Access.ReadWrite);
        FakeHandle folder = library.Fsd.Open(@"\folder", Disposition.OpenExisting, Access.WriteAttributes, isDirectory: true);
        Assert.Equal(0U, library.Fsd.GetInfo(file).FileAttributes & FileAttributeBits.Archive);
        Assert.Equal(0, library.Fsd.SetBasicInfo(file, attributes: Asked));
        Assert.Equal(0, library.Fsd.SetBasicInfo(folder, attributes: FileAttributeBits.Hidden, written: SomeTime));
        library.Fsd.Write(file, 0, "y"u8.ToArray());
        library.Fsd.Close(file);
        library.Fsd.Close(folder);
        await library.Volume.SyncAsync();

        await library.RemountAsync();

        Assert.Equal(Asked | FileAttributeBits.Archive | FileAttributeBits.NotContentIndexed, library.Fsd.Find(@"\folder", "a.txt").Info.FileAttributes);
        Assert.Equal(
            FileAttributeBits.Hidden | FileAttributeBits.Directory | FileAttributeBits.NotContentIndexed, library.Fsd.Find(@"\", "folder").Info.FileAttributes);
        Assert.Equal(SomeTime, library.Fsd.Find(@"\", "folder").Info.LastWriteTime); // robocopy /DCOPY:T
    }

    [Fact]
    public async Task The_control_file_answers_when_it_is_done()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(emulator: new EmulatorOptions { Faults = ["upload*1=status:503"] }, configure: settings => settings with { CloseWait = TimeSpan.FromMilliseconds(1) });
        library.CopyIn(@"\a.txt", "x");
        FakeHandle control = library.Fsd.Open(@"\.imagekit\control", Disposition.OpenExisting, Access.Write);

        library.Fsd.Write(control, 0, "sync\n"u8.ToArray());
        library.Fsd.Close(control);
        Assert.Equal(1, library.Fsd.Pended); // Its write waits for the library, and not on the driver's thread.

        Assert.Equal("x", library.Stored("/a.txt"));
        Assert.Contains("\"pendingCount\": 0", library.ReadText(@"\.imagekit\status.json"), StringComparison.Ordinal);
    }

    private static void Put(List<byte> model, int at, byte[] data)
    {
        if (data.Length == 0)
            return;
        if (model.Count < at + data.Length)
            Resize(model, at + data.Length);
        for (int i = 0; i < data.Length; i++)
            model[at + i] = data[i];
    }

    private static void Resize(List<byte> model, int size)
    {
        if (size < model.Count)
            model.RemoveRange(size, model.Count - size);
        else
            model.AddRange(new byte[size - model.Count]);
    }
}
