using ImageKitFs.Core.Api;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

/// <summary>What a refused change tells of the key.</summary>
public sealed class RightsTests
{
    private const string NoRights = """{"message":"Your private API key does not have permission to perform this operation."}""";

    [Fact]
    public async Task A_key_that_may_not_even_delete_nothing_is_read_only_and_is_asked_about_once()
    {
        using var handler = new StubHandler((_, _) => StubHandler.Json(NoRights, 403));
        using ImageKitApi api = ApiTestKit.Create(handler);
        int found = 0;
        api.Library.FoundReadOnlyKey = () => found++;

        ApiResult<UploadReply> first = await api.Library.UploadAsync(ApiTestKit.Upload([1, 2]), bytesSent: null, default);
        await api.Library.CreateFolderAsync("/", "a", default);

        Assert.Equal(ApiErrorKind.Forbidden, first.Error?.Kind);
        Assert.True(api.Library.IsReadOnlyKey);
        Assert.Equal((1, 3), (found, handler.Count));
    }

    [Fact]
    public async Task A_path_that_is_closed_to_a_key_says_nothing_of_the_rest()
    {
        using var handler = new StubHandler((request, _) => request.RequestUri!.AbsolutePath.EndsWith("deleteByFileIds", StringComparison.Ordinal)
            ? StubHandler.Json("""{"message":"fileIds is empty."}""", 400)
            : StubHandler.Json(NoRights, 403));
        using ImageKitApi api = ApiTestKit.Create(handler);

        await api.Library.CreateFolderAsync("/", "a", default);
        await api.Library.CreateFolderAsync("/", "b", default);

        Assert.False(api.Library.IsReadOnlyKey);
        Assert.Equal(3, handler.Count);
    }

    [Theory]
    [InlineData(403, "Your account cannot be authenticated.")]
    [InlineData(401, "Your request does not contain private API key.")]
    [InlineData(400, "A bad request.")]
    public async Task What_is_no_lack_of_rights_asks_nothing(int status, string message)
    {
        using var handler = new StubHandler((_, _) => StubHandler.Json($$"""{"message":"{{message}}"}""", status));
        using ImageKitApi api = ApiTestKit.Create(handler);

        await api.Library.CreateFolderAsync("/", "a", default);

        Assert.False(api.Library.IsReadOnlyKey);
        Assert.Equal(1, handler.Count);
    }
}
