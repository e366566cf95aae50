using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

/// <summary>Seeded random operations against an array of bytes.</summary>
public sealed class ContentStackModelTests
{
    private const int MaxSize = 300_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Any_sequence_reads_like_an_array(int seed)
    {
        using var spool = new SpoolFixture();
        var random = new Random(seed);
        byte[] model = seed % 2 == 0 ? [] : SpoolFixture.Bytes(seed, random.Next(MaxSize));
        byte[] clean = model;
        FakeBase? source = seed % 2 == 0 ? null : new FakeBase(model, isLocal: seed % 3 == 0) { MaxRead = 50_000 };
        List<(SealedLayer Layer, byte[] Content)> pending = [];
        using ContentStack stack = spool.NewStack(source);
        for (int step = 0; step < 400; step++)
        {
            switch (random.Next(20))
            {
                case < 9:
                    byte[] data = SpoolFixture.Bytes(random.Next(), random.Next(1, 20_000));
                    int at = random.Next(MaxSize);
                    Assert.Equal(data.Length, stack.Write(at, data).Value);
                    if (model.Length < at + data.Length)
                        Array.Resize(ref model, at + data.Length);
                    else
                        model = [.. model];
                    data.CopyTo(model, at);
                    break;
                case < 12:
                    int size = random.Next(4) == 0 ? 0 : random.Next(MaxSize);
                    Assert.Equal(FsError.None, stack.Truncate(size));
                    model = [.. model];
                    Array.Resize(ref model, size);
                    break;
                case < 15:
                    byte[] buffer = new byte[random.Next(1, 50_000)];
                    int from = random.Next(MaxSize);
                    int expected = Math.Clamp(model.Length - from, 0, buffer.Length);
                    Assert.Equal(expected, (await stack.ReadAsync(from, buffer, CancellationToken.None)).Value);
                    Assert.True(model.AsSpan(Math.Min(from, model.Length), expected).SequenceEqual(buffer.AsSpan(0, expected)), $"seed {seed}, step {step}");
                    break;
                case < 18:
                    if (!stack.IsDirty)
                        break;
                    SealedLayer layer = await SpoolFixture.SealAsync(stack);
                    pending.Add((layer, model));
                    Assert.Equal(SpoolCheck.Ok, spool.Directory.Verify(layer));
                    break;
                case < 19:
                    if (pending.Count == 0)
                        break;
                    (SealedLayer committed, clean) = pending[^1];
                    Assert.True(clean.AsSpan().SequenceEqual(spool.ReadSealed(committed)), $"seed {seed}, step {step}");
                    stack.Committed(committed, new FakeBase(clean, isLocal: random.Next(2) == 0));
                    pending.ForEach(old => spool.Directory.Release(old.Layer));
                    pending.Clear();
                    break;
                default:
                    if (random.Next(10) > 0)
                        break;
                    stack.Discard();
                    model = clean;
                    pending.ForEach(old => spool.Directory.Release(old.Layer));
                    pending.Clear();
                    break;
            }
            Assert.Equal(model.Length, stack.Size);
        }
        byte[] content = await SpoolFixture.ReadAllAsync(stack);
        Assert.True(model.AsSpan().SequenceEqual(content), $"seed {seed}");
        stack.Discard();
        pending.ForEach(old => spool.Directory.Release(old.Layer));
        Assert.Equal(0, spool.Directory.UsedBytes);
        Assert.Empty(spool.Files);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Concurrent_writers_and_seals_give_layers_that_hold_every_acknowledged_byte(int seed)
    {
        const int Writers = 4;
        const int Rounds = 150;
        const int Slot = 1024;
        using var spool = new SpoolFixture();
        using ContentStack stack = spool.NewStack(new FakeBase(SpoolFixture.Bytes(seed, Writers * Rounds * Slot)));
        int[] acknowledged = new int[Writers];
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            await go.Task;
            for (int round = 0; round < Rounds; round++)
            {
                byte[] slot = new byte[Slot];
                Array.Fill(slot, (byte)(writer + 1));
                Assert.True(stack.Write(((round * Writers) + writer) * Slot, slot).Ok);
                Volatile.Write(ref acknowledged[writer], round + 1);
            }
        }))];
        Task all = Task.WhenAll(writers);
        List<SealedLayer> layers = [];
        go.SetResult();
        bool last;
        do
        {
            last = all.IsCompleted;
            int[] before = [.. acknowledged.Select((_, writer) => Volatile.Read(ref acknowledged[writer]))];
            if (!stack.IsDirty && layers.Count == 0)
                continue;
            SealedLayer layer = await SpoolFixture.SealAsync(stack);
            layers.Add(layer);
            byte[] content = spool.ReadSealed(layer);
            for (int writer = 0; writer < Writers; writer++)
            {
                for (int round = 0; round < before[writer]; round++)
                    Assert.Equal((byte)(writer + 1), content[((round * Writers) + writer) * Slot]);
            }
        }
        while (!last);
        await all;

        Assert.All(layers, layer => Assert.Equal(SpoolCheck.Ok, spool.Directory.Verify(layer))); // none changed after it was sealed
    }
}
