using System.Runtime.InteropServices;
using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;
using ImageKitFs.Platform.Linux.Tests.Support;
using Xunit;
using static ImageKitFs.Platform.Linux.Tests.Support.FakeKernel;

namespace ImageKitFs.Platform.Linux.Tests.Protocol;

/// <summary>Each opcode, driven without a kernel.</summary>
public sealed class OperationTests : IAsyncLifetime
{
    private readonly MemoryFileSystem _files = new();
    private FakeKernel _kernel = null!;

    public Task InitializeAsync()
    {
        _kernel = Started(_files);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _kernel.DisposeAsync();

    [Fact]
    public void Lookup_gives_node_attributes_and_both_timeouts()
    {
        _files.EntryTtl = TimeSpan.FromMilliseconds(1500);
        _files.AttrTtl = TimeSpan.FromSeconds(7);
        ulong inode = _files.Put("a.jpg", new byte[1000]);

        FuseEntryOut entry = _kernel.Call(FuseOpcode.Lookup, 1, Name("a.jpg")).As<FuseEntryOut>();

        Assert.Equal((inode, inode, 1000ul, 2ul), (entry.NodeId, entry.Attr.Ino, entry.Attr.Size, entry.Attr.Blocks));
        Assert.Equal((1ul, 500_000_000u, 7ul, 0u), (entry.EntryValid, entry.EntryValidNsec, entry.AttrValid, entry.AttrValidNsec));
        Assert.Equal((LinuxFlags.RegularFile | 0x1A4u, 1u, 4096u), (entry.Attr.Mode, entry.Attr.LinkCount, entry.Attr.BlockSize));
        Assert.Equal(1, _files.LookupsOf(inode));
    }

    [Fact]
    public void Lookup_of_an_absent_name_is_remembered_only_while_the_port_says_so()
    {
        Assert.Equal(Errno.ENOENT, _kernel.Call(FuseOpcode.Lookup, 1, Name("none")).Error);

        _files.NegativeTtl = TimeSpan.FromSeconds(3);
        FuseEntryOut negative = _kernel.Call(FuseOpcode.Lookup, 1, Name("none")).As<FuseEntryOut>();
        Assert.Equal((0ul, 3ul), (negative.NodeId, negative.EntryValid));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 0 }, Errno.EINVAL)]
    [InlineData(new byte[] { (byte)'.', (byte)'.', 0 }, Errno.EINVAL)]
    [InlineData(new byte[] { (byte)'a' }, Errno.EINVAL)]
    [InlineData(new byte[] { 0 }, Errno.EINVAL)]
    public void Names_that_cannot_be_are_refused(byte[] name, int errno) => Assert.Equal(errno, _kernel.Call(FuseOpcode.Lookup, 1, name).Error);

    [Fact]
    public void A_name_over_255_bytes_is_too_long() =>
        Assert.Equal(Errno.ENAMETOOLONG, _kernel.Call(FuseOpcode.Lookup, 1, Name(new string('x', 256))).Error);

    [Fact]
    public void Forget_and_batch_forget_are_silent_and_counted()
    {
        ulong a = _files.Put("a", []);
        ulong b = _files.Put("b", []);
        for (int i = 0; i < 3; i++)
        {
            _kernel.NodeOf("a");
            _kernel.NodeOf("b");
        }

        _kernel.SendAs(0, FuseOpcode.Forget, a, Bytes(new FuseForgetIn { Count = 2 }));
        _kernel.SendAs(
            0, FuseOpcode.BatchForget, 0, Bytes(new FuseBatchForgetIn { Count = 2 }),
            Bytes(new FuseForgetOne { NodeId = a, Count = 1 }), Bytes(new FuseForgetOne { NodeId = b, Count = 3 }));

        Assert.True(SpinWait.SpinUntil(() => _files.LookupsOf(a) == 0 && _files.LookupsOf(b) == 0, TimeSpan.FromSeconds(20)));
        Assert.Equal(0, _kernel.Call(FuseOpcode.StatFs, 1).Error); // the next reply is this one's
    }

    [Fact]
    public void Getattr_of_times_before_1970_rounds_down()
    {
        ulong node = _files.Put("old", []);
        FuseSetAttrIn set = new() { Valid = FuseSetAttrValid.Mtime, Mtime = unchecked((ulong)-2L), MtimeNsec = 250_000_000 };

        FuseAttr changed = _kernel.Call(FuseOpcode.SetAttr, node, Bytes(set)).As<FuseAttrOut>().Attr;
        FuseAttr read = _kernel.Call(FuseOpcode.GetAttr, node, Bytes(default(FuseGetAttrIn))).As<FuseAttrOut>().Attr;

        Assert.Equal((-2L, 250_000_000u), (changed.Mtime, changed.MtimeNsec));
        Assert.Equal((-2L, 250_000_000u), (read.Mtime, read.MtimeNsec));
    }

    [Fact]
    public void Setattr_passes_each_field_and_the_handle_only_when_their_bits_are_set()
    {
        ulong node = _files.Put("a", new byte[10]);

        _kernel.Call(FuseOpcode.SetAttr, node, Bytes(new FuseSetAttrIn
        {
            Valid = FuseSetAttrValid.Size | FuseSetAttrValid.Handle,
            Handle = 77,
            Size = 4,
            Mode = 0xFFFF,
            Uid = 5,
            Gid = 6,
        }));
        Assert.Equal(new AttrChange(Size: 4), _files.LastChange);
        Assert.Equal(new HandleId(77), _files.LastChangeHandle);

        _kernel.Call(FuseOpcode.SetAttr, node, Bytes(new FuseSetAttrIn
        {
            Valid = (FuseSetAttrValid)0x1b0 | FuseSetAttrValid.Mode | FuseSetAttrValid.Uid | FuseSetAttrValid.Gid,
            Handle = 77,
            Mode = 0x81FF,
            Uid = 5,
            Gid = 6,
            Atime = 1,
            Mtime = 2,
        }));
        Assert.Equal(new AttrChange(0x1FF, 5, 6, null, TimeChange.Now, TimeChange.Now), _files.LastChange);
        Assert.Equal(HandleId.None, _files.LastChangeHandle);
    }

    [Fact]
    public void Statx_tells_the_birth_time()
    {
        ulong node = _files.Put("a", new byte[513]);

        FuseStatxOut statx = _kernel.Call(FuseOpcode.Statx, node, Bytes(new FuseStatxIn { StatxMask = 0xFFF })).As<FuseStatxOut>();

        Assert.Equal((1_500_000_000L, 123_456_789u), (statx.Btime.Seconds, statx.Btime.Nanoseconds));
        Assert.Equal((513ul, 2ul, 0xFFFu), (statx.Size, statx.Blocks, statx.Mask));
    }

    [Fact]
    public void Mkdir_and_create_apply_the_umask_and_name_the_caller()
    {
        FuseEntryOut folder = _kernel.Call(FuseOpcode.Mkdir, 1, Bytes(new FuseMkdirIn { Mode = 0x1FF, Umask = 0x12 }), Name("d")).As<FuseEntryOut>();
        Assert.Equal((LinuxFlags.DirectoryFile | 0x1EDu, 1000u, 1001u), (folder.Attr.Mode, folder.Attr.Uid, folder.Attr.Gid));

        uint flags = LinuxFlags.ReadWrite | LinuxFlags.Exclusive | LinuxFlags.Truncate | LinuxFlags.Append;
        FuseCreateOut file = _kernel.Call(
            FuseOpcode.Create, folder.NodeId, Bytes(new FuseCreateIn { Flags = flags, Mode = 0x81B6, Umask = 0x12 }), Name("f")).As<FuseCreateOut>();
        Assert.Equal(OpenMode.Read | OpenMode.Write | OpenMode.Exclusive | OpenMode.Truncate | OpenMode.Append, _files.LastOpen);
        Assert.Equal(0x1A4u, _files.LastMode);
        Assert.NotEqual(0ul, file.Open.Handle);
        Assert.Equal(Errno.EEXIST, _kernel.Call(FuseOpcode.Create, folder.NodeId, Bytes(new FuseCreateIn { Flags = flags }), Name("f")).Error);
    }

    [Fact]
    public void Mknod_makes_regular_files_only_and_leaves_no_handle()
    {
        FuseMknodIn regular = new() { Mode = LinuxFlags.RegularFile | 0x1B6, Umask = 0x12 };

        Assert.Equal(LinuxFlags.RegularFile | 0x1A4u, _kernel.Call(FuseOpcode.Mknod, 1, Bytes(regular), Name("f")).As<FuseEntryOut>().Attr.Mode);
        Assert.Equal(0, _files.OpenHandles);
        Assert.Equal(Errno.EPERM, _kernel.Call(FuseOpcode.Mknod, 1, Bytes(new FuseMknodIn { Mode = 0x1000 }), Name("fifo")).Error);
    }

    [Fact]
    public void Write_read_flush_and_release_carry_handle_offset_and_bytes()
    {
        FuseCreateOut file = _kernel.Call(FuseOpcode.Create, 1, Bytes(new FuseCreateIn { Flags = LinuxFlags.ReadWrite, Mode = 0x1A4 }), Name("f")).As<FuseCreateOut>();
        ulong node = file.Entry.NodeId;
        byte[] data = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 7))];

        Reply written = _kernel.Call(FuseOpcode.Write, node, Bytes(new FuseTransferIn { Handle = file.Open.Handle, Offset = 3, Size = (uint)data.Length }), data);
        Reply read = _kernel.Call(FuseOpcode.Read, node, Bytes(new FuseTransferIn { Handle = file.Open.Handle, Offset = 1, Size = 120_000 }));

        Assert.Equal((uint)data.Length, written.As<FuseSizeOut>().Size);
        Assert.Equal(data, read.Body[2..]);
        Assert.Empty(_kernel.Call(FuseOpcode.Read, node, Bytes(new FuseTransferIn { Handle = file.Open.Handle, Offset = 200_000, Size = 4096 })).Body);
        _files.FlushResult = FsError.QuotaExceeded;
        Assert.Equal(Errno.EDQUOT, _kernel.Call(FuseOpcode.Flush, node, Bytes(new FuseFlushIn { Handle = file.Open.Handle })).Error);
        Assert.Equal(Errno.EDQUOT, _kernel.Call(FuseOpcode.Fsync, node, Bytes(new FuseFsyncIn { Handle = file.Open.Handle })).Error);
        Assert.Equal(0, _kernel.Call(FuseOpcode.Release, node, Bytes(new FuseReleaseIn { Handle = file.Open.Handle })).Error);
        Assert.Equal(0, _files.OpenHandles);
    }

    [Fact]
    public void Readdirplus_counts_a_reference_per_entry_but_none_for_the_dots()
    {
        ulong a = _files.Put("a", []);
        ulong b = _files.Put("bb", new byte[5]);
        ulong handle = _kernel.Call(FuseOpcode.OpenDir, 1, Bytes(default(FuseOpenIn))).As<FuseOpenOut>().Handle;

        Reply reply = _kernel.Call(FuseOpcode.ReadDirPlus, 1, Bytes(new FuseTransferIn { Handle = handle, Size = 4096 }));

        List<(string Name, FuseEntryOut Entry, FuseDirent Dirent)> entries = ParsePlus(reply.Body);
        Assert.Equal([".", "..", "a", "bb"], entries.Select(static entry => entry.Name));
        Assert.Equal([0ul, 0ul, a, b], entries.Select(static entry => entry.Entry.NodeId));
        Assert.Equal([4u, 4u, 8u, 8u], entries.Select(static entry => entry.Dirent.Type));
        Assert.Equal((1L, 1L, 0L), (_files.LookupsOf(a), _files.LookupsOf(b), _files.LookupsOf(1)));
        Assert.Empty(_kernel.Call(FuseOpcode.ReadDirPlus, 1, Bytes(new FuseTransferIn { Handle = handle, Offset = entries[^1].Dirent.NextCookie, Size = 4096 })).Body);
    }

    [Fact]
    public void Readdir_in_small_pieces_gives_each_name_once_and_counts_nothing()
    {
        for (int i = 0; i < 200; i++)
            _files.Put($"entry-{i:D3}", []);
        ulong handle = _kernel.Call(FuseOpcode.OpenDir, 1, Bytes(default(FuseOpenIn))).As<FuseOpenOut>().Handle;
        List<string> names = [];
        ulong cookie = 0;

        while (_kernel.Call(FuseOpcode.ReadDir, 1, Bytes(new FuseTransferIn { Handle = handle, Offset = cookie, Size = 128 })).Body is { Length: > 0 } body)
        {
            Assert.InRange(body.Length, 1, 128);
            Assert.Equal(0, body.Length % 8);
            for (ReadOnlySpan<byte> rest = body; !rest.IsEmpty;)
            {
                FuseDirent dirent = MemoryMarshal.Read<FuseDirent>(rest);
                names.Add(Encoding.UTF8.GetString(rest.Slice(24, (int)dirent.NameLength)));
                cookie = dirent.NextCookie;
                rest = rest[((24 + (int)dirent.NameLength + 7) & ~7)..];
            }
        }

        Assert.Equal([".", "..", .. Enumerable.Range(0, 200).Select(static i => $"entry-{i:D3}")], names);
        Assert.Equal(0, _files.TotalLookups());
        Assert.Equal(0, _kernel.Call(FuseOpcode.ReleaseDir, 1, Bytes(new FuseReleaseIn { Handle = handle })).Error);
        Assert.Equal(0, _files.OpenHandles);
    }

    [Fact]
    public void Rename_knows_noreplace_and_refuses_exchange()
    {
        _files.Put("a", [1]);
        _files.Put("b", [2]);

        Assert.Equal(Errno.EEXIST, Rename2("a", "b", LinuxFlags.RenameNoReplace));
        Assert.Equal(Errno.EINVAL, Rename2("a", "b", 2));
        Assert.Equal(0, _kernel.Call(FuseOpcode.Rename, 1, Bytes(new FuseRenameIn { NewDirectory = 1 }), Name("a"), Name("b")).Error);
        Assert.Equal([1], _files.Get("b"));
        Assert.Equal(Errno.EINVAL, _kernel.Call(FuseOpcode.Rename, 1, Bytes(new FuseRenameIn { NewDirectory = 1 }), Name("b")).Error);

        int Rename2(string from, string to, uint flags) =>
            _kernel.Call(FuseOpcode.Rename2, 1, Bytes(new FuseRename2In { NewDirectory = 1, Flags = flags }), Name(from), Name(to)).Error;
    }

    [Fact]
    public void Xattrs_follow_the_size_protocol()
    {
        ulong node = _files.Put("a", []);
        byte[] value = [1, 2, 0, 4, 5];

        Assert.Equal(0, Set("user.tag", value, 0));
        Assert.Equal(Errno.EEXIST, Set("user.tag", value, LinuxFlags.XattrCreate));
        Assert.Equal(Errno.ENODATA, Set("user.none", value, LinuxFlags.XattrReplace));
        Assert.Equal(5u, Get("user.tag", 0).As<FuseSizeOut>().Size);
        Assert.Equal(value, Get("user.tag", 5).Body);
        Assert.Equal(Errno.ERANGE, Get("user.tag", 4).Error);
        Assert.Equal(Errno.ENODATA, Get("user.none", 100).Error);
        Assert.Equal(9u, _kernel.Call(FuseOpcode.ListXattr, node, Bytes(default(FuseGetXattrIn))).As<FuseSizeOut>().Size);
        Assert.Equal(Name("user.tag"), _kernel.Call(FuseOpcode.ListXattr, node, Bytes(new FuseGetXattrIn { Size = 100 })).Body);
        Assert.Equal(0, _kernel.Call(FuseOpcode.RemoveXattr, node, Name("user.tag")).Error);
        Assert.Equal(Errno.ENODATA, _kernel.Call(FuseOpcode.RemoveXattr, node, Name("user.tag")).Error);

        int Set(string name, byte[] bytes, uint flags) =>
            _kernel.Call(FuseOpcode.SetXattr, node, Bytes(new FuseSetXattrIn { Size = (uint)bytes.Length, Flags = flags }), Name(name), bytes).Error;
        Reply Get(string name, uint size) => _kernel.Call(FuseOpcode.GetXattr, node, Bytes(new FuseGetXattrIn { Size = size }), Name(name));
    }

    [Theory]
    [InlineData("security.capability")]
    [InlineData("system.posix_acl_access")]
    public void Kernel_namespaces_of_xattrs_never_reach_the_port(string name)
    {
        ulong node = _files.Put("a", []);

        Assert.Equal(Errno.EOPNOTSUPP, _kernel.Call(FuseOpcode.GetXattr, node, Bytes(new FuseGetXattrIn { Size = 100 }), Name(name)).Error);
        Assert.Equal(Errno.EOPNOTSUPP, _kernel.Call(FuseOpcode.SetXattr, node, Bytes(new FuseSetXattrIn { Size = 1 }), Name(name), [1]).Error);
        Assert.Equal(0, _files.XattrCalls);
    }

    [Fact]
    public void Statfs_shows_space_in_blocks()
    {
        FuseStatFsOut stats = _kernel.Call(FuseOpcode.StatFs, 1).As<FuseStatFsOut>();

        Assert.Equal(((1ul << 40) / 4096, (1ul << 39) / 4096, 255u), (stats.Blocks, stats.BlocksAvailable, stats.MaxNameLength));
        Assert.NotEqual(0ul, stats.FilesFree);
    }

    [Fact]
    public void Fallocate_grows_or_keeps_and_refuses_holes()
    {
        ulong node = _files.Put("a", []);
        ulong handle = _kernel.OpenHandle(node);

        Assert.Equal(0, Allocate(1));
        Assert.Empty(_files.Get("a"));
        Assert.Equal(0, Allocate(0));
        Assert.Equal(110, _files.Get("a").Length);
        Assert.Equal(Errno.EOPNOTSUPP, Allocate(3));

        int Allocate(uint mode) => _kernel.Call(
            FuseOpcode.Fallocate, node, Bytes(new FuseFallocateIn { Handle = handle, Offset = 10, Length = 100, Mode = mode })).Error;
    }

    [Theory]
    [InlineData(FuseOpcode.Access, Errno.ENOSYS)]
    [InlineData(FuseOpcode.Ioctl, Errno.ENOSYS)]
    [InlineData(FuseOpcode.Poll, Errno.ENOSYS)]
    [InlineData(FuseOpcode.Lseek, Errno.ENOSYS)]
    [InlineData(FuseOpcode.GetLk, Errno.ENOSYS)]
    [InlineData(FuseOpcode.TmpFile, Errno.ENOSYS)]
    [InlineData((FuseOpcode)7, Errno.ENOSYS)]
    [InlineData((FuseOpcode)4096, Errno.ENOSYS)]
    [InlineData(FuseOpcode.Symlink, Errno.EPERM)]
    [InlineData(FuseOpcode.Link, Errno.EPERM)]
    [InlineData(FuseOpcode.ReadLink, Errno.EINVAL)]
    [InlineData(FuseOpcode.CopyFileRange, Errno.EOPNOTSUPP)]
    [InlineData(FuseOpcode.CopyFileRange64, Errno.EOPNOTSUPP)]
    [InlineData(FuseOpcode.FsyncDir, 0)]
    [InlineData(FuseOpcode.SyncFs, 0)]
    [InlineData(FuseOpcode.Destroy, 0)]
    internal void Operations_without_a_port_call_have_fixed_answers(FuseOpcode opcode, int errno) =>
        Assert.Equal(errno, _kernel.Call(opcode, 1, new byte[64]).Error);

    [Fact]
    public void Every_error_of_the_port_has_an_errno()
    {
        FsError[] errors = Enum.GetValues<FsError>();

        Assert.All(errors, static error => Assert.Equal(error == FsError.None, error.ToErrno() == 0));
        Assert.DoesNotContain(Errno.ENOSYS, errors.Select(Errno.ToErrno)); // the kernel would never ask again
    }

    private static List<(string Name, FuseEntryOut Entry, FuseDirent Dirent)> ParsePlus(ReadOnlySpan<byte> body)
    {
        List<(string, FuseEntryOut, FuseDirent)> entries = [];
        while (!body.IsEmpty)
        {
            FuseEntryOut entry = MemoryMarshal.Read<FuseEntryOut>(body);
            FuseDirent dirent = MemoryMarshal.Read<FuseDirent>(body[128..]);
            entries.Add((Encoding.UTF8.GetString(body.Slice(152, (int)dirent.NameLength)), entry, dirent));
            body = body[((152 + (int)dirent.NameLength + 7) & ~7)..];
        }

        return entries;
    }
}
