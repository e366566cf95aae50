using ImageKitFs.Core.Api;
using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

public sealed class ListingDiffTests
{
    [Fact]
    public void With_nothing_known_before_everything_is_added()
    {
        var diff = ListingDiff.Compare(null, TreeFixture.Build(TreeFixture.Files(3)));

        Assert.Equal((3, 0, 0), (diff.Added.Count, diff.Removed.Count, diff.Changed.Count));
    }

    [Fact]
    public void A_change_says_what_changed()
    {
        Listing old = TreeFixture.Build([TreeFixture.File(1, "a"), TreeFixture.File(2, "b"), TreeFixture.File(3, "c"), TreeFixture.File(4, "d")]);
        Listing renewed = TreeFixture.Build(
            [TreeFixture.File(1, "a2"), TreeFixture.File(2, "b", version: 2), TreeFixture.File(3, "c", minute: 1), TreeFixture.File(4, "d")], previous: old);

        var diff = ListingDiff.Compare(old, renewed);

        Assert.Equal(
            [("a2", true, false, false), ("b", false, true, true), ("c", false, false, true)],
            diff.Changed.Select(change => (change.New.Name, change.IsRenamed, change.IsNewVersion, change.HasNewAttributes)));
    }

    [Fact]
    public void Random_listings_differ_as_the_naive_comparison_says()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            LibraryRow[] before = RandomRows(random);
            LibraryRow[] after = RandomRows(random);
            var diff = ListingDiff.Compare(TreeFixture.Build(before), TreeFixture.Build(after));

            var old = before.ToDictionary(row => row.Id);
            var @new = after.ToDictionary(row => row.Id);
            string[] changed = [.. after.Where(row => old.TryGetValue(row.Id, out LibraryRow? was)
                && (was.Name != row.Name || was.VersionId != row.VersionId || was.UpdatedAt != row.UpdatedAt)).Select(row => row.Id)];
            Assert.Equal(after.Where(row => !old.ContainsKey(row.Id)).Select(row => row.Id), diff.Added.Select(row => row.Id));
            Assert.Equal(before.Where(row => !@new.ContainsKey(row.Id)).Select(row => row.Id), diff.Removed.Select(row => row.Id));
            Assert.Equal(changed, diff.Changed.Select(change => change.New.Id));
            Assert.Equal(diff.Added.Count + diff.Removed.Count + diff.Changed.Count == 0, diff.IsEmpty);
        }
    }

    private static LibraryRow[] RandomRows(Random random) =>
        [.. Enumerable.Range(1, 12).Where(_ => random.Next(4) > 0).Select(id =>
            TreeFixture.File(id, $"f{id}-{random.Next(2)}", version: random.Next(1, 3), minute: random.Next(2)))];
}
