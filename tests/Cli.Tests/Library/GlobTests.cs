using ImageKitFs.Cli.Library;

namespace ImageKitFs.Cli.Tests.Library;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*", "a.jpg", true)]
    [InlineData("*", ".hidden", false)]
    [InlineData(".*", ".hidden", true)]
    [InlineData("*.jpg", "a.jpg", true)]
    [InlineData("*.jpg", "a.jpg.png", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("p?.jpg", "p1.jpg", true)]
    [InlineData("p?.jpg", "p10.jpg", false)]
    [InlineData("p[0-3].jpg", "p2.jpg", true)]
    [InlineData("p[0-3].jpg", "p4.jpg", false)]
    [InlineData("p[!0-3].jpg", "p4.jpg", true)]
    [InlineData("p[]x].jpg", "p].jpg", true)]
    [InlineData("p[1.jpg", "p[1.jpg", true)]
    [InlineData("\\*.jpg", "*.jpg", true)]
    [InlineData("\\*.jpg", "a.jpg", false)]
    [InlineData("A.jpg", "a.jpg", false)]
    public void A_pattern_matches_as_in_a_shell(string pattern, string name, bool expected) =>
        Assert.Equal(expected, Glob.Matches(pattern, name));

    [Fact]
    public void Many_stars_take_no_longer_than_one()
    {
        string name = new('a', 5000);

        Assert.False(Glob.Matches(string.Concat(Enumerable.Repeat("*a", 500)) + "b", name));
    }
}
