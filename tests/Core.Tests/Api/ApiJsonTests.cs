using System.Buffers;
using System.Text;
using ImageKitFs.Core.Api;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

public sealed class ApiJsonTests
{
    [Fact]
    public void A_documented_file_row_is_read_whole()
    {
        LibraryRow row = Assert.Single(Rows($"[{ApiTestKit.RowJson}]"));

        Assert.Equal((RowKind.File, "65f0a1b2c3d4e5f607182950", "cat.jpg", "/photos/cat.jpg"), (row.Kind, row.Id, row.Name, row.Path));
        Assert.Equal(("65f0b7c1c3d4e5f6071829aa", 2, 48211L, "abc.DEF_123"), (row.VersionId, row.VersionNumber, row.Size, row.ObjectVersion));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 9, 30, 0, 123, TimeSpan.Zero), row.UpdatedAt);
        Assert.Equal(["pet"], row.Tags);
        Assert.Null(row.CustomMetadataJson);
        Assert.Equal((640, 480), (row.Width, row.Height));
    }

    [Fact]
    public void A_folder_row_may_have_nulls_for_everything_that_files_have()
    {
        LibraryRow row = Assert.Single(Rows(
            """[{"type":"folder","name":"trips","folderId":"65f0a1b2c3d4e5f60718293a","folderPath":"/photos/trips","fileId":null,"size":null,"tags":null,"mime":null,"width":null,"versionInfo":null,"customMetadata":null,"createdAt":null,"updatedAt":null}]"""));

        Assert.Equal((RowKind.Folder, "trips", "/photos/trips", ""), (row.Kind, row.Name, row.Path, row.VersionId));
        Assert.Equal(DateTimeOffset.UnixEpoch, row.UpdatedAt);
    }

    [Theory]
    [InlineData("\"48211\"", 48211)]
    [InlineData("48211.0", 48211)]
    [InlineData("9007199254740993", 9007199254740993)]
    [InlineData("-1", 0)]
    [InlineData("1e300", 0)]
    [InlineData("\"many\"", 0)]
    [InlineData("{}", 0)]
    [InlineData("true", 0)]
    public void A_size_may_be_a_number_or_a_numeric_text(string json, long expected) =>
        Assert.Equal(expected, Assert.Single(Rows($$"""[{"fileId":"f","name":"a","filePath":"/a","size":{{json}}}]""")).Size);

    [Fact]
    public void Optional_fields_of_a_wrong_type_count_as_missing()
    {
        LibraryRow row = Assert.Single(Rows(
            """[{"type":"file","fileId":"f","name":"a","filePath":"a","versionInfo":[],"tags":{"x":1},"isPrivateFile":7,"url":3,"mime":[],"width":"wide","customMetadata":"no","customCoordinates":{},"description":1,"createdAt":12,"updatedAt":"9999-12-31T00:00:00Z","new":{"deep":[1]}}]"""));

        Assert.Equal(("/a", "f", 1, false), (row.Path, row.VersionId, row.VersionNumber, row.IsPrivate));
        Assert.Empty(row.Tags);
        Assert.Equal(DateTimeOffset.UnixEpoch, row.UpdatedAt);
        Assert.Null(row.CustomMetadataJson);
    }

    [Theory]
    [InlineData("""{"type":"file","name":"a","filePath":"/a"}""")]
    [InlineData("""{"type":"file","fileId":"f","filePath":"/a"}""")]
    [InlineData("""{"type":"file","fileId":"f","name":"a"}""")]
    [InlineData("""{"type":"file","fileId":"","name":"a","filePath":"/a"}""")]
    [InlineData("""{"type":"file","fileId":"../x","name":"a","filePath":"/a"}""")]
    [InlineData("""{"type":"file","fileId":"f","name":"a","filePath":"/x/../a"}""")]
    [InlineData("""{"type":"file","fileId":"f","name":"a","filePath":"/x//a"}""")]
    [InlineData("""{"type":"file","fileId":"f","name":"a\u0000","filePath":"/a\u0000"}""")]
    [InlineData("""{"type":"file","fileId":"f","name":"\ud800","filePath":"/\ud800"}""")]
    [InlineData("""{"type":"file","fileId":"f","name":"x","filePath":"/"}""")]
    [InlineData("""{"type":"alien","fileId":"f","name":"a","filePath":"/a"}""")]
    [InlineData("""{"type":"folder","fileId":"f","name":"a","filePath":"/a"}""")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    public void An_unusable_row_is_dropped_and_still_counted(string row)
    {
        RowPage page = Rows($$"""[{"type":"file","fileId":"ok","name":"b","filePath":"/b"},{{row}}]""");

        Assert.Equal("ok", Assert.Single(page).Id);
        Assert.Equal(2, page.SentRows);
    }

    [Fact]
    public void When_name_and_path_disagree_the_path_decides() =>
        Assert.Equal("a", Assert.Single(Rows("""[{"type":"file","fileId":"f","name":"../../b","filePath":"/a"}]""")).Name);

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[{}")]
    [InlineData("{}")]
    [InlineData("null")]
    public void What_is_no_array_is_no_listing(string text) => Assert.Null(ApiJson.ReadRows(Bytes(text)));

    [Fact]
    public void Nesting_without_end_is_no_listing() =>
        Assert.Null(ApiJson.ReadRows(Bytes(new string('[', 100_000))));

    [Fact]
    public void Broken_utf8_costs_the_field_not_the_page()
    {
        byte[] bytes = [.. """[{"fileId":"f","name":"a","filePath":"/a","mime":" """u8, 0xFF, 0xFE, .. "\"}]"u8];

        Assert.Null(Assert.Single(ApiJson.ReadRows(new ReadOnlySequence<byte>(bytes))!).Mime);
    }

    private static RowPage Rows(string json) => ApiJson.ReadRows(Bytes(json))!;

    private static ReadOnlySequence<byte> Bytes(string text) => new(Encoding.UTF8.GetBytes(text));
}
