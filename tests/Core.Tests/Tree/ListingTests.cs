using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tree;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

public sealed class ListingTests
{
    [Fact]
    public void A_row_gives_back_what_the_service_said()
    {
        LibraryRow tagged = TreeFixture.File(2, "é.jpg", version: 3, minute: 4, size: 5_000_000_000) with
        {
            IsPrivate = true,
            ObjectVersion = "tok",
            Mime = "image/jpeg",
            Width = 640,
            Height = 480,
            Tags = ["pet"],
            CustomCoordinates = "1,2,3,4",
            Description = "cat",
            CustomMetadataJson = "{\"a\":1}",
        };
        Listing listing = TreeFixture.Build([TreeFixture.Folder(1, "d"), tagged, TreeFixture.File(3, "plain")]);

        Row row = listing[1];
        Assert.Equal(("é.jpg", tagged.Id, tagged.VersionId, 3), (row.Name, row.Id, row.VersionId, row.VersionNumber));
        Assert.Equal((5_000_000_000, true, "tok", "image/jpeg", 640, 480), (row.Size, row.IsPrivate, row.ObjectVersion, row.Mime, row.Width, row.Height));
        Assert.Equal((tagged.CreatedAt, tagged.UpdatedAt), (row.Born.ToDateTimeOffset(), row.Modified.ToDateTimeOffset()));
        Assert.Equal(["pet"], row.Extras!.Tags);
        Assert.Equal(("1,2,3,4", "cat", "{\"a\":1}"), (row.Extras.CustomCoordinates, row.Extras.Description, row.Extras.CustomMetadataJson));
        Assert.Equal((FileKind.Directory, "", FileKind.File), (listing[0].Kind, listing[0].VersionId, listing[2].Kind));
        Assert.Null(listing[2].Extras);
        Assert.Null(listing[2].Mime);
        Assert.Null(listing[2].Width);
    }

    [Theory]
    [InlineData("65f0a1b2c3d4e5f607182950")]
    [InlineData("65F0A1B2C3D4E5F607182950")] // upper case is another id
    [InlineData("000000000000000000000000")]
    [InlineData("file_1")]
    [InlineData("65f0a1b2c3d4e5f60718295")]
    [InlineData("é")]
    public void Any_id_comes_back_as_it_was(string id)
    {
        Listing listing = TreeFixture.Build([TreeFixture.File(9, "other"), TreeFixture.File(1, "x") with { Id = id, VersionId = id + "v" }]);

        Assert.True(listing.TryFindId(id, out Row row));
        Assert.Equal((id, id + "v", "x"), (row.Id, row.VersionId, row.Name));
        Assert.False(listing.TryFindId(id + "0", out _));
        Assert.False(listing.TryFindId("", out _));
    }

    [Fact]
    public void An_id_that_was_read_twice_keeps_its_first_place_and_its_newest_content()
    {
        Listing listing = TreeFixture.Build(
            [TreeFixture.File(1, "a"), TreeFixture.File(2, "b"), TreeFixture.File(1, "a2", version: 2), TreeFixture.File(3, "c"), TreeFixture.File(1, "a3", version: 3)]);

        Assert.Equal(["a3", "b", "c"], TreeFixture.Names(listing));
        Assert.Equal(3, listing[0].VersionNumber);
    }
}
