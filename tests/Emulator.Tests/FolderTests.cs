using System.Net;

namespace ImageKitFs.Emulator.Tests;

public sealed class FolderTests
{
    [Fact]
    public async Task Creating_is_idempotent_makes_parents_and_rewrites_names()
    {
        await using TestServer server = await TestServer.StartAsync();
        Task<Answer> CreateAsync(string name, string parent, string version = "v1") =>
            server.JsonAsync("POST", version + "/folder/", $$"""{"folderName":"{{name}}","parentFolderPath":"{{parent}}"}""");

        Answer first = await CreateAsync("trip 2026.x-y", "/photos/new one");
        Answer again = await CreateAsync("trip 2026.x-y", "/photos/new one");
        Answer dots = await CreateAsync("..", "/");
        await CreateAsync("as is.é", "/", "v2");

        Assert.Equal((201, "{}", 201), ((int)first.Status, first.Text, (int)again.Status));
        Assert.Equal((400, "INVALID_FOLDER_PATH", "'.' & '..' can not be used as folder-name"), ((int)dots.Status, dots.Reason, dots.Message));
        Assert.Equal("trip_2026_x-y", await server.ListedAsync("/photos/new_one"));
        Assert.Equal("photos as is.é", await server.ListedAsync("/"));
    }

    [Fact]
    public async Task Deleting_is_recursive_and_limited()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { MaxNestedObjects = 3 });
        foreach (string path in (string[])["/d/a.txt", "/d/s/b.txt", "/d/s/t/c.txt"])
            server.Emulator.Store.Put(path, "1"u8);
        Task<Answer> DeleteAsync(string path) => server.JsonAsync("DELETE", "v1/folder", $$"""{"folderPath":"{{path}}"}""");

        Answer missing = await DeleteAsync("/nope/");
        Answer tooMany = await DeleteAsync("/d");
        Answer done = await DeleteAsync("/d/s/");

        Assert.Equal((404, "FOLDER_NOT_FOUND", "No folder found with folderPath `/nope/`."), ((int)missing.Status, missing.Reason, missing.Message));
        Assert.Equal((400, "TOO_MANY_OBJECTS", "Total nested assets (files, folders and file versions) are more than allowed limit of 3 items."), ((int)tooMany.Status, tooMany.Reason, tooMany.Message));
        Assert.Equal(204, (int)done.Status);
        Assert.Equal(["/d", "/d/a.txt"], server.Emulator.Store.List().Select(entry => entry.Path));
    }

    [Fact]
    public async Task A_job_is_pending_then_atomic_and_locks_its_paths_meanwhile()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = time });
        server.Emulator.Store.Put("/p/a/f.txt", "1"u8);
        server.Emulator.Store.CreateFolder("/q");

        Answer started = await server.JsonAsync("POST", "v1/bulkJobs/renameFolder", """{"folderPath":"/p","newFolderName":"pics"}""");
        string job = "v1/bulkJobs/" + (string)started.Json["jobId"]!;
        Answer below = await server.JsonAsync("POST", "v1/bulkJobs/moveFolder", """{"sourceFolderPath":"/p/a","destinationPath":"/q"}""");
        Answer into = await server.JsonAsync("POST", "v1/bulkJobs/copyFolder", """{"sourceFolderPath":"/q","destinationPath":"/pics"}""");
        string pending = (await server.GetAsync(job)).Text;
        string before = await server.ListedAsync("/");
        time.Advance(TimeSpan.FromMilliseconds(300));
        string after = await server.ListedAsync("/");

        Assert.Equal(202, (int)started.Status);
        Assert.Equal((423, "A bulk job is running on given folder path, please try after sometime."), ((int)below.Status, below.Message));
        Assert.Equal((423, "Destination folder path is already locked. Please try after sometime."), ((int)into.Status, into.Message));
        Assert.Null(below.Reason);
        Assert.Contains("\"type\":\"RENAME_FOLDER\",\"status\":\"Pending\"", pending, StringComparison.Ordinal);
        Assert.Equal(("p q", "pics q"), (before, after));
        Assert.Equal("f.txt", await server.ListedAsync("/pics/a"));
        Assert.Contains("\"status\":\"Completed\"", (await server.GetAsync(job)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partial_jobs_show_files_arriving_and_unlocked_accounts_accept_overlap()
    {
        var time = new ManualTime();
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { TimeProvider = time, PartialJobs = true, NeverLocked = true, JobDuration = TimeSpan.FromSeconds(4) });
        for (int i = 0; i < 4; i++)
            server.Emulator.Store.Put($"/a/{i}.txt", "1"u8);

        await server.JsonAsync("POST", "v1/bulkJobs/moveFolder", """{"sourceFolderPath":"/a","destinationPath":"/b"}""");
        time.Advance(TimeSpan.FromSeconds(2));
        (string left, string arrived) = (await server.ListedAsync("/a"), await server.ListedAsync("/b/a"));
        Answer overlap = await server.JsonAsync("POST", "v1/bulkJobs/renameFolder", """{"folderPath":"/a","newFolderName":"z"}""");
        time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(("2.txt 3.txt", "0.txt 1.txt"), (left, arrived));
        Assert.Equal(202, (int)overlap.Status);
        Assert.Equal("0.txt 1.txt 2.txt 3.txt", await server.ListedAsync("/b/a"));
        Assert.Equal("b", await server.ListedAsync("/"));
    }

    [Fact]
    public async Task A_moved_folder_merges_with_its_namesake()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach ((string path, string text) in ((string, string)[])[("/a/x/same.txt", "from a"), ("/a/x/sub/one.txt", "1"), ("/b/x/same.txt", "from b"), ("/b/x/two.txt", "2")])
            server.Emulator.Store.Put(path, System.Text.Encoding.UTF8.GetBytes(text));

        await server.JsonAsync("POST", "v1/bulkJobs/moveFolder", """{"sourceFolderPath":"/a/x","destinationPath":"/b"}""");
        await server.NamesAsync("/");

        Assert.Equal(["/a", "/b", "/b/x", "/b/x/same.txt", "/b/x/sub", "/b/x/sub/one.txt", "/b/x/two.txt"], server.Emulator.Store.List().Select(entry => entry.Path));
        Assert.Equal(2, server.Emulator.Store.VersionsOf("/b/x/same.txt").Count);
    }

    [Fact]
    public async Task A_copy_can_take_versions_under_either_flag_and_go_below_itself()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a/f.txt", "1"u8);
        server.Emulator.Store.Put("/a/f.txt", "2"u8);
        Task<Answer> CopyAsync(string to, string flag) =>
            server.JsonAsync("POST", "v1/bulkJobs/copyFolder", $$"""{"sourceFolderPath":"/a","destinationPath":"{{to}}"{{flag}}}""");

        await CopyAsync("/plain", "");
        await CopyAsync("/sdk", ",\"includeVersions\":true");
        await CopyAsync("/old", ",\"includeFileVersions\":true");
        await CopyAsync("/a/deep", "");
        await server.NamesAsync("/");

        Assert.Equal([1, 2, 2, 1], new[] { "/plain/a", "/sdk/a", "/old/a", "/a/deep/a" }.Select(folder => server.Emulator.Store.VersionsOf(folder + "/f.txt").Count));
    }

    [Theory]
    [InlineData("moveFolder", """{"sourceFolderPath":"/","destinationPath":"/b"}""", 400, "SOURCE_IS_ROOT")]
    [InlineData("moveFolder", """{"sourceFolderPath":"/a"}""", 400, "MISSING_PARAMETER")]
    [InlineData("moveFolder", """{"sourceFolderPath":"/a/s","destinationPath":"/a/"}""", 400, "SAME_SOURCE_AND_DESTINATION")]
    [InlineData("moveFolder", """{"sourceFolderPath":"/a","destinationPath":"/a/s"}""", 400, "INVALID_DESTINATION_PATH")]
    [InlineData("copyFolder", """{"sourceFolderPath":"/none","destinationPath":"/b"}""", 404, "NO_FILES_FOLDER")]
    [InlineData("copyFolder", """{"sourceFolderPath":"/a","destinationPath":"/b/.."}""", 400, "INVALID_FOLDER_PATH")]
    [InlineData("renameFolder", """{"folderPath":"/a","newFolderName":"b"}""", 409, null)]
    [InlineData("renameFolder", """{"folderPath":"/none","newFolderName":"b"}""", 404, null)]
    public async Task A_job_is_refused_with_its_reason(string job, string body, int status, string? reason)
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.CreateFolder("/a/s");
        server.Emulator.Store.CreateFolder("/b");

        Answer answer = await server.JsonAsync("POST", "v1/bulkJobs/" + job, body);

        Assert.Equal(status, (int)answer.Status);
        if (reason is not null)
            Assert.Equal(reason, answer.Reason);
    }

    [Fact]
    public async Task Empty_folders_and_shared_names_follow_their_switches()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.CreateFolder("/empty");
        Answer file = await server.UploadAsync("/empty", "a file of that name");
        server.Configure(options => options with { RefuseSharedNames = true, RefuseEmptyFolderJobs = true });

        Answer refused = await server.UploadAsync("/v2/empty", "x");
        server.Emulator.Store.CreateFolder("/v2/taken");
        Answer taken = await server.UploadAsync("/v2/taken", "x");
        Answer move = await server.JsonAsync("POST", "v1/bulkJobs/moveFolder", """{"sourceFolderPath":"/empty","destinationPath":"/v2"}""");

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.BadRequest], new[] { file.Status, refused.Status, taken.Status });
        Assert.Equal((404, "NO_FILES_FOLDER"), ((int)move.Status, move.Reason));
    }
}
