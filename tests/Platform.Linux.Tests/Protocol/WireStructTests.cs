using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageKitFs.Platform.Linux.Interop;
using ImageKitFs.Platform.Linux.Protocol;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Protocol;

/// <summary>Sizes and offsets as in the kernel's include/uapi/linux/fuse.h.</summary>
public sealed class WireStructTests
{
    [Fact]
    public void Every_struct_has_the_size_of_the_kernels_header()
    {
        (int Expected, int Actual)[] sizes =
        [
            (40, Unsafe.SizeOf<FuseInHeader>()), (16, Unsafe.SizeOf<FuseOutHeader>()), (64, Unsafe.SizeOf<FuseInitIn>()), (64, Unsafe.SizeOf<FuseInitOut>()),
            (8, Unsafe.SizeOf<FuseForgetIn>()), (8, Unsafe.SizeOf<FuseBatchForgetIn>()), (16, Unsafe.SizeOf<FuseForgetOne>()),
            (16, Unsafe.SizeOf<FuseGetAttrIn>()), (88, Unsafe.SizeOf<FuseSetAttrIn>()), (16, Unsafe.SizeOf<FuseMknodIn>()), (8, Unsafe.SizeOf<FuseMkdirIn>()),
            (8, Unsafe.SizeOf<FuseRenameIn>()), (16, Unsafe.SizeOf<FuseRename2In>()), (8, Unsafe.SizeOf<FuseOpenIn>()), (16, Unsafe.SizeOf<FuseCreateIn>()),
            (40, Unsafe.SizeOf<FuseTransferIn>()), (24, Unsafe.SizeOf<FuseReleaseIn>()), (24, Unsafe.SizeOf<FuseFlushIn>()), (16, Unsafe.SizeOf<FuseFsyncIn>()),
            (8, Unsafe.SizeOf<FuseSetXattrIn>()), (8, Unsafe.SizeOf<FuseGetXattrIn>()), (32, Unsafe.SizeOf<FuseFallocateIn>()),
            (8, Unsafe.SizeOf<FuseInterruptIn>()), (24, Unsafe.SizeOf<FuseStatxIn>()), (88, Unsafe.SizeOf<FuseAttr>()), (104, Unsafe.SizeOf<FuseAttrOut>()),
            (128, Unsafe.SizeOf<FuseEntryOut>()), (16, Unsafe.SizeOf<FuseOpenOut>()), (144, Unsafe.SizeOf<FuseCreateOut>()), (8, Unsafe.SizeOf<FuseSizeOut>()),
            (80, Unsafe.SizeOf<FuseStatFsOut>()), (16, Unsafe.SizeOf<FuseStatxTime>()), (288, Unsafe.SizeOf<FuseStatxOut>()), (24, Unsafe.SizeOf<FuseDirent>()),
            (24, Unsafe.SizeOf<FuseNotifyInode>()), (16, Unsafe.SizeOf<FuseNotifyEntry>()), (24, Unsafe.SizeOf<FuseNotifyDelete>()),
            (56, Unsafe.SizeOf<Libc.MessageHeader>()), (24, Unsafe.SizeOf<Libc.ControlMessage>()), (16, Unsafe.SizeOf<Libc.IoVector>()),
        ];

        Assert.All(sizes, static size => Assert.Equal(size.Expected, size.Actual));
    }

    [Theory]
    [InlineData(typeof(FuseInHeader), nameof(FuseInHeader.Unique), 8)]
    [InlineData(typeof(FuseInHeader), nameof(FuseInHeader.NodeId), 16)]
    [InlineData(typeof(FuseInHeader), nameof(FuseInHeader.Uid), 24)]
    [InlineData(typeof(FuseInHeader), nameof(FuseInHeader.TotalExtLength), 36)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.MaxWrite), 20)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.MaxPages), 28)]
    [InlineData(typeof(FuseInitOut), nameof(FuseInitOut.Flags2), 32)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.Size), 16)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.AtimeNsec), 56)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.Mode), 68)]
    [InlineData(typeof(FuseSetAttrIn), nameof(FuseSetAttrIn.Uid), 76)]
    [InlineData(typeof(FuseAttr), nameof(FuseAttr.Atime), 24)]
    [InlineData(typeof(FuseAttr), nameof(FuseAttr.AtimeNsec), 48)]
    [InlineData(typeof(FuseAttr), nameof(FuseAttr.Mode), 60)]
    [InlineData(typeof(FuseAttr), nameof(FuseAttr.BlockSize), 80)]
    [InlineData(typeof(FuseAttrOut), nameof(FuseAttrOut.Attr), 16)]
    [InlineData(typeof(FuseEntryOut), nameof(FuseEntryOut.EntryValid), 16)]
    [InlineData(typeof(FuseEntryOut), nameof(FuseEntryOut.EntryValidNsec), 32)]
    [InlineData(typeof(FuseEntryOut), nameof(FuseEntryOut.Attr), 40)]
    [InlineData(typeof(FuseCreateOut), nameof(FuseCreateOut.Open), 128)]
    [InlineData(typeof(FuseOpenOut), nameof(FuseOpenOut.BackingId), 12)]
    [InlineData(typeof(FuseStatFsOut), nameof(FuseStatFsOut.BlockSize), 40)]
    [InlineData(typeof(FuseStatFsOut), nameof(FuseStatFsOut.FragmentSize), 48)]
    [InlineData(typeof(FuseStatxOut), nameof(FuseStatxOut.Btime), 32 + 80)]
    [InlineData(typeof(FuseStatxOut), nameof(FuseStatxOut.Mtime), 32 + 112)]
    [InlineData(typeof(FuseDirent), nameof(FuseDirent.NameLength), 16)]
    [InlineData(typeof(FuseTransferIn), nameof(FuseTransferIn.Size), 16)]
    public void Fields_lie_where_the_kernel_puts_them(Type type, string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf(type, field));
}
