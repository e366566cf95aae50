using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Windows.Tests.Support;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class DirectoryPagerTests
{
    private readonly FakeFileSystem _files = new();
    private readonly NameIndex _names;

    public DirectoryPagerTests() => _names = new NameIndex(_files, new ManualTimeProvider());

    [Fact]
    public async Task A_folder_begins_with_its_dots_and_the_root_has_none()
    {
        _files.Add("/f/b");
        _files.Add("/f/!before the dot");

        Assert.Equal([".", "..", "!before the dot", "b"], PagesOf(await OpenAsync("/f"), pageSize: 10));
        Assert.Equal(["f"], PagesOf(await OpenAsync("/"), pageSize: 10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Pages_of_any_size_give_every_name_once_in_order(int pageSize)
    {
        string[] names = ["b", "A", "a", "_", "~", "!", "Z", "ä", "CON", "a b", "#"];
        foreach (string name in names)
            _files.Add("/f/" + name);

        List<string> all = PagesOf(await OpenAsync("/f"), pageSize);

        Assert.Equal([".", "..", "!", "#", "A", "a (case 1)", "a b", "b", "CO\uF04E", "Z", "_", "~", "ä"], all);
        Assert.Equal(0, _files.Held);
        Assert.Equal(0, _files.OpenFolders);
    }

    [Theory]
    [InlineData("b", "c")]
    [InlineData("bb", "c")]
    [InlineData("B", "b")] // an upper-case letter comes before its lower-case form
    [InlineData("", "a")]
    [InlineData("..", "a")]
    [InlineData(".", "..")]
    [InlineData("z", null)]
    public async Task A_page_goes_on_after_its_marker_also_when_that_is_gone(string marker, string? expected)
    {
        foreach (string name in new[] { "a", "b", "c" })
            _files.Add("/f/" + name);
        DirectoryPager pager = await OpenAsync("/f");

        bool isThere = pager.TryGet(pager.IndexAfter(marker), out DirectoryRow row);

        Assert.Equal(expected, isThere ? row.Name : null);
    }

    [Fact]
    public async Task A_snapshot_does_not_change_with_the_folder()
    {
        _files.Add("/f/a");
        _files.Add("/f/c");
        DirectoryPager pager = await OpenAsync("/f");

        _files.Remove("/f", "c");
        _files.Add("/f/b");

        Assert.Equal([".", "..", "a", "c"], PagesOf(pager, pageSize: 1));
    }

    [Fact]
    public async Task A_large_folder_is_read_in_several_calls_and_no_reference_is_left()
    {
        for (int i = 0; i < 5000; i++)
            _files.Add($"/f/{i}");

        Assert.Equal(5002, (await OpenAsync("/f")).Count);
        Assert.Equal(0, _files.Held);
    }

    [Fact]
    public async Task A_listing_shows_names_as_lookups_find_them()
    {
        ulong lower = _files.Add("/f/readme");
        PathWalker walker = new(_files, _names);
        await walker.WalkAsync("\\f\\readme", default);
        _files.Add("/f/README");

        List<string> shown = PagesOf(await OpenAsync("/f"), pageSize: 10);

        Assert.Equal([".", "..", "readme", "README (case 1)"], shown);
        Assert.Equal(lower, (await walker.WalkAsync("\\F\\README", default)).Value.Entry.Inode.Value);
    }

    [Fact]
    public async Task A_pattern_selects_and_everything_else_is_left_out()
    {
        foreach (string name in new[] { "a.JPG", "b.jpg", "c.png" })
            _files.Add("/f/" + name);

        Assert.Equal(["a.JPG", "b.jpg"], PagesOf(await OpenAsync("/f", "*.jpg"), pageSize: 1));
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("a*c", "abc.abc", true)]
    [InlineData("a*c", "abcd", false)]
    [InlineData("*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("?.txt", "a.TXT", true)]
    [InlineData("?.txt", ".txt", false)]
    [InlineData("a?", "a", false)]
    [InlineData("<.jpg", "x.y.jpg", true)] // dir *.jpg, as Win32 may pass it
    [InlineData("<.jpg", "x.jpg.y", false)]
    [InlineData("<", "noext", true)]
    [InlineData("<.", "x.y", false)]
    [InlineData("a>>>", "ab", true)] // a???
    [InlineData("a>>>", "abcde", false)]
    [InlineData("a>>.txt", "ab.txt", true)]
    [InlineData("a\"", "a", true)] // a.
    [InlineData("a\"", "a.", true)]
    [InlineData("a\"b", "ab", false)]
    [InlineData("<\"*", "noext", true)] // *.*
    [InlineData("<\"*", "x.y", true)]
    public void Patterns_match_as_the_kernel_matches_them(string pattern, string name, bool matches) =>
        Assert.Equal(matches, NamePattern.Matches(pattern, name));

    [Fact]
    public async Task On_the_real_engine_a_listing_has_the_attributes_of_its_files()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        await (await volume.CreateAsync("/b.jpg", new byte[10])).CloseAsync();
        await (await volume.CreateAsync("/A.jpg", new byte[20])).CloseAsync();
        FsResult<AttrReply> root = await volume.FileSystem.GetAttrAsync(InodeId.Root, default);
        Entry folder = new(InodeId.Root, root.Value.Attr, default, default);

        FsResult<DirectoryPager> pager = await DirectoryPager.OpenAsync(
            volume.FileSystem, new NameIndex(volume.FileSystem, TimeProvider.System), folder, parent: null, pattern: null, default);

        Assert.Equal(["A.jpg", "b.jpg"], PagesOf(pager.Value, pageSize: 1));
        Assert.True(pager.Value.TryGet(0, out DirectoryRow row));
        Assert.Equal(20UL, FileInfoMap.From(row.Attr).FileSize);
    }

    private async Task<DirectoryPager> OpenAsync(string path, string? pattern = null)
    {
        Attr? parent = path == "/" ? null : _files.EntryOf("/").Attr;
        return (await DirectoryPager.OpenAsync(_files, _names, _files.EntryOf(path), parent, pattern, default)).Value;
    }

    /// <summary>Reads as the driver does: each page after the last name of the one before.</summary>
    private static List<string> PagesOf(DirectoryPager pager, int pageSize)
    {
        List<string> all = [];
        string? marker = null;
        while (true)
        {
            int start = pager.IndexAfter(marker);
            int taken = 0;
            while (taken < pageSize && pager.TryGet(start + taken, out DirectoryRow row))
            {
                all.Add(row.Name);
                marker = row.Name;
                taken++;
            }

            if (taken == 0)
                return all;
        }
    }
}
