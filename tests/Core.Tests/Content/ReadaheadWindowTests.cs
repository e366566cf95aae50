using ImageKitFs.Core.Content;
using Xunit;

namespace ImageKitFs.Core.Tests.Content;

/// <summary>How far ahead of a reader is fetched, in a file of 2 GB that is read in order.</summary>
public sealed class ReadaheadWindowTests
{
    private const int Step = 1 << 20;

    private static readonly ContentCacheOptions Options = new();
    private static readonly BlockLayout Layout = new(2_000_000_000, Options.BlockSize);

    [Fact]
    public void A_reader_who_does_not_wait_has_64_MiB_ahead_of_him_and_never_more_than_he_read()
    {
        foreach ((long read, AheadPlan plan) in PlansOf(isWaiting: false))
            Assert.InRange(plan.To - read, 0, Math.Min(64 << 20, Math.Max(read * 2, 4 * Step)) + Options.MinRangeBytes);
    }

    [Fact]
    public void A_reader_who_waits_has_long_ranges_and_up_to_256_MiB_ahead_of_him_but_never_more_than_four_times_what_he_read()
    {
        List<(long Read, AheadPlan Plan)> plans = PlansOf(isWaiting: true);

        foreach ((long read, AheadPlan plan) in plans)
            Assert.InRange(plan.To - read, 0, Math.Min(256 << 20, Math.Max(read * 4, 8 * Step)) + Options.MinRangeBytes);
        Assert.Contains(plans, each => each.Plan.To - each.Read > 200 << 20);
        Assert.Contains(plans, each => each.Plan.RangeBytes == Options.MaxAheadRangeBytes);
    }

    [Fact]
    public void Connections_are_not_left_idle_until_half_of_a_long_window_is_used_up()
    {
        long before = 0;
        foreach ((long read, AheadPlan plan) in PlansOf(isWaiting: true).Where(each => each.Read > 500 << 20 && each.Plan.To < Layout.Size))
        {
            Assert.True(before == 0 || read - before <= Options.MaxAheadRangeBytes + Step, $"nothing was planned between {before} and {read}");
            before = read;
        }
    }

    [Fact]
    public void Towards_the_end_the_rest_is_shared_by_all_connections()
    {
        List<(long Read, AheadPlan Plan)> last = [.. PlansOf(isWaiting: true).Where(each => each.Plan.From > Layout.Size - (60 << 20))];

        Assert.NotEmpty(last);
        Assert.All(last, each => Assert.InRange(each.Plan.RangeBytes, 1, Math.Max((Layout.Size - each.Plan.From) / 16, Options.MinRangeBytes) + Options.BlockSize));
    }

    private static List<(long Read, AheadPlan Plan)> PlansOf(bool isWaiting)
    {
        using ReadaheadWindow window = new();
        List<(long Read, AheadPlan Plan)> plans = [];
        for (long offset = 0; offset < Layout.Size; offset += Step)
        {
            AheadPlan plan = window.OnRead(offset, (int)Math.Min(Step, Layout.Size - offset), isWaiting || offset == 0, Layout, Options);
            if (!plan.IsEmpty)
                plans.Add((Math.Min(offset + Step, Layout.Size), plan));
        }

        return plans;
    }
}
