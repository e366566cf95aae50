using ImageKitFs.Core.Api;
using ImageKitFs.Core.Media;
using Xunit;

namespace ImageKitFs.Core.Tests.Media;

/// <summary>From what people write to what the service takes.</summary>
public sealed class MediaTextTests
{
    [Theory]
    [InlineData("name = \"a\"")]
    [InlineData("name : \"a\"")]
    [InlineData("size > 10")]
    [InlineData("tags IN [\"a\"]")]
    [InlineData("\"customMetadata.price\" <= 5")]
    public void A_comparison_is_a_query_already(string query) => Assert.Equal(query, SearchWords.ToQuery($" {query} "));

    [Theory]
    [InlineData("in the sun")]
    [InlineData("order of things")]
    [InlineData("a: b")]
    public void Words_are_no_query(string words) => Assert.StartsWith("type IN [\"file\", \"folder\"] AND (name : ", SearchWords.ToQuery(words), StringComparison.Ordinal);

    [Fact]
    public void Words_are_the_beginning_of_a_name_as_it_is_stored_or_all_of_them_tags() => Assert.Equal(
        """type IN ["file", "folder"] AND (name : "my_x0020_b" OR name : "my b" OR name : "MY_x0020_B" OR name : "MY B" OR name : "My_x0020_b" OR name : "My b" OR (tags IN ["my"] AND tags IN ["b"]))""",
        SearchWords.ToQuery("my b"));

    [Fact]
    public void A_literal_cannot_end_itself() => Assert.Equal("""
        "a\"b\\"
        """, MediaNames.Quote("a\"b\\"));

    [Fact]
    public void A_path_may_be_stored_escaped_or_as_other_clients_wrote_it()
    {
        Assert.Equal(["/a_x0020_b/c.txt", "/a b/c.txt"], MediaNames.StoredAs("a b//c.txt", isFolder: false));
        Assert.Equal(["/plain.txt"], MediaNames.StoredAs("/plain.txt", isFolder: false));
        Assert.Equal("/a b/c d.txt", MediaNames.ToShown("/a_x0020_b/c d.txt", isFolder: false));
        Assert.Equal(MediaFailure.BadValue, Assert.Throws<MediaException>(() => MediaNames.StoredAs("/a/../b", isFolder: false)).Failure);
    }

    [Theory]
    [InlineData("Number", " 1e3 ", "1000")]
    [InlineData("Boolean", "TRUE", "true")]
    [InlineData("Date", "2026-03-01", "\"2026-03-01\"")]
    [InlineData("Text", "a \"b\"", "\"a \\u0022b\\u0022\"")]
    [InlineData("SingleSelect", "5", "5")]
    [InlineData("MultiSelect", "red, 5", "[\"red\",5]")]
    [InlineData("MultiSelect", "[\"red\"]", "[\"red\"]")]
    [InlineData("MultiSelect", "", "[]")]
    public void A_value_is_sent_as_its_field_wants_it(string type, string text, string json)
    {
        Assert.Null(Field(type).TryRead(text, out string sent));
        Assert.Equal(json, sent);
    }

    [Theory]
    [InlineData("Number", "NaN", "takes a number")]
    [InlineData("Number", "2000", "takes a number of at most 1000")]
    [InlineData("Boolean", "yes", "takes true or false")]
    [InlineData("Date", "soon", "takes a date such as 2026-03-01 or 2026-03-01T09:30:00Z")]
    [InlineData("Text", "123456789", "takes at most 8 characters")]
    [InlineData("SingleSelect", "green", "takes one of red, 5")]
    [InlineData("MultiSelect", "[\"red\"", "takes any of red, 5")]
    public void A_value_that_its_field_does_not_take_is_told_in_words(string type, string text, string problem) =>
        Assert.Equal(problem, Field(type).TryRead(text, out _));

    private static MetadataField Field(string type) =>
        new() { Name = "f", Label = "F", Type = type, Options = ["\"red\"", "5"], MaxValue = type == "Number" ? "1000" : null, MaxLength = 8 };
}
