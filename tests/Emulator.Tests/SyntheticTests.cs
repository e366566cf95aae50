using System.Net;

namespace ImageKitFs.Emulator.Tests;

public sealed class SyntheticTests
{
    [Fact]
    public async Task A_million_files_are_listed_anywhere_in_little_memory()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { Synthetic = new SyntheticLibrary(1000, 1000) });
        await server.GetAsync("v1/files?skip=999000");
        long before = GC.GetTotalAllocatedBytes(precise: true);

        Answer last = await server.GetAsync("v1/files?skip=999000");
        Answer middle = await server.GetAsync("v1/files?path=/folder-00500&skip=10&limit=2");
        Answer all = await server.GetAsync("v1/files?type=all&skip=998&limit=4");
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        Assert.Equal(1000, last.Rows.Count);
        Assert.Equal("/folder-00999/image-000999.png", (string)last.Rows[^1]!["filePath"]!);
        Assert.Equal(["image-000010.png", "image-000011.png"], middle.Rows.Select(row => (string)row!["name"]!));
        Assert.Equal(["folder-00998", "folder-00999", "image-000000.png", "image-000001.png"], all.Rows.Select(row => (string)row!["name"]!));
        Assert.True(allocated < 32 << 20, $"three pages allocated {allocated} bytes");
    }

    [Fact]
    public async Task A_touched_synthetic_file_keeps_its_place_and_a_deleted_one_leaves_no_trace()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { Synthetic = new SyntheticLibrary(2, 4, FileSize: 500, Parent: "/big"), JobDuration = TimeSpan.Zero });
        string id = (string)(await server.ListAsync("/big/folder-00000")).Rows[1]!["fileId"]!;

        byte[] bytes = (await server.DeliverAsync("/big/folder-00000/image-000001.png?tr=orig-true")).Body;
        await server.JsonAsync("PUT", "v1/files/rename", """{"filePath":"/big/folder-00000/image-000001.png","newFileName":"named.png"}""");
        server.Emulator.Store.Delete("/big/folder-00000/image-000002.png");
        server.Emulator.Store.Put("/big/folder-00000/new.txt", "1"u8);
        await server.JsonAsync("POST", "v1/bulkJobs/moveFolder", """{"sourceFolderPath":"/big/folder-00000","destinationPath":"/elsewhere"}""");

        Assert.Equal("image-000000.png named.png image-000003.png new.txt", await server.ListedAsync("/elsewhere/folder-00000"));
        Assert.Equal("/elsewhere/folder-00000/named.png", (string)(await server.GetAsync($"v1/files/{id}/details")).Json["filePath"]!);
        Assert.Equal(bytes, server.Emulator.Store.Read("/elsewhere/folder-00000/named.png"));
        Assert.Equal(500, bytes.Length);
        Assert.Equal("image/png", (string)(await server.GetAsync($"v1/files/{id}/details")).Json["mime"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await server.DeliverAsync("/big/folder-00000/image-000002.png")).Status);
        Assert.Equal("folder-00001", await server.ListedAsync("/big"));
    }

    [Fact]
    public async Task Any_range_of_a_synthetic_file_is_that_part_of_it()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { Synthetic = new SyntheticLibrary(1, 1, FileSize: 5000) });
        byte[] whole = (await server.DeliverAsync("/folder-00000/image-000000.png?tr=orig-true")).Body;

        foreach ((int from, int to) in ((int, int)[])[(0, 0), (7, 40), (30, 35), (1001, 4998), (4999, 4999)])
        {
            Answer part = await server.DeliverAsync("/folder-00000/image-000000.png?tr=orig-true", request => request.Headers.Range = new(from, to));
            Assert.Equal(HttpStatusCode.PartialContent, part.Status);
            Assert.Equal(whole[from..(to + 1)], part.Body);
        }
    }

    [Fact]
    public async Task A_folder_of_a_hundred_thousand_real_files_pages_without_gaps()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 0; i < 100_000; i++)
            server.Emulator.Store.Put($"/many/{i:d6}.txt", "x"u8);
        server.Emulator.Store.Delete("/many/050000.txt");

        List<string> names = [];
        for (int skip = 0; ; skip += 1000)
        {
            string[] page = await server.NamesAsync("/many", $"type=all&limit=1000&skip={skip}");
            names.AddRange(page);
            if (page.Length < 1000)
                break;
        }

        Assert.Equal(Enumerable.Range(0, 100_000).Where(i => i != 50_000).Select(i => $"{i:d6}.txt"), names);
    }
}
