using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Windows.Tests.Support;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class PathWalkerTests
{
    private readonly FakeFileSystem _files = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly NameIndex _names;
    private readonly PathWalker _walker;

    public PathWalkerTests()
    {
        _names = new NameIndex(_files, _clock);
        _walker = new PathWalker(_files, _names);
    }

    [Theory]
    [InlineData("\\", "\\")]
    [InlineData("\\HOLIDAY", "\\Holiday")]
    [InlineData("\\holiday\\größe.JPG", "\\Holiday\\Größe.jpg")]
    [InlineData("\\Holiday\\Größe.jpg", "\\Holiday\\Größe.jpg")]
    public async Task A_path_in_any_case_leads_to_the_inode_and_comes_back_in_stored_case(string path, string stored)
    {
        _files.Add("/Holiday/Größe.jpg");

        WalkResult<WalkedNode> found = await _walker.WalkAsync(path, default);

        Assert.Equal(NtStatus.STATUS_SUCCESS, found.Status);
        Assert.Equal(stored, found.Value.Path);
        Assert.Equal(_files.EntryOf(stored.Replace('\\', '/')).Inode, found.Value.Entry.Inode);
    }

    [Fact]
    public async Task Only_the_lookup_of_what_was_found_is_held()
    {
        _files.Add("/a/b/c/d.txt");

        WalkResult<WalkedNode> found = await _walker.WalkAsync("\\a\\b\\c\\d.txt", default);
        Assert.Equal(1, _files.Held);
        _walker.Forget(found.Value.Entry.Inode);

        await _walker.WalkAsync("\\a\\b\\x\\d.txt", default);
        await _walker.WalkAsync("\\a\\b\\c\\x", default);
        await _walker.WalkAsync("\\a\\b\\c\\d.txt\\x", default);
        await _walker.WalkToParentAsync("\\a\\b\\c\\d.txt\\x", default);
        await _walker.WalkAsync("\\", default);
        Assert.Equal(0, _files.Held);
        Assert.Equal(0, _files.OpenFolders);
    }

    [Theory]
    [InlineData("\\a\\missing", NtStatus.STATUS_OBJECT_NAME_NOT_FOUND)]
    [InlineData("\\missing\\x", NtStatus.STATUS_OBJECT_PATH_NOT_FOUND)]
    [InlineData("\\a\\file\\x", NtStatus.STATUS_OBJECT_PATH_NOT_FOUND)]
    [InlineData("\\a\\x:y", NtStatus.STATUS_OBJECT_NAME_INVALID)]
    [InlineData("\\a\\con", NtStatus.STATUS_OBJECT_NAME_INVALID)]
    [InlineData("\\a\\\\b", NtStatus.STATUS_OBJECT_NAME_INVALID)]
    [InlineData("a", NtStatus.STATUS_OBJECT_NAME_INVALID)]
    [InlineData("", NtStatus.STATUS_OBJECT_NAME_INVALID)]
    public async Task What_is_missing_and_what_is_no_name_get_the_status_that_windows_expects(string path, int status)
    {
        _files.Add("/a/file");

        Assert.Equal(status, (await _walker.WalkAsync(path, default)).Status);
    }

    [Fact]
    public async Task The_parent_of_a_new_name_is_found_and_a_missing_one_is_a_missing_path()
    {
        _files.Add("/Folder/");

        WalkResult<WalkedParent> found = await _walker.WalkToParentAsync("\\FOLDER\\a\uF03Ab", default);

        Assert.Equal("\\Folder", found.Value.Folder.Path);
        Assert.Equal("a:b", found.Value.Local.Value);
        Assert.Equal(1, _files.Held);
        Assert.Equal(NtStatus.STATUS_OBJECT_PATH_NOT_FOUND, (await _walker.WalkToParentAsync("\\x\\a", default)).Status);
        Assert.Equal(NtStatus.STATUS_OBJECT_NAME_INVALID, (await _walker.WalkToParentAsync("\\Folder\\nul.txt", default)).Status);
        Assert.Equal(NtStatus.STATUS_ACCESS_DENIED, (await _walker.WalkToParentAsync("\\", default)).Status);
    }

    [Fact]
    public async Task A_failing_service_is_no_missing_path()
    {
        _files.Add("/a/b");
        _files.LookupError = FsError.Remote;

        WalkResult<WalkedNode> found = await _walker.WalkAsync("\\a\\b", default);

        Assert.Equal(NtStatus.STATUS_UNEXPECTED_NETWORK_ERROR, found.Status);
    }

    [Fact]
    public async Task Names_that_windows_refuses_are_reached_by_their_shown_form()
    {
        ulong inode = _files.Add("/CON/12:30?");

        WalkResult<WalkedNode> found = await _walker.WalkAsync("\\CO\uF04E\\12\uF03A30\uF03F", default);

        Assert.Equal(inode, found.Value.Entry.Inode.Value);
        Assert.Equal("12:30?", found.Value.Local.Value);
    }

    [Fact]
    public async Task Of_two_names_that_differ_in_case_each_has_one_path()
    {
        ulong upper = _files.Add("/README.txt");
        ulong lower = _files.Add("/readme.txt");

        // The exact spelling of the second one means the first: Windows would not tell them apart.
        Assert.Equal(upper, (await _walker.WalkAsync("\\readme.txt", default)).Value.Entry.Inode.Value);
        Assert.Equal(lower, (await _walker.WalkAsync("\\readme (CASE 1).txt", default)).Value.Entry.Inode.Value);
    }

    [Fact]
    public async Task A_name_with_a_suffix_is_not_reached_by_its_plain_form_when_that_becomes_free()
    {
        _files.Add("/A");
        _files.Add("/a");
        await _walker.WalkAsync("\\x", default);
        _files.Remove("/", "A");

        Assert.Equal(FsError.NotFound, (await _walker.WalkAsync("\\a", default)).Error);
        Assert.Equal(FsError.NotFound, (await _walker.WalkAsync("\\A", default)).Error);
        Assert.Equal(0, _files.Held);
        Assert.Equal("\\a (case 1)", (await _walker.WalkAsync("\\A (CASE 1)", default)).Value.Path);
    }

    [Fact]
    public async Task A_folder_is_read_once_for_many_lookups()
    {
        for (int i = 0; i < 100; i++)
            _files.Add($"/f/{i}.jpg");

        for (int i = 0; i < 100; i++)
            Assert.Equal(FsError.None, (await _walker.WalkAsync($"\\F\\{i}.JPG", default)).Error);

        Assert.Equal(2, _files.FoldersRead); // the root and the folder
    }

    [Fact]
    public async Task A_name_made_elsewhere_is_found_at_once_as_it_is_written_and_soon_in_any_case()
    {
        _files.Add("/old");
        await _walker.WalkAsync("\\old", default);
        _files.Add("/New");

        Assert.Equal(FsError.NotFound, (await _walker.WalkAsync("\\NEW", default)).Error);
        _clock.Advance(NameIndex.MaxAge);
        Assert.Equal("\\New", (await _walker.WalkAsync("\\NEW", default)).Value.Path);

        _files.Add("/Newer");
        Assert.Equal("\\Newer", (await _walker.WalkAsync("\\Newer", default)).Value.Path);
        Assert.Equal("\\Newer", (await _walker.WalkAsync("\\NEWER", default)).Value.Path);
    }

    [Fact]
    public async Task An_invalidation_makes_a_new_name_known_in_any_case()
    {
        _files.Add("/old");
        await _walker.WalkAsync("\\old", default);
        _files.Add("/New");

        _names.Expire(InodeId.Root);

        Assert.Equal("\\New", (await _walker.WalkAsync("\\NEW", default)).Value.Path);
    }

    [Fact]
    public async Task A_name_removed_elsewhere_makes_way_for_another_spelling()
    {
        _files.Add("/Photo");
        await _walker.WalkAsync("\\photo", default);
        _files.Remove("/", "Photo");
        ulong inode = _files.Add("/photo");

        WalkResult<WalkedNode> found = await _walker.WalkAsync("\\PHOTO", default);

        Assert.Equal(inode, found.Value.Entry.Inode.Value);
        Assert.Equal("\\photo", found.Value.Path);
    }

    [Fact]
    public async Task A_name_made_through_the_mount_while_the_folder_was_read_is_not_lost()
    {
        _files.Add("/old");
        _files.AfterOpenDir = () =>
        {
            _files.Add("/Made");
            _names.Added(_files.EntryOf("/").Attr.Ino, "Made");
        };

        WalkResult<WalkedNode> found = await _walker.WalkAsync("\\MADE", default);

        Assert.Equal("\\Made", found.Value.Path);
    }

    [Fact]
    public async Task Choices_at_clashes_outlive_the_memory_of_a_folder()
    {
        _files.Add("/f/a");
        await _walker.WalkAsync("\\f\\a", default);
        ulong upper = _files.Add("/f/A");
        _clock.Advance(NameIndex.MaxAge);
        await _walker.WalkAsync("\\f\\unknown", default);
        for (int i = 0; i < 2 * NameIndex.MaxFolders; i++)
        {
            _files.Add($"/other{i}/x");
            _names.Expire(InodeId.Root);
            await _walker.WalkAsync($"\\other{i}\\x", default);
        }

        Assert.Equal(upper, (await _walker.WalkAsync("\\f\\a (case 1)", default)).Value.Entry.Inode.Value);
    }

    [Fact]
    public async Task On_the_real_engine_a_library_is_walked_in_any_case()
    {
        await using TestVolume volume = await TestVolume.StartAsync();
        TestFile file = await volume.CreateAsync("/Beach 12:30.jpg", [1, 2, 3]);
        await file.CloseAsync();
        NameIndex names = new(volume.FileSystem, TimeProvider.System);
        PathWalker walker = new(volume.FileSystem, names);

        WalkResult<WalkedNode> found = await walker.WalkAsync("\\BEACH 12\uF03A30.JPG", default);
        WalkResult<WalkedNode> hidden = await walker.WalkAsync("\\.imagekit\\status.json", default);

        Assert.Equal("\\Beach 12\uF03A30.jpg", found.Value.Path);
        Assert.Equal(3, found.Value.Entry.Attr.Size);
        Assert.Equal(FsError.None, hidden.Error); // in no listing, but there when named
    }
}
