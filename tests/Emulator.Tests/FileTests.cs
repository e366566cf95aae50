using System.Net;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Tests;

public sealed class FileTests
{
    private const string NoSuchId = "65f0a1b2c3d4e5f607182950";

    [Fact]
    public async Task Ids_are_checked_for_form_then_for_being()
    {
        await using TestServer server = await TestServer.StartAsync();

        Answer malformed = await server.GetAsync("v1/files/nonsense/details");
        Answer unknown = await server.JsonAsync("DELETE", "v1/files/" + NoSuchId);
        server.Configure(options => options with { AnyIdFormat = true });
        Answer tolerated = await server.GetAsync("v1/files/nonsense/details");

        Assert.Equal((400, "Your request contains invalid fileId parameter."), ((int)malformed.Status, malformed.Message));
        Assert.Equal((404, "The requested file does not exist."), ((int)unknown.Status, unknown.Message));
        Assert.Equal(404, (int)tolerated.Status);
    }

    [Fact]
    public async Task A_rename_answers_each_refusal_with_its_reason()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = time, PurgeQuota = 0 });
        string id = await server.IdOfAsync("/d/a_b.txt");
        await server.UploadAsync("/d/taken.txt", "x");
        async Task<string> RenameAsync(string body)
        {
            Answer answer = await server.JsonAsync("PUT", "v1/files/rename", body);
            return $"{(int)answer.Status} {answer.Reason} {answer.Message}".TrimEnd();
        }

        Assert.Equal("400 MISSING_PARAMETER newFileName parameter is missing.", await RenameAsync("""{"filePath":"/d/a_b.txt"}"""));
        Assert.Equal("400 SAME_OLD_AND_NEW_NAME newFileName cannot be the same as its existing name.", await RenameAsync("""{"filePath":"/d/a_b.txt","newFileName":"a b.txt"}"""));
        Assert.Equal("404 FILE_MISSING No file found in media library at filePath /d/no.txt", await RenameAsync("""{"filePath":"/d/no.txt","newFileName":"x"}"""));
        Assert.Equal("409 FILE_ALREADY_EXISTS File with name taken.txt already exists at the same location.", await RenameAsync("""{"filePath":"/d/a_b.txt","newFileName":"taken.txt"}"""));
        server.Configure(options => options with { SameSanitisedNameIs409 = true });
        Assert.StartsWith("409 FILE_ALREADY_EXISTS", await RenameAsync("""{"filePath":"/d/a_b.txt","newFileName":"a b.txt"}"""), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("207 PURGE_FAILED", await RenameAsync("""{"filePath":"/d/a_b.txt","newFileName":"A_b.txt","purgeCache":true}"""), StringComparison.Ordinal);
        Assert.Equal("200", await RenameAsync("""{"filePath":"/d/A_b.txt","newFileName":"c.txt"}"""));

        JsonNode row = (await server.GetAsync($"v1/files/{id}/details")).Json;
        Assert.Equal(("/d/c.txt", "2026-03-01T09:30:00.000Z", "2026-03-01T09:30:01.000Z"), ((string)row["filePath"]!, (string)row["createdAt"]!, (string)row["updatedAt"]!));
    }

    [Fact]
    public async Task A_move_keeps_the_id_and_creates_the_folder_unless_switched()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.IdOfAsync("/a/f.txt");
        Task<Answer> MoveAsync(string from, string to) => server.JsonAsync("POST", "v1/files/move", $$"""{"sourceFilePath":"{{from}}","destinationPath":"{{to}}"}""");

        Answer moved = await MoveAsync("/a/f.txt", "/b/c/");
        Answer same = await MoveAsync("/b/c/f.txt", "/b/c");
        Answer missing = await MoveAsync("/a/f.txt", "/b");
        string idAfter = server.Emulator.Store.IdOf("/b/c/f.txt")!;
        server.Configure(options => options with { MoveChangesFileId = true, RefuseMissingDestination = true });
        Answer refused = await MoveAsync("/b/c/f.txt", "/nowhere");
        await MoveAsync("/b/c/f.txt", "/a");

        Assert.Equal((204, ""), ((int)moved.Status, moved.Text));
        Assert.Equal(id, idAfter);
        Assert.Equal("SAME_SOURCE_AND_DESTINATION", same.Reason);
        Assert.Equal(("SOURCE_FILE_MISSING", "No file found with filePath `/a/f.txt`."), (missing.Reason, missing.Message));
        Assert.Equal((400, "INVALID_FOLDER_PATH"), ((int)refused.Status, refused.Reason));
        string newId = server.Emulator.Store.IdOf("/a/f.txt")!;
        Assert.NotEqual(id, newId);
        Assert.Equal(newId, server.Emulator.Store.VersionsOf("/a/f.txt")[0].Id);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync($"v1/files/{id}/details")).Status);
    }

    [Theory]
    [InlineData(false, "source 2")]
    [InlineData(true, "target 1")]
    public async Task A_move_onto_a_taken_name_appends_to_its_history(bool keepsCurrent, string current)
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { MergeKeepsCurrent = keepsCurrent });
        string target = await server.IdOfAsync("/b/f.txt", "target 1");
        string source = await server.IdOfAsync("/a/f.txt", "source 1");
        await server.UploadAsync("/a/f.txt", "source 2");

        await server.JsonAsync("POST", "v1/files/move", """{"sourceFilePath":"/a/f.txt","destinationPath":"/b"}""");

        IReadOnlyList<LibraryVersion> versions = server.Emulator.Store.VersionsOf("/b/f.txt");
        Assert.Equal([1, 2, 3], versions.Select(version => version.Number));
        Assert.Equal(current, System.Text.Encoding.UTF8.GetString(server.Emulator.Store.Read("/b/f.txt")!));
        Assert.Equal(target, server.Emulator.Store.IdOf("/b/f.txt"));
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync($"v1/files/{source}/details")).Status);
    }

    [Fact]
    public async Task A_copy_takes_the_current_version_or_all_and_respects_the_limit()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { MaxVersions = 4 });
        for (int i = 0; i < 3; i++)
            await server.UploadAsync("/a/f.txt", $"{i}");
        Task<Answer> CopyAsync(bool all) => server.JsonAsync("POST", "v1/files/copy",
            $$"""{"sourceFilePath":"/a/f.txt","destinationPath":"/b","includeFileVersions":{{(all ? "true" : "false")}}}""");

        await CopyAsync(all: false);
        await CopyAsync(all: true);
        Answer full = await CopyAsync(all: false);

        Assert.Equal(4, server.Emulator.Store.VersionsOf("/b/f.txt").Count);
        Assert.Equal(3, server.Emulator.Store.VersionsOf("/a/f.txt").Count);
        Assert.Equal((400, "VERSION_LIMIT_EXCEEDED"), ((int)full.Status, full.Reason));
    }

    [Fact]
    public async Task Versions_are_listed_newest_first_restored_and_pruned_and_numbers_go_on()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.IdOfAsync("/v.txt", "one");
        await server.UploadAsync("/v.txt", "two");
        await server.UploadAsync("/v.txt", "three");
        JsonArray rows = (await server.GetAsync($"v1/files/{id}/versions")).Rows;
        string third = (string)rows[0]!["versionInfo"]!["id"]!;

        Answer restored = await server.JsonAsync("PUT", $"v1/files/{id}/versions/{id}/restore");
        Answer current = await server.JsonAsync("DELETE", $"v1/files/{id}/versions/{id}");
        Answer pruned = await server.JsonAsync("DELETE", $"v1/files/{id}/versions/{third}");
        Answer gone = await server.GetAsync($"v1/files/{id}/versions/{third}");
        Answer next = await server.UploadAsync("/v.txt", "four");
        server.Configure(options => options with { VersionNumbersRepeat = true });
        Answer repeated = await server.UploadAsync("/v.txt", "five");

        Assert.Equal(["file Version 3", "file-version Version 2", "file-version Version 1"], rows.Select(row => $"{row!["type"]} {row["versionInfo"]!["name"]}"));
        Assert.Contains("?ik-obj-version=", (string)rows[1]!["url"]!, StringComparison.Ordinal);
        Assert.Equal(("file", "Version 1", id), ((string)restored.Json["type"]!, (string)restored.Json["versionInfo"]!["name"]!, (string)restored.Json["versionInfo"]!["id"]!));
        Assert.Equal((400, "You cannot delete current version of a file."), ((int)current.Status, current.Message));
        Assert.Equal(204, (int)pruned.Status);
        Assert.Equal((404, "The requested file version does not exist."), ((int)gone.Status, gone.Message));
        Assert.Equal(("Version 4", "Version 4"), ((string)next.Json["versionInfo"]!["name"]!, (string)repeated.Json["versionInfo"]!["name"]!));
    }

    [Fact]
    public async Task A_bulk_delete_takes_all_or_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.IdOfAsync("/a.txt");
        Task<Answer> DeleteAsync(string body) => server.JsonAsync("POST", "v1/files/batch/deleteByFileIds", body);

        Answer missing = await DeleteAsync($$"""{"fileIds":["{{id}}","{{NoSuchId}}"]}""");
        Assert.True(server.Emulator.Store.Exists("/a.txt"));
        Answer done = await DeleteAsync($$"""{"fileIds":["{{id}}"]}""");
        string tooMany = string.Join(',', Enumerable.Repeat($"\"{NoSuchId}\"", 101));

        Assert.Equal((404, "The requested file(s) does not exist.", $"[\"{NoSuchId}\"]"), ((int)missing.Status, missing.Message, missing.Json["missingFileIds"]!.ToJsonString()));
        Assert.Equal($$"""{"successfullyDeletedFileIds":["{{id}}"]}""", done.Text);
        Assert.Equal("fileIds parameter is missing.", (await DeleteAsync("{}")).Message);
        Assert.Equal("fileIds should be an Array.", (await DeleteAsync("""{"fileIds":"x"}""")).Message);
        Assert.Equal("fileIds is empty.", (await DeleteAsync("""{"fileIds":[]}""")).Message);
        Assert.Equal("fileIds cannot have more than 100 items.", (await DeleteAsync($$"""{"fileIds":[{{tooMany}}]}""")).Message);
    }

    [Theory]
    [InlineData(false, "2026-03-01T09:30:01.000Z")]
    [InlineData(true, "2026-03-01T09:30:00.000Z")]
    public async Task A_patch_moves_updatedAt_unless_switched(bool keeps, string updatedAt)
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = time, PatchKeepsUpdatedAt = keeps });
        string id = await server.IdOfAsync("/a.txt");
        time.Advance(TimeSpan.FromSeconds(1));

        Answer patched = await server.JsonAsync("PATCH", $"v1/files/{id}/details", """{"tags":["x"],"description":"d"}""");

        Assert.Equal(updatedAt, (string)patched.Json["updatedAt"]!);
        Assert.Equal("""["x"]""", patched.Json["tags"]!.ToJsonString());
        Answer cleared = await server.JsonAsync("PATCH", $"v1/files/{id}/details", """{"tags":null}""");
        Assert.Null(cleared.Json["tags"]);
    }

    [Theory]
    [InlineData("""{"publish":{"isPublished":"yes"}}""")]
    [InlineData("""{"tags":"x"}""")]
    [InlineData("""{"customCoordinates":7}""")]
    [InlineData("""{"tags":["x"],"tags":["y"]}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task A_body_of_the_wrong_shape_is_refused(string body)
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.IdOfAsync("/a.txt");

        Answer answer = await server.JsonAsync("PATCH", $"v1/files/{id}/details", body);

        Assert.Equal(400, (int)answer.Status);
        Assert.NotNull(answer.Message);
    }

    [Fact]
    public async Task Ai_tags_come_from_an_extension_and_go_by_name_or_all()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer uploaded = await server.UploadAsync("/p.png", PngEncoder.Encode(1, 1, (_, _) => 0), "v1", ("extensions", """[{"name":"google-auto-tagging","maxTags":1,"minConfidence":90}]"""));
        string id = (string)uploaded.Json["fileId"]!;

        Answer other = await server.JsonAsync("POST", "v1/files/removeAITags", $$"""{"fileIds":["{{id}}"],"AITags":["Nothing"]}""");
        JsonNode? kept = (await server.GetAsync($"v1/files/{id}/details")).Json["AITags"];
        Answer all = await server.JsonAsync("PATCH", $"v1/files/{id}/details", """{"removeAITags":"all"}""");

        Assert.Equal("success", (string)uploaded.Json["extensionStatus"]!["google-auto-tagging"]!);
        Assert.Equal(HttpStatusCode.OK, other.Status);
        Assert.Single(kept!.AsArray());
        Assert.Null(all.Json["AITags"]);
    }

    [Fact]
    public async Task Usage_checks_its_dates_and_repeats_itself_for_six_hours()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = time });
        async Task<string> UsageAsync(string query)
        {
            Answer answer = await server.GetAsync("v1/accounts/usage" + query);
            return answer.Message ?? answer.Json["mediaLibraryStorageBytes"]!.ToJsonString();
        }

        Assert.Equal("startDate and endDate are required in query parameters.", await UsageAsync("?startDate=2026-01-01"));
        Assert.Equal("startDate and endDate should be in format YYYY-MM-DD.", await UsageAsync("?startDate=2026-1-1&endDate=2026-01-02"));
        Assert.Equal("startDate should be before endDate.", await UsageAsync("?startDate=2026-01-02&endDate=2026-01-02"));
        Assert.Equal("startDate and endDate should be within 90 days.", await UsageAsync("?startDate=2026-01-01&endDate=2026-04-01"));
        Assert.Equal("0", await UsageAsync("?startDate=2026-01-01&endDate=2026-01-31"));
        server.Emulator.Store.Put("/a.txt", "12345"u8);
        Assert.Equal("0", await UsageAsync("?startDate=2026-01-01&endDate=2026-01-31"));
        time.Advance(TimeSpan.FromHours(6));
        Assert.Equal("5", await UsageAsync("?startDate=2026-01-01&endDate=2026-01-31"));
    }
}
