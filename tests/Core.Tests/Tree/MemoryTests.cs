using System.Globalization;
using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

/// <summary>Runs alone: what other tests keep at the same time would be counted.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public void A_hundred_thousand_rows_are_found_by_name_and_id_and_take_less_than_150_bytes_each()
    {
        const int Rows = 100_000;
        Listing built = BuildLarge(Rows);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Listing second = BuildLarge(Rows);
        long retained = GC.GetTotalMemory(forceFullCollection: true) - before;

        for (int i = 0; i < Rows; i += 37)
        {
            Assert.True(built.TryFind(LargeName(i), out Row byName));
            Assert.True(second.TryFindId(TreeFixture.IdOf(i + 1), out Row byId));
            Assert.Equal((i, i), (byName.Index, byId.Index));
        }
        Assert.False(built.TryFind("absent", out _));
        Assert.InRange(retained, 50L * Rows, 150L * Rows);
    }

    private static string LargeName(int number) => "holiday-photograph-" + number.ToString("d7", CultureInfo.InvariantCulture) + ".jpg";

    private static Listing BuildLarge(int rows) =>
        TreeFixture.Build(Enumerable.Range(0, rows).Select(i => TreeFixture.File(i + 1, LargeName(i)) with { Mime = "image/jpeg", Width = 1, Height = 1 }));
}
