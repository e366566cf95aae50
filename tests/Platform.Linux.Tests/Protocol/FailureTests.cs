using System.Runtime.InteropServices;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Protocol;
using ImageKitFs.Platform.Linux.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;
using static ImageKitFs.Platform.Linux.Tests.Support.FakeKernel;

namespace ImageKitFs.Platform.Linux.Tests.Protocol;

/// <summary>Interrupts, exceptions, deadlines, lost replies and garbage.</summary>
public sealed class FailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryFileSystem _files = new();

    [Fact]
    public async Task An_interrupt_ends_a_slow_request_with_EINTR_and_others_go_on()
    {
        _files.Put("a", [1]);
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _files.BeforeLookup = ct => WaitForCancelAsync(entered, ct);
        await using FakeKernel kernel = Started(_files);

        ulong slow = kernel.Send(FuseOpcode.Lookup, 1, Name("a"));
        await entered.Task.WaitAsync(Patience);
        Assert.Equal(0, kernel.Call(FuseOpcode.StatFs, 1).Error);
        kernel.Send(FuseOpcode.Interrupt, 0, Bytes(new FuseInterruptIn { Unique = slow }));

        Reply reply = kernel.Receive();
        Assert.Equal((slow, Errno.EINTR), (reply.Unique, reply.Error));
        Assert.True(SpinWait.SpinUntil(() => kernel.Connection.InFlightCount == 0, Patience));
    }

    [Fact]
    public async Task An_interrupt_that_comes_before_its_request_still_counts()
    {
        _files.Put("a", [1]);
        _files.BeforeLookup = ct => WaitForCancelAsync(null, ct);
        await using FakeKernel kernel = Started(_files);
        ulong unique = kernel.NewUnique();

        kernel.Send(FuseOpcode.Interrupt, 0, Bytes(new FuseInterruptIn { Unique = unique }));
        Assert.Equal(0, kernel.Call(FuseOpcode.StatFs, 1).Error);
        kernel.SendAs(unique, FuseOpcode.Lookup, 1, Name("a"));

        // Should another reader have overtaken with the request, the interrupt finds it in the table: EINTR either way.
        Reply reply = kernel.Receive();
        Assert.Equal((unique, Errno.EINTR), (reply.Unique, reply.Error));
    }

    [Fact]
    public async Task An_interrupt_of_an_answered_request_is_silent()
    {
        _files.Put("a", [1]);
        await using FakeKernel kernel = Started(_files);

        ulong answered = kernel.Send(FuseOpcode.Lookup, 1, Name("a"));
        Assert.Equal(answered, kernel.Receive().Unique);
        kernel.Send(FuseOpcode.Interrupt, 0, Bytes(new FuseInterruptIn { Unique = answered }));

        Assert.Equal(0, kernel.Call(FuseOpcode.StatFs, 1).Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_becomes_EIO_and_one_logged_stack(bool isAsynchronous)
    {
        ListLogger log = new();
        _files.BeforeLookup = async _ =>
        {
            if (isAsynchronous)
                await Task.Yield();
            throw new InvalidOperationException("broken");
        };
        await using FakeKernel kernel = Started(_files, log: log);

        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Lookup, 1, Name("a")).Error);

        (LogLevel Level, string Text, Exception? Exception) entry = Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Error);
        Assert.IsType<InvalidOperationException>(entry.Exception);
        Assert.Contains("Lookup", entry.Text, StringComparison.Ordinal);
        Assert.Equal(0, kernel.Call(FuseOpcode.StatFs, 1).Error);
    }

    [Fact]
    public async Task A_request_that_hangs_is_named_after_a_minute_and_given_up_at_the_limit()
    {
        ManualClock clock = new();
        ListLogger log = new();
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource stuck = new();
        _files.Put("a", [1]);
        _files.BeforeLookup = async _ =>
        {
            entered.TrySetResult();
            await stuck.Task; // ignores its token
        };
        await using FakeKernel kernel = Started(_files, clock, log);
        ulong slow = kernel.Send(FuseOpcode.Lookup, 1, Name("a"));
        await entered.Task.WaitAsync(Patience);
        Assert.True(SpinWait.SpinUntil(() => kernel.Connection.InFlightCount == 1, Patience));

        clock.Advance(TimeSpan.FromSeconds(61));
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Warning && entry.Text.Contains("Lookup", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromMinutes(15));

        Reply reply = kernel.Receive();
        Assert.Equal((slow, Errno.ETIMEDOUT), (reply.Unique, reply.Error));
        stuck.SetResult();
    }

    [Fact]
    public async Task A_commit_is_named_but_never_given_up()
    {
        ManualClock clock = new();
        ListLogger log = new();
        TaskCompletionSource<FsError> upload = new();
        ulong node = _files.Put("a", [1]);
        _files.BeforeFlush = () => new ValueTask<FsError>(upload.Task);
        await using FakeKernel kernel = Started(_files, clock, log);
        ulong handle = kernel.OpenHandle(node);
        ulong flush = kernel.Send(FuseOpcode.Flush, node, Bytes(new FuseFlushIn { Handle = handle }));
        Assert.True(SpinWait.SpinUntil(() => kernel.Connection.InFlightCount == 1, Patience));

        clock.Advance(TimeSpan.FromHours(2));
        upload.SetResult(FsError.None);

        Reply reply = kernel.Receive();
        Assert.Equal((flush, 0), (reply.Unique, reply.Error));
        Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task What_an_undelivered_reply_handed_over_is_taken_back()
    {
        ulong node = _files.Put("a", [1]);
        List<TaskCompletionSource> gates = [];
        ValueTask Gate(CancellationToken ct)
        {
            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (gates)
                gates.Add(gate);
            return new ValueTask(gate.Task);
        }

        FakeKernel kernel = Started(_files);
        _files.BeforeLookup = Gate;
        _files.BeforeOpen = Gate;
        kernel.Send(FuseOpcode.Lookup, 1, Name("a"));
        kernel.Send(FuseOpcode.Open, node, Bytes(default(FuseOpenIn)));
        Assert.True(SpinWait.SpinUntil(() => kernel.Connection.InFlightCount == 2, Patience));

        await kernel.DisposeAsync(); // the kernel is gone before the answers are there
        gates.ForEach(static gate => gate.SetResult());

        Assert.True(SpinWait.SpinUntil(() => kernel.Connection.InFlightCount == 0, Patience));
        Assert.Equal((0L, 0), (_files.LookupsOf(node), _files.OpenHandles));
    }

    [Fact]
    public async Task An_undelivered_readdirplus_forgets_each_entry()
    {
        ulong a = _files.Put("a", []);
        ulong b = _files.Put("bb", []);
        Opened opened = (await _files.OpenDirAsync(InodeId.Root, default)).Value;
        DirentWriter writer = new(new byte[4096], wantsEntries: true);
        Assert.Equal(FsError.None, await _files.ReadDirAsync(InodeId.Root, opened.Handle, 0, writer, default));
        Assert.Equal((1L, 1L), (_files.LookupsOf(a), _files.LookupsOf(b)));

        writer.ForgetAll(_files);

        Assert.Equal((0L, 0L), (_files.LookupsOf(a), _files.LookupsOf(b)));
    }

    [Fact]
    public async Task Notifications_have_the_kernels_layout()
    {
        await using FakeKernel kernel = Started(_files);
        await kernel.Connection.Ready;

        _files.Kernel!.InvalidateInode(new InodeId(5), data: true);
        Reply data = kernel.Receive();
        _files.Kernel.InvalidateInode(new InodeId(6), data: false);
        Reply attributes = kernel.Receive();
        _files.Kernel.InvalidateEntry(new InodeId(7), EntryName.Of("é"));
        Reply entry = kernel.Receive();
        _files.Kernel.EntryDeleted(new InodeId(8), new InodeId(9), EntryName.Of("x"));
        Reply deleted = kernel.Receive();

        Assert.Equal((0ul, 2, 5ul, 0L, 0L), (data.Unique, data.Error, data.As<FuseNotifyInode>().NodeId, data.As<FuseNotifyInode>().Offset, data.As<FuseNotifyInode>().Length));
        Assert.Equal((6ul, -1L), (attributes.As<FuseNotifyInode>().NodeId, attributes.As<FuseNotifyInode>().Offset));
        Assert.Equal((3, 7ul, 2u, 1u), (entry.Error, entry.As<FuseNotifyEntry>().Parent, entry.As<FuseNotifyEntry>().NameLength, entry.As<FuseNotifyEntry>().Flags));
        Assert.Equal(Name("é"), entry.Body[16..]);
        Assert.Equal((6, 8ul, 9ul), (deleted.Error, deleted.As<FuseNotifyDelete>().Parent, deleted.As<FuseNotifyDelete>().Child));
        Assert.Equal(Name("x"), deleted.Body[24..]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Garbled_requests_get_exactly_one_answer_each(int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < 20; i++)
            _files.Put($"file-{i}", new byte[100]);
        await using FakeKernel kernel = Started(_files);
        FuseOpcode[] opcodes = [.. Enum.GetValues<FuseOpcode>().Where(static opcode => opcode != FuseOpcode.Init)];

        for (int i = 0; i < 2000; i++)
        {
            ulong unique = kernel.NewUnique();
            byte[] message = Garble(random, unique, opcodes[random.Next(opcodes.Length)]);
            kernel.SendRaw(message);
            if (ExpectsReply(message))
                Assert.Equal(unique, kernel.Receive().Unique);
            Assert.Equal(0, kernel.Call(FuseOpcode.StatFs, 1).Error); // nothing was sent twice
        }
    }

    private static byte[] Garble(Random random, ulong unique, FuseOpcode opcode)
    {
        byte[] body = new byte[random.Next(0, 200)];
        random.NextBytes(body);
        for (int i = 0; i < body.Length && random.Next(4) != 0; i++)
            body[random.Next(body.Length)] = (byte)random.Next(3);
        FuseInHeader header = new()
        {
            Length = (uint)(FuseInHeader.Bytes + body.Length),
            Opcode = opcode,
            Unique = unique,
            NodeId = (ulong)random.Next(0, 25),
        };
        if (random.Next(20) == 0)
            header.Length = (uint)random.Next();
        byte[] message = [.. Bytes(header), .. body];
        return random.Next(20) == 0 ? message[..random.Next(1, message.Length)] : message;
    }

    private static bool ExpectsReply(byte[] message)
    {
        if (message.Length < FuseInHeader.Bytes)
            return false;
        FuseOpcode opcode = MemoryMarshal.Read<FuseInHeader>(message).Opcode;
        return opcode is not (FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.Interrupt or FuseOpcode.NotifyReply);
    }

    private static async ValueTask WaitForCancelAsync(TaskCompletionSource? entered, CancellationToken ct)
    {
        entered?.TrySetResult();
        await Task.Delay(Timeout.Infinite, ct);
    }
}
