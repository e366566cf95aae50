using System.Buffers;
using System.Text;
using ImageKitFs.Core.Api;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

public sealed class ApiErrorsTests
{
    [Theory]
    [InlineData(400, "A file with the same name already exists at the exact location. We could not overwrite it because both overwriteFile and useUniqueFileName are set to false.", "", nameof(ApiErrorKind.AlreadyExists))]
    [InlineData(400, "Your request contains invalid file parameter. The file size exceeds limits.", "", nameof(ApiErrorKind.TooLarge))]
    [InlineData(400, "Upload Limit Exceeded.", "", nameof(ApiErrorKind.QuotaExceeded))]
    [InlineData(400, "Extensions quota exceeded.", "", nameof(ApiErrorKind.BadRequest))]
    [InlineData(400, "You have sent too many requests to update the file recently. Please try again later.", "", nameof(ApiErrorKind.UpdateThrottled))]
    [InlineData(400, "Your request is missing file parameter.", "", nameof(ApiErrorKind.BadRequest))]
    [InlineData(400, "Your request contains invalid value for folder parameter.", "", nameof(ApiErrorKind.BadRequest))]
    [InlineData(400, "Too many versions.", "VERSION_LIMIT_EXCEEDED", nameof(ApiErrorKind.VersionLimit))]
    [InlineData(400, "The file has reached the maximum number of versions (100).", "", nameof(ApiErrorKind.VersionLimit))]
    [InlineData(400, "Total nested assets (files, folders and file versions) are more than allowed limit of 100000 items.", "TOO_MANY_OBJECTS", nameof(ApiErrorKind.TooManyObjects))]
    [InlineData(400, "newFileName cannot be the same as its existing name.", "SAME_OLD_AND_NEW_NAME", nameof(ApiErrorKind.BadRequest))]
    [InlineData(401, "Your request does not contain private API key.", "", nameof(ApiErrorKind.Unauthorized))]
    [InlineData(403, "Your account cannot be authenticated.", "", nameof(ApiErrorKind.Unauthorized))]
    [InlineData(403, "Your request contains expired private API key.", "", nameof(ApiErrorKind.Unauthorized))]
    [InlineData(403, "Your account is disabled.", "", nameof(ApiErrorKind.Unauthorized))]
    [InlineData(403, "Your account has exceeded its storage limit.", "", nameof(ApiErrorKind.QuotaExceeded))]
    [InlineData(403, "Upload limit exceeded.", "", nameof(ApiErrorKind.QuotaExceeded))]
    [InlineData(403, "This key has no write access.", "", nameof(ApiErrorKind.Forbidden))]
    [InlineData(404, "The requested file does not exist.", "", nameof(ApiErrorKind.NotFound))]
    [InlineData(409, "File with name b.jpg already exists at the same location.", "FILE_ALREADY_EXISTS", nameof(ApiErrorKind.AlreadyExists))]
    [InlineData(413, "", "", nameof(ApiErrorKind.TooLarge))]
    [InlineData(423, "A bulk job is running on given folder path, please try after sometime.", "", nameof(ApiErrorKind.Locked))]
    [InlineData(429, "Too many requests.", "", nameof(ApiErrorKind.RateLimited))]
    [InlineData(500, "", "", nameof(ApiErrorKind.Server))]
    [InlineData(503, "", "", nameof(ApiErrorKind.Server))]
    [InlineData(302, "", "", nameof(ApiErrorKind.BadReply))]
    public void Every_documented_refusal_has_its_kind(int status, string message, string reason, string kind)
    {
        ApiError error = From(status, $$"""{"message":"{{message}}","help":"x","reason":"{{reason}}"}""");

        Assert.Equal(kind, error.Kind.ToString());
        Assert.Equal(status, error.Status);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(status is < 400 or >= 500, error.MayHaveHappened);
    }

    [Theory]
    [InlineData(400, "<html><body>Bad Request</body></html>", nameof(ApiErrorKind.BadReply))]
    [InlineData(400, "", nameof(ApiErrorKind.BadRequest))]
    [InlineData(404, "", nameof(ApiErrorKind.NotFound))]
    [InlineData(400, "{\"message\":\"File with na", nameof(ApiErrorKind.BadReply))]
    [InlineData(400, "{}", nameof(ApiErrorKind.BadRequest))]
    [InlineData(404, "<html><body>Not Found</body></html>", nameof(ApiErrorKind.BadReply))]
    [InlineData(409, "conflict", nameof(ApiErrorKind.AlreadyExists))]
    [InlineData(407, "<html><body>Proxy Authentication Required</body></html>", nameof(ApiErrorKind.BadReply))]
    [InlineData(413, "<html><body>Request Entity Too Large</body></html>", nameof(ApiErrorKind.TooLarge))]
    public void A_refusal_that_is_not_in_the_words_of_the_service_says_nothing_about_the_library(int status, string body, string kind)
    {
        ApiError error = From(status, body);

        Assert.Equal((kind, kind == nameof(ApiErrorKind.BadReply)), (error.Kind.ToString(), error.MayHaveHappened));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html><body>502 Bad Gateway</body></html>")]
    [InlineData("{\"message\":")]
    [InlineData("{\"message\":7,\"reason\":[]}")]
    [InlineData("[1,2]")]
    [InlineData("null")]
    public void A_body_that_is_no_json_error_leaves_the_status(string body)
    {
        ApiError error = From(502, body);

        Assert.Equal(ApiErrorKind.Server, error.Kind);
        Assert.Equal("The service answered 502 without a message.", error.Message);
    }

    [Fact]
    public void Messages_are_one_short_line_without_the_key()
    {
        ApiError error = From(400, """{"message":"bad\r\n\u001b[31mkey private_example_of_a_key\u202e !","missingFileIds":["a",1,"b"]}""");

        Assert.Equal("bad [31mkey *** !", error.Message);
        Assert.Equal(["a", "b"], error.MissingFileIds);
        Assert.True(From(400, $$"""{"message":"{{new string('x', 5000)}}"}""").Message.Length <= 400);
    }

    [Theory]
    [InlineData("730", 730)]
    [InlineData("0", 0)]
    [InlineData("12.2", 13)]
    [InlineData("100, 2500", 2500)]
    [InlineData("-5", null)]
    [InlineData("soon", null)]
    [InlineData("NaN", null)]
    [InlineData("1e99", 86_400_000)]
    [InlineData(null, null)]
    public void The_reset_is_in_milliseconds(string? header, int? expected)
    {
        using HttpResponseMessage response = StubHandler.Json("{}", 429);
        if (header is not null)
            response.Headers.TryAddWithoutValidation("X-RateLimit-Reset", header);

        Assert.Equal(expected, ApiErrors.ResetOf(response.Headers)?.TotalMilliseconds is { } ms ? (int)ms : null);
    }

    private static ApiError From(int status, string body)
    {
        using HttpResponseMessage response = StubHandler.Json("", status, ("x-ik-requestid", "req-1"));
        ApiError error = ApiErrors.From(status, response.Headers, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), isWrite: true, ApiTestKit.Key);
        Assert.Equal("req-1", error.RequestId);
        return error;
    }
}
