using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

public sealed class ReadOnlyKeyTests
{
    private const string Reader = "private_reader";

    [SkippableFact]
    public async Task A_profile_whose_key_only_reads_is_mounted_read_only_with_a_message()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = await StartAsync();
        string mountPoint = sandbox.Folder("mnt");
        (await sandbox.RunWithLinesAsync([Reader], "login", "--profile", "reader")).AssertOk();

        CliResult mount = await sandbox.RunAsync("mount", mountPoint, "--profile", "reader");
        CliResult write = await sandbox.RunProgramAsync("touch", Path.Combine(mountPoint, "new.txt"));
        CliResult options = await sandbox.RunProgramAsync("findmnt", "-no", "OPTIONS", mountPoint);

        mount.AssertOk();
        Assert.Contains("imagekitfs: the key may read and not write: mounted read-only", mount.Error, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", write.Error, StringComparison.Ordinal);
        Assert.StartsWith("ro,", options.Output, StringComparison.Ordinal);
        (await sandbox.RunAsync("umount", mountPoint)).AssertOk();
    }

    [SkippableFact]
    public async Task Of_another_key_the_first_refused_change_tells_and_its_next_mount_knows()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = await StartAsync();
        string url = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;
        string mountPoint = sandbox.Folder("mnt");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = Reader;
        await File.WriteAllTextAsync(sandbox.Path("x.txt"), "x");
        // Unlike a shell's redirection, cp looks at what close says.
        Task<CliResult> CopyAsync(string name) => sandbox.RunProgramAsync("cp", sandbox.Path("x.txt"), Path.Combine(mountPoint, name));

        CliResult first = await sandbox.RunAsync("mount", mountPoint);
        CliResult refused = await CopyAsync("one.txt");
        CliResult again = await CopyAsync("two.txt");
        using JsonDocument status = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(mountPoint, ".imagekit/status.json")));
        await sandbox.RunAsync("umount", mountPoint);
        CliResult second = await sandbox.RunAsync("mount", mountPoint);
        await sandbox.RunAsync("umount", mountPoint);
        await Emulators.SetAsync(url, """{"ReadOnlyKeys":[],"PrivateKey":"private_reader"}""");
        CliResult third = await sandbox.RunAsync("mount", mountPoint);

        first.AssertOk();
        Assert.Empty(first.Error);
        Assert.Contains("Read-only file system", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", again.Error, StringComparison.Ordinal);
        Assert.True(status.RootElement.GetProperty("readOnly").GetBoolean());
        Assert.Contains("mounted read-only", second.Error, StringComparison.Ordinal);
        third.AssertOk();
        Assert.DoesNotContain("read-only", third.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CopyAsync("three.txt")).ExitCode);
        await sandbox.RunAsync("umount", mountPoint);
    }

    private static async Task<Sandbox> StartAsync()
    {
        Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample", "--set", $"ReadOnlyKeys={Reader}");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;
        return sandbox;
    }
}
