using ImageKitFs.Core.Api;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

public sealed class RateGateTests
{
    private const int MaxRounds = 10;
    private static readonly TimeSpan MaxThrottle = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_burst_passes_at_once_and_the_rest_at_the_sustained_rate_in_order()
    {
        var time = new ManualTimeProvider();
        using var gate = new RateGate(perSecond: 5, burst: 2, MaxThrottle, MaxRounds, time);
        Task<bool>[] turns = [.. Enumerable.Range(0, 4).Select(_ => gate.EnterAsync(GateLane.Ordinary, default).AsTask())];

        Assert.Equal([true, true, false, false], turns.Select(t => t.IsCompleted));
        time.Advance(TimeSpan.FromMilliseconds(199));
        Assert.False(turns[2].IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await turns[2]);
        Assert.False(turns[3].IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(await turns[3]);
    }

    [Fact]
    public async Task Ordinary_callers_pass_before_background_ones_that_came_earlier()
    {
        var time = new ManualTimeProvider();
        using var gate = new RateGate(perSecond: 1, burst: 1, MaxThrottle, MaxRounds, time);
        await gate.EnterAsync(GateLane.Ordinary, default);
        Task<bool> patch = gate.EnterAsync(GateLane.Background, default).AsTask();
        Task<bool> delete = gate.EnterAsync(GateLane.Ordinary, default).AsTask();

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await delete);
        Assert.False(patch.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await patch);
    }

    [Fact]
    public async Task A_pause_holds_everyone_and_ends_to_the_millisecond()
    {
        var time = new ManualTimeProvider();
        using var gate = new RateGate(perSecond: 0, burst: 0, MaxThrottle, MaxRounds, time);
        gate.Pause(TimeSpan.FromMilliseconds(730));
        gate.Pause(TimeSpan.FromMilliseconds(100)); // a shorter one ends nothing early
        Task<bool>[] turns = [gate.EnterAsync(GateLane.Ordinary, default).AsTask(), gate.EnterAsync(GateLane.Ordinary, default).AsTask()];

        time.Advance(TimeSpan.FromMilliseconds(729));
        Assert.DoesNotContain(turns, t => t.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        bool[] passed = await Task.WhenAll(turns);
        Assert.Equal([true, true], passed);
    }

    [Fact]
    public async Task A_pause_longer_than_anyone_should_wait_refuses_at_once_also_those_who_wait()
    {
        var time = new ManualTimeProvider();
        using var gate = new RateGate(perSecond: 1, burst: 1, MaxThrottle, MaxRounds, time);
        await gate.EnterAsync(GateLane.Ordinary, default);
        Task<bool> waiting = gate.EnterAsync(GateLane.Ordinary, default).AsTask();

        gate.Pause(TimeSpan.FromHours(1));

        Assert.False(await waiting);
        Assert.False(await gate.EnterAsync(GateLane.Ordinary, default));
        time.Advance(TimeSpan.FromHours(1));
        Assert.True(await gate.EnterAsync(GateLane.Ordinary, default));
    }

    [Fact]
    public async Task A_cancelled_caller_uses_no_turn()
    {
        var time = new ManualTimeProvider();
        using var gate = new RateGate(perSecond: 1, burst: 1, MaxThrottle, MaxRounds, time);
        using var cancel = new CancellationTokenSource();
        await gate.EnterAsync(GateLane.Ordinary, default);
        Task<bool> first = gate.EnterAsync(GateLane.Ordinary, cancel.Token).AsTask();
        Task<bool> second = gate.EnterAsync(GateLane.Ordinary, default).AsTask();

        await cancel.CancelAsync();
        time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(await second);
    }

    [Fact]
    public async Task Pauses_that_follow_one_another_are_waited_for_only_so_long_in_all()
    {
        var time = new ManualTimeProvider();
        using var gate = new RateGate(perSecond: 0, burst: 0, TimeSpan.FromSeconds(10), MaxRounds, time);

        Assert.True(gate.Pause(TimeSpan.FromSeconds(6)));
        Task<bool> waiting = gate.EnterAsync(GateLane.Ordinary, default).AsTask();
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(await waiting);
        waiting = gate.EnterAsync(GateLane.Ordinary, default).AsTask();
        Assert.False(gate.Pause(TimeSpan.FromSeconds(6)));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await waiting);
        Assert.False(await gate.EnterAsync(GateLane.Ordinary, default)); // paused, and nobody waits
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await gate.EnterAsync(GateLane.Ordinary, default)); // one may ask again
        Assert.False(gate.Pause(TimeSpan.FromSeconds(1)));
        gate.Relent();
        Assert.True(gate.Pause(TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public void Many_short_pauses_are_too_many_and_replies_that_come_together_count_once()
    {
        var time = new ManualTimeProvider();
        using var gate = new RateGate(perSecond: 0, burst: 0, MaxThrottle, maxRounds: 3, time);
        bool Round()
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            bool isFirst = gate.Pause(TimeSpan.FromMilliseconds(1));
            Assert.Equal(isFirst, gate.Pause(TimeSpan.FromMilliseconds(1)));
            return isFirst;
        }

        Assert.True(Round());
        Assert.True(Round());
        Assert.False(Round());
        time.Advance(MaxThrottle + TimeSpan.FromMilliseconds(2));

        Assert.True(Round()); // long ago: begun anew
    }
}
