using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>docs/SEMANTICS.md 22 and 23: one conflict makes one conflict copy, whatever happens to the replies and to the process.</summary>
public sealed class ConflictNameTests
{
    private const string LostReply = "upload*1~_conflict=reset-after";

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_conflict_copy_whose_reply_was_lost_is_not_stored_again(bool isOverwrite, bool isKilled)
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: Journaled);
        await BeginConflictAsync(volume, isOverwrite, LostReply);

        if (isKilled)
            await volume.KillAsync();
        await volume.SyncAsync();

        Assert.Equal("theirs", Text(volume.Emulator.Store.Read("/a.txt")));
        string copy = Assert.Single(volume.Emulator.Store.List(), entry => entry.Path.Contains("_conflict", StringComparison.Ordinal)).Path;
        Assert.Equal("ours, longer", Text(volume.Emulator.Store.Read(copy)));
        Assert.Single(volume.Emulator.Store.VersionsOf(copy));
        Assert.Equal(2, (await volume.ListAsync("/")).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_written_while_the_reply_about_a_conflict_copy_is_lost_becomes_its_next_version(bool isKilled)
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: Journaled);
        await BeginConflictAsync(volume, isOverwrite: false, LostReply + ";any=reset");
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "ours, newer!"));

        if (isKilled)
            await volume.KillAsync();
        volume.Emulator.Faults.Clear();
        volume.Volume.Retry();
        await volume.SyncAsync();

        Assert.Equal("theirs", Text(volume.Emulator.Store.Read("/a.txt")));
        string copy = Assert.Single(volume.Emulator.Store.List(), entry => entry.Path.Contains("_conflict", StringComparison.Ordinal)).Path;
        Assert.Equal("ours, newer!", Text(volume.Emulator.Store.Read(copy)));
    }

    [Fact]
    public async Task A_conflict_name_that_somebody_else_has_is_left_alone()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: Journaled);
        await BeginConflictAsync(volume, isOverwrite: false, "upload*1~_conflict=status:500;any=reset");
        string taken = $"/a_conflict-{TimeProvider.System.GetLocalNow():yyyyMMdd}-{volume.Options.HostName}.txt";
        volume.Emulator.Store.Put(taken, "a stranger's bytes"u8.ToArray());

        volume.Emulator.Faults.Clear();
        volume.Volume.Retry();
        await volume.SyncAsync();

        Assert.Equal("theirs", Text(volume.Emulator.Store.Read("/a.txt")));
        Assert.Equal("a stranger's bytes", Text(volume.Emulator.Store.Read(taken)));
        Assert.Equal("ours, longer", Text(volume.Emulator.Store.Read(taken.Replace(".txt", "-2.txt", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Conflict_names_that_are_known_to_be_taken_cost_no_upload()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero });
        await volume.PutAsync("/a.txt", "base");
        for (int i = 1; i <= 5; i++)
        {
            TestFile file = await volume.OpenAsync("/a.txt", OpenMode.Read | OpenMode.Write);
            await file.WriteAsync(0, Encoding.UTF8.GetBytes($"our {i}. bytes"));
            volume.Emulator.Store.Put("/a.txt", Encoding.UTF8.GetBytes($"their {i}. bytes"));
            await volume.ListAsync("/");
            volume.Emulator.ResetStats();

            Assert.Equal(FsError.None, await file.CloseAsync());

            Assert.Equal(1, volume.Emulator.Stats.Count(EndpointKind.Upload));
        }

        Assert.Equal(5, volume.Emulator.Store.List().Count(entry => entry.Path.Contains("_conflict", StringComparison.Ordinal)));
    }

    private static MountOptions Journaled(MountOptions options) => options with { Commit = CommitMode.Journal };

    /// <summary>A conflict whose copy meets the first rule; the rules are in force when this returns.</summary>
    private static async Task BeginConflictAsync(TestVolume volume, bool isOverwrite, string rules)
    {
        if (isOverwrite)
        {
            await volume.PutAsync("/a.txt", "base");
            await volume.SyncAsync();
        }

        Assert.Equal(isOverwrite ? ["a.txt"] : [], await volume.ListAsync("/"));
        volume.Emulator.Store.Put("/a.txt", "theirs"u8.ToArray());
        volume.Emulator.Faults.Replace(rules.Split(';')[0]);
        Assert.Equal(FsError.None, await volume.PutAsync("/a.txt", "ours, longer"));
        using CancellationTokenSource hang = new(Hang);
        while (volume.Emulator.Faults.Fired == 0)
        {
            hang.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        volume.Emulator.Faults.Replace(string.Join(';', rules.Split(';')[1..]));
    }

    private static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes ?? []);
}
