using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>A file that the service wants less often.</summary>
public sealed class UploadPacingTests
{
    private const string TooOften = "You have sent too many requests to update the file recently. Please try again later.";

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_path_of_which_the_service_said_nothing_never_waits()
    {
        UploadPacing pacing = new(_time);

        pacing.Stored("/a");
        pacing.Refused("/b");
        pacing.Stored("/a");

        Assert.Equal(TimeSpan.Zero, pacing.WaitOf("/a"));
        Assert.False(pacing.IsPaced("/a"));
    }

    [Fact]
    public void Each_refusal_doubles_the_distance_up_to_two_minutes()
    {
        UploadPacing pacing = new(_time);

        Assert.Equal([15, 30, 60, 120, 120], Enumerable.Range(0, 5).Select(_ => (int)pacing.Refused("/a").TotalSeconds));
        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal(TimeSpan.FromSeconds(1), pacing.WaitOf("/a"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, pacing.WaitOf("/a"));
    }

    [Fact]
    public void What_was_stored_keeps_the_next_one_at_the_same_distance()
    {
        UploadPacing pacing = new(_time);
        pacing.Refused("/a");
        _time.Advance(TimeSpan.FromSeconds(20));

        pacing.Stored("/a");

        Assert.Equal(UploadPacing.FirstInterval, pacing.WaitOf("/a"));
    }

    [Fact]
    public void A_path_left_alone_for_ten_minutes_is_forgotten()
    {
        UploadPacing pacing = new(_time);
        pacing.Refused("/a");
        pacing.Refused("/a");
        _time.Advance(UploadPacing.Memory);

        pacing.Stored("/a");

        Assert.False(pacing.IsPaced("/a"));
        Assert.Equal(TimeSpan.Zero, pacing.WaitOf("/a"));
        Assert.Equal(UploadPacing.FirstInterval, pacing.Refused("/a"));
    }

    [Fact]
    public async Task A_save_that_came_too_soon_waits_and_so_does_the_next_one()
    {
        await using TestVolume volume = await TestVolume.StartAsync(time: _time);
        await volume.PutAsync("/a.txt", "one");
        volume.Emulator.Faults.Replace($"upload*1=status:400:{TooOften}");

        await PutThroughPauseAsync(volume, "two");
        volume.Emulator.ResetStats();
        await PutThroughPauseAsync(volume, "three");

        Assert.Equal(1, volume.Emulator.Stats.Count(EndpointKind.Upload));
        Assert.Equal("three"u8.ToArray(), volume.Emulator.Store.Read("/a.txt"));
        string line = Assert.Single(volume.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Contains("upload of /a.txt did not get through", line, StringComparison.Ordinal);
        Assert.Contains("It is tried again in 15 s.", line, StringComparison.Ordinal);
    }

    private async Task PutThroughPauseAsync(TestVolume volume, string text)
    {
        Task<FsError> put = volume.PutAsync("/a.txt", text);
        await _time.UntilTimerAsync(due => due == UploadPacing.FirstInterval);
        Assert.False(put.IsCompleted);
        _time.Advance(UploadPacing.FirstInterval);
        Assert.Equal(FsError.None, await put);
    }
}
