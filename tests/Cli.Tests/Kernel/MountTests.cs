using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

public sealed class MountTests
{
    [SkippableFact]
    public async Task A_mount_answers_when_the_command_returns_and_umount_waits_for_the_library()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");

        CliResult mount = await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"));
        File.WriteAllText(Path.Combine(mnt, "a.txt"), "hello");
        CliResult umount = await sandbox.RunAsync("umount", mnt);
        bool isGone = !LiveMounts.List().Contains(mnt) && sandbox.ProcessesOfThisSandbox().Count == 0;
        CliResult again = await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"));
        string text = File.ReadAllText(Path.Combine(mnt, "a.txt"));
        CliResult last = await sandbox.RunAsync("umount", mnt);

        mount.AssertOk();
        Assert.Matches($@"^Mounted http://127\.0\.0\.1:\d+/demo at {mnt}\n$", mount.Output);
        umount.AssertOk();
        Assert.True(isGone, "umount returned before the serving process had ended");
        again.AssertOk();
        Assert.Equal("hello", text);
        last.AssertOk();
    }

    [SkippableFact]
    public async Task A_background_mount_has_its_own_session_and_holds_no_folder()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();

        int server = (await StatusOfAsync(sandbox, mnt)).GetProperty("processId").GetInt32();
        string[] stat = File.ReadAllText($"/proc/{server}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int Session = 3;

        Assert.Equal(server.ToString(), stat[Session]);
        Assert.Equal("/", new FileInfo($"/proc/{server}/cwd").LinkTarget);
        Assert.Equal("/dev/null", new FileInfo($"/proc/{server}/fd/0").LinkTarget);
        Assert.Equal("/dev/null", new FileInfo($"/proc/{server}/fd/1").LinkTarget);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task An_account_with_other_rate_limits_gets_them_as_option_or_word()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"), "--reads-per-second", "7.5", "-o", "writes_per_second=0")).AssertOk();

        Dictionary<string, JsonElement> limits = (await StatusOfAsync(sandbox, mnt)).GetProperty("requestClasses").EnumerateArray()
            .ToDictionary(of => of.GetProperty("name").GetString()!, of => of.TryGetProperty("tokensPerSecond", out JsonElement rate) ? rate : default);

        Assert.Equal(7.5, limits["reads"].GetDouble());
        Assert.NotEqual(JsonValueKind.Number, limits["writes"].ValueKind);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"), "--reads-per-second", "-1")).AssertFailed(ExitCode.Usage, "--reads-per-second takes a number");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"), "--writes-per-second", "fast")).AssertFailed(ExitCode.Usage, "--writes-per-second takes a number");
    }

    [SkippableFact]
    public async Task A_foreground_mount_unmounts_and_drains_on_a_signal()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--commit", "journal", "--emulator", sandbox.Path("library"));
        await Sandbox.WaitForLineAsync(server, "Mounted ");

        File.WriteAllText(Path.Combine(mnt, "a.txt"), "hello");
        StopSignals.SendTerminate(server.Id);

        Assert.Equal(0, await Sandbox.EndAsync(server));
        Assert.DoesNotContain(mnt, LiveMounts.List());
    }

    [SkippableFact]
    public async Task An_outside_umount_drains_too()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "-f", "--commit", "journal", "--emulator", sandbox.Path("library"));
        await Sandbox.WaitForLineAsync(server, "Mounted ");

        File.WriteAllText(Path.Combine(mnt, "a.txt"), "hello");
        CliResult umount = await sandbox.RunProgramAsync("umount", mnt);
        int status = await Sandbox.EndAsync(server);

        umount.AssertOk();
        Assert.Equal(0, status);
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        Assert.Equal("hello", File.ReadAllText(Path.Combine(mnt, "a.txt")));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task The_form_that_mount_and_fstab_use_mounts()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");

        CliResult mount = await sandbox.RunAsync("media", mnt, "-o", $"ro,dev,suid,_netdev,emulator={sandbox.Path("library")}");
        IOException refused = Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(mnt, "a.txt"), "x"));
        const int EROFS = 30;

        mount.AssertOk();
        Assert.Equal(EROFS, refused.HResult);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task A_service_manager_hears_of_readiness_and_stop()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        using NotifySocket socket = new(sandbox.Path("notify"));
        sandbox.Environment["NOTIFY_SOCKET"] = socket.Path;
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--emulator", sandbox.Path("library"));

        string ready = await socket.ReceiveAsync();
        StopSignals.SendTerminate(server.Id);
        string stopping = await socket.ReceiveAsync();

        Assert.Equal("READY=1", ready);
        Assert.Equal("STOPPING=1", stopping);
        Assert.Equal(0, await Sandbox.EndAsync(server));
    }

    [SkippableFact]
    public async Task The_demo_makes_its_folder_and_can_be_called_twice()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Path("new/media");

        CliResult first = await sandbox.RunAsync("demo", mnt);
        CliResult second = await sandbox.RunAsync("demo", mnt);
        int entries = Directory.GetFileSystemEntries(mnt).Length;

        first.AssertOk();
        second.AssertOk();
        Assert.NotEqual(0, entries);
        Assert.Contains($"imagekitfs umount {mnt}", first.Output, StringComparison.Ordinal);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
        Assert.Empty(sandbox.ProcessesOfThisSandbox());
    }

    internal static async Task<JsonElement> StatusOfAsync(Sandbox sandbox, string mountPoint)
    {
        CliResult status = await sandbox.RunAsync("status", mountPoint, "--json");
        status.AssertOk();
        return JsonDocument.Parse(status.Output).RootElement[0].GetProperty("status");
    }
}
