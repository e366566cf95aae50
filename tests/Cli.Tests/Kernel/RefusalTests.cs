using System.Net;
using System.Net.Sockets;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>Each cause of a failed mount: its own status, one line, nothing left behind.</summary>
public sealed class RefusalTests
{
    [SkippableFact]
    public async Task A_mount_point_that_is_missing_or_a_file()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        File.WriteAllText(sandbox.Path("file"), "");

        CliResult missing = await sandbox.RunAsync("mount", sandbox.Path("none"), "--emulator", sandbox.Path("library"));
        CliResult file = await sandbox.RunAsync("mount", sandbox.Path("file"), "--emulator", sandbox.Path("library"));

        missing.AssertFailed(ExitCode.MountPointMissing, sandbox.Path("none"));
        file.AssertFailed(ExitCode.MountPointMissing, sandbox.Path("file"));
        Assert.Empty(sandbox.ProcessesOfThisSandbox());
    }

    [SkippableFact]
    public async Task A_mount_point_with_entries_unless_that_is_wanted()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        File.WriteAllText(Path.Combine(mnt, "hidden"), "");

        CliResult refused = await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"));
        CliResult wanted = await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"), "--nonempty");
        bool isHidden = !File.Exists(Path.Combine(mnt, "hidden"));

        refused.AssertFailed(ExitCode.MountPointNotEmpty, "--nonempty");
        wanted.AssertOk();
        Assert.True(isHidden);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task A_folder_that_is_mounted_already()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("one"))).AssertOk();

        CliResult second = await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("two"));

        second.AssertFailed(ExitCode.Busy, "already mounted");
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task A_key_that_the_service_refuses_and_it_is_shown_nowhere()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        const string Key = "private_distinctive4711Key";
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = Key;
        string log = sandbox.Path("mount.log");

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--log-file", log, "--log-level", "trace");

        result.AssertFailed(ExitCode.BadKey, "");
        foreach (string text in (string[])[result.Output, result.Error, File.ReadAllText(log)])
            AssertNoKey(Key, text);
    }

    [SkippableFact]
    public async Task A_service_that_cannot_be_reached()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_any";
        string nobody = $"http://127.0.0.1:{UnusedPort()}";

        CliResult result = await sandbox.RunAsync(
            "mount", sandbox.Folder("mnt"), "--url-endpoint", $"{nobody}/demo", "--api-endpoint", nobody, "--upload-endpoint", nobody);

        result.AssertFailed(ExitCode.NoNetwork, "");
    }

    [SkippableFact]
    public async Task A_cache_folder_that_cannot_be_made()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        File.WriteAllText(sandbox.Path("file"), "");

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--emulator", sandbox.Path("library"), "--cache-dir", sandbox.Path("file/cache"));

        result.AssertFailed(ExitCode.CacheUnusable, "");
    }

    [SkippableFact]
    public async Task A_log_file_that_cannot_be_written()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--emulator", sandbox.Path("library"), "--log-file", sandbox.Root);

        result.AssertFailed(ExitCode.CacheUnusable, sandbox.Root);
    }

    [SkippableFact]
    public async Task The_key_is_in_no_argument_log_or_message_of_a_working_mount()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        const string Key = "private_distinctive4711Key";
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = Key;
        await sandbox.StartEmulatorAsync("--fault", "upload*1=status:500");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;
        string keyFile = sandbox.Path("key");
        File.WriteAllText(keyFile, Key + "\n");
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string mnt = sandbox.Folder("mnt");
        string log = sandbox.Path("mount.log");

        CliResult mount = await sandbox.RunAsync("mount", mnt, "--key-file", keyFile, "--log-file", log, "--log-level", "trace");
        File.WriteAllText(Path.Combine(mnt, "a.txt"), "hello");
        string arguments = string.Concat(sandbox.ProcessesOfThisSandbox().Select(Sandbox.ArgumentsOf));
        CliResult status = await sandbox.RunAsync("status", mnt, "--json");
        CliResult umount = await sandbox.RunAsync("umount", mnt);

        mount.AssertOk();
        umount.AssertOk();
        Assert.Contains(mnt, arguments, StringComparison.Ordinal);
        foreach (string text in (string[])[arguments, mount.Output, status.Output, status.Error, umount.Output, umount.Error, File.ReadAllText(log)])
            AssertNoKey(Key, text);
    }

    private static void AssertNoKey(string key, string text)
    {
        Assert.DoesNotContain(key, text, StringComparison.Ordinal);
        string basic = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(key + ":"));
        Assert.DoesNotContain(basic[..20], text, StringComparison.Ordinal);
    }

    private static int UnusedPort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
