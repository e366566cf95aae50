using System.Collections.Concurrent;
using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>What changed elsewhere reaches the kernel's caches, and so a file manager that is open, once the folder is listed anew.</summary>
public sealed class KernelNewsTests
{
    [Fact]
    public async Task A_name_that_came_one_that_went_and_another_version_are_told_and_what_stayed_is_not()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero }, seed: Seed);
        InodeId folder = await volume.FolderAsync("/d");
        InodeId changed = (await volume.LookupAsync("/d/changed")).Inode;
        InodeId gone = (await volume.LookupAsync("/d/gone")).Inode;
        await volume.LookupAsync("/d/same");
        News news = new();
        volume.FileSystem.AttachKernel(news);

        volume.Emulator.Store.Put("/d/changed", "another version"u8);
        volume.Emulator.Store.Delete("/d/gone");
        volume.Emulator.Store.Put("/d/new", [1]);
        await volume.ListAsync("/d");

        Assert.Equal([(folder, gone, "gone")], news.Deleted);
        Assert.Equal([(folder, "new")], news.Entries);
        Assert.Equal([(changed, true)], news.Inodes);
    }

    [Fact]
    public async Task A_file_that_is_open_keeps_its_version_and_its_name_is_told()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.Zero }, seed: Seed);
        InodeId folder = await volume.FolderAsync("/d");
        TestFile open = await volume.OpenAsync("/d/changed");
        News news = new();
        volume.FileSystem.AttachKernel(news);

        volume.Emulator.Store.Put("/d/changed", "another version"u8);
        await volume.ListAsync("/d");

        Assert.Equal([(folder, "changed")], news.Entries);
        Assert.Empty(news.Inodes);
        Assert.Equal("changed", Encoding.UTF8.GetString(await open.ReadAllAsync()));
        Assert.Equal("another version", Encoding.UTF8.GetString(await volume.ReadAsync("/d/changed")));
        await open.CloseAsync();
    }

    [Fact]
    public async Task What_an_earlier_mount_kept_shows_at_once_and_what_its_refresh_finds_is_told()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.FromMilliseconds(1) }, seed: Seed);
        await volume.ListAsync("/d");
        await volume.CloseAsync();
        volume.Emulator.Store.Put("/d/new", [1]);
        await volume.RemountAsync();
        InodeId folder = await volume.FolderAsync("/d");
        News news = new();
        volume.FileSystem.AttachKernel(news);
        // The refresh is held back until the kept listing was seen.
        volume.Emulator.Faults.Replace("list=stall:200");

        List<string> kept = await volume.ListAsync("/d");
        (InodeId, string) told = await news.FirstEntry.Task.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["changed", "gone", "same"], kept.Order(StringComparer.Ordinal));
        Assert.Equal((folder, "new"), told);
    }

    [Fact]
    public async Task What_others_do_in_a_folder_that_is_watched_is_announced_without_anyone_asking()
    {
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.FromMilliseconds(1) }, seed: Seed);
        InodeId folder = await volume.FolderAsync("/d");
        await volume.ListAsync("/d");
        ulong number = (await volume.FileSystem.GetAttrAsync(folder, CancellationToken.None)).Value.Attr.Ino;
        Assert.Equal(FsError.None, await volume.PutAsync("/d/ours", [1]));
        News news = new() { Expected = 4 };
        volume.FileSystem.AttachKernel(news);
        volume.Emulator.Store.Put("/d/changed", "another version"u8);
        volume.Emulator.Store.Delete("/d/gone");
        volume.Emulator.Store.Put("/d/new", [1]);
        volume.Emulator.Store.Put("/d/inner/file", [1]);

        TimeSpan again = volume.FileSystem.Watch(new HashSet<ulong> { number });
        await news.Announced.Task.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.InRange(again, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(
            [("changed", FileKind.File, NameEvent.Changed), ("gone", FileKind.File, NameEvent.Removed), ("inner", FileKind.Directory, NameEvent.Added), ("new", FileKind.File, NameEvent.Added)],
            news.Changes.Select(change => (change.Name.Value, change.Kind, change.Event)).OrderBy(change => change.Value, StringComparer.Ordinal));
        Assert.All(news.Changes, change => Assert.Equal((folder, "/d"), (change.Parent, change.Folder)));
    }

    [Fact]
    public async Task A_watched_folder_is_asked_for_before_its_listing_is_old_and_no_other_one_is()
    {
        ManualTimeProvider time = new();
        await using TestVolume volume = await TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.FromSeconds(60) }, seed: Seed, time: time);
        InodeId folder = await volume.FolderAsync("/d");
        await volume.ListAsync("/d");
        await volume.ListAsync("/");
        HashSet<ulong> watched = [(await volume.FileSystem.GetAttrAsync(folder, CancellationToken.None)).Value.Attr.Ino, ulong.MaxValue];
        News news = new();
        volume.FileSystem.AttachKernel(news);
        volume.Emulator.Store.Put("/d/new", [1]);
        volume.Emulator.ResetStats();

        TimeSpan pause = volume.FileSystem.Watch(watched);
        Assert.Equal(TimeSpan.FromSeconds(15), pause);
        time.Advance(TimeSpan.FromSeconds(44));
        volume.FileSystem.Watch(watched);
        Assert.Equal(0, volume.Emulator.Stats.Total);
        time.Advance(TimeSpan.FromSeconds(2));
        volume.FileSystem.Watch(watched);
        await news.Announced.Task.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal("new", Assert.Single(news.Changes).Name.Value);
        Assert.Equal(1, volume.Emulator.Stats.Total);
    }

    private static void Seed(EmulatorServer emulator)
    {
        foreach (string name in (ReadOnlySpan<string>)["changed", "gone", "same"])
            emulator.Store.Put("/d/" + name, Encoding.UTF8.GetBytes(name));
    }

    private sealed class News : IKernelCache
    {
        public ConcurrentQueue<(InodeId Parent, string Name)> Entries { get; } = new();

        public ConcurrentQueue<(InodeId Parent, InodeId Child, string Name)> Deleted { get; } = new();

        public ConcurrentQueue<(InodeId Inode, bool Data)> Inodes { get; } = new();

        public TaskCompletionSource<(InodeId, string)> FirstEntry { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<NameChange> Changes { get; } = new();

        public int Expected { get; init; } = 1;

        /// <summary>So many changes were announced as are expected.</summary>
        public TaskCompletionSource Announced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Announce(in NameChange change)
        {
            Changes.Enqueue(change);
            if (Changes.Count == Expected)
                Announced.TrySetResult();
        }

        public void InvalidateEntry(InodeId parent, EntryName name)
        {
            Entries.Enqueue((parent, name.Value));
            FirstEntry.TrySetResult((parent, name.Value));
        }

        public void EntryDeleted(InodeId parent, InodeId child, EntryName name) => Deleted.Enqueue((parent, child, name.Value));

        public void InvalidateInode(InodeId inode, bool data) => Inodes.Enqueue((inode, data));
    }
}
