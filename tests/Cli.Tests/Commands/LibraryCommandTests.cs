using System.Text;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

/// <summary>`ls`, `get` and `put`: the library without a mount.</summary>
public sealed class LibraryCommandTests
{
    [Fact]
    public async Task What_is_put_is_listed_and_comes_back_with_its_bytes_whatever_its_name()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        byte[] content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ä line of bytes\n", 200_000)));
        foreach (string name in (string[])["my photo.jpg", "übung.txt", "notes.tmp"])
        {
            await File.WriteAllBytesAsync(sandbox.Path(name), content);
            CliResult put = await sandbox.RunAsync("put", name);
            put.AssertOk();
            Assert.Equal($"Stored /{name}\n", put.Output);
        }

        CliResult listed = await sandbox.RunAsync("ls");
        CliResult detailed = await sandbox.RunAsync("ls", "-l", "/my photo.jpg");
        (await sandbox.RunAsync("get", "my photo.jpg", "copy.jpg")).AssertOk();
        (await sandbox.RunAsync("get", "/übung.txt", sandbox.Folder("out"))).AssertOk();
        CliResult shown = await sandbox.RunAsync("get", "notes.tmp", "-");

        Assert.Equal("my photo.jpg\nnotes.tmp\nübung.txt\n", listed.Output);
        Assert.Contains($"{content.Length} ", detailed.Output, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(sandbox.Path("copy.jpg")));
        Assert.Equal(content, await File.ReadAllBytesAsync(sandbox.Path("out/übung.txt")));
        Assert.Equal(content, Encoding.UTF8.GetBytes(shown.Output));
        Assert.Empty(Directory.EnumerateFiles(sandbox.Root, "*.part", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_file_put_again_is_the_next_version_and_goes_into_a_folder_that_is_named()
    {
        await using Sandbox sandbox = new();
        string library = sandbox.Folder("library");
        await File.WriteAllTextAsync(sandbox.Path("a.txt"), "one");
        (await sandbox.RunAsync("put", "a.txt", "--emulator", library)).AssertOk();
        await File.WriteAllTextAsync(sandbox.Path("a.txt"), "two");

        (await sandbox.RunAsync("put", "a.txt", "/", "--emulator", library)).AssertOk();
        CliResult shown = await sandbox.RunAsync("get", "a.txt", "-", "--emulator", library);
        CliResult listed = await sandbox.RunAsync("ls", "--emulator", library);
        CliResult nowhere = await sandbox.RunAsync("put", "a.txt", "/none/", "--emulator", library);

        Assert.Equal("two", shown.Output);
        Assert.Equal("a.txt\n", listed.Output);
        nowhere.AssertFailed(ExitCode.Failed, "/none is not in the library");
    }

    [Fact]
    public async Task What_cannot_be_had_or_stored_is_one_line_and_changes_nothing()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        await File.WriteAllTextAsync(sandbox.Path("empty.txt"), "");
        await File.WriteAllTextAsync(sandbox.Path("Thumbs.db"), "litter");
        await File.WriteAllTextAsync(sandbox.Path("kept.txt"), "mine");

        (await sandbox.RunAsync("get", "missing.jpg")).AssertFailed(ExitCode.Failed, "/missing.jpg is not in the library");
        (await sandbox.RunAsync("get", "kept.txt", "kept.txt")).AssertFailed(ExitCode.Failed, "not in the library");
        (await sandbox.RunAsync("get", "/")).AssertFailed(ExitCode.Usage, "folder");
        (await sandbox.RunAsync("put", "none.txt")).AssertFailed(ExitCode.Failed, "cannot read");
        (await sandbox.RunAsync("put", "empty.txt")).AssertFailed(ExitCode.Failed, "no empty files");
        (await sandbox.RunAsync("put", "Thumbs.db")).AssertFailed(ExitCode.Failed, "kept out");
        CliResult listed = await sandbox.RunAsync("ls");

        Assert.Equal("", listed.Output);
        Assert.Equal("mine", await File.ReadAllTextAsync(sandbox.Path("kept.txt")));
        Assert.False(File.Exists(sandbox.Path("missing.jpg")));
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_wrong";
        (await sandbox.RunAsync("ls")).AssertFailed(ExitCode.BadKey, "key");
    }
}
