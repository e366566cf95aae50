using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

public sealed class ContentStackTests : IDisposable
{
    private readonly SpoolFixture _spool = new();

    public void Dispose() => _spool.Dispose();

    [Fact]
    public async Task Truncate_and_rewrite_never_reads_the_base()
    {
        var source = new FakeBase(SpoolFixture.Bytes(1, 3 << 20));
        using ContentStack stack = _spool.NewStack(source);
        byte[] content = SpoolFixture.Bytes(2, 2 << 20);

        Assert.Equal(FsError.None, stack.Truncate(0));
        for (int i = 0; i < content.Length; i += 128 << 10)
            Assert.True(stack.Write(i, content.AsSpan(i, 128 << 10)).Ok);
        SealedLayer layer = await SpoolFixture.SealAsync(stack);

        Assert.Equal(0, source.Reads);
        Assert.Equal(content, _spool.ReadSealed(layer));
    }

    [Fact]
    public async Task A_sequential_rewrite_to_the_end_never_reads_the_base()
    {
        var source = new FakeBase(SpoolFixture.Bytes(1, 1 << 20));
        using ContentStack stack = _spool.NewStack(source);
        byte[] content = SpoolFixture.Bytes(2, 1 << 20);

        for (int i = 0; i < content.Length; i += 4096)
            Assert.True(stack.Write(i, content.AsSpan(i, 4096)).Ok);
        SealedLayer layer = await SpoolFixture.SealAsync(stack);

        Assert.Equal(0, source.Reads);
        Assert.Equal(content, _spool.ReadSealed(layer));
    }

    [Fact]
    public async Task A_write_in_the_middle_starts_fetching_the_holes_and_does_not_wait()
    {
        byte[] original = SpoolFixture.Bytes(1, 5 << 20);
        var source = new FakeBase(original) { Gate = new TaskCompletionSource() };
        using ContentStack stack = _spool.NewStack(source);

        Assert.True(stack.Write(1_000_000, new byte[10]).Ok);
        await source.Started.Task;
        ValueTask<FsResult<SealedLayer>> sealing = stack.SealAsync(CancellationToken.None);
        Assert.False(sealing.IsCompleted);
        source.Gate.SetResult();
        FsResult<SealedLayer> layer = await sealing;

        Array.Clear(original, 1_000_000, 10);
        Assert.Equal(original, _spool.ReadSealed(layer.Value));
        Assert.Equal(5 << 20, _spool.Directory.UsedBytes);
    }

    [Fact]
    public async Task What_is_written_while_the_holes_are_fetched_is_not_overwritten_by_them()
    {
        byte[] original = SpoolFixture.Bytes(1, 10_000);
        var source = new FakeBase(original) { Gate = new TaskCompletionSource() };
        using ContentStack stack = _spool.NewStack(source);
        stack.Write(9000, "x"u8);
        await source.Started.Task;

        stack.Write(100, "written meanwhile"u8);
        source.Gate.SetResult();
        SealedLayer layer = await SpoolFixture.SealAsync(stack);

        original[9000] = (byte)'x';
        "written meanwhile"u8.CopyTo(original.AsSpan(100));
        Assert.Equal(original, _spool.ReadSealed(layer));
    }

    [Fact]
    public async Task Growing_after_a_cut_reads_zeros_and_not_what_was_cut_off()
    {
        byte[] original = SpoolFixture.Bytes(1, 100_000);
        using ContentStack stack = _spool.NewStack(new FakeBase(original));

        stack.Truncate(1000);
        stack.Truncate(50_000);
        byte[] expected = [.. original[..1000], .. new byte[49_000]];
        Assert.Equal(expected, await SpoolFixture.ReadAllAsync(stack));
        stack.Write(60_000, [7]);
        SealedLayer layer = await SpoolFixture.SealAsync(stack);

        Assert.Equal([.. expected, .. new byte[10_000], 7], _spool.ReadSealed(layer));
        Assert.Equal(_spool.ReadSealed(layer), await SpoolFixture.ReadAllAsync(stack));
    }

