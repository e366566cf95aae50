using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>docs/SEMANTICS.md 22: an overwrite whose reply was lost, and somebody else who wrote the same file before or after it.</summary>
public sealed class LostOverwriteTests
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("their longer bytes", false)]
    [InlineData("their longer bytes", true)]
    [InlineData("them", false)]
    [InlineData("them", true)]
    public async Task Ours_that_landed_on_theirs_is_found_in_the_history_and_theirs_is_current_again(string theirs, bool isKilled)
    {
        await using TestVolume volume = await StartAsync();
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Store.Put("/a.txt", Encoding.UTF8.GetBytes(theirs));
        await LoseReplyAsync(volume, file);

        if (isKilled)
            await volume.KillAsync();
        volume.Emulator.Faults.Clear();
        volume.Volume.Retry();
        await volume.SyncAsync();

        Assert.Equal(theirs, Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal("ours", Text(volume.Emulator.Store.Read(Assert.Single(Copies(volume)))));
        Assert.Equal(["base", theirs, "ours"], volume.Emulator.Store.VersionsOf("/a.txt").Select(version => Text(version.Content)));
        Assert.Equal(2, volume.Emulator.Stats.Count(EndpointKind.Upload));
    }

    [Theory]
    [InlineData("their longer bytes", false)]
    [InlineData("their longer bytes", true)]
    [InlineData("them", true)]
    public async Task Ours_that_somebody_replaced_later_was_stored_and_is_not_sent_again(string theirs, bool isKilled)
    {
        await using TestVolume volume = await StartAsync();
        TestFile file = await OpenAndWriteAsync(volume);
        await LoseReplyAsync(volume, file);
        volume.Emulator.Store.Put("/a.txt", Encoding.UTF8.GetBytes(theirs));

        if (isKilled)
            await volume.KillAsync();
        volume.Emulator.Faults.Clear();
        volume.Volume.Retry();
        await volume.SyncAsync();

        Assert.Equal(theirs, Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Empty(Copies(volume));
        Assert.Equal(1, volume.Emulator.Stats.Count(EndpointKind.Upload));
        Assert.Equal(theirs, Text(await volume.ReadAsync("/a.txt")));
    }

    [Fact]
    public async Task Theirs_alone_in_the_history_is_a_conflict_and_ours_goes_beside_it()
    {
        await using TestVolume volume = await StartAsync();
        TestFile file = await OpenAndWriteAsync(volume);
        volume.Emulator.Faults.Replace("upload*1=reset;details=status:503;versions=status:503;list=status:503");
        Assert.NotEqual(FsError.None, await file.CloseAsync());
        volume.Emulator.Store.Put("/a.txt", "their longer bytes"u8);

        volume.Emulator.Faults.Clear();
        volume.Volume.Retry();
        await volume.SyncAsync();

        Assert.Equal("their longer bytes", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal("ours", Text(volume.Emulator.Store.Read(Assert.Single(Copies(volume)))));
    }

    /// <summary>The service stores it and nothing comes back; until the rules are cleared nobody can find out.</summary>
    private static async Task LoseReplyAsync(TestVolume volume, TestFile file)
    {
        volume.Emulator.Faults.Replace("upload*1=reset-after;details=status:503;versions=status:503;list=status:503;upload=status:503");
        volume.Emulator.ResetStats();
        Assert.NotEqual(FsError.None, await file.CloseAsync());
        using CancellationTokenSource hang = new(Hang);
        while (!volume.Emulator.Store.VersionsOf("/a.txt").Any(version => Text(version.Content) == "ours"))
        {
            hang.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task<TestVolume> StartAsync()
    {
        TestVolume volume = await TestVolume.StartAsync(
            configure: options => options with { DirectoryTtl = TimeSpan.Zero, CommitDeadline = TimeSpan.FromMilliseconds(300) });
        await volume.PutAsync("/a.txt", "base");
        return volume;
    }

    private static async Task<TestFile> OpenAndWriteAsync(TestVolume volume)
    {
        TestFile file = await volume.OpenAsync("/a.txt", OpenMode.Read | OpenMode.Write);
        await file.WriteAsync(0, "ours"u8.ToArray());
        return file;
    }

    private static string[] Copies(TestVolume volume) =>
        [.. volume.Emulator.Store.List().Select(entry => entry.Path).Where(path => path.Contains("_conflict-", StringComparison.Ordinal))];

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
