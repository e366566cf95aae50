using ImageKitFs.Crash.Tests.Support;
using ImageKitFs.Emulator;

namespace ImageKitFs.Crash.Tests;

/// <summary>
/// The process ends itself at each named step (Core/Engine/Step.cs), so that every state that a crash can leave behind is met for certain. Then nothing
/// acknowledged is missing, and nothing is sent twice whose reply had been journaled.
/// </summary>
public sealed class StepKillTests
{
    private const string Before = "before ";
    private const int SIGKILL = 9;

    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private static readonly string[] CommitSteps =
        ["spool-synced", "sealed-journaled", "upload-begun", "sent-journaled", "reply-received", "reply-journaled", "adopted", "published"];

    /// <summary>A reply that was lost may cost one repeat; one that was journaled none.</summary>
    private static readonly string[] StepsOfALostReply = ["sent-journaled", "reply-received"];

    public static TheoryData<string, string, string> Commits()
    {
        TheoryData<string, string, string> cases = [];
        foreach (string step in CommitSteps)
        {
            foreach (string path in (ReadOnlySpan<string>)["new", "a"])
            {
                cases.Add(step, path, "close");
                cases.Add(step, path, "journal");
            }
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Commits))]
    public async Task An_upload_is_resumed_and_not_repeated_without_need(string step, string path, string commit)
    {
        World after = Start.Put(path, Content("written"));

        long uploads = await RunAsync(step, commit, after, (rig, at) => Posix.Write(at(path), Posix.O_CREAT | Posix.O_TRUNC | Posix.O_WRONLY, Content("written")));

        Assert.InRange(uploads, step == "spool-synced" ? 0 : 1, StepsOfALostReply.Contains(step) ? 2 : 1);
    }

    [SkippableTheory]
    [InlineData("rename-parked")]
    [InlineData("park-journaled")]
    [InlineData("rename-moved")]
    [InlineData("rename-cleaned")]
    [InlineData("rename-finished")]
    public async Task A_rename_over_a_file_is_resumed(string step) =>
        Assert.Equal(0, await RunAsync(step, "close", Start.Move("a", "b"), (_, at) => Posix.Rename(at("a"), at("b"))));

    [SkippableTheory]
    [InlineData("rename-parked")]
    [InlineData("park-journaled")]
    [InlineData("rename-moved")]
    [InlineData("rename-cleaned")]
    [InlineData("rename-finished")]
    public async Task A_move_over_a_file_of_another_folder_and_name_is_resumed(string step) =>
        Assert.Equal(0, await RunAsync(step, "close", Start.Move("a", "d/x"), (_, at) => Posix.Rename(at("a"), at("d/x"))));

    [SkippableTheory]
    [InlineData("delete-sending")]
    [InlineData("delete-replied")]
    [InlineData("delete-journaled")]
    public async Task What_was_deleted_does_not_return(string step) =>
        Assert.Equal(0, await RunAsync(step, "close", Start.Remove("a").Remove("b"), (_, at) =>
        {
            Posix.Unlink(at("a"));
            Posix.Unlink(at("b"));
        }));

    [SkippableTheory]
    [InlineData("sent-journaled")]
    [InlineData("reply-received")]
    [InlineData("reply-journaled")]
    public async Task A_file_made_anew_after_its_delete_is_the_one_that_stays(string step)
    {
        World after = Start.Put("a", Content("anew"));

        long uploads = await RunAsync(step, "journal", after, (_, at) =>
        {
            Posix.Unlink(at("a"));
            Posix.Write(at("a"), Posix.O_CREAT | Posix.O_EXCL | Posix.O_WRONLY, Content("anew"));
        });

        Assert.InRange(uploads, 1, 2);
    }

    [SkippableTheory]
    [InlineData("job-journaled")]
    [InlineData("job-started")]
    [InlineData("job-id-journaled")]
    [InlineData("job-ended")]
    [InlineData("job-published")]
    public async Task A_folder_that_is_renamed_is_whole_under_one_name(string step) =>
        Assert.Equal(0, await RunAsync(step, "close", Start.Move("d", "z"), (_, at) => Posix.Rename(at("d"), at("z"))));

    [SkippableTheory]
    [InlineData("job-journaled")]
    [InlineData("job-started")]
    [InlineData("job-id-journaled")]
    [InlineData("job-ended")]
    [InlineData("job-journaled:2")]
    [InlineData("job-started:2")]
    [InlineData("job-id-journaled:2")]
    [InlineData("job-ended:2")]
    [InlineData("job-published")]
    public async Task A_folder_that_gets_another_parent_and_another_name_is_whole_under_one_of_them(string step) =>
        Assert.Equal(0, await RunAsync(step, "close", Start.Move("d", "e/z"), (_, at) => Posix.Rename(at("d"), at("e/z"))));

    [SkippableTheory]
    [InlineData("mkdir-replied")]
    [InlineData("mkdir-journaled")]
    public async Task A_folder_that_was_made_is_there(string step) =>
        Assert.Equal(0, await RunAsync(step, "close", Start.Mkdir("new"), (_, at) => Posix.Mkdir(at("new"))));

    [SkippableTheory]
    [InlineData("folder-deleted")]
    [InlineData("folder-delete-journaled")]
    public async Task A_folder_is_removed_or_can_be(string step)
    {
        World after = Start.Remove("e");

        Assert.Equal(0, await RunAsync(step, "close", after, (_, at) => Posix.Rmdir(at("e")), finish: at =>
        {
            if (Directory.Exists(at("e")))
                Posix.Rmdir(at("e"));
            return after;
        }));
    }

    [SkippableTheory]
    [InlineData("new", "beside-journaled")]
    [InlineData("new", "beside-replied")]
    [InlineData("a", "beside-journaled")]
    [InlineData("a", "beside-replied")]
    public async Task A_conflict_makes_one_copy(string path, string step)
    {
        Rig.RequireKernel();
        await using Rig rig = await Rig.StartAsync(new EmulatorOptions());
        if (path == "a")
            rig.Put(path);
        await rig.MountAsync("journal", step);
        string[] before = [.. Directory.EnumerateFileSystemEntries(rig.MountPoint)];
        rig.Emulator.Store.Put("/" + path, Content("theirs"));

        await Task.Run(() => TryChange(() => Posix.Write(Path.Combine(rig.MountPoint, path), Posix.O_CREAT | Posix.O_WRONLY | Posix.O_TRUNC, Content("ours, and longer"))));
        Assert.Equal(128 + SIGKILL, await rig.EndedAsync(Task.CompletedTask));
        await rig.MountAsync("journal");
        await rig.Resumed.WaitAsync(Hang);
        await rig.SyncAsync();

        Assert.Equal(path == "a" ? 1 : 0, before.Length);
        Assert.Equal(Content("theirs"), rig.Emulator.Store.Read("/" + path));
        LibraryEntry copy = Assert.Single(rig.Emulator.Store.List(), entry => entry.Path != "/" + path);
        Assert.Contains("_conflict-", copy.Path, StringComparison.Ordinal);
        Assert.Equal(Content("ours, and longer"), rig.Emulator.Store.Read(copy.Path));
        Assert.Single(rig.Emulator.Store.VersionsOf(copy.Path));
        Assert.Equal(Content("ours, and longer"), await File.ReadAllBytesAsync(Path.Combine(rig.MountPoint, copy.Path[1..])));
        await rig.UnmountAsync();
    }

    private static World Start { get; } = World.Empty.Mkdir("d").Mkdir("e").Put("a", Content("a")).Put("b", Content("b")).Put("d/x", Content("x")).Put("d/y", Content("y"));

    private static byte[] Content(string text) => System.Text.Encoding.UTF8.GetBytes(Before + text);

    /// <summary>Runs a change that the step ends; gives back how many uploads it cost in all.</summary>
    private static async Task<long> RunAsync(string step, string commit, World after, Action<Rig, Func<string, string>> change, Func<Func<string, string>, World>? finish = null)
    {
        Rig.RequireKernel();
        await using Rig rig = await Rig.StartAsync(new EmulatorOptions { JobDuration = TimeSpan.FromMilliseconds(50) });
        foreach ((string path, Node node) in Start.Nodes)
        {
            if (node.Content is { } content)
                rig.Emulator.Store.Put("/" + path, content);
            else
                rig.Emulator.Store.CreateFolder("/" + path);
        }

        string At(string path) => Path.Combine(rig.MountPoint, path);
        await rig.MountAsync(commit, step);
        bool isAcknowledged = await Task.Run(() => TryChange(() => change(rig, At)));
        // In the background, within a second or so.
        int status = await rig.EndedAsync(Task.CompletedTask);
        Assert.True(status == 128 + SIGKILL, $"the step was not passed: exit status {status}\n{rig.Tail()}");

        List<string> owed = Verdict.NotStored(isAcknowledged ? after : Start, isAcknowledged ? null : new InFlight(after, IsAtomic: true), rig.Emulator);
        await rig.MountAsync(commit);
        if (owed.Count > 0)
            await rig.Resumed.WaitAsync(Hang);
        World seen = Verdict.Read(rig.MountPoint);
        World now = Verdict.Resolve(isAcknowledged ? after : Start, isAcknowledged ? null : new InFlight(after, IsAtomic: true), seen);
        if (finish is not null)
            now = finish(At);
        await rig.SyncAsync();
        Verdict.CheckLibrary(now.AfterKill(), rig.Emulator);
        await rig.UnmountAsync();
        return rig.Emulator.Stats.Count(EndpointKind.Upload);
    }

    private static bool TryChange(Action change)
    {
        try
        {
            change();
            return true;
        }
        catch (PosixException)
        {
            return false; // The mount died under it.
        }
    }
}
