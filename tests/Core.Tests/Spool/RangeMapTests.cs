using ImageKitFs.Core.Spool;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

public sealed class RangeMapTests
{
    private const int Width = 200;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_a_bitmap_after_every_operation(int seed)
    {
        var random = new Random(seed);
        var map = new RangeMap();
        bool[] bits = new bool[Width];
        for (int step = 0; step < 5000; step++)
        {
            int from = random.Next(Width + 1);
            int to = random.Next(from, Math.Min(Width, from + 30) + 1);
            switch (random.Next(8))
            {
                case < 4:
                    map.Add(new ByteRange(from, to));
                    Array.Fill(bits, true, from, to - from);
                    break;
                case < 7:
                    map.Remove(new ByteRange(from, to));
                    Array.Fill(bits, false, from, to - from);
                    break;
                default:
                    map.Truncate(from + (Width / 2));
                    for (int i = from + (Width / 2); i < Width; i++)
                        bits[i] = false;
                    break;
            }
            AssertSame(map, bits, random);
        }
    }

    [Fact]
    public void Touching_ranges_become_one()
    {
        var map = new RangeMap();
        map.Add(new ByteRange(0, 10));
        map.Add(new ByteRange(20, 30));
        map.Add(new ByteRange(10, 20));

        Assert.Equal(1, map.Count);
        Assert.Equal(new ByteRange(0, 30), map[0]);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1+")]
    [InlineData("+1")]
    [InlineData("1+2,")]
    [InlineData("-1+2")]
    [InlineData("9223372036854775807+1")]
    [InlineData("1+2;5+6")]
    public void Damaged_text_is_refused(string text) => Assert.False(RangeMap.TryParse(text, out _));

    [Fact]
    public void A_clone_does_not_follow_its_origin()
    {
        var map = new RangeMap();
        map.Add(new ByteRange(5, 9));
        RangeMap clone = map.Clone();

        map.Truncate(0);

        Assert.Equal("5+4", clone.ToString());
        Assert.Equal(4, clone.TotalBytes);
    }

    [Fact]
    public void Walking_the_gaps_allocates_nothing()
    {
        var map = new RangeMap();
        for (int i = 0; i < 1000; i++)
            map.Add(new ByteRange(i * 10, (i * 10) + 5));
        long warm = map.MissingBytes(0, 10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        long missing = map.MissingBytes(0, 10_000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal((5000, 5000), (warm, missing));
    }

    private static void AssertSame(RangeMap map, bool[] bits, Random random)
    {
        Assert.Equal(bits.Count(bit => bit), map.TotalBytes);
        int runs = bits.Where((bit, i) => bit && (i == 0 || !bits[i - 1])).Count();
        Assert.Equal(runs, map.Count);

        int from = random.Next(Width);
        int to = random.Next(from, Width + 1);
        Assert.Equal(Array.TrueForAll(bits[from..to], bit => bit), map.Contains(new ByteRange(from, to)));
        bool[] gaps = new bool[Width];
        long last = -1;
        foreach (ByteRange gap in map.Gaps(from, to))
        {
            Assert.True(gap.Start > last && gap.Length > 0);
            last = gap.End;
            Array.Fill(gaps, true, (int)gap.Start, (int)gap.Length);
        }
        for (int i = from; i < to; i++)
            Assert.Equal(!bits[i], gaps[i]);
        Assert.Equal(gaps.Count(bit => bit), map.MissingBytes(from, to));

        Assert.True(RangeMap.TryParse(map.ToString(), out RangeMap? parsed));
        Assert.Equal(map.ToString(), parsed.ToString());
        Assert.Equal(map.TotalBytes, parsed.TotalBytes);
    }
}
