using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

public sealed class LocalNamesTests
{
    [Fact]
    public void Names_that_differ_are_shown_as_the_map_gives_them()
    {
        AssertNames(
            [TreeFixture.File(1, "my_x0020_photo.jpg"), TreeFixture.File(2, "plain.jpg"), TreeFixture.Folder(3, "a_x0020_b")],
            (1, "my photo.jpg"), (2, "plain.jpg"), (3, "a b"));
    }

    [Fact]
    public void A_decoded_name_that_another_entry_has_is_shown_undecoded()
    {
        AssertNames([TreeFixture.File(1, "a_x0020_b"), TreeFixture.File(2, "a b")], (1, "a_x0020_b"), (2, "a b"));
    }

    [Fact]
    public void Undecoding_goes_on_as_far_as_it_must()
    {
        // 2 would decode to the stored name that 1 falls back to.
        AssertNames(
            [TreeFixture.File(1, "a_x0020_b"), TreeFixture.File(2, "a_x005F_x0020_b"), TreeFixture.File(3, "a b")],
            (1, "a_x0020_b"), (2, "a_x005F_x0020_b"), (3, "a b"));
    }

    [Fact]
    public void Of_a_file_and_a_folder_of_one_name_the_folder_keeps_it()
    {
        AssertNames([TreeFixture.File(1, "x", minute: 9), TreeFixture.Folder(2, "x")], (1, "x~file"), (2, "x"));
        AssertNames(
            [TreeFixture.File(1, "x"), TreeFixture.Folder(2, "x"), TreeFixture.File(3, "x~file"), TreeFixture.Folder(4, "x~file2")],
            (1, "x~file3"), (2, "x"), (3, "x~file"), (4, "x~file2"));
        AssertNames([TreeFixture.File(1, "a_x0020_b"), TreeFixture.Folder(2, "a_x0020_b")], (1, "a b~file"), (2, "a b"));
    }

    [Fact]
    public void Of_two_rows_with_one_remote_name_the_newer_keeps_it()
    {
        AssertNames([TreeFixture.File(0xabc, "x", minute: 1), TreeFixture.File(0xdef, "x", minute: 2)], (0xabc, "x~000abc"), (0xdef, "x"));
        AssertNames([TreeFixture.File(0xabc, "x"), TreeFixture.File(0xdef, "x")], (0xabc, "x~000abc"), (0xdef, "x"));
        AssertNames(
            [TreeFixture.File(0xabc, "x"), TreeFixture.File(0xdef, "x"), TreeFixture.Folder(7, "x")],
            (0xabc, "x~000abc"), (0xdef, "x~file"), (7, "x"));
    }

    [Fact]
    public void A_suffix_that_is_taken_grows()
    {
        AssertNames(
            [TreeFixture.File(0xabc, "x"), TreeFixture.File(0xdef, "x"), TreeFixture.File(3, "x~000abc")],
            (0xabc, "x~" + TreeFixture.IdOf(0xabc)), (0xdef, "x"), (3, "x~000abc"));
    }

    [Fact]
    public void Every_shown_name_is_a_name_of_the_port()
    {
        string tooLong = new('é', 200);
        Listing listing = TreeFixture.Build(
        [
            TreeFixture.File(1, ".."), TreeFixture.File(2, "a/b"), TreeFixture.File(3, tooLong), TreeFixture.File(4, tooLong + "x"), TreeFixture.Folder(5, "."),
            TreeFixture.File(6, "n\0l"), TreeFixture.File(7, new string('y', 255)), TreeFixture.Folder(8, new string('y', 255)),
        ]);

        Assert.All(TreeFixture.Names(listing), name => Assert.Equal(FsError.None, EntryName.TryParse(name, out _)));
        Assert.Equal(8, TreeFixture.Names(listing).Distinct().Count());
        Assert.True(listing.TryFindId(TreeFixture.IdOf(3), out Row row));
        Assert.Equal(tooLong, row.RemoteName);
    }

    [Fact]
    public void Random_folders_get_the_same_unique_names_in_every_order()
    {
        string[] pool = ["a b", "a_x0020_b", "a_x005F_x0020_b", "x", "x~file", "x~file2", "a_x0020_b~file", "a b~file", "x~000003", "..", "_x0020_", " "];
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            LibraryRow[] rows = [.. Enumerable.Range(1, random.Next(2, 14)).Select(id => random.Next(3) == 0
                ? TreeFixture.Folder(id, pool[random.Next(pool.Length)], minute: random.Next(2))
                : TreeFixture.File(id, pool[random.Next(pool.Length)], minute: random.Next(2)))];
            Dictionary<string, string> expected = NamesById(rows);
            Assert.True(expected.Values.Distinct().Count() == rows.Length, $"seed {seed}");

            for (int shuffle = 0; shuffle < 5; shuffle++)
            {
                random.Shuffle(rows);
                Dictionary<string, string> names = NamesById(rows);
                Assert.True(expected.All(pair => names[pair.Key] == pair.Value), $"seed {seed}");
            }
        }
    }

    private static void AssertNames(LibraryRow[] rows, params (int Id, string Name)[] expected)
    {
        foreach (LibraryRow[] order in (LibraryRow[][])[rows, [.. rows.Reverse()]])
        {
            Dictionary<string, string> names = NamesById(order);
            Assert.Equal(expected.Select(pair => pair.Name), expected.Select(pair => names[TreeFixture.IdOf(pair.Id)]));
        }
    }

    private static Dictionary<string, string> NamesById(LibraryRow[] rows)
    {
        Listing listing = TreeFixture.Build(rows, TreeFixture.Decode);
        var names = new Dictionary<string, string>();
        foreach (LibraryRow row in rows)
        {
            Assert.True(listing.TryFindId(row.Id, out Row shown));
            Assert.Equal(row.Name, shown.RemoteName);
            Assert.True(listing.TryFind(shown.Name, out Row found));
            Assert.Equal(row.Id, found.Id);
            names.Add(row.Id, shown.Name);
        }
        return names;
    }
}
