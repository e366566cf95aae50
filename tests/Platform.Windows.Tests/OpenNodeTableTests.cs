using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Windows.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class OpenNodeTableTests
{
    private readonly FakeFileSystem _files = new();
    private readonly OpenNodeTable _table;

    public OpenNodeTableTests() => _table = new OpenNodeTable(_files);

    [Fact]
    public async Task Two_opens_of_one_file_share_a_node_and_the_last_close_forgets_it()
    {
        _files.Add("/a");
        OpenNode first = await OpenAsync("a");
        OpenNode second = await OpenAsync("a");

        Assert.Same(first, second);
        Assert.Equal(2, _files.Held);
        _table.Close(first);
        Assert.Equal((1, 1), (_files.Held, _table.Count));
        _table.Close(first);
        _table.Close(first); // once too often: nothing is given back twice
        Assert.Equal((0, 0), (_files.Held, _table.Count));
    }

    [Fact]
    public void The_root_is_opened_without_a_lookup_and_not_forgotten()
    {
        OpenNode root = _table.Open(_files.EntryOf("/"), PathWalker.RootPath);

        _table.Close(root);

        Assert.Equal(0, _files.Held);
    }

    [Fact]
    public void A_rename_moves_the_node_and_all_below_it_and_no_other()
    {
        OpenNode folder = Open("/Docs/", "\\Docs");
        OpenNode inner = Open("/Docs/a/b.txt", "\\Docs\\a\\b.txt");
        OpenNode neighbour = Open("/Docs2", "\\Docs2");

        _table.Moved("\\DOCS", "\\Archive\\Papers");

        Assert.Equal("\\Archive\\Papers", folder.Path);
        Assert.Equal("\\Archive\\Papers\\a\\b.txt", inner.Path);
        Assert.Equal("\\Docs2", neighbour.Path);
    }

    private OpenNode Open(string path, string shown)
    {
        _files.Add(path);
        return _table.Open(_files.EntryOf(path), shown);
    }

    private async Task<OpenNode> OpenAsync(string name)
    {
        FsResult<Entry> entry = await _files.LookupAsync(InodeId.Root, EntryName.Of(name), default);
        return _table.Open(entry.Value, PathWalker.Join(PathWalker.RootPath, name));
    }
}
