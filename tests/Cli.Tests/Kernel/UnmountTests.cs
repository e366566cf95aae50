using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Support;
using ImageKitFs.Platform.Linux;

namespace ImageKitFs.Cli.Tests.Kernel;

public sealed class UnmountTests
{
    [SkippableFact]
    public async Task Open_files_keep_it_mounted_and_the_message_names_who_has_them()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();

        CliResult busy;
        using (FileStream open = new(Path.Combine(mnt, "a.txt"), FileMode.Create))
        {
            open.Write("x"u8);
            busy = await sandbox.RunAsync("umount", mnt);
        }

        CliResult free = await sandbox.RunAsync("umount", mnt);

        busy.AssertFailed(ExitCode.Busy, $"({Environment.ProcessId})");
        free.AssertOk();
    }

    [SkippableFact]
    public async Task Lazily_it_goes_at_once_and_the_open_file_works_on()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        int server = (await MountTests.StatusOfAsync(sandbox, mnt)).GetProperty("processId").GetInt32();
        Assert.True(ProcessIdentity.TryGet(server, out ProcessIdentity identity));

        CliResult lazy;
        using (FileStream open = new(Path.Combine(mnt, "a.txt"), FileMode.Create))
        {
            lazy = await sandbox.RunAsync("umount", "--lazy", mnt);
            open.Write("written after the folder was gone"u8);
        }

        lazy.AssertOk();
        Assert.DoesNotContain(mnt, LiveMounts.List());
        await WaitForEndAsync(identity);
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        Assert.Equal("written after the folder was gone", File.ReadAllText(Path.Combine(mnt, "a.txt")));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task Mounted_again_while_the_last_mount_still_sends_it_waits_and_shows_everything()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--root", sandbox.Folder("library"), "--latency", "700");
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--commit", "journal")).AssertOk();
        for (int i = 0; i < 40; i++)
            File.WriteAllText(Path.Combine(mnt, $"{i}.txt"), "precious");
        Assert.True(FuseMount.TryUnmount(mnt, lazy: false, out string error), error);

        CliResult again = await sandbox.RunAsync("mount", mnt);

        again.AssertOk();
        Assert.Contains("still sends", again.Error, StringComparison.Ordinal);
        Assert.Equal(40, Directory.GetFiles(mnt).Length);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task A_killed_server_leaves_a_stale_mount_that_is_explained_and_removed()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--emulator", sandbox.Path("library"));
        await Sandbox.WaitForLineAsync(server, "Mounted ");
        server.Kill();
        await Sandbox.EndAsync(server);

        CliResult status = await sandbox.RunAsync("status", mnt);
        CliResult sync = await sandbox.RunAsync("sync", mnt);
        CliResult umount = await sandbox.RunAsync("umount", mnt);
        CliResult forced = await sandbox.RunAsync("umount", "--force", mnt);

        Assert.Equal((int)ExitCode.StaleMount, status.ExitCode);
        Assert.Contains("stale", status.Output, StringComparison.Ordinal);
        sync.AssertFailed(ExitCode.StaleMount, "--force");
        umount.AssertFailed(ExitCode.StaleMount, "--force");
        forced.AssertOk();
        Assert.DoesNotContain(mnt, LiveMounts.List());
    }

    [SkippableFact]
    public async Task A_stale_mount_is_told_while_the_kernel_still_remembers_its_root()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--emulator", sandbox.Path("library"));
        await Sandbox.WaitForLineAsync(server, "Mounted ");
        MountReport before = await MountProbe.AskAsync(mnt, TimeProvider.System, CancellationToken.None);
        _ = File.GetAttributes(mnt);

        server.Kill();
        await Sandbox.EndAsync(server);
        MountReport after = await MountProbe.AskAsync(mnt, TimeProvider.System, CancellationToken.None);

        Assert.Equal((MountState.Mounted, MountState.Stale), (before.State, after.State));
        (await sandbox.RunAsync("umount", "--force", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task A_mount_over_a_stale_one_takes_its_place()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--emulator", sandbox.Path("library"));
        await Sandbox.WaitForLineAsync(server, "Mounted ");
        server.Kill();
        await Sandbox.EndAsync(server);

        CliResult mount = await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"));
        CliResult umount = await sandbox.RunAsync("umount", mnt);

        mount.AssertOk();
        umount.AssertOk();
        Assert.DoesNotContain(mnt, LiveMounts.List());
    }

    [SkippableFact]
    public async Task What_the_service_does_not_take_is_kept_named_and_sent_by_the_next_mount()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string library = sandbox.Folder("library");
        Process faulty = await sandbox.StartEmulatorAsync("--root", library, "--fault", "upload=status:503");
        string port = new Uri(sandbox.Environment["IMAGEKIT_API_ENDPOINT"]!).Port.ToString();
        string mnt = sandbox.Folder("mnt");

        (await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "1s")).AssertOk();
        File.WriteAllText(Path.Combine(mnt, "kept.txt"), "precious");
        JsonElement pending = (await MountTests.StatusOfAsync(sandbox, mnt)).GetProperty("pending");
        CliResult umount = await sandbox.RunAsync("umount", mnt);
        StopSignals.SendTerminate(faulty.Id);
        await Sandbox.EndAsync(faulty);
        await sandbox.StartEmulatorAsync("--root", library, "--port", port);
        CliResult resumed = await sandbox.RunAsync("mount", mnt, "--commit", "journal");
        CliResult sync = await sandbox.RunAsync("sync", mnt);
        int left = (await MountTests.StatusOfAsync(sandbox, mnt)).GetProperty("pendingCount").GetInt32();
        CliResult last = await sandbox.RunAsync("umount", mnt);

        Assert.Contains("kept.txt", pending.ToString(), StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.KeptLocally, umount.ExitCode);
        Assert.Contains("kept.txt", umount.Error, StringComparison.Ordinal);
        resumed.AssertOk();
        sync.AssertOk();
        Assert.Equal(0, left);
        last.AssertOk();
    }

    [SkippableFact]
    public async Task What_one_of_two_mounts_kept_is_sent_by_a_later_single_mount()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string library = sandbox.Folder("library");
        Process faulty = await sandbox.StartEmulatorAsync("--root", library, "--fault", "upload=status:503");
        string port = new Uri(sandbox.Environment["IMAGEKIT_API_ENDPOINT"]!).Port.ToString();
        string first = sandbox.Folder("first");
        string second = sandbox.Folder("second");
        (await sandbox.RunAsync("mount", first)).AssertOk();
        (await sandbox.RunAsync("mount", second, "--commit", "journal", "--drain-timeout", "1s")).AssertOk();
        File.WriteAllText(Path.Combine(second, "kept.txt"), "precious");
        Assert.Equal((int)ExitCode.KeptLocally, (await sandbox.RunAsync("umount", second)).ExitCode);
        (await sandbox.RunAsync("umount", first)).AssertOk();
        StopSignals.SendTerminate(faulty.Id);
        await Sandbox.EndAsync(faulty);
        await sandbox.StartEmulatorAsync("--root", library, "--port", port);

        (await sandbox.RunAsync("mount", first, "--dir-ttl", "0")).AssertOk();

        using CancellationTokenSource hang = new(TimeSpan.FromMinutes(2));
        while (!File.Exists(Path.Combine(first, "kept.txt")))
            await Task.Delay(TimeSpan.FromMilliseconds(50), hang.Token);
        (await sandbox.RunAsync("umount", first)).AssertOk();
    }

    [SkippableFact]
    public async Task A_sync_that_fails_says_what_and_why()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--fault", "upload=status:400:Your request contains invalid data.");
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "20s")).AssertOk();
        File.WriteAllText(Path.Combine(mnt, "refused.txt"), "x");

        CliResult sync = await sandbox.RunAsync("sync", mnt);
        await sandbox.RunAsync("umount", mnt);

        Assert.Equal((int)ExitCode.ServiceFailed, sync.ExitCode);
        Assert.Contains("refused.txt", sync.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_second_signal_ends_the_wait_and_says_what_is_kept()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--fault", "upload=status:503");
        string mnt = sandbox.Folder("mnt");
        using NotifySocket socket = new(sandbox.Path("notify"));
        sandbox.Environment["NOTIFY_SOCKET"] = socket.Path;
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--commit", "journal", "--drain-timeout", "10m");
        await Sandbox.WaitForLineAsync(server, "Mounted ");
        File.WriteAllText(Path.Combine(mnt, "kept.txt"), "precious");

        StopSignals.SendTerminate(server.Id);
        Assert.Equal("READY=1", await socket.ReceiveAsync());
        Assert.Equal("STOPPING=1", await socket.ReceiveAsync());
        StopSignals.SendTerminate(server.Id);

        Assert.Equal((int)ExitCode.KeptLocally, await Sandbox.EndAsync(server));
        Assert.Contains("kept.txt", await server.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private static async Task WaitForEndAsync(ProcessIdentity process)
    {
        using CancellationTokenSource hang = new(TimeSpan.FromMinutes(2));
        while (process.IsAlive())
            await Task.Delay(TimeSpan.FromMilliseconds(20), hang.Token);
    }
}
