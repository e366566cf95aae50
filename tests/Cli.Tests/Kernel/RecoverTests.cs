using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>What could not be brought into the library comes out again, whatever became of the mount.</summary>
public sealed class RecoverTests
{
    private const string Refusal = "upload=status:400:Your request contains invalid data.";

    [SkippableFact]
    public async Task Files_that_were_refused_come_out_while_the_mount_runs_and_leave_the_journal_when_it_does_not()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string library = sandbox.Folder("library");
        Process faulty = await sandbox.StartEmulatorAsync("--root", library, "--fault", Refusal);
        string port = new Uri(sandbox.Environment["IMAGEKIT_API_ENDPOINT"]!).Port.ToString();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "1s")).AssertOk();
        CliResult nothing = await sandbox.RunAsync("recover", sandbox.Path("out"));
        (await sandbox.RunProgramAsync("/bin/bash", "-c", $"cd {mnt}; mkdir 'my folder'; echo precious >'my folder/a b.txt'; touch -d '2001-02-03 04:05:06Z' 'my folder/a b.txt'")).AssertOk();
        CliResult sync = await sandbox.RunAsync("sync", mnt);

        CliResult running = await sandbox.RunAsync("recover", sandbox.Path("out"), "--remove");
        JsonElement status = await MountTests.StatusOfAsync(sandbox, mnt);
        CliResult umount = await sandbox.RunAsync("umount", mnt);
        CliResult ended = await sandbox.RunAsync("recover", sandbox.Path("out"), "--remove", "--json");
        CliResult again = await sandbox.RunAsync("recover", sandbox.Path("out"));
        ImageKitFs.Cli.Mounting.StopSignals.SendTerminate(faulty.Id);
        await Sandbox.EndAsync(faulty);
        await sandbox.StartEmulatorAsync("--root", library, "--port", port);
        (await sandbox.RunAsync("mount", mnt)).AssertOk();
        string[] left = Directory.GetFileSystemEntries(mnt, "*", SearchOption.AllDirectories);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();

        nothing.AssertFailed(ExitCode.NothingToRecover, "nothing was given up");
        Assert.Equal((int)ExitCode.ServiceFailed, sync.ExitCode);
        running.AssertOk();
        Assert.Contains("refused: ", running.Output, StringComparison.Ordinal);
        Assert.Contains("invalid data", running.Output, StringComparison.Ordinal);
        Assert.Contains("running mount", running.Error, StringComparison.Ordinal);
        Assert.Equal(1, status.GetProperty("failedCount").GetInt32());
        Assert.Equal((int)ExitCode.KeptLocally, umount.ExitCode);
        ended.AssertOk();
        JsonElement file = Assert.Single(JsonDocument.Parse(ended.Output).RootElement.GetProperty("files").EnumerateArray().ToArray());
        Assert.Equal("/my folder/a b.txt", file.GetProperty("path").GetString());
        Assert.Equal("refused", file.GetProperty("reason").GetString());
        Assert.True(file.GetProperty("removed").GetBoolean());
        string target = sandbox.Path("out/my folder/a b.txt");
        Assert.Equal(target, file.GetProperty("target").GetString());
        Assert.Equal("precious\n", File.ReadAllText(target));
        Assert.Equal(new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc), File.GetLastWriteTimeUtc(target));
        again.AssertFailed(ExitCode.NothingToRecover, "");
        Assert.DoesNotContain(left, path => path.EndsWith(".txt", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task After_a_kill_what_was_never_closed_and_what_the_disk_changed_come_out_and_the_next_mount_says_so()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--fault", "upload=status:503");
        string mnt = sandbox.Folder("mnt");
        Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--commit", "journal");
        await Sandbox.WaitForLineAsync(server, "Mounted ");
        using FileStream draft = new(Path.Combine(mnt, "draft.txt"), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        draft.Write("half a"u8);
        File.WriteAllText(Path.Combine(mnt, "good.txt"), "good"); // Acknowledged behind the note of whose the draft is.
        File.WriteAllText(Path.Combine(mnt, "rotten.txt"), "rotten bytes");
        server.Kill();
        await Sandbox.EndAsync(server);
        string spooled = Directory.GetFiles(sandbox.Path("state"), "*.layer", SearchOption.AllDirectories).Single(path => File.ReadAllText(path) == "rotten bytes");
        File.WriteAllText(spooled, "rotten bytez");

        CliResult before = await sandbox.RunAsync("recover", sandbox.Path("before"), "--all");
        string log = sandbox.Path("mount.log");
        CliResult mount = await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "1s", "--log-file", log);
        File.WriteAllText(Path.Combine(mnt, "works.txt"), "works");
        JsonElement status = await MountTests.StatusOfAsync(sandbox, mnt);
        CliResult shown = await sandbox.RunAsync("status", mnt);
        CliResult after = await sandbox.RunAsync("recover", sandbox.Path("after"));
        Assert.Equal((int)ExitCode.KeptLocally, (await sandbox.RunAsync("umount", mnt)).ExitCode);

        Assert.Equal((int)ExitCode.NotAllRecovered, before.ExitCode); // The rotten one: a copy, and told that it is none to trust.
        Assert.Equal("half a", File.ReadAllText(sandbox.Path("before/draft.txt")));
        Assert.Equal("good", File.ReadAllText(sandbox.Path("before/good.txt")));
        mount.AssertOk();
        Assert.Contains("1 damaged file is kept for `imagekitfs recover`", mount.Error, StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(log), line => line.Contains("rotten.txt", StringComparison.Ordinal));
        Assert.Equal(1, status.GetProperty("resumed").GetProperty("damaged").GetInt32());
        Assert.Equal(1, status.GetProperty("resumed").GetProperty("unfinished").GetInt32());
        Assert.Equal(1, status.GetProperty("resumed").GetProperty("operations").GetInt32());
        Assert.Equal(2, status.GetProperty("recoverCount").GetInt32());
        Assert.Contains("imagekitfs recover DIR", shown.Output, StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.NotAllRecovered, after.ExitCode);
        Assert.Equal(["draft.txt", "rotten.txt"], Directory.GetFiles(sandbox.Path("after")).Select(path => Path.GetFileName(path)).Order());
        Assert.Equal("rotten bytez", File.ReadAllText(sandbox.Path("after/rotten.txt")));
        Assert.Contains("never closed or synced", after.Output, StringComparison.Ordinal);
        Assert.Contains("changed on this disk", after.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_corrupt_journal_is_told_at_the_mount_kept_and_its_files_come_out()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--fault", "upload=status:503");
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "1s")).AssertOk();
        File.WriteAllText(Path.Combine(mnt, "kept.txt"), "precious");
        await sandbox.RunAsync("umount", mnt);
        string journal = Directory.GetFiles(sandbox.Path("state"), "journal.db", SearchOption.AllDirectories).Single();
        File.WriteAllText(journal, new string('?', 20_000));

        CliResult before = await sandbox.RunAsync("recover", sandbox.Path("before"));
        CliResult mount = await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "1s");
        File.WriteAllText(Path.Combine(mnt, "works.txt"), "works");
        CliResult after = await sandbox.RunAsync("recover", sandbox.Path("after"), "--remove");
        await sandbox.RunAsync("umount", mnt);

        before.AssertOk();
        mount.AssertOk();
        Assert.Contains("the journal was corrupt and is kept as", mount.Error, StringComparison.Ordinal);
        Assert.Equal(1, mount.Error.Count(c => c == '\n'));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(journal)!, "journal.db.corrupt-*"));
        after.AssertOk();
        foreach (string folder in (string[])["before", "after"])
            Assert.Equal("precious", File.ReadAllText(Assert.Single(Directory.GetFiles(sandbox.Path(folder), "*", SearchOption.AllDirectories))));
    }

    [SkippableFact]
    public async Task Of_several_libraries_one_must_be_named()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        foreach (string name in (string[])["one", "two"])
        {
            string mnt = sandbox.Folder("mnt-" + name);
            Process server = sandbox.Start(Sandbox.Executable, "mount", mnt, "--foreground", "--emulator", sandbox.Path(name), "--cache-dir", sandbox.Path("here"));
            await Sandbox.WaitForLineAsync(server, "Mounted ");
            using FileStream draft = new(Path.Combine(mnt, "draft.txt"), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            draft.Write(System.Text.Encoding.UTF8.GetBytes(name));
            File.WriteAllText(Path.Combine(mnt, "sent.txt"), "x"); // Acknowledged behind the note of whose the draft is.
            server.Kill();
            await Sandbox.EndAsync(server);
        }

        CliResult unnamed = await sandbox.RunAsync("recover", sandbox.Path("out"), "--cache-dir", sandbox.Path("here"));
        CliResult elsewhere = await sandbox.RunAsync("recover", sandbox.Path("out"), "--emulator", sandbox.Path("two"));
        CliResult two = await sandbox.RunAsync("recover", sandbox.Path("out"), "--emulator", sandbox.Path("two"), "--cache-dir", sandbox.Path("here"), "--remove");
        CliResult one = await sandbox.RunAsync("recover", sandbox.Path("out"), "--cache-dir", sandbox.Path("here"));

        unnamed.AssertFailed(ExitCode.Usage, "--emulator");
        elsewhere.AssertFailed(ExitCode.NothingToRecover, "");
        two.AssertOk();
        one.AssertOk();
        Assert.Equal("two", File.ReadAllText(sandbox.Path("out/draft.txt")));
        Assert.Equal("one", File.ReadAllText(sandbox.Path("out/draft_2.txt")));
    }
}
