using FsCheck;
using FsCheck.Fluent;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using Xunit;

namespace ImageKitFs.Core.Tests.Names;

public sealed class CaseNamesTests
{
    private readonly CaseNames _names = new();

    [Fact]
    public void Of_names_seen_together_the_ordinally_first_stays_plain()
    {
        _names.Replace(["readme.txt", "README.txt", "Readme.txt", "other"]);

        Assert.Equal("README.txt", Shown("README.txt"));
        Assert.Equal("Readme (case 1).txt", Shown("Readme.txt"));
        Assert.Equal("readme (case 2).txt", Shown("readme.txt"));
        Assert.Equal("other", Shown("other"));
    }

    [Fact]
    public void A_name_that_was_there_first_stays_plain_when_an_ordinally_smaller_one_arrives()
    {
        _names.Replace(["a.jpg"]);

        _names.Replace(["A.jpg", "a.jpg"]);

        Assert.Equal("a.jpg", Shown("a.jpg"));
        Assert.Equal("A (case 1).jpg", Shown("A.jpg"));
    }

    [Fact]
    public void A_suffix_is_kept_when_the_plain_name_goes_and_when_it_comes_back()
    {
        _names.Replace(["A", "a"]);
        _names.Replace(["a"]);
        Assert.Equal("a (case 1)", Shown("a"));

        _names.Clear();
        _names.Replace(["a", "A", "x"]);

        Assert.Equal("A", Shown("A"));
        Assert.Equal("a (case 1)", Shown("a"));
    }

    [Fact]
    public void A_real_name_that_looks_like_a_suffix_keeps_its_own()
    {
        _names.Replace(["A", "a", "a (case 1)", "A (CASE 2)"]);

        Assert.Equal("a (case 1)", Shown("a (case 1)"));
        Assert.Equal("A (CASE 2)", Shown("A (CASE 2)"));
        Assert.Equal("a (case 3)", Shown("a"));
    }

    [Fact]
    public void A_name_is_found_in_any_case_and_only_under_its_shown_form()
    {
        _names.Replace(["ABC", "abc"]);

        Assert.True(_names.TryFind("aBc", out string? local, out string? shown));
        Assert.Equal(("ABC", "ABC"), (local, shown));
        Assert.True(_names.TryFind("ABC (CASE 1)", out local, out shown));
        Assert.Equal(("abc", "abc (case 1)"), (local, shown));
        Assert.False(_names.TryFind("abc (case 2)", out _, out _));
    }

    [Fact]
    public void A_name_added_after_another_was_removed_takes_the_free_plain_form()
    {
        _names.Replace(["README"]);
        _names.Remove("README");

        Assert.Equal("readme", _names.Add("readme"));
        Assert.Equal("README (case 1)", _names.Add("README"));
    }

    [Fact]
    public void A_long_name_makes_room_for_its_suffix_and_keeps_its_extension()
    {
        string upper = new string('A', 251) + ".jpg";
        _names.Replace([upper, upper.ToLowerInvariant()]);

        string shown = Shown(upper.ToLowerInvariant());

        Assert.Equal(255, shown.Length);
        Assert.EndsWith("a (case 1).jpg", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void All_shown_names_differ_are_legal_and_lead_back_whatever_comes_and_goes()
    {
        Gen<string[]> folder = WindowsNamesTests.LocalNames().Generator.Two()
            .Select(pair => new[] { pair.Item1, pair.Item2, pair.Item1.ToUpperInvariant(), pair.Item2.ToLowerInvariant() })
            .ListOf().Select(sets => sets.SelectMany(set => set).Where(name => EntryName.TryParse(name, out _) == FsError.None).Distinct().ToArray());
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(folder.Two()), folders =>
        {
            (string[] before, string[] after) = folders;
            CaseNames names = new();
            names.Replace(before);
            var first = before.ToDictionary(local => local, local => ShownIn(names, local));
            names.Replace(after.Union(before));
            names.Replace(after.Concat(before.Take(1)));

            string[] present = [.. after.Union(before.Take(1))];
            bool keepsWhatStayed = before.Take(1).All(local => ShownIn(names, local) == first[local]);
            bool leadsBack = present.All(local =>
                names.TryFind(ShownIn(names, local).ToUpperInvariant(), out string? found, out _) && found == local && WindowsNamesTests.IsLegal(ShownIn(names, local)));
            return keepsWhatStayed && leadsBack && names.Count == present.Length
                && present.Select(local => CaseFolding.Fold(ShownIn(names, local))).Distinct().Count() == present.Length;
        }));
    }

    [Fact]
    public void The_order_in_which_the_names_of_a_listing_come_does_not_matter()
    {
        string[] listing = ["b", "B", "a", "A", "a (case 1)", "Ab", "aB", "AB"];
        _names.Replace(listing);
        CaseNames reversed = new();
        reversed.Replace(listing.Reverse());

        Assert.All(listing, local => Assert.Equal(Shown(local), ShownIn(reversed, local)));
    }

    private string Shown(string local) => ShownIn(_names, local);

    private static string ShownIn(CaseNames names, string local) =>
        names.TryGetShown(local, out string? shown) ? shown : throw new InvalidOperationException($"{local} is not there.");
}
