using System.Diagnostics;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Kernel;

/// <summary>Signals to callers, and invalidations to the kernel.</summary>
[Collection("kernel")]
public sealed class InterruptAndNotifyTests
{
    private const int Kill9 = 9;
    private const int Terminate = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [SkippableTheory]
    [InlineData(Terminate)]
    [InlineData(Kill9)]
    public async Task A_process_blocked_in_a_slow_read_can_be_killed(int signal)
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        MemoryFileSystem files = new()
        {
            Pages = PagePolicy.Direct,
            BeforeRead = async ct =>
            {
                entered.TrySetResult();
                await Task.Delay(Timeout.Infinite, ct);
            },
        };
        files.Put("slow", new byte[100]);
        await using TestMount mount = await TestMount.StartAsync(files);
        using Process cat = Shell.Start("cat", [mount.At("slow")]);
        await entered.Task.WaitAsync(Patience);

        Assert.Equal(0, TestLibc.Kill(cat.Id, signal));

        await cat.WaitForExitAsync().WaitAsync(Patience);
        Assert.NotEqual(0, cat.ExitCode);
        Assert.True(SpinWait.SpinUntil(() => files.OpenHandles == 0, Patience));
    }

    [SkippableFact]
    public async Task An_open_that_is_interrupted_leaves_no_handle_behind()
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        MemoryFileSystem files = new()
        {
            BeforeOpen = async ct =>
            {
                entered.TrySetResult();
                await Task.Delay(Timeout.Infinite, ct);
            },
        };
        files.Put("slow", new byte[100]);
        await using TestMount mount = await TestMount.StartAsync(files);
        using Process cat = Shell.Start("cat", [mount.At("slow")]);
        await entered.Task.WaitAsync(Patience);

        Assert.Equal(0, TestLibc.Kill(cat.Id, Kill9));

        await cat.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(0, files.OpenHandles);
    }

    [SkippableFact]
    public async Task A_changed_inode_is_seen_once_it_is_invalidated()
    {
        MemoryFileSystem files = new() { Pages = PagePolicy.Keep };
        ulong inode = files.Put("f", "old"u8.ToArray());
        await using TestMount mount = await TestMount.StartAsync(files);
        Assert.Equal("old", await mount.RunAsync("cat f"));

        files.Put("f", "longer"u8.ToArray());
        Assert.Equal("3", await mount.RunAsync("stat -c %s f")); // trusted for a minute
        files.Kernel!.InvalidateInode(new InodeId(inode), data: true);

        await EventuallyAsync(async () => await mount.RunAsync("stat -c %s f; cat f") == "6\nlonger");
    }

    [SkippableFact]
    public async Task A_name_that_went_or_came_is_seen_once_it_is_invalidated()
    {
        MemoryFileSystem files = new() { NegativeTtl = TimeSpan.FromSeconds(60) };
        files.Put("goes", [1]);
        await using TestMount mount = await TestMount.StartAsync(files);
        Assert.Equal("there", await mount.RunAsync("test -e goes && ! test -e comes && echo there"));

        files.RemoveBehindTheKernel("goes");
        files.Put("comes", [2]);
        Assert.Equal("still", await mount.RunAsync("test -e goes && ! test -e comes && echo still"));
        files.Kernel!.InvalidateEntry(InodeId.Root, EntryName.Of("goes"));
        files.Kernel.InvalidateEntry(InodeId.Root, EntryName.Of("comes"));

        await EventuallyAsync(async () => (await mount.TryAsync("! test -e goes && test -e comes")).ExitCode == 0);
    }

    [SkippableFact]
    public async Task A_deleted_entry_is_gone()
    {
        MemoryFileSystem files = new();
        ulong inode = files.Put("f", [1]);
        await using TestMount mount = await TestMount.StartAsync(files);
        await mount.RunAsync("stat f");

        files.RemoveBehindTheKernel("f");
        files.Kernel!.EntryDeleted(InodeId.Root, new InodeId(inode), EntryName.Of("f"));

        await EventuallyAsync(async () => (await mount.TryAsync("stat f")).ExitCode != 0);
    }

    [SkippableFact]
    public async Task Invalidations_while_the_same_folder_is_busy_do_not_deadlock()
    {
        MemoryFileSystem files = new() { EntryTtl = TimeSpan.Zero, BeforeLookup = static async _ => await Task.Yield() };
        List<ulong> inodes = [.. Enumerable.Range(0, 50).Select(i => files.Put($"f{i}", new byte[5000]))];
        await using TestMount mount = await TestMount.StartAsync(files);

        Task<string> walker = mount.RunAsync("for i in 1 2 3 4 5; do cat f* > /dev/null; touch f1 f2; mv f3 g3; mv g3 f3; done; echo done");
        for (int round = 0; round < 40; round++)
        {
            for (int i = 0; i < inodes.Count; i++)
            {
                files.Kernel!.InvalidateInode(new InodeId(inodes[i]), data: true);
                files.Kernel.InvalidateEntry(InodeId.Root, EntryName.Of($"f{i}"));
            }
        }

        Assert.Equal("done", await walker);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_folder_stays_usable_where_what_is_announced_in_it_cannot_be_looked_up(bool hangs)
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        MemoryFileSystem files = new();
        await using TestMount mount = await TestMount.StartAsync(files);
        files.BeforeLookup = async ct =>
        {
            entered.TrySetResult();
            await Task.Delay(hangs ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, ct);
            throw new InvalidDataException("no answer");
        };

        files.Kernel!.Announce(new NameChange(InodeId.Root, "/", EntryName.Of("comes"), FileKind.File, NameEvent.Added));
        await entered.Task.WaitAsync(Patience);
        files.BeforeLookup = null;

        Task<string> made = mount.RunAsync("touch made && mkdir folder && ls");
        Assert.Equal("folder\nmade", await made.WaitAsync(Patience));
    }

    // The notifier has a thread of its own: what was queued arrives soon, not at once.
    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, "it did not happen");
    }
}
