using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

public sealed class SpoolLimitTests
{
    [Fact]
    public async Task A_write_past_the_limit_is_refused_and_what_was_written_stays()
    {
        using var spool = new SpoolFixture(limitBytes: 10_000);
        using ContentStack stack = spool.NewStack();
        byte[] content = SpoolFixture.Bytes(1, 9000);

        Assert.True(stack.Write(0, content).Ok);
        Assert.Equal(FsError.NoSpace, stack.Write(9000, new byte[2000]).Error);
        Assert.True(stack.Write(4000, content.AsSpan(4000)).Ok); // overwriting needs no room

        Assert.Equal(content, await SpoolFixture.ReadAllAsync(stack));
        Assert.Equal(9000, spool.Directory.UsedBytes);
    }

    [Fact]
    public void A_partial_write_takes_room_for_the_whole_file_at_once()
    {
        using var spool = new SpoolFixture(limitBytes: 10_000);
        using ContentStack large = spool.NewStack(new FakeBase(new byte[20_000]));
        using ContentStack small = spool.NewStack(new FakeBase(new byte[8000]));

        Assert.Equal(FsError.NoSpace, large.Write(5, [1]).Error);
        Assert.False(large.IsDirty);
        Assert.Equal(0, spool.Directory.UsedBytes);
        Assert.Equal(FsError.None, large.Truncate(0)); // needs none of the base
        Assert.True(large.Write(0, new byte[1000]).Ok);
        Assert.True(small.Write(5, [1]).Ok);
        Assert.Equal(9000, spool.Directory.UsedBytes);
    }

    [Fact]
    public void Cutting_gives_room_back()
    {
        using var spool = new SpoolFixture(limitBytes: 10_000);
        using ContentStack stack = spool.NewStack(new FakeBase(new byte[4000]));
        stack.Write(2000, new byte[7000]);

        stack.Truncate(3000);

        Assert.Equal(3000, spool.Directory.UsedBytes);
        stack.Truncate(1_000_000);
        Assert.Equal(3000, spool.Directory.UsedBytes); // a hole holds nothing
    }
}