    [Fact]
    public async Task Growing_after_cutting_written_bytes_reads_zeros()
    {
        using ContentStack stack = _spool.NewStack();
        stack.Write(0, SpoolFixture.Bytes(1, 5000));
        stack.Truncate(10);
        stack.Truncate(5000);

        byte[] content = await SpoolFixture.ReadAllAsync(stack);

        Assert.All(content[10..], b => Assert.Equal(0, b));
        Assert.Equal(content, _spool.ReadSealed(await SpoolFixture.SealAsync(stack)));
    }

    [Fact]
    public async Task A_sealed_layer_never_changes_and_later_writes_form_the_next()
    {
        using ContentStack stack = _spool.NewStack();
        stack.Write(0, "first"u8);
        SealedLayer first = await SpoolFixture.SealAsync(stack);
        Assert.False(stack.IsDirty);
        Assert.Equal(first, await SpoolFixture.SealAsync(stack));

        stack.Write(1, "XX"u8);
        Assert.True(stack.IsDirty);
        SealedLayer second = await SpoolFixture.SealAsync(stack);

        Assert.Equal("first"u8.ToArray(), _spool.ReadSealed(first));
        Assert.Equal("fXXst"u8.ToArray(), _spool.ReadSealed(second));
        Assert.True(second.Generation > first.Generation);
        _spool.Directory.Release(first);
        Assert.Equal([second.FileName!], _spool.Files);
        Assert.Equal(5, _spool.Directory.UsedBytes);
    }

    [Fact]
    public async Task Writes_that_arrive_while_sealing_are_not_part_of_it()
    {
        byte[] original = SpoolFixture.Bytes(1, 10_000);
        var source = new FakeBase(original) { Gate = new TaskCompletionSource() };
        using ContentStack stack = _spool.NewStack(source);
        stack.Write(100, "before"u8);
        ValueTask<FsResult<SealedLayer>> sealing = stack.SealAsync(CancellationToken.None);

        stack.Write(102, "AFTER"u8);
        stack.Truncate(9000);
        source.Gate.SetResult();
        SealedLayer first = (await sealing).Value;
        SealedLayer second = await SpoolFixture.SealAsync(stack);

        "before"u8.CopyTo(original.AsSpan(100));
        Assert.Equal(original, _spool.ReadSealed(first));
        "AFTER"u8.CopyTo(original.AsSpan(102));
        Assert.Equal(original[..9000], _spool.ReadSealed(second));
    }

    [Fact]
    public async Task An_unreadable_base_fails_the_seal_and_loses_nothing()
    {
        byte[] original = SpoolFixture.Bytes(1, 3 << 20);
        var source = new FakeBase(original) { Failure = FsError.Remote };
        using ContentStack stack = _spool.NewStack(source);
        stack.Write(5000, "one"u8);

        Assert.Equal(FsError.Remote, (await stack.SealAsync(CancellationToken.None)).Error);
        Assert.True(stack.IsDirty);
        stack.Write(5001, "two"u8);
        Assert.Equal(FsError.Remote, (await stack.SealAsync(CancellationToken.None)).Error);
        source.Failure = FsError.None;

        "otwo"u8.CopyTo(original.AsSpan(5000));
        Assert.Equal(original, _spool.ReadSealed(await SpoolFixture.SealAsync(stack)));
    }

    [Fact]
    public async Task Failing_seals_with_writes_between_do_not_pile_up_files()
    {
        byte[] original = SpoolFixture.Bytes(1, 3 << 20);
        var source = new FakeBase(original) { Failure = FsError.Remote };
        using ContentStack stack = _spool.NewStack(source);
        for (int i = 0; i < 20; i++)
        {
            stack.Write(i * 100_003, [(byte)i]);
            original[i * 100_003] = (byte)i;
            source.Gate = new TaskCompletionSource();
            ValueTask<FsResult<SealedLayer>> sealing = stack.SealAsync(CancellationToken.None);
            stack.Write((i * 100_003) + 1, [(byte)~i]);
            original[(i * 100_003) + 1] = (byte)~i;
            source.Gate.SetResult();
            Assert.Equal(FsError.Remote, (await sealing).Error);
            Assert.InRange(_spool.Files.Length, 1, 2);
        }
        source.Failure = FsError.None;

        SealedLayer layer = await SpoolFixture.SealAsync(stack);

        Assert.Equal(original, _spool.ReadSealed(layer));
        Assert.Equal([layer.FileName!], _spool.Files);
        Assert.Equal(layer.Size, _spool.Directory.UsedBytes);
    }

