using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tests.Tree;
using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>In which order a program is seen to go through a folder. Eight files, listed by name; their numbers give a b h g f e d c.</summary>
public sealed class SiblingRunTests
{
    private const int MaxWindow = 24;
    private const string ByNumber = "abhgfedc";

    private readonly Listing _listing = TreeFixture.Build("abcdefgh".Select((name, index) => TreeFixture.File(index + 1, $"{name}.jpg")));
    private readonly SiblingRun _run;

    public SiblingRunTests() => _run = new SiblingRun(new FolderInode(InodeId.Root, 1, "/"), _listing);

    private SiblingOrders Orders => SiblingOrders.Of(_listing, row => (ulong)ByNumber.IndexOf(_listing[row].Name[0], StringComparison.Ordinal) + 1);

    [Fact]
    public void Where_two_files_follow_each_other_in_more_orders_than_one_the_third_tells()
    {
        _run.Sorted(Orders, MaxWindow);

        Assert.All(ByNumber[..3], name => Assert.True(Open(name)));

        Assert.Equal("gfedc", Following());
    }

    [Fact]
    public void One_file_out_of_order_does_not_change_an_order_that_fitted_longer()
    {
        _run.Sorted(Orders, MaxWindow);

        Assert.All("abcde", name => Assert.True(Open(name)));
        Assert.True(Open('d')); // e, d: as by number

        Assert.Equal("fgh", Following());
    }

    [Fact]
    public void What_was_opened_before_the_files_were_sorted_counts_as_if_it_had_been_after()
    {
        Assert.All(ByNumber[..4], name => Assert.True(Open(name)));
        Assert.Equal(0, _run.Window);

        _run.Sorted(Orders, MaxWindow);

        Assert.Equal("fedc", Following());
        Assert.Equal(2, _run.Window);
    }

    [Fact]
    public void What_fitted_no_order_before_the_files_were_sorted_leaves_no_order()
    {
        Assert.All("aeb", name => Assert.True(Open(name)));

        _run.Sorted(Orders, MaxWindow);

        Assert.Equal(-1, _run.Order);
        Assert.True(Open('c'));
        Assert.Equal("defgh", Following());
    }

    private bool Open(char name)
    {
        _run.ReadWhole(100);
        return _run.TryOpen(RowOf(name), MaxWindow);
    }

    private int RowOf(char name) => Enumerable.Range(0, _listing.Count).Single(row => _listing[row].Name[0] == name);

    /// <summary>What would be fetched ahead.</summary>
    private string Following()
    {
        SiblingOrders orders = _run.Orders!;
        return string.Concat(Enumerable.Range(0, orders.Length).Skip(orders.PlaceOf(_run.Order, _run.Last) + 1).Select(place => _listing[orders.RowAt(_run.Order, place)].Name[0]));
    }
}
