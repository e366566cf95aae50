using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using ImageKitFs.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

/// <summary>A real file system that is full: what is refused, what is kept, and that it goes on by itself once there is room.</summary>
public sealed class FullDiskTests
{
    private const long DiskBytes = 8 << 20;

    [SkippableFact]
    public async Task A_journal_without_room_says_so_once_keeps_the_order_and_goes_on_when_there_is_room()
    {
        Skip.IfNot(SmallDisk.IsPossible, "nothing can be mounted here");
        using SmallDisk disk = SmallDisk.Mount(DiskBytes);
        TestLog log = new();
        await using SpoolJournal journal = SpoolJournal.Open(disk.At("journal.db"), log);
        Assert.Equal(FsError.None, await journal.CommitAsync(Large(seq: 1, "before")));
        disk.Fill();

        List<JournalBatch> refused = [];
        for (int round = 0; round < 5; round++)
        {
            refused.Add(Large(seq: 2, $"round {round}"));
            Assert.Equal(FsError.NoSpace, await journal.CommitAsync(refused[^1]));
        }
        JournalBatch undone = new();
        undone.Remove(1);
        Assert.Equal(FsError.NoSpace, await journal.CommitAsync(undone));
        Assert.Equal([1L], journal.LoadOps().Select(op => op.Seq)); // Readable all the while.
        Assert.All(refused, batch => Assert.False(batch.Applied.IsCompleted));

        disk.Free();
        Assert.Equal(FsError.None, await journal.CommitAsync(Large(seq: 3, "after")));

        Assert.Equal([(2L, "round 4"), (3L, "after")], journal.LoadOps().Select(op => (op.Seq, op.Path)));
        Assert.All(refused, batch => Assert.Equal(FsError.None, batch.Applied.Result));
        Assert.Single(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Single(log.Lines, line => line.Contains("can be written again", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task What_was_refused_is_stored_without_another_call_and_also_by_closing()
    {
        Skip.IfNot(SmallDisk.IsPossible, "nothing can be mounted here");
        using SmallDisk disk = SmallDisk.Mount(DiskBytes);
        SpoolJournal journal = SpoolJournal.Open(disk.At("journal.db"), NullLogger.Instance);
        disk.Fill();
        JournalBatch first = Large(seq: 1, "first");
        Assert.Equal(FsError.NoSpace, await journal.CommitAsync(first));
        disk.Free();

        Assert.Equal(FsError.None, await first.Applied.WaitAsync(TimeSpan.FromMinutes(1)));

        disk.Fill();
        Assert.Equal(FsError.NoSpace, await journal.CommitAsync(Large(seq: 2, "second")));
        disk.Free();
        await journal.DisposeAsync();
        Assert.Equal(["first", "second"], JournalView.Read(disk.At("journal.db")).Ops.Select(op => op.Path));
    }

    [SkippableFact]
    public async Task A_journal_that_is_closed_on_a_full_disk_ends_what_waits_for_it()
    {
        Skip.IfNot(SmallDisk.IsPossible, "nothing can be mounted here");
        using SmallDisk disk = SmallDisk.Mount(DiskBytes);
        SpoolJournal journal = SpoolJournal.Open(disk.At("journal.db"), NullLogger.Instance);
        disk.Fill();
        JournalBatch refused = Large(seq: 1, "refused");
        Assert.Equal(FsError.NoSpace, await journal.CommitAsync(refused));

        await journal.DisposeAsync();

        Assert.Equal(FsError.NoSpace, await refused.Applied);
    }

    [SkippableFact]
    public async Task A_write_or_a_seal_without_room_loses_nothing_and_works_when_there_is_room()
    {
        Skip.IfNot(SmallDisk.IsPossible, "nothing can be mounted here");
        using SmallDisk disk = SmallDisk.Mount(DiskBytes);
        long generation = 0;
        TestLog log = new();
        SpoolDirectory spool = SpoolDirectory.Open(disk.At("spool"), 1L << 40, () => ++generation, TimeProvider.System, log);
        using ContentStack stack = new(spool, null, TimeProvider.System, log);
        byte[] content = SpoolFixture.Bytes(1, 1 << 20);
        Assert.True(stack.Write(0, content).Ok);
        disk.Fill();

        Assert.Equal(FsError.NoSpace, stack.Write(1 << 20, content).Error);
        Assert.Equal(FsError.NoSpace, stack.Write(1 << 20, content).Error);
        Assert.True(stack.Write(0, content.AsSpan(0, 100)).Ok); // What has its place can be rewritten.
        using ContentStack other = new(spool, null, TimeProvider.System, log);
        Assert.Equal(FsError.NoSpace, other.Write(0, content).Error);
        Assert.Equal(content, await SpoolFixture.ReadAllAsync(stack));

        disk.Free();
        Assert.True(stack.Write(1 << 20, content).Ok);
        Assert.True(other.Write(0, content).Ok);
        SealedLayer layer = await SpoolFixture.SealAsync(stack);
        Assert.Equal(2 << 20, layer.Size);
        Assert.Equal(SpoolCheck.Ok, spool.Verify(layer));
        Assert.Single(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    // Larger than what SQLite's files have to spare within their last block.
    private static JournalBatch Large(long seq, string path)
    {
        JournalBatch batch = new();
        batch.Put(new OpRecord { Seq = seq, Kind = OpKind.Upload, Path = path, Data = new string('x', 100_000) });
        return batch;
    }
}
