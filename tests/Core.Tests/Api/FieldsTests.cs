using System.Text;
using ImageKitFs.Core.Api;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

/// <summary>The account's custom metadata fields.</summary>
public sealed class FieldsTests
{
    [Fact]
    public async Task Fields_are_asked_for_and_made_as_documented_and_odd_ones_are_passed_over()
    {
        await using var server = new StubServer(
            StubStep.Reply(200, """[{"id":"1","name":"owner","schema":{"type":"Text"}},{"id":"2"},{"name":7},null,{"name":"year"}]"""), StubStep.Reply(201, "{}"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        ApiResult<IReadOnlyList<string>> fields = await api.Library.MetadataFieldsAsync(default);
        ApiResult<Nothing> made = await api.Library.CreateTextFieldAsync("k", "A label", default);

        Assert.Equal(["owner", "year"], fields.Value);
        Assert.True(made.Ok);
        Assert.Equal(
            ["GET /v1/customMetadataFields ", """POST /v1/customMetadataFields {"name":"k","label":"A label","schema":{"type":"Text"}}"""],
            server.Requests.Select(request => $"{request.Method} {request.Target} {Encoding.UTF8.GetString(request.Body)}"));
    }

    [Theory]
    [InlineData("A custom metadata field with this name already exists.")]
    [InlineData("A custom metadata field with this label already exists.")]
    public async Task A_name_that_is_taken_or_was_deleted_is_told_apart(string message)
    {
        await using var server = new StubServer(StubStep.Reply(400, $$"""{"message":"{{message}}"}"""));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        Assert.Equal(ApiErrorKind.AlreadyExists, (await api.Library.CreateTextFieldAsync("k", "A label", default)).Error?.Kind);
    }

    [Fact]
    public async Task Something_else_than_a_list_is_no_answer()
    {
        await using var server = new StubServer([.. Enumerable.Repeat(StubStep.Reply(200, "{}"), 10)]);
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        Assert.Equal(ApiErrorKind.BadReply, (await api.Library.MetadataFieldsAsync(default)).Error?.Kind);
    }
}
