using System.Net;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Tests;

public sealed class PersistenceTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("emulator-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private EmulatorOptions Options => new() { Root = _root, JobDuration = TimeSpan.Zero };

    [Fact]
    public async Task A_restart_keeps_files_versions_folders_fields_and_orders()
    {
        string listed;
        string versions;
        string id;
        await using (TestServer server = await TestServer.StartAsync(Options))
        {
            await server.JsonAsync("POST", "v1/customMetadataFields", """{"name":"n","label":"N","schema":{"type":"Number"}}""");
            id = (string)(await server.UploadAsync("/a/one.txt", "1", ("tags", "t"), ("customMetadata", """{"n":1}"""), ("isPrivateFile", "true"))).Json["fileId"]!;
            await server.UploadAsync("/a/one.txt", "2");
            await server.UploadAsync("/b/two.txt", "3");
            await server.JsonAsync("PUT", $"v1/files/{id}/versions/{id}/restore");
            await server.JsonAsync("POST", "v1/bulkJobs/moveFolder", """{"sourceFolderPath":"/a","destinationPath":"/late"}""");
            await server.UploadAsync("/b/gone.txt", "4");
            server.Emulator.Store.Delete("/b/gone.txt");
            listed = Unplaced((await server.GetAsync("v1/files?type=all")).Text, server);
            versions = Unplaced((await server.GetAsync($"v1/files/{id}/versions")).Text, server);
        }

        await using TestServer again = await TestServer.StartAsync(Options);

        Assert.Equal(listed, Unplaced((await again.GetAsync("v1/files?type=all")).Text, again));
        Assert.Equal(versions, Unplaced((await again.GetAsync($"v1/files/{id}/versions")).Text, again));
        Assert.Equal("1"u8.ToArray(), again.Emulator.Store.Read("/late/a/one.txt"));
        Assert.Single((await again.GetAsync("v1/customMetadataFields")).Rows);
        Assert.Equal("Version 3", (string)(await again.UploadAsync("/late/a/one.txt", "5")).Json["versionInfo"]!["name"]!);
        Assert.Equal(4, Directory.GetFiles(Path.Combine(_root, "blobs"), "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task A_torn_last_line_and_an_unrecorded_blob_are_forgotten()
    {
        await using (TestServer server = await TestServer.StartAsync(Options))
        {
            await server.UploadAsync("/kept.txt", "kept");
            await server.UploadAsync("/torn.txt", "torn");
        }

        string log = Path.Combine(_root, "library.jsonl");
        string[] lines = await File.ReadAllLinesAsync(log);
        await File.WriteAllTextAsync(log, lines[0] + "\n" + lines[1][..(lines[1].Length / 2)]);
        await File.WriteAllTextAsync(Path.Combine(_root, "incoming", "half"), "half an upload");

        await using TestServer again = await TestServer.StartAsync(Options);

        Assert.Equal("kept.txt", await again.ListedAsync("/"));
        Assert.Equal(HttpStatusCode.OK, (await again.UploadAsync("/torn.txt", "again")).Status);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_root, "blobs"), "*", SearchOption.AllDirectories).Length);
        Assert.Empty(Directory.GetFiles(Path.Combine(_root, "incoming")));
    }

    [Fact]
    public async Task A_job_under_way_takes_effect_after_a_restart()
    {
        var time = new ManualTime();
        EmulatorOptions options = Options with { TimeProvider = time, JobDuration = TimeSpan.FromSeconds(1) };
        string job;
        await using (TestServer server = await TestServer.StartAsync(options))
        {
            await server.UploadAsync("/a/f.txt", "1");
            job = (string)(await server.JsonAsync("POST", "v1/bulkJobs/renameFolder", """{"folderPath":"/a","newFolderName":"b"}""")).Json["jobId"]!;
        }

        await using TestServer again = await TestServer.StartAsync(options);
        JsonNode pending = (await again.GetAsync("v1/bulkJobs/" + job)).Json;
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("Pending", (string)pending["status"]!);
        Assert.Equal("Completed", (string)(await again.GetAsync("v1/bulkJobs/" + job)).Json["status"]!);
        Assert.Equal("f.txt", await again.ListedAsync("/b"));
    }

    [Fact]
    public async Task Synthetic_changes_outlive_a_restart()
    {
        EmulatorOptions options = Options with { Synthetic = new SyntheticLibrary(3, 3, 100, "/s") };
        await using (TestServer server = await TestServer.StartAsync(options))
        {
            server.Emulator.Store.Delete("/s/folder-00000/image-000001.png");
            server.Emulator.Store.Delete("/s/folder-00001");
            await server.UploadAsync("/s/folder-00000/image-000002.png", "changed");
            await server.JsonAsync("POST", "v1/bulkJobs/renameFolder", """{"folderPath":"/s/folder-00002","newFolderName":"renamed"}""");
            await server.NamesAsync("/");
        }

        await using TestServer again = await TestServer.StartAsync(options);

        Assert.Equal("folder-00000 renamed", await again.ListedAsync("/s"));
        Assert.Equal("image-000000.png image-000002.png", await again.ListedAsync("/s/folder-00000"));
        Assert.Equal("image-000000.png image-000001.png image-000002.png", await again.ListedAsync("/s/renamed"));
        Assert.Equal("changed"u8.ToArray(), again.Emulator.Store.Read("/s/folder-00000/image-000002.png"));
        Assert.Equal(2, again.Emulator.Store.VersionsOf("/s/folder-00000/image-000002.png").Count);
    }

    // The port differs from run to run.
    private static string Unplaced(string text, TestServer server) => text.Replace(server.Emulator.UrlEndpoint, "", StringComparison.Ordinal);
}
