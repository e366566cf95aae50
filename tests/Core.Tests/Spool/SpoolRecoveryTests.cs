using System.Text.Json;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

/// <summary>Objects are dropped without being disposed, as kill -9 would, and the folders opened again.</summary>
public sealed class SpoolRecoveryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sealed_layer_is_the_content_again_and_an_unsealed_one_goes_to_recover_with_a_note()
    {
        byte[] original = SpoolFixture.Bytes(1, 200_000);
        SpoolJournal journal = OpenJournal();
        SpoolDirectory spool = OpenSpool(journal);
        var kept = new ContentStack(spool, new FakeBase(original), TimeProvider.System, NullLogger.Instance);
        kept.Write(100, "sealed"u8);
        SealedLayer sealedLayer = await SpoolFixture.SealAsync(kept);
        kept.Write(100, "unsealed"u8);
        List<string> created = [];
        var lost = new ContentStack(spool, null, TimeProvider.System, NullLogger.Instance, (name, _) => created.Add(name));
        lost.Write(0, "never sealed"u8);
        var batch = new JournalBatch();
        batch.Put(new OpRecord { Seq = journal.NextSeq(), Kind = OpKind.Upload, Path = "/kept", Data = sealedLayer.FileName! });
        batch.PutLayer(new LayerRow(created[0], 2, "/folder/lost.txt", 42, new Timestamp(1_000_000_000)));
        Assert.Equal(FsError.None, await journal.CommitAsync(batch));

        await using SpoolJournal journal2 = OpenJournal();
        SpoolDirectory spool2 = OpenSpool(journal2);
        string claimed = Assert.Single(journal2.LoadOps()).Data;
        IReadOnlyList<Orphan> orphans = spool2.MoveOrphans(new HashSet<string> { claimed }, journal2.LoadLayers());
        Assert.Equal(SpoolCheck.Ok, spool2.Verify(sealedLayer));
        using ContentStack reopened = ContentStack.Reopen(spool2, sealedLayer, TimeProvider.System, NullLogger.Instance);

        "sealed"u8.CopyTo(original.AsSpan(100));
        Assert.Equal(original, await SpoolFixture.ReadAllAsync(reopened));
        Assert.False(reopened.IsDirty);
        Assert.Equal(sealedLayer, reopened.NewestSealed);
        Assert.Equal(2, orphans.Count); // the unsealed change of the kept file, and the lost one
        Orphan known = Assert.Single(orphans, orphan => orphan.Known is not null);
        Assert.Equal("never sealed", await File.ReadAllTextAsync(known.File));
        using JsonDocument note = JsonDocument.Parse(await File.ReadAllTextAsync(known.File + ".json"));
        Assert.Equal("/folder/lost.txt", note.RootElement.GetProperty("path").GetString());
        Assert.Equal(12, note.RootElement.GetProperty("size").GetInt64());
        Assert.Equal(sealedLayer.Size, spool2.UsedBytes);
        Assert.True(spool2.NextGeneration() > sealedLayer.Generation + 1);

        Assert.True(reopened.Write(0, "new"u8).Ok);
        await SpoolFixture.SealAsync(reopened);
        await journal.DisposeAsync();
        kept.Dispose();
        lost.Dispose();
    }

    [Fact]
    public async Task With_the_journal_lost_every_file_is_kept_in_recover_and_no_number_returns()
    {
        SpoolJournal journal = OpenJournal();
        SpoolDirectory spool = OpenSpool(journal);
        using var stack = new ContentStack(spool, null, TimeProvider.System, NullLogger.Instance);
        stack.Write(0, "precious"u8);
        SealedLayer layer = await SpoolFixture.SealAsync(stack);
        await journal.DisposeAsync();
        await File.WriteAllTextAsync(_folder.At("journal.db"), "garbage");

        await using SpoolJournal journal2 = OpenJournal();
        Assert.NotNull(journal2.CorruptCopy);
        SpoolDirectory spool2 = OpenSpool(journal2);
        Orphan orphan = Assert.Single(spool2.MoveOrphans(new HashSet<string>(), journal2.LoadLayers()));
        SpoolDirectory spool3 = OpenSpool(journal2);

        Assert.Equal("precious", await File.ReadAllTextAsync(orphan.File));
        Assert.True(spool2.NextGeneration() > layer.Generation);
        Assert.True(spool3.NextGeneration() > layer.Generation); // also when only the recover folder remembers it
        Assert.Empty(spool3.FilesFound);
    }

    [Fact]
    public async Task Verify_finds_changed_and_short_and_missing_files()
    {
        await using SpoolJournal journal = OpenJournal();
        SpoolDirectory spool = OpenSpool(journal);
        using var stack = new ContentStack(spool, null, TimeProvider.System, NullLogger.Instance);
        stack.Write(0, SpoolFixture.Bytes(1, 1_000_000));
        SealedLayer layer = await SpoolFixture.SealAsync(stack);
        string path = spool.PathOf(layer);
        byte[] bytes = await File.ReadAllBytesAsync(path);

        Assert.Equal(SpoolCheck.Ok, spool.Verify(layer));
        bytes[700_000] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        Assert.Equal(SpoolCheck.Corrupt, spool.Verify(layer));
        await File.WriteAllBytesAsync(path, bytes[..^1]);
        Assert.Equal(SpoolCheck.Corrupt, spool.Verify(layer));
        File.Delete(path);
        Assert.Equal(SpoolCheck.Missing, spool.Verify(layer));
    }

    [Fact]
    public async Task Files_without_content_are_no_orphans()
    {
        await using SpoolJournal journal = OpenJournal();
        SpoolDirectory spool = OpenSpool(journal);
        spool.Create(spool.NextGeneration()).Dispose();

        SpoolDirectory reopened = OpenSpool(journal);

        Assert.Empty(reopened.MoveOrphans(new HashSet<string>(), []));
        Assert.Empty(Directory.GetFileSystemEntries(reopened.Path));
    }

    private SpoolJournal OpenJournal() => SpoolJournal.Open(_folder.At("journal.db"), NullLogger.Instance);

    private SpoolDirectory OpenSpool(SpoolJournal journal) =>
        SpoolDirectory.Open(_folder.At("spool"), 1L << 40, journal.NextGeneration, TimeProvider.System, NullLogger.Instance);
}
