using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Cli.Logging;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>Where the lines of a real mount go, and that one failed operation is one line.</summary>
public sealed class LogTargetTests
{
    private const string Refused = "delivery~broken=status:403";

    // Makes standard error a socket that JOURNAL_STREAM names, as systemd does, and prints what arrives there.
    private const string UnderSystemd = """
        import os, socket, sys
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            os.dup2(theirs.fileno(), 2)
            stat = os.fstat(2)
            os.environ['JOURNAL_STREAM'] = f'{stat.st_dev}:{stat.st_ino}'
            ours.close(); theirs.close()
            os.execv(sys.argv[1], sys.argv[1:])
        theirs.close()
        while data := ours.recv(65536):
            os.write(1, data)
        """;

    [SkippableFact]
    public async Task A_failed_read_is_one_line_with_operation_path_error_cause_and_request()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await StartWithFilesAsync(sandbox);
        string mnt = sandbox.Folder("mnt");
        string log = sandbox.Path("mount.log");
        (await sandbox.RunAsync("mount", mnt, "--log-file", log, "--log-format", "json")).AssertOk();
        foreach ((string name, string error) in ((string, string)[])[("broken1.txt", "Permission denied"), ("broken2.txt", "Permission denied"), ("missing.txt", "No such file")])
            Assert.Contains(error, (await sandbox.RunProgramAsync("cat", Path.Combine(mnt, name))).Error, StringComparison.Ordinal);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();

        JsonElement[] events = [.. File.ReadAllLines(log).Select(line => JsonDocument.Parse(line).RootElement)];
        foreach (string name in (string[])["/broken1.txt", "/broken2.txt"])
        {
            JsonElement failure = Assert.Single(events, of => of.TryGetProperty("path", out JsonElement path) && path.GetString() == name);
            Assert.Equal("EACCES", failure.GetProperty("errno").GetString());
            Assert.Contains(failure.GetProperty("operation").GetString(), (string[])["read", "Reading"]);
            Assert.Contains("403", failure.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(events, of => of.GetProperty("message").GetString()!.Contains("missing.txt", StringComparison.Ordinal));
        Assert.Single(events, of => of.GetProperty("level").GetString() == "warning");
    }

    [SkippableFact]
    public async Task The_journal_gets_events_in_fields_when_it_is_asked_for()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        using JournalSocket journal = new(sandbox.Path("journal"));
        await StartWithFilesAsync(sandbox);
        sandbox.Environment[Journal.SocketVariable] = journal.Path;
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--log-target", "journald")).AssertOk();
        Assert.Equal(1, (await sandbox.RunProgramAsync("cat", Path.Combine(mnt, "broken1.txt"))).ExitCode);

        Dictionary<string, string> fields = await journal.ReceiveAsync(of => of.ContainsKey("IMAGEKITFS_ERRNO"));

        Assert.Equal(("/broken1.txt", "EACCES", "4"), (fields["IMAGEKITFS_PATH"], fields["IMAGEKITFS_ERRNO"], fields["PRIORITY"]));
        Assert.Equal(("imagekitfs", mnt), (fields["SYSLOG_IDENTIFIER"], fields["IMAGEKITFS_MOUNT"]));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Under_systemd_the_journal_is_found_by_itself_and_without_its_socket_lines_have_their_level(bool hasSocket)
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        using JournalSocket journal = new(sandbox.Path("journal"));
        sandbox.Environment[Journal.SocketVariable] = hasSocket ? journal.Path : sandbox.Path("nobody");
        string mnt = sandbox.Folder("mnt");
        Process mount = sandbox.Start("python3", "-c", UnderSystemd, Sandbox.Executable, "mount", mnt, "--foreground", "--emulator", sandbox.Path("library"));
        string line;
        if (hasSocket)
        {
            await Sandbox.WaitForLineAsync(mount, "Mounted ");
            line = (await journal.ReceiveAsync(of => of["MESSAGE"].StartsWith("Mounted ", StringComparison.Ordinal)))["PRIORITY"];
        }
        else
        {
            line = await Sandbox.WaitForLineAsync(mount, "MountHost: Mounted ");
        }

        (await sandbox.RunAsync("umount", mnt)).AssertOk();
        await Sandbox.EndAsync(mount);
        Assert.StartsWith(hasSocket ? "6" : "<6>", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--log-format", "xml", "text or json")]
    [InlineData("--log-target", "printer", "console")]
    [InlineData("--log-target", "console", "--foreground")]
    public async Task A_log_that_cannot_be_is_refused_before_anything_is_mounted(string option, string value, string message)
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--emulator", sandbox.Path("library"), option, value);

        result.AssertFailed(ExitCode.Usage, message);
    }

    [SkippableFact]
    public async Task A_log_that_logrotate_moved_is_made_anew_by_a_running_mount()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await StartWithFilesAsync(sandbox);
        string mnt = sandbox.Folder("mnt");
        string log = sandbox.Path("mount.log");
        (await sandbox.RunAsync("mount", mnt, "--log-file", log)).AssertOk();
        File.Move(log, log + ".1");

        await sandbox.RunProgramAsync("cat", Path.Combine(mnt, "broken1.txt"));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();

        Assert.Contains("Mounted ", File.ReadAllText(log + ".1"), StringComparison.Ordinal);
        Assert.Contains("/broken1.txt", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.Contains("Unmounting", File.ReadAllText(log), StringComparison.Ordinal);
    }

    private static async Task StartWithFilesAsync(Sandbox sandbox)
    {
        await sandbox.StartEmulatorAsync("--fault", Refused);
        foreach (string name in (string[])["broken1.txt", "broken2.txt"])
        {
            File.WriteAllText(sandbox.Path(name), name);
            (await sandbox.RunAsync("put", sandbox.Path(name), "/" + name)).AssertOk();
        }
    }
}
