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
        await volume.LookupAsync("/d/gone");
        await volume.LookupAsync("/d/same");
        News news = new();
        volume.FileSystem.AttachKernel(news);

        volume.Emulator.Store.Put("/d/changed", "another version"u8);
        volume.Emulator.Store.Delete("/d/gone");
        volume.Emulator.Store.Put("/d/new", [1]);
        await volume.ListAsync("/d");

        Assert.Equal([(folder, "gone"), (folder, "new")], news.Entries.OrderBy(entry => entry.Name, StringComparer.Ordinal));
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

    private static void Seed(EmulatorServer emulator)
    {
        foreach (string name in (ReadOnlySpan<string>)["changed", "gone", "same"])
            emulator.Store.Put("/d/" + name, Encoding.UTF8.GetBytes(name));
    }

    private sealed class News : IKernelCache
    {
        public ConcurrentQueue<(InodeId Parent, string Name)> Entries { get; } = new();

        public ConcurrentQueue<(InodeId Inode, bool Data)> Inodes { get; } = new();

        public TaskCompletionSource<(InodeId, string)> FirstEntry { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void InvalidateEntry(InodeId parent, EntryName name)
        {
            Entries.Enqueue((parent, name.Value));
            FirstEntry.TrySetResult((parent, name.Value));
        }

        public void EntryDeleted(InodeId parent, InodeId child, EntryName name) => InvalidateEntry(parent, name);

        public void InvalidateInode(InodeId inode, bool data) => Inodes.Enqueue((inode, data));
    }
}
