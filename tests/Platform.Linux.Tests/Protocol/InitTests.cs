using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;
using ImageKitFs.Platform.Linux.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Protocol;

public sealed class InitTests
{
    [Fact]
    public async Task A_current_kernel_gets_the_intersection_and_never_writeback_or_acl()
    {
        await using FakeKernel kernel = new();

        FuseInitOut reply = kernel.Init(7, 45, FakeKernel.AllFlags, FakeKernel.AllFlags2).As<FuseInitOut>();

        await kernel.Connection.Ready;
        FuseInitFlags features = (FuseInitFlags)(reply.Flags | ((ulong)reply.Flags2 << 32));
        Assert.Equal(FuseInitFlags.None, features & (FuseInitFlags.WritebackCache | FuseInitFlags.PosixAcl | FuseInitFlags.Passthrough));
        Assert.Equal(0u, reply.Flags & ~FakeKernel.AllFlags);
        Assert.Equal(0u, reply.Flags2 & ~FakeKernel.AllFlags2);
        Assert.True(features.HasFlag(FuseInitFlags.AtomicOTrunc | FuseInitFlags.DoReadDirPlus | FuseInitFlags.DirectIoAllowMmap | FuseInitFlags.HandleKillPrivV2));
        Assert.Equal((7u, 45u, 1u << 20, 1u), (reply.Major, reply.Minor, reply.MaxWrite, reply.TimeGranularity));
        Assert.Equal((1 << 20) / Environment.SystemPageSize, reply.MaxPages);
        Assert.Equal((64, 48), (reply.MaxBackground, reply.CongestionThreshold));
        Assert.Equal(128u << 10, reply.MaxReadahead);
    }

    [Fact]
    public async Task A_newer_minor_is_answered_with_ours()
    {
        await using FakeKernel kernel = new();

        Assert.Equal(45u, kernel.Init(7, 99, FakeKernel.AllFlags, FakeKernel.AllFlags2).As<FuseInitOut>().Minor);
    }

    [Fact]
    public async Task An_old_kernel_sends_16_bytes_without_max_pages_and_gets_small_writes()
    {
        await using FakeKernel kernel = new();
        byte[] offer = FakeKernel.Bytes(new FuseInitIn { Major = 7, Minor = 23, MaxReadahead = 64 << 10, Flags = (uint)FuseInitFlags.BigWrites });

        FuseInitOut reply = kernel.Call(FuseOpcode.Init, 0, offer[..16]).As<FuseInitOut>();

        Assert.Equal((23u, 128u << 10, 0), (reply.Minor, reply.MaxWrite, (int)reply.MaxPages));
        Assert.Equal(((uint)FuseInitFlags.BigWrites, 0u, 64u << 10), (reply.Flags, reply.Flags2, reply.MaxReadahead));
    }

    [Fact]
    public async Task Flags2_count_only_when_the_kernel_says_that_it_sends_them()
    {
        await using FakeKernel kernel = new();

        Assert.Equal(0u, kernel.Init(7, 45, FakeKernel.AllFlags & ~(uint)FuseInitFlags.InitExt, FakeKernel.AllFlags2).As<FuseInitOut>().Flags2);
    }

    [Fact]
    public async Task A_newer_major_is_told_ours_and_may_ask_again()
    {
        await using FakeKernel kernel = new();

        FuseInitOut first = kernel.Init(8, 1, FakeKernel.AllFlags, FakeKernel.AllFlags2).As<FuseInitOut>();
        Assert.Equal((7u, 45u), (first.Major, first.Minor));
        Assert.False(kernel.Connection.Ready.IsCompleted);

        Assert.Equal(0, kernel.Init(7, 45, FakeKernel.AllFlags, FakeKernel.AllFlags2).Error);
        await kernel.Connection.Ready;
    }

    [Fact]
    public async Task A_kernel_before_7_23_is_refused_by_name()
    {
        await using FakeKernel kernel = new();

        Assert.Equal(Errno.EPROTO, kernel.Init(7, 22, FakeKernel.AllFlags).Error);

        FuseMountException refusal = await Assert.ThrowsAsync<FuseMountException>(() => kernel.Connection.Ready);
        Assert.Equal(FuseMountFailure.KernelTooOld, refusal.Failure);
        Assert.Contains("7.22", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_else_is_served_before_init_and_a_second_init_is_refused()
    {
        await using FakeKernel kernel = new();

        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.GetAttr, 1, FakeKernel.Bytes(default(FuseGetAttrIn))).Error);
        Assert.Equal(0, kernel.Init(7, 45, FakeKernel.AllFlags, FakeKernel.AllFlags2).Error);
        Assert.Equal(Errno.EIO, kernel.Init(7, 45, FakeKernel.AllFlags, FakeKernel.AllFlags2).Error);
    }

    [Fact]
    public async Task A_connection_that_ends_before_init_fails_to_become_ready()
    {
        FakeKernel kernel = new();

        await kernel.DisposeAsync();

        Assert.Equal(FuseMountFailure.Other, (await Assert.ThrowsAsync<FuseMountException>(() => kernel.Connection.Ready)).Failure);
    }

    [Theory]
    [InlineData(PagePolicy.Fresh, true, FuseOpenFlags.None)]
    [InlineData(PagePolicy.Keep, true, FuseOpenFlags.KeepCache)]
    [InlineData(PagePolicy.Direct, true, FuseOpenFlags.DirectIo)]
    [InlineData(PagePolicy.Direct, false, FuseOpenFlags.None)]
    internal async Task Page_policy_becomes_open_flags_that_the_kernel_agreed_to(PagePolicy pages, bool kernelAllowsDirect, FuseOpenFlags expected)
    {
        MemoryFileSystem files = new() { Pages = pages };
        files.Put("a", [1]);
        uint flags2 = kernelAllowsDirect ? FakeKernel.AllFlags2 : FakeKernel.AllFlags2 & ~(uint)((ulong)FuseInitFlags.DirectIoAllowMmap >> 32);
        await using FakeKernel kernel = FakeKernel.Started(files, flags2: flags2);
        ulong node = kernel.NodeOf("a");

        Assert.Equal(expected, OpenFlags(LinuxFlags.WriteOnly));
        Assert.Equal(expected | FuseOpenFlags.NoFlush, OpenFlags(0));

        FuseOpenFlags OpenFlags(uint flags) => kernel.Call(FuseOpcode.Open, node, FakeKernel.Bytes(new FuseOpenIn { Flags = flags })).As<FuseOpenOut>().OpenFlags;
    }
}
