using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>docs/SEMANTICS.md 2 and 7: an hour without a network, by the volume's clock.</summary>
public sealed class OutageTests
{
    private const int FileBytes = 100_000;

    private const int SpoolFiles = 8;

    /// <summary>One file every five minutes.</summary>
    private const int Files = 12;

    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task With_commit_journal_changes_are_taken_until_the_spool_is_full_and_go_out_by_themselves()
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            time: _time, configure: options => options with { Commit = CommitMode.Journal, SpoolBytes = SpoolFiles * FileBytes });
        Assert.Empty(await volume.ListAsync("/"));
        volume.Emulator.Faults.Replace("any=reset");

        List<FsError> results = [];
        for (int i = 0; i < Files; i++)
        {
            results.Add(await RunAsync(WriteAsync(volume, i)));
            await PassAsync(TimeSpan.FromMinutes(5));
        }

        VolumeStatus status = volume.Volume.GetStatus();
        volume.Emulator.Faults.Clear();
        await UntilAsync(() => volume.Volume.GetStatus().NotDurableFiles == 0);

        Assert.Equal(Enumerable.Repeat(FsError.None, SpoolFiles).Concat(Enumerable.Repeat(FsError.NoSpace, Files - SpoolFiles)), results);
        Assert.Equal((SpoolFiles, (long)SpoolFiles * FileBytes), (status.NotDurableFiles, status.NotDurableBytes));
        Assert.All(status.Pending, pending => Assert.NotEmpty(pending.Error!));
        Assert.Equal(SpoolFiles, volume.Emulator.Store.List().Count(entry => volume.Emulator.Store.Read(entry.Path)!.Length == FileBytes));
        Assert.Equal(FsError.None, await RunAsync(WriteAsync(volume, Files)));
    }

    [Fact]
    public async Task With_commit_close_each_close_fails_within_the_deadline_and_the_bytes_go_out_by_themselves()
    {
        TimeSpan deadline = TimeSpan.FromSeconds(60);
        await using TestVolume volume = await TestVolume.StartAsync(time: _time, configure: options => options with { CommitDeadline = deadline });
        Assert.Empty(await volume.ListAsync("/"));
        volume.Emulator.Faults.Replace("any=reset");

        for (int i = 0; i < Files; i++)
        {
            DateTimeOffset begun = _time.GetUtcNow();
            Assert.Equal(FsError.Remote, await RunAsync(WriteAsync(volume, i)));
            // An attempt that is under way at the deadline is waited for.
            Assert.InRange(_time.GetUtcNow() - begun, TimeSpan.Zero, deadline * 2);
            await PassAsync(TimeSpan.FromMinutes(5));
        }

        VolumeStatus status = volume.Volume.GetStatus();
        byte[] kept = await RunAsync(volume.ReadAsync("/f3"));
        volume.Emulator.Faults.Clear();
        await UntilAsync(() => volume.Volume.GetStatus().NotDurableFiles == 0);

        Assert.Equal(Files, status.NotDurableFiles);
        Assert.All(status.Pending, pending => Assert.NotEmpty(pending.Error!));
        Assert.Equal(Content(3), kept);
        for (int i = 0; i < Files; i++)
            Assert.Equal(Content(i), volume.Emulator.Store.Read($"/f{i}"));
        Assert.Equal(Files, volume.Emulator.Store.List().Count);
    }

    private static async Task<FsError> WriteAsync(TestVolume volume, int i)
    {
        TestFile file = await volume.CreateAsync($"/f{i}", [], OpenMode.Write);
        try
        {
            await file.WriteAsync(0, Content(i));
        }
        catch (FsErrorException exception)
        {
            await volume.UnlinkAsync($"/f{i}");
            await file.CloseAsync();
            return exception.Error;
        }

        return await file.CloseAsync();
    }

    private static byte[] Content(int i)
    {
        byte[] content = new byte[FileBytes];
        new Random(i).NextBytes(content);
        return content;
    }

    /// <summary>The connections are real: the clock waits a little for them at each step.</summary>
    private async Task<T> RunAsync<T>(Task<T> work)
    {
        while (await Task.WhenAny(work, Task.Delay(1)) != work)
            _time.Advance(TimeSpan.FromMilliseconds(200));
        return await work;
    }

    private async Task PassAsync(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(5))
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(1);
        }
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        using CancellationTokenSource hang = new(Hang);
        while (!isSo())
        {
            hang.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Delay(1, CancellationToken.None);
        }
    }
}
