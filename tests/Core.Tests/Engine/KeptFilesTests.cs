using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>What could not be brought into the library comes out of the state folder as the user knew it.</summary>
public sealed class KeptFilesTests
{
    private const string Refusal = "upload=status:400:Your request contains invalid data.";

    private static readonly DateTimeOffset Then = new(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Fact]
    public async Task A_refused_file_comes_out_under_its_path_with_its_time_and_the_reason_while_the_mount_runs_and_after_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.MkdirAsync("/my photos.d");
        await volume.SyncAsync();
        volume.Emulator.Faults.Replace(Refusal);
        Assert.NotEqual(FsError.None, await PutThenAsync(volume, "/my photos.d/a b.txt", "precious"));
        await SettleAsync(volume);

        for (int isClosed = 0; isClosed < 2; isClosed++)
        {
            if (isClosed == 1)
                await volume.CloseAsync();
            KeptFiles kept = KeptFiles.Find(volume.Options.StateDirectory);
            KeptFile file = Assert.Single(kept.Files);
            TakenFile taken = kept.Take(file, OutOf(volume));

            Assert.Equal(isClosed == 0, kept.IsMounted);
            Assert.Equal("/my photos.d/a b.txt", file.Path);
            Assert.Equal(KeptReason.Refused, file.Reason);
            Assert.Contains("invalid data", file.Error, StringComparison.Ordinal);
            Assert.Null(taken.Problem);
            Assert.Equal(Path.Combine(OutOf(volume), "my photos.d", "a b.txt"), taken.Target); // The same again: no second copy.
            Assert.Equal("precious", await File.ReadAllTextAsync(taken.Target!));
            Assert.Equal(Then.UtcDateTime, File.GetLastWriteTimeUtc(taken.Target!));
            Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(taken.Target!)!));
        }
    }

    [Fact]
    public async Task Refused_files_are_dropped_when_no_mount_runs_and_only_then()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await volume.PutAsync("/old.txt", "old");
        volume.Emulator.Faults.Replace(Refusal);
        await volume.PutAsync("/old.txt", "refused");
        await volume.PutAsync("/new.txt", "refused too");
        await SettleAsync(volume);

        IReadOnlyList<KeptFile> stayMounted = await TakeAndRemoveAsync(volume);
        await volume.CloseAsync();
        IReadOnlyList<KeptFile> stay = await TakeAndRemoveAsync(volume);

        Assert.Equal(2, stayMounted.Count);
        Assert.Empty(stay);
        Assert.Empty(KeptFiles.Find(volume.Options.StateDirectory).Files);
        volume.Emulator.Faults.Clear();
        await volume.RemountAsync();
        Assert.Equal(["old.txt", "settled"], await volume.ListAsync("/"));
        Assert.Equal("old", Text(await volume.ReadAsync("/old.txt")));
        Assert.Equal(0, volume.Volume.GetStatus().NotDurableFiles);
        Assert.Empty(Directory.GetFiles(Path.Combine(volume.Options.StateDirectory, "spool")));
    }

    [Fact]
    public async Task A_name_that_is_taken_gets_a_number_and_what_waits_is_left_alone_or_copied_on_demand()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { Commit = CommitMode.Journal });
        volume.Emulator.Faults.Replace("upload=status:503");
        await volume.PutAsync("/a.tar.gz", "waiting");
        await volume.PutAsync("/.DS_Store", "litter");
        await volume.PutAsync("/empty", "");
        Directory.CreateDirectory(OutOf(volume));
        await File.WriteAllTextAsync(Path.Combine(OutOf(volume), "a.tar.gz"), "another");
        KeptFiles kept = KeptFiles.Find(volume.Options.StateDirectory);

        Assert.DoesNotContain(kept.Files, file => file.IsGivenUp);
        Dictionary<string, TakenFile> taken = kept.Files.ToDictionary(file => file.Path!, file => kept.Take(file, OutOf(volume)));
        await kept.RemoveAsync([.. taken.Values]);

        Assert.Equal(KeptReason.Waiting, taken["/a.tar.gz"].File.Reason);
        Assert.Equal(KeptReason.Local, taken["/.DS_Store"].File.Reason);
        Assert.Equal(Path.Combine(OutOf(volume), "a.tar_2.gz"), taken["/a.tar.gz"].Target);
        Assert.Equal("waiting", await File.ReadAllTextAsync(taken["/a.tar.gz"].Target!));
        Assert.Equal("another", await File.ReadAllTextAsync(Path.Combine(OutOf(volume), "a.tar.gz")));
        Assert.Empty(await File.ReadAllBytesAsync(taken["/empty"].Target!));
        Assert.Equal(3, KeptFiles.Find(volume.Options.StateDirectory).Files.Count); // Never dropped: they are not given up.
        volume.Emulator.Faults.Clear();
        volume.Volume.Retry();
        await volume.SyncAsync();
        Assert.Equal("waiting", Text(volume.Emulator.Store.Read("/a.tar.gz")!));
        Assert.Equal(new TakenFile(taken["/a.tar.gz"].File, null, null), kept.Take(taken["/a.tar.gz"].File, OutOf(volume))); // Sent meanwhile.
    }

    [Fact]
    public async Task A_file_that_was_never_closed_comes_out_before_and_after_the_next_mount()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        TestFile file = await volume.CreateAsync("/draft.txt", Encoding.UTF8.GetBytes("half a"));
        Assert.Equal(new PendingItem("/draft.txt", "upload", "writing", 6, null), Assert.Single(volume.Volume.GetStatus().Pending));
        Assert.Empty(KeptFiles.Find(volume.Options.StateDirectory).Files); // The running mount's own.
        await volume.CloseAsync();

        KeptFile before = Assert.Single(KeptFiles.Find(volume.Options.StateDirectory).Files);
        await volume.RemountAsync();
        KeptFiles kept = KeptFiles.Find(volume.Options.StateDirectory);
        KeptFile after = Assert.Single(kept.Files);
        TakenFile taken = kept.Take(before, OutOf(volume)); // Found before the mount moved it.

        Assert.Equal((KeptReason.Unfinished, "/draft.txt"), (before.Reason, before.Path));
        Assert.Equal((KeptReason.Unfinished, "/draft.txt"), (after.Reason, after.Path));
        Assert.Equal("half a", await File.ReadAllTextAsync(taken.Target!));
        Assert.Equal(before.Modified.UtcDateTime, File.GetLastWriteTimeUtc(taken.Target!));
        VolumeStatus status = volume.Volume.GetStatus();
        Assert.Equal((1, 1), (status.RecoverCount, status.Resumed.Unfinished));
        Assert.Empty(await kept.RemoveAsync([kept.Take(after, OutOf(volume))])); // Also while the mount runs: nothing of it is in use.
        Assert.Equal(0, volume.Volume.GetStatus().RecoverCount);
        Assert.Empty(KeptFiles.Find(volume.Options.StateDirectory).Files);
        Assert.NotEqual(default, file.Handle);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bytes_that_the_disk_changed_or_lost_are_kept_and_told_of_and_the_rest_goes_on(bool isLost)
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { Commit = CommitMode.Journal });
        volume.Emulator.Faults.Replace("upload=status:503");
        await volume.PutAsync("/good.txt", "good");
        await PutThenAsync(volume, "/bad.txt", "bad bytes");
        await volume.CloseAsync();
        string layer = Assert.Single(SpoolFiles(volume), path => File.ReadAllText(path) == "bad bytes");
        if (isLost)
            File.Delete(layer);
        else
            await File.WriteAllTextAsync(layer, "bad bytez");
        volume.Emulator.Faults.Clear();

        await volume.RemountAsync();
        await volume.SyncAsync();

        Assert.Equal(["good.txt"], await volume.ListAsync("/"));
        Assert.Equal("good", Text(volume.Emulator.Store.Read("/good.txt")!));
        Assert.Equal(1, volume.Volume.GetStatus().Resumed.Damaged);
        Assert.Single(volume.Log.Lines, line => line.Contains("/bad.txt", StringComparison.Ordinal) && line.StartsWith("Error", StringComparison.Ordinal));
        KeptFiles kept = KeptFiles.Find(volume.Options.StateDirectory);
        KeptFile file = Assert.Single(kept.Files);
        TakenFile taken = kept.Take(file, OutOf(volume));
        Assert.Equal((isLost ? KeptReason.Missing : KeptReason.Damaged, "/bad.txt"), (file.Reason, file.Path));
        Assert.NotNull(taken.Problem);
        Assert.Equal(isLost, taken.Target is null);
        if (taken.Target is { } target)
        {
            Assert.Equal("bad bytez", await File.ReadAllTextAsync(target));
            Assert.Equal(Then.UtcDateTime, File.GetLastWriteTimeUtc(target));
        }

        Assert.Empty(await kept.RemoveAsync([taken]));
        Assert.Empty(KeptFiles.Find(volume.Options.StateDirectory).Files);
    }

    [Fact]
    public async Task Files_that_a_corrupt_journal_named_come_out_with_what_names_are_left()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { Commit = CommitMode.Journal });
        volume.Emulator.Faults.Replace("upload=status:503");
        for (int i = 0; i < 60; i++)
            Assert.Equal(FsError.None, await volume.PutAsync($"/file-{i}.txt", $"content {i}"));
        await volume.CloseAsync();
        string journal = Path.Combine(volume.Options.StateDirectory, "journal.db");
        byte[] bytes = await File.ReadAllBytesAsync(journal);
        Array.Fill(bytes, (byte)0xA5, bytes.Length - 4096, 4096);
        await File.WriteAllBytesAsync(journal, bytes);

        await volume.RemountAsync();

        ResumeReport resumed = volume.Volume.GetStatus().Resumed;
        Assert.True(File.Exists(resumed.CorruptJournal));
        Assert.Contains(resumed.CorruptJournal!, resumed.Text, StringComparison.Ordinal);
        Assert.Equal(FsError.None, await volume.PutAsync("/works.txt", "works"));
        KeptFiles kept = KeptFiles.Find(volume.Options.StateDirectory);
        List<KeptFile> lost = [.. kept.Files.Where(file => file.IsGivenUp)];
        Assert.Equal(60, lost.Count);
        Assert.All(lost, file => Assert.Equal(KeptReason.JournalLost, file.Reason));
        Assert.Contains(lost, file => file.Path is not null);
        HashSet<string> contents = [];
        foreach (KeptFile file in lost)
        {
            string text = await File.ReadAllTextAsync(kept.Take(file, OutOf(volume)).Target!);
            Assert.True(file.Path is null || file.Path == $"/file-{text["content ".Length..]}.txt", $"{file.Path} holds {text}");
            contents.Add(text);
        }

        Assert.Equal(60, contents.Count);
    }

    [Fact]
    public async Task Paths_are_those_below_the_folder_that_was_mounted()
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            configure: options => options with { Folder = "/team" }, seed: server => server.Store.Put("/team/sub/x.txt", "x"u8));
        volume.Emulator.Faults.Replace(Refusal);
        await volume.PutAsync("/sub/a.txt", "refused");
        await SettleAsync(volume);

        Assert.Equal("/sub/a.txt", Assert.Single(KeptFiles.Find(volume.Options.StateDirectory, "/team").Files).Path);
    }

    private static string OutOf(TestVolume volume) => Path.Combine(volume.Directory, "out");

    private static string[] SpoolFiles(TestVolume volume) => Directory.GetFiles(Path.Combine(volume.Options.StateDirectory, "spool"), "*.layer");

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static async Task<IReadOnlyList<KeptFile>> TakeAndRemoveAsync(TestVolume volume)
    {
        KeptFiles kept = KeptFiles.Find(volume.Options.StateDirectory);
        List<TakenFile> taken = [.. kept.Files.Select(file => kept.Take(file, OutOf(volume)))];
        Assert.All(taken, copy => Assert.Null(copy.Problem));
        return await kept.RemoveAsync(taken);
    }

    /// <summary>As `cp -p` does it: the time is set before the file is closed.</summary>
    private static async Task<FsError> PutThenAsync(TestVolume volume, string path, string text)
    {
        TestFile file = await volume.CreateAsync(path, Encoding.UTF8.GetBytes(text));
        AttrChange change = new() { Modified = TimeChange.To(Timestamp.From(Then)) };
        FsResult<AttrReply> set = await volume.FileSystem.SetAttrAsync(file.Inode, file.Handle, change, CancellationToken.None);
        Assert.True(set.Ok);
        return await file.CloseAsync();
    }

    /// <summary>A refusal is journaled behind the answer to the program: what is stored after it shows that it is.</summary>
    private static async Task SettleAsync(TestVolume volume) => Assert.Equal(FsError.None, await volume.MkdirAsync("/settled"));
}
