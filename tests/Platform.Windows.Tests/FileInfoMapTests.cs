using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageKitFs.Core.FileSystem;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class FileInfoMapTests
{
    private const uint NotIndexed = 0x2000;

    [Fact]
    public void The_fields_lie_where_the_driver_reads_them()
    {
        Assert.Equal(72, Unsafe.SizeOf<FileInfoFields>());
        Assert.Equal(8, Marshal.OffsetOf<FileInfoFields>(nameof(FileInfoFields.AllocationSize)).ToInt32());
        Assert.Equal(24, Marshal.OffsetOf<FileInfoFields>(nameof(FileInfoFields.CreationTime)).ToInt32());
        Assert.Equal(56, Marshal.OffsetOf<FileInfoFields>(nameof(FileInfoFields.IndexNumber)).ToInt32());
        Assert.Equal(68, Marshal.OffsetOf<FileInfoFields>(nameof(FileInfoFields.EaSize)).ToInt32());
    }

    [Fact]
    public void A_file_shows_its_size_times_and_number()
    {
        DateTimeOffset day = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
        Attr attr = Of(FileKind.File, size: 5000, mode: 0b110_100_100) with
        {
            Ino = 0x7FFF_0000_1234_5678,
            Born = Timestamp.From(day),
            Modified = Timestamp.From(day.AddHours(1)),
            Changed = Timestamp.From(day.AddHours(2)),
            Accessed = Timestamp.From(day.AddHours(3)),
        };

        FileInfoFields info = FileInfoMap.From(attr);

        Assert.Equal(NotIndexed, info.FileAttributes);
        Assert.Equal((5000UL, 8192UL), (info.FileSize, info.AllocationSize));
        Assert.Equal((ulong)day.ToFileTime(), info.CreationTime);
        Assert.Equal((ulong)day.AddHours(1).ToFileTime(), info.LastWriteTime);
        Assert.Equal((ulong)day.AddHours(2).ToFileTime(), info.ChangeTime);
        Assert.Equal((ulong)day.AddHours(3).ToFileTime(), info.LastAccessTime);
        Assert.Equal(0x7FFF_0000_1234_5678UL, info.IndexNumber);
        Assert.Equal(0U, info.HardLinks);
    }

    [Fact]
    public void A_folder_has_no_size_and_is_never_read_only()
    {
        FileInfoFields info = FileInfoMap.From(Of(FileKind.Directory, size: 4096, mode: 0b101_101_101));

        Assert.Equal(NotIndexed | 0x10, info.FileAttributes);
        Assert.Equal((0UL, 0UL), (info.FileSize, info.AllocationSize));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 4096)]
    [InlineData(4096, 0, 4096)]
    [InlineData(4097, 100, 8192)]
    [InlineData(10, 10_000, 12288)]
    [InlineData(10, ulong.MaxValue, 1UL << 63)]
    public void Allocation_is_whole_units_and_never_less_than_size_or_reservation(long size, ulong reserved, ulong allocation) =>
        Assert.Equal(allocation, FileInfoMap.From(Of(FileKind.File, size, mode: 0b110_100_100), reserved: reserved).AllocationSize);

    [Theory]
    [InlineData(FileKind.File)]
    [InlineData(FileKind.Directory)]
    public void Hidden_system_and_archive_are_shown_as_set_and_can_be_taken_back(FileKind kind)
    {
        Attr plain = Of(kind, 0, mode: 0b110_100_100);
        uint folder = kind == FileKind.Directory ? 0x10U : 0;

        Attr marked = plain with { Mode = FileInfoMap.ToChange(plain, 0x2 | 0x4 | 0x20, 0, 0).Mode!.Value };
        Attr cleared = marked with { Mode = FileInfoMap.ToChange(marked, 0x80, 0, 0).Mode!.Value };

        Assert.Equal(NotIndexed | folder | 0x2 | 0x4 | 0x20, FileInfoMap.AttributesOf(marked));
        Assert.Equal(plain.Mode, cleared.Mode);
        Assert.True(marked.Mode <= 0xFFF, "the port stores 12 bits of a mode");
    }

    [Fact]
    public void Other_attributes_cannot_be_set() =>
        Assert.Equal(
            NotIndexed | 0x1U | 0x2 | 0x4 | 0x20,
            FileInfoMap.AttributesOf(Of(FileKind.File, 0, mode: FileInfoMap.ModeFor(FileKind.File, 0b110_100_100, attributes: 0xFFFF_FFFE | 1))));

    [Theory]
    [InlineData(0b110_100_100, 0x1, 0b100_100_100)]
    [InlineData(0b111_111_111, 0x81, 0b101_101_101)]
    [InlineData(0b100_100_100, 0x80, 0b110_100_100)]
    [InlineData(0b110_110_100, 0x80, null)] // not read-only already: nothing changes, also not the group's bit
    [InlineData(0b100_100_100, 0x1, null)]
    [InlineData(0b100_100_100, 0xFFFF_FFFF, null)]
    public void The_read_only_bit_is_the_mode_without_write_bits(int mode, uint attributes, int? changed) =>
        Assert.Equal((uint?)changed, FileInfoMap.ToChange(Of(FileKind.File, 0, (uint)mode), attributes, 0, 0).Mode);

    [Fact]
    public void A_folder_keeps_its_mode_whatever_attributes_are_set() =>
        Assert.Null(FileInfoMap.ToChange(Of(FileKind.Directory, 0, 0b111_101_101), attributes: 0x11, 0, 0).Mode);

    [Fact]
    public void Times_of_zero_and_of_minus_one_leave_the_time_as_it_is()
    {
        AttrChange kept = FileInfoMap.ToChange(Of(FileKind.File, 0, 0b110_100_100), 0xFFFF_FFFF, lastAccess: 0, lastWrite: ulong.MaxValue);
        AttrChange set = FileInfoMap.ToChange(Of(FileKind.File, 0, 0b110_100_100), 0xFFFF_FFFF, lastAccess: 0, lastWrite: 116_444_736_000_000_001);

        Assert.Equal(default, kept);
        Assert.Equal(TimeChange.To(new Timestamp(100)), set.Modified);
    }

    [Theory]
    [InlineData(0, 116_444_736_000_000_000)]
    [InlineData(199, 116_444_736_000_000_001)]
    [InlineData(-1, 116_444_735_999_999_999)]
    [InlineData(-100, 116_444_735_999_999_999)]
    [InlineData(-101, 116_444_735_999_999_998)]
    public void Nanoseconds_are_rounded_down(long nanoseconds, ulong fileTime) =>
        Assert.Equal(fileTime, FileTime.From(new Timestamp(nanoseconds)));

    [Fact]
    public void Every_time_that_windows_sets_comes_back_as_it_was_set()
    {
        Random random = new(20261121);
        ulong first = FileTime.From(new Timestamp(long.MinValue)) + 1;
        ulong last = FileTime.From(new Timestamp(long.MaxValue));
        for (int i = 0; i < 10_000; i++)
        {
            ulong fileTime = (ulong)random.NextInt64((long)first, (long)last);
            Assert.Equal(fileTime, FileTime.From(FileTime.ToTimestamp(fileTime)));
        }
    }

    [Fact]
    public void Times_beyond_the_range_become_its_ends()
    {
        Assert.Equal(long.MinValue, FileTime.ToTimestamp(1).UnixNanoseconds);
        Assert.Equal(long.MaxValue, FileTime.ToTimestamp(ulong.MaxValue - 1).UnixNanoseconds);
    }

    [Fact]
    public void The_volume_never_has_more_free_than_it_holds_and_its_label_fits()
    {
        Assert.Equal(new VolumeFacts(10, 10, "a"), VolumeInfoMap.From(new VolumeStats(10, 20, 0, 255), "a"));
        Assert.Equal(0UL, VolumeInfoMap.From(new VolumeStats(10, -1, 0, 255), "a").FreeBytes);
        Assert.Equal(32, VolumeInfoMap.From(default, new string('x', 40)).Label.Length);
        Assert.Equal(31, VolumeInfoMap.From(default, new string('x', 31) + "😀").Label.Length);
    }

    // Published vectors of FNV-1a, 32 bits.
    [Theory]
    [InlineData("", 0x811C9DC5)]
    [InlineData("a", 0xE40C292C)]
    [InlineData("foobar", 0xBF9CF968)]
    public void The_serial_number_depends_on_the_account_alone(string account, uint serial) =>
        Assert.Equal(serial, VolumeInfoMap.SerialNumberOf(account));

    private static Attr Of(FileKind kind, long size, uint mode) => new(1, kind, size, mode, 0, 0, 1, default, default, default, default);
}