    [Fact]
    public async Task A_cancelled_seal_releases_the_caller_and_leaves_the_changes()
    {
        byte[] original = SpoolFixture.Bytes(1, 10_000);
        var source = new FakeBase(original) { Gate = new TaskCompletionSource() };
        using ContentStack stack = _spool.NewStack(source);
        stack.Write(100, [1]);
        using var cancel = new CancellationTokenSource();
        Task sealing = stack.SealAsync(cancel.Token).AsTask();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sealing);
        stack.Write(101, [2]);
        source.Gate.SetResult();

        original[100] = 1;
        original[101] = 2;
        Assert.Equal(original, _spool.ReadSealed(await SpoolFixture.SealAsync(stack)));
        Assert.Single(_spool.Files);
    }

    [Fact]
    public async Task After_a_commit_newer_changes_rest_on_the_new_base()
    {
        using ContentStack stack = _spool.NewStack();
        byte[] content = SpoolFixture.Bytes(1, 10_000);
        stack.Write(0, content);
        SealedLayer layer = await SpoolFixture.SealAsync(stack);
        stack.Write(5, [1, 2, 3]);
        File.Move(_spool.Directory.PathOf(layer), _spool.Directory.PathOf(layer) + "-cached");
        var clean = new FakeBase(content, isLocal: true);
        byte[] expected = [.. content[..5], 1, 2, 3, .. content[8..]];
        Assert.Equal(expected, await SpoolFixture.ReadAllAsync(stack)); // through the handle, the file being elsewhere

        stack.Committed(layer, clean);
        _spool.Directory.Release(layer);

        Assert.Equal(expected, await SpoolFixture.ReadAllAsync(stack));
        Assert.True(clean.Reads > 0);
        Assert.Equal(expected, _spool.ReadSealed(await SpoolFixture.SealAsync(stack)));
    }

    [Fact]
    public async Task A_base_is_closed_only_after_the_last_read_in_flight()
    {
        byte[] content = SpoolFixture.Bytes(1, 1000);
        var first = new FakeBase(content) { Gate = new TaskCompletionSource() };
        using ContentStack stack = _spool.NewStack(first);
        byte[] buffer = new byte[1000];
        ValueTask<FsResult<int>> reading = stack.ReadAsync(0, buffer, CancellationToken.None);

        Assert.True(stack.ReplaceBase(new FakeBase(SpoolFixture.Bytes(2, 1000))));
        Assert.False(first.IsDisposed);
        first.Gate.SetResult();
        FsResult<int> read = await reading;

        Assert.Equal(1000, read.Value);
        Assert.Equal(content, buffer);
        Assert.True(first.IsDisposed);
    }

    [Fact]
    public async Task A_read_never_mixes_two_versions()
    {
        byte[] second = SpoolFixture.Bytes(2, 1000);
        var first = new FakeBase(SpoolFixture.Bytes(1, 1000)) { Gate = new TaskCompletionSource(), MaxRead = 400 };
        using ContentStack stack = _spool.NewStack(first);
        byte[] buffer = new byte[1000];
        ValueTask<FsResult<int>> reading = stack.ReadAsync(0, buffer, CancellationToken.None);

        stack.ReplaceBase(new FakeBase(second));
        first.Gate.SetResult();

        Assert.Equal(1000, (await reading).Value);
        Assert.Equal(second, buffer);
    }

    [Fact]
    public void A_base_is_not_replaced_under_changes()
    {
        using ContentStack stack = _spool.NewStack(new FakeBase(new byte[10]));
        stack.Write(0, [1]);
        var other = new FakeBase(new byte[20]);

        Assert.False(stack.ReplaceBase(other));
        Assert.Equal(10, stack.Size);
        Assert.False(other.IsDisposed);
    }

    [Fact]
    public async Task Local_content_is_read_synchronously()
    {
        using ContentStack stack = _spool.NewStack(new FakeBase(new byte[100_000], isLocal: true));
        stack.Write(500, SpoolFixture.Bytes(1, 500));
        stack.Truncate(200_000);
        ValueTask<FsResult<int>> reading = stack.ReadAsync(0, new byte[200_000], CancellationToken.None);

        Assert.True(reading.IsCompletedSuccessfully);
        Assert.Equal(200_000, (await reading).Value);
    }

    [Fact]
    public async Task Empty_content_seals_without_a_file()
    {
        using ContentStack created = _spool.NewStack();
        using ContentStack emptied = _spool.NewStack(new FakeBase(new byte[10]));
        emptied.Write(3, [1]);
        emptied.Truncate(0);

        SealedLayer first = await SpoolFixture.SealAsync(created);
        SealedLayer second = await SpoolFixture.SealAsync(emptied);

        Assert.Equal((0L, null), (first.Size, first.FileName));
        Assert.Equal((0L, null), (second.Size, second.FileName));
        Assert.Empty(_spool.Files);
        Assert.Equal(0, _spool.Directory.UsedBytes);
        Assert.Equal(SpoolCheck.Ok, _spool.Directory.Verify(first));
        using ContentStack reopened = ContentStack.Reopen(_spool.Directory, second, TimeProvider.System, NullLogger.Instance);
        Assert.Empty(await SpoolFixture.ReadAllAsync(reopened));
    }

    [Fact]
    public async Task Discard_goes_back_to_the_base_and_deletes_the_files()
    {
        byte[] original = SpoolFixture.Bytes(1, 1000);
        using ContentStack stack = _spool.NewStack(new FakeBase(original));
        stack.Write(0, [1]);
        SealedLayer layer = await SpoolFixture.SealAsync(stack);
        stack.Write(1, [2]);

        stack.Discard();

        Assert.True(stack.IsClean);
        Assert.Equal(original, await SpoolFixture.ReadAllAsync(stack));
        Assert.Empty(_spool.Files);
        Assert.Equal(0, _spool.Directory.UsedBytes);
        Assert.Equal(SpoolCheck.Missing, _spool.Directory.Verify(layer));
    }

    [Fact]
    public async Task Discard_during_a_seal_makes_it_fail()
    {
        var source = new FakeBase(new byte[1000]) { Gate = new TaskCompletionSource() };
        using ContentStack stack = _spool.NewStack(source);
        stack.Write(10, [1]);
        ValueTask<FsResult<SealedLayer>> sealing = stack.SealAsync(CancellationToken.None);

        stack.Discard();
        source.Gate.SetResult();

        Assert.Equal(FsError.Stale, (await sealing).Error);
        Assert.Empty(_spool.Files);
    }

    [Fact]
    public void The_layer_callback_names_each_new_file_once()
    {
        List<string> names = [];
        using ContentStack stack = _spool.NewStack(null, (name, _) => names.Add(name));

        stack.Write(0, [1]);
        stack.Write(1, [2]);

        Assert.Equal(_spool.Files, names);
    }

    [Theory]
    [InlineData(-1, 10, FsError.InvalidArgument)]
    [InlineData(0, 0, FsError.InvalidArgument)]
    [InlineData(long.MaxValue - 5, 10, FsError.TooLarge)]
    [InlineData(0, 1L << 50, FsError.NoSpace)]
    public void Allocate_refuses_what_cannot_be(long offset, long length, FsError expected)
    {
        using ContentStack stack = _spool.NewStack();
        Assert.Equal(expected, stack.Allocate(offset, length, keepSize: false));
        Assert.False(stack.IsDirty);
    }

    [Fact]
    public void Allocate_grows_unless_told_to_keep_the_size()
    {
        using ContentStack stack = _spool.NewStack();

        Assert.Equal(FsError.None, stack.Allocate(100, 50, keepSize: true));
        Assert.Equal(0, stack.Size);
        Assert.Equal(FsError.None, stack.Allocate(100, 50, keepSize: false));
        Assert.Equal(150, stack.Size);
    }
}
