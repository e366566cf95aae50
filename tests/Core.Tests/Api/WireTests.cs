using System.Globalization;
using System.Text;
using ImageKitFs.Core.Api;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

/// <summary>What goes over the wire, and what rude servers do to it; real sockets.</summary>
public sealed class WireTests
{
    private const string Id = "65f0a1b2c3d4e5f607182950";

    private static readonly string Basic = "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(ApiTestKit.KeyText + ":"));

    [Fact]
    public async Task A_listing_is_asked_for_exactly_as_documented()
    {
        await using var server = new StubServer(StubStep.Reply(200, $"[{ApiTestKit.RowJson},{{\"type\":\"file\"}}]"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        ApiResult<IReadOnlyList<LibraryRow>> result = await api.Library.ListAsync(new ListQuery("/фото & a+b", Skip: 999), default);

        Assert.Single(result.Value);
        Assert.Equal(2, Assert.IsType<RowPage>(result.Value).SentRows);
        Assert.Equal(1, api.Counters.Snapshot().RowsDropped);
        StubRequest request = Assert.Single(server.Requests);
        Assert.Equal("GET /v1/files?path=%2F%D1%84%D0%BE%D1%82%D0%BE%20%26%20a%2Bb&type=all&limit=1000&skip=999&sort=ASC_CREATED HTTP/1.1", request.Line);
        Assert.Equal(Basic, request.Headers["authorization"]);
        Assert.Equal("identity", request.Headers["accept-encoding"]);
    }

    [Fact]
    public async Task Every_change_is_sent_with_the_method_path_and_body_of_the_documents()
    {
        string ok = "{}";
        await using var server = new StubServer([.. Enumerable.Repeat(StubStep.Reply(200, ok), 5), StubStep.Reply(204), StubStep.Reply(202, """{"jobId":"j1"}"""),
            StubStep.Reply(200, """{"jobId":"j2"}"""), StubStep.Reply(207, """{"jobId":"j1","status":"Partial success"}"""), StubStep.Reply(204), StubStep.Reply(200, ApiTestKit.RowJson),
            StubStep.Reply(200, ApiTestKit.RowJson)]);
        using ImageKitApi api = ApiTestKit.Create(server.Origin);
        ImageKitClient client = api.Library;

        Assert.True((await client.RenameFileAsync("/a b.jpg", "c.jpg", default)).Ok);
        Assert.True((await client.MoveFileAsync("/a.jpg", "/x", default)).Ok);
        Assert.True((await client.CopyFileAsync("/a.jpg", "/x", includeVersions: true, default)).Ok);
        Assert.True((await client.CreateFolderAsync("/", "é", default)).Ok);
        Assert.True((await client.DeleteFolderAsync("/x", default)).Ok);
        Assert.True((await client.DeleteFileAsync(Id, default)).Ok);
        Assert.Equal("j1", (await client.StartRenameFolderAsync("/x", "y", default)).Value);
        Assert.Equal("j2", (await client.StartMoveFolderAsync("/x", "/y", default)).Value);
        Assert.Equal(JobState.Completed, (await client.JobAsync("j1", default)).Value);
        Assert.True((await client.DeleteVersionAsync(Id, "v2", default)).Ok);
        Assert.Equal(2, (await client.RestoreVersionAsync(Id, "v2", default)).Value.VersionNumber);
        Assert.True((await client.PatchAsync(Id, new DetailsPatch { Tags = ["a"], CustomMetadataJson = """{"k":null}""" }, default)).Ok);

        Assert.Equal(
        [
            """PUT /v1/files/rename {"filePath":"/a b.jpg","newFileName":"c.jpg","purgeCache":false}""",
            """POST /v1/files/move {"sourceFilePath":"/a.jpg","destinationPath":"/x"}""",
            """POST /v1/files/copy {"sourceFilePath":"/a.jpg","destinationPath":"/x","includeFileVersions":true}""",
            """POST /v1/folder {"folderName":"\u00E9","parentFolderPath":"/"}""",
            """DELETE /v1/folder {"folderPath":"/x"}""",
            $"DELETE /v1/files/{Id} ",
            """POST /v1/bulkJobs/renameFolder {"folderPath":"/x","newFolderName":"y","purgeCache":false}""",
            """POST /v1/bulkJobs/moveFolder {"sourceFolderPath":"/x","destinationPath":"/y"}""",
            "GET /v1/bulkJobs/j1 ",
            $"DELETE /v1/files/{Id}/versions/v2 ",
            $"PUT /v1/files/{Id}/versions/v2/restore ",
            $$$"""PATCH /v1/files/{{{Id}}}/details {"tags":["a"],"customMetadata":{"k":null}}""",
        ],
        server.Requests.Select(r => $"{r.Method} {r.Target} {Encoding.UTF8.GetString(r.Body)}"));
        Assert.All(server.Requests, r => Assert.Equal(Basic, r.Headers["authorization"]));
    }

    [Fact]
    public async Task An_upload_is_a_form_with_quoted_names_a_bare_boundary_and_the_file_last()
    {
        await using var server = new StubServer(StubStep.Reply(200, ApiTestKit.UploadReplyJson));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);
        var progress = new SyncProgress();

        ApiResult<UploadReply> result = await api.Library.UploadAsync(
            ApiTestKit.Upload("\r\n--"u8.ToArray(), overwrite: true) with
            {
                FileName = "кот.jpg",
                IsPrivate = true,
                Tags = ["a", "b"],
                CustomCoordinates = "1,2,3,4",
                Description = "d \"q\"",
                CustomMetadataJson = """{"n":1}""",
            },
            progress, default);

        Assert.Equal(("65f0b7c1c3d4e5f6071829aa", 2, "/photos/cat.jpg", false), (result.Value.VersionId, result.Value.VersionNumber, result.Value.FilePath, result.Value.IsPrivate));
        StubRequest request = Assert.Single(server.Requests);
        Assert.Equal("POST /api/v1/files/upload HTTP/1.1", request.Line);
        string type = request.Headers["content-type"];
        Assert.StartsWith("multipart/form-data; boundary=imagekitfs-", type, StringComparison.Ordinal);
        string boundary = type.Split('=')[1];
        Assert.Equal(request.BodyLength.ToString(CultureInfo.InvariantCulture), request.Headers["content-length"]);
        Assert.False(request.Headers.ContainsKey("transfer-encoding"));
        string expected = string.Concat(new[]
        {
            ("fileName", "кот.jpg"), ("folder", "/photos"), ("useUniqueFileName", "false"), ("overwriteFile", "true"), ("overwriteTags", "false"),
            ("overwriteAITags", "false"), ("overwriteCustomMetadata", "false"), ("isPrivateFile", "true"), ("customCoordinates", "1,2,3,4"), ("tags", "a,b"),
            ("description", "d \"q\""), ("customMetadata", """{"n":1}"""), ("responseFields", "tags,isPrivateFile,isPublished,customMetadata,customCoordinates"),
        }.Select(f => $"--{boundary}\r\nContent-Disposition: form-data; name=\"{f.Item1}\"\r\n\r\n{f.Item2}\r\n"))
            + $"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"___.jpg\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--\r\n--{boundary}--\r\n";
        Assert.Equal(expected, Encoding.UTF8.GetString(request.Body));
        Assert.Equal(4, progress.Last);
        Assert.Equal(4, api.Counters.Snapshot().BytesSent);
    }

    [Fact]
    public async Task A_large_upload_is_never_held_in_memory()
    {
        const long Size = 200L << 20;
        // What the two sockets may hold, generously; far below the file.
        const long MaxAhead = 32L << 20;
        await using var server = new StubServer(StubStep.Reply(200, ApiTestKit.UploadReplyJson));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);
        long furthestAhead = 0;
        UploadRequest request = ApiTestKit.Upload([]) with
        {
            Size = Size,
            OpenBody = () => new ZeroStream(Size, produced => furthestAhead = Math.Max(furthestAhead, produced - server.BytesReceived)),
        };

        ApiResult<UploadReply> result = await api.Library.UploadAsync(request, null, default);

        Assert.True(result.Ok, result.Error?.ToString());
        Assert.True(server.BytesReceived > Size);
        Assert.InRange(furthestAhead, 1, MaxAhead);
    }

