using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>`get` and `cat`.</summary>
public sealed class GetTests
{
    [Fact]
    public async Task A_folder_costs_a_listing_each_and_one_request_a_file_and_no_file_twice()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        sandbox.Write("large.bin", LibraryFixture.Bytes(1, 3_000_000));
        await sandbox.DoAsync("put", "large.bin", "/campaigns/2026");
        await sandbox.TakeRequestsAsync();

        string[] first = await sandbox.DoAsync("get", "/campaigns", "out");
        IReadOnlyDictionary<string, long> firstCost = await sandbox.TakeRequestsAsync();
        string[] second = await sandbox.DoAsync("get", "/campaigns", "out/..");
        await sandbox.TakeRequestsAsync();
        string[] third = await sandbox.DoAsync("get", "/campaigns", ".");
        IReadOnlyDictionary<string, long> thirdCost = await sandbox.TakeRequestsAsync();

        Assert.Equal(6, first.Length);
        Assert.Equal((3, 6), (firstCost["list"], firstCost["delivery"]));
        Assert.Equal(LibraryFixture.Bytes(1, 3_000_000), await File.ReadAllBytesAsync(sandbox.Path("out/2026/large.bin")));
        Assert.All(second, line => Assert.StartsWith("Fetched ", line, StringComparison.Ordinal));
        Assert.True(File.Exists(sandbox.Path("campaigns/2025/winter-hero.png")));
        Assert.All(third, line => Assert.StartsWith("Unchanged ", line, StringComparison.Ordinal));
        Assert.Equal([new("list", 3)], thirdCost);
        Assert.Empty(Directory.EnumerateFiles(sandbox.Root, ".imagekitfs*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_folder_that_was_fetched_under_another_name_is_gone_on_with_and_not_fetched_inside()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("photos/a.txt", "a");
        sandbox.Write("photos/sub/b.txt", "b");
        await sandbox.DoAsync("put", "photos", "/photos");
        await sandbox.DoAsync("get", "/photos", "here");
        sandbox.Write("c.txt", "c");
        await sandbox.DoAsync("put", "c.txt", "/photos/");

        string[] again = await sandbox.DoAsync("get", "/photos", "here");
        sandbox.Write("mine/x.txt", "x");
        await sandbox.DoAsync("get", "/photos", "mine");

        Assert.Equal(["Fetched /photos/c.txt", "Unchanged /photos/a.txt", "Unchanged /photos/sub/b.txt"], again.Order(StringComparer.Ordinal));
        Assert.True(File.Exists(sandbox.Path("here/c.txt")));
        Assert.True(File.Exists(sandbox.Path("mine/photos/a.txt")));
    }

    [Fact]
    public async Task A_new_version_is_fetched_although_its_size_is_the_same()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("a.txt", "one");
        await sandbox.DoAsync("put", "a.txt");
        await sandbox.DoAsync("get", "/a.txt", "copy.txt");
        sandbox.Write("a.txt", "two");
        await sandbox.DoAsync("put", "a.txt");

        string[] fetched = await sandbox.DoAsync("get", "/a.txt", "copy.txt");

        Assert.Equal(["Fetched /a.txt"], fetched);
        Assert.Equal("two", await File.ReadAllTextAsync(sandbox.Path("copy.txt")));
        Assert.Equal(File.GetLastWriteTimeUtc(sandbox.Path("a.txt")), File.GetLastWriteTimeUtc(sandbox.Path("copy.txt")));
    }

    [Fact]
    public async Task Patterns_are_expanded_in_the_library_and_go_into_a_folder()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.TakeRequestsAsync();

        string[] fetched = await sandbox.DoAsync("get", "/campaigns/2026/*-hero.png", "./local/");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();
        CliResult nothing = await sandbox.RunAsync("get", "/campaigns/*.gif", ".");

        Assert.Equal(["Fetched /campaigns/2026/spring-hero.png", "Fetched /campaigns/2026/summer-hero.png"], fetched);
        Assert.Equal((1, 2), (cost["list"], cost["delivery"]));
        Assert.Equal(["spring-hero.png", "summer-hero.png"], Directory.EnumerateFiles(sandbox.Path("local")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        nothing.AssertFailed(ExitCode.Failed, "nothing in the library matches /campaigns/*.gif");
    }

    [Fact]
    public async Task Standard_output_gets_the_bytes_and_nothing_else()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("a.txt", "ä\n");
        sandbox.Write("b.txt", "b\n");
        await sandbox.DoAsync("put", "a.txt", "b.txt", "/");

        CliResult one = await sandbox.RunAsync("get", "/a.txt", "-");
        CliResult both = await sandbox.RunAsync("cat", "/*.txt");
        CliResult missing = await sandbox.RunAsync("cat", "/none.txt", "/b.txt");
        CliResult folder = await sandbox.RunAsync("cat", "/");

        Assert.Equal("ä\n", one.Output);
        Assert.Equal("ä\nb\n", both.Output);
        missing.AssertFailed(ExitCode.Failed, "/none.txt is not in the library");
        Assert.Equal("b\n", missing.Output);
        folder.AssertFailed(ExitCode.Usage, "/ is a folder");
    }

    [Fact]
    public async Task What_cannot_be_had_or_written_is_one_line_and_leaves_what_was_there()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("a.txt", "library's");
        sandbox.Write("kept.txt", "mine");
        sandbox.Folder("folder.txt");
        await sandbox.DoAsync("put", "a.txt");

        (await sandbox.RunAsync("get", "missing.jpg")).AssertFailed(ExitCode.Failed, "/missing.jpg is not in the library");
        (await sandbox.RunAsync("get", "kept.txt", "kept.txt")).AssertFailed(ExitCode.Failed, "not in the library");
        (await sandbox.RunAsync("get", "/")).AssertFailed(ExitCode.Usage, "folder");
        (await sandbox.RunAsync("get", "/a.txt", "kept.txt/x")).AssertFailed(ExitCode.Failed, "cannot write");
        (await sandbox.RunAsync("get", "/a.txt", "/proc/x")).AssertFailed(ExitCode.Failed, "cannot write /proc/x");
        (await sandbox.RunAsync("get", "/a.txt", "other:/b")).AssertFailed(ExitCode.Usage, "imagekitfs cp");
        await sandbox.SetFaultsAsync("delivery=status:500");
        CliResult broken = await sandbox.RunAsync("get", "/a.txt", "kept.txt");

        broken.AssertFailed(ExitCode.ServiceFailed, "/a.txt");
        Assert.Equal("mine", await File.ReadAllTextAsync(sandbox.Path("kept.txt")));
        Assert.Empty(Directory.EnumerateFiles(sandbox.Root, ".imagekitfs*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_taken_up_where_it_broke()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        byte[] bytes = LibraryFixture.Bytes(3, 400_000);
        sandbox.Write("a.bin", bytes);
        await sandbox.DoAsync("put", "a.bin");
        await sandbox.SetFaultsAsync("delivery*1=truncate:200000");

        await sandbox.DoAsync("get", "/a.bin", "b.bin");

        Assert.Equal(bytes, await File.ReadAllBytesAsync(sandbox.Path("b.bin")));
    }
}
