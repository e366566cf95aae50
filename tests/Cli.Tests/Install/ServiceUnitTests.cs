using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Kernel;
using ImageKitFs.Cli.Tests.Support;
using ImageKitFs.Tests.Support;

namespace ImageKitFs.Cli.Tests.Install;

/// <summary>The systemd units: what their own lines start, and what the service manager hears of it.</summary>
public sealed class ServiceUnitTests
{
    private const string System = "install/systemd/imagekitfs@.service";
    private const string User = "install/systemd/user/imagekitfs@.service";

    [SkippableFact]
    public async Task The_unit_s_own_line_mounts_reports_itself_alive_and_drains_on_SIGTERM()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string library = sandbox.Folder("library");
        await sandbox.StartEmulatorAsync("--root", library, "--latency", "100");
        using NotifySocket socket = new(sandbox.Path("notify"));
        string mnt = sandbox.Folder("mnt");
        HandOverKey(sandbox);
        sandbox.Environment["NOTIFY_SOCKET"] = socket.Path;
        sandbox.Environment["WATCHDOG_USEC"] = "20000";

        Process server = Start(sandbox, System, mnt, "--commit journal --drain-timeout 2m");
        List<string> heard = [await socket.ReceiveAsync()];
        while (!heard.Contains(ServiceManager.Alive) || !heard.Any(line => line.StartsWith("STATUS=Mounted at", StringComparison.Ordinal)))
            heard.Add(await socket.ReceiveAsync());
        for (int i = 0; i < 40; i++)
            File.WriteAllText(Path.Combine(mnt, $"{i}.txt"), "precious");
        StopSignals.SendTerminate(server.Id);
        while (!heard.Any(line => line.StartsWith("EXTEND_TIMEOUT_USEC=", StringComparison.Ordinal)))
            heard.Add(await socket.ReceiveAsync());

        Assert.Equal(0, await Sandbox.EndAsync(server));
        Assert.Equal(ServiceManager.Ready, heard[0]);
        Assert.InRange(heard.IndexOf(ServiceManager.Stopping), 1, heard.Count - 2);
        Assert.DoesNotContain(mnt, LiveMounts.List());
        Assert.Equal(40, (await sandbox.RunAsync("ls", "/")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [SkippableFact]
    public async Task A_mount_that_does_not_answer_is_not_reported_alive()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--emulator", sandbox.Path("library"));
        await Sandbox.WaitForLineAsync(server, "Mounted ");
        using NotifySocket socket = new(sandbox.Path("notify"));
        ManualTimeProvider clock = new();
        var interval = TimeSpan.FromMinutes(1);
        using CancellationTokenSource end = new();
        Task beating = new Heartbeat(new ServiceManager(socket.Path, interval), mnt, clock).RunAsync(end.Token);
        string healthy = await socket.ReceiveAsync();
        string status = await socket.ReceiveAsync();

        Signal(server, "STOP");
        clock.Advance(interval);
        await clock.UntilTimerAsync(due => due < interval);
        clock.Advance(TimeSpan.FromSeconds(10));
        await end.CancelAsync();
        await beating;
        bool isSilent = !socket.HasMessage;
        Signal(server, "CONT");
        StopSignals.SendTerminate(server.Id);

        Assert.Equal((ServiceManager.Alive, $"STATUS=Mounted at {mnt}"), (healthy, status));
        Assert.True(isSilent, "a stopped process was called alive");
        Assert.Equal(0, await Sandbox.EndAsync(server));
    }

    [Theory]
    [InlineData("2000000", null, 1.0)]
    [InlineData("2000000", "4711", 1.0)]
    [InlineData("2000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_is_answered_at_half_its_time_by_the_process_that_is_meant(string? microseconds, string? process, double? seconds)
    {
        var manager = ServiceManager.FromEnvironment(name => name switch { "WATCHDOG_USEC" => microseconds, "WATCHDOG_PID" => process, _ => null }, processId: 4711);

        Assert.Equal(seconds, manager.WatchdogInterval?.TotalSeconds);
    }

    [Theory]
    [InlineData(System)]
    [InlineData(User)]
    public void The_statuses_and_times_of_the_unit_are_those_of_the_program(string unit)
    {
        Assert.Equal($"{(int)ExitCode.KeptLocally}", Value(unit, "SuccessExitStatus"));
        int[] final = [.. Value(unit, "RestartPreventExitStatus").Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        Assert.All(final, status => Assert.True(Enum.IsDefined((ExitCode)status)));
        Assert.DoesNotContain((int)ExitCode.NoNetwork, final);
        Assert.DoesNotContain((int)ExitCode.ServiceFailed, final);
        // Longer than a drain of the default length.
        Assert.Equal("6min", Value(unit, "TimeoutStopSec"));
        Assert.Equal("notify", Value(unit, "Type"));
        Assert.DoesNotMatch("(?m)^(Private|ProtectSystem|ProtectHome|ReadOnlyPaths|ReadWritePaths|TemporaryFileSystem|ProtectKernel|ProtectControl|ProtectProc)", Repository.ReadText(unit));
    }

    [Theory]
    [InlineData(System)]
    [InlineData(User)]
    public async Task Systemd_finds_nothing_to_complain_about(string unit)
    {
        await using Sandbox sandbox = new();
        // As an instance, and with the programs where this machine has them.
        string file = sandbox.Path("imagekitfs@mnt-media.service");
        File.WriteAllText(file, Repository.ReadText(unit).Replace("/usr/bin/imagekitfs", Sandbox.Executable, StringComparison.Ordinal));

        CliResult result = await sandbox.RunProgramAsync("systemd-analyze", "verify", "--man=no", file);

        result.AssertOk();
        Assert.DoesNotContain("imagekitfs", result.Error + result.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Without_a_key_file_the_unit_s_empty_credential_counts_as_none()
    {
        await using Sandbox sandbox = new();
        string credentials = sandbox.Folder("credentials");
        File.WriteAllText(Path.Combine(credentials, "imagekit.key"), "\n");
        sandbox.Environment["CREDENTIALS_DIRECTORY"] = credentials;
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = "https://ik.imagekit.io/demo";

        (await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--foreground")).AssertFailed(ExitCode.Usage, "no private key");
    }

    private static void HandOverKey(Sandbox sandbox)
    {
        string credentials = sandbox.Folder("credentials");
        string file = Path.Combine(credentials, "imagekit.key");
        File.WriteAllText(file, sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        sandbox.Environment["CREDENTIALS_DIRECTORY"] = credentials;
    }

    // As systemd reads the line: the mount point for %f, a variable of its own cut at spaces.
    private static Process Start(Sandbox sandbox, string unit, string mountPoint, string options)
    {
        string[] words = [.. Value(unit, "ExecStart").Split(' ').SelectMany(word => word switch
        {
            "%f" => [mountPoint],
            "$IMAGEKITFS_OPTIONS" => options.Split(' '),
            _ => new[] { word },
        })];
        Assert.Equal("/usr/bin/imagekitfs", words[0]);
        string? key = sandbox.Environment["IMAGEKIT_PRIVATE_KEY"];
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;
        Process process = sandbox.Start(Sandbox.Executable, words[1..]);
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = key;
        return process;
    }

    private static string Value(string unit, string name) => Regex.Match(Repository.ReadText(unit), $"(?m)^{name}=(.*)$").Groups[1].Value;

    private static void Signal(Process process, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