    [Fact]
    public async Task A_lost_upload_reply_may_have_happened_and_is_not_repeated()
    {
        await using var server = new StubServer(StubStep.ResetAfterRequest, StubStep.Reply(200, ApiTestKit.UploadReplyJson));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        ApiResult<UploadReply> result = await api.Library.UploadAsync(ApiTestKit.Upload([1, 2, 3]), null, default);

        Assert.Equal((ApiErrorKind.Network, true), (result.Error!.Kind, result.Error.MayHaveHappened));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_upload_cut_in_the_middle_cannot_have_happened()
    {
        await using var server = new StubServer(new StubStep([], ReadBody: false, Reset: true));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);
        // Longer than what sockets buffer, so that the end was never handed over.
        const long Size = 64L << 20;

        ApiResult<UploadReply> result = await api.Library.UploadAsync(
            ApiTestKit.Upload([]) with { Size = Size, OpenBody = () => new ZeroStream(Size, _ => { }) }, null, default);

        Assert.Equal((ApiErrorKind.Network, false), (result.Error!.Kind, result.Error.MayHaveHappened));
        Assert.Single(server.Requests); // and was not sent again by itself
    }

    [Theory]
    [InlineData("<html>login here</html>")]
    [InlineData("{\"fileId\":\"f\"")]
    [InlineData("{\"name\":\"cat.jpg\"}")]
    [InlineData("")]
    public async Task A_strange_upload_reply_is_no_success_and_no_refusal(string body)
    {
        await using var server = new StubServer(StubStep.Reply(200, body, "x-ik-requestid: req-7\r\n"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        ApiError error = (await api.Library.UploadAsync(ApiTestKit.Upload([1]), null, default)).Error!;

        Assert.Equal((ApiErrorKind.BadReply, true, "req-7"), (error.Kind, error.MayHaveHappened, error.RequestId));
    }

    [Fact]
    public async Task A_spool_that_is_shorter_than_promised_is_the_callers_trouble()
    {
        await using var server = new StubServer(StubStep.Reply(200, ApiTestKit.UploadReplyJson));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);
        UploadRequest request = ApiTestKit.Upload([1, 2, 3]) with { Size = 10 };

        await Assert.ThrowsAsync<EndOfStreamException>(async () => await api.Library.UploadAsync(request, null, default));

        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_listing_cut_in_the_middle_is_read_again()
    {
        await using var server = new StubServer(
            StubStep.Raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{"), StubStep.Reply(200, "<html>"), StubStep.ResetAfterRequest, StubStep.Reply(200, "[]"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin);

        Assert.True((await api.Library.ListAsync(new ListQuery("/"), default)).Ok);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_reply_longer_than_makes_sense_is_not_read()
    {
        await using var server = new StubServer(
            StubStep.Raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
            StubStep.Raw($"HTTP/1.1 200 OK\r\n\r\n[{new string(' ', 5000)}]"),
            StubStep.Raw($"HTTP/1.1 400 X\r\n\r\n{new string('x', 200_000)}"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin, ApiTestKit.Fast with { MaxListingBytes = 1000, MaxAttempts = 1 });

        Assert.Equal(ApiErrorKind.BadReply, (await api.Library.ListAsync(new ListQuery("/"), default)).Error!.Kind);
        Assert.Equal(ApiErrorKind.BadReply, (await api.Library.ListAsync(new ListQuery("/"), default)).Error!.Kind);
        Assert.Equal(ApiErrorKind.BadRequest, (await api.Library.ListAsync(new ListQuery("/"), default)).Error!.Kind);
    }

    [Fact]
    public async Task The_key_follows_no_redirect()
    {
        await using var elsewhere = new StubServer();
        await using var server = new StubServer(StubStep.Reply(302, "", $"Location: {elsewhere.Origin}v1/files\r\n"));
        using ImageKitApi api = ApiTestKit.Create(server.Origin, ApiTestKit.Fast with { MaxAttempts = 1 });

        Assert.Equal(ApiErrorKind.BadReply, (await api.Library.DetailsAsync(Id, default)).Error!.Kind);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task The_key_is_in_no_error_and_no_log()
    {
        var logger = new ListLogger();
        string echo = $$"""{"message":"key {{ApiTestKit.KeyText}} header {{Basic}}","reason":"{{ApiTestKit.KeyText}}"}""";
        var handler = new StubHandler((request, n) => (n % 7) switch
        {
            0 => throw new HttpRequestException($"{request.Headers.Authorization}"),
            1 => throw StubHandler.CannotConnect(),
            2 => StubHandler.Json(echo, 429, ("x-ik-requestid", ApiTestKit.KeyText), ("X-RateLimit-Reset", "1")),
            3 => StubHandler.Json(echo, 500, ("x-ik-requestid", ApiTestKit.KeyText)),
            4 => StubHandler.Json(echo, 403, ("x-ik-requestid", ApiTestKit.KeyText), ("ik-error", "EACCES - " + ApiTestKit.KeyText)),
            5 => StubHandler.Json(echo),
            _ => throw new IOException(ApiTestKit.KeyText),
        });
        using ImageKitApi api = ApiTestKit.Create(handler, ApiTestKit.Fast with { BreakerFailures = 4 }, logger: logger);
        var said = new StringBuilder();

        for (int i = 0; i < 30; i++)
        {
            said.Append((await api.Library.DetailsAsync(Id, default)).Error);
            said.Append((await api.Library.RenameFileAsync("/a", "b", default)).Error);
            said.Append((await api.Library.UploadAsync(ApiTestKit.Upload([1]), null, default)).Error);
            said.Append((await api.Delivery.OpenAsync(new DeliveryRequest("/a", null, "1", 0, 1, IsPrivate: true), default)).Error);
            said.Append(api.Counters.Snapshot());
        }

        string all = said + logger.Text + ApiTestKit.Key;
        Assert.NotEqual("", logger.Text);
        Assert.DoesNotContain(ApiTestKit.KeyText, all, StringComparison.Ordinal);
        Assert.DoesNotContain(Basic["Basic ".Length..], all, StringComparison.Ordinal);
    }

    private sealed class SyncProgress : IProgress<long>
    {
        public long Last { get; private set; }

        public void Report(long value) => Last = value;
    }

    /// <summary>A long file of zeros that says how much was taken from it.</summary>
    private sealed class ZeroStream(long length, Action<long> onRead) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int taken = (int)Math.Min(count, length - _position);
            Array.Clear(buffer, offset, taken);
            _position += taken;
            onRead(_position);
            return taken;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
