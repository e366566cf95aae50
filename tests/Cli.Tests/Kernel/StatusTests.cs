using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>What is not safe yet can be seen, item by item, and counted.</summary>
public sealed class StatusTests
{
    [SkippableFact]
    public async Task Every_item_is_listed_with_its_state_size_and_last_error_and_the_counts_agree()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string[] faults = ["upload~refused=status:400:Your request contains invalid data.", "upload~waiting=status:503", "upload~held=status:503", "upload~writing=status:503"];
        await sandbox.StartEmulatorAsync([.. faults.SelectMany(fault => (string[])["--fault", fault])]);
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "5s")).AssertOk();
        File.WriteAllText(Path.Combine(mnt, "waiting.txt"), "12345");
        File.WriteAllText(Path.Combine(mnt, "refused.txt"), "1234567");
        File.WriteAllText(Path.Combine(mnt, "held.part"), "123");
        File.WriteAllText(Path.Combine(mnt, "empty.txt"), "");
        // A process of its own: each one that this test starts closes, on its way, what this one has open, and that is a close to the mount.
        Process writer = sandbox.Start("python3", "-c", $"import os; os.write(os.open('{mnt}/writing.txt', os.O_CREAT | os.O_WRONLY), b'1234567890'); print('written', flush=True); input()");
        await Sandbox.WaitForLineAsync(writer, "written");
        JsonElement status = await UntilAsync(sandbox, mnt, status => status.GetProperty("failedCount").GetInt32() == 1 && ErrorOf(status, "/waiting.txt") is not null);

        CliResult shown = await sandbox.RunAsync("status", mnt);
        CliResult retry = await sandbox.RunAsync("retry", mnt);
        writer.StandardInput.WriteLine();
        await Sandbox.EndAsync(writer);
        CliResult umount = await sandbox.RunAsync("umount", mnt);

        Dictionary<string, JsonElement> items = status.GetProperty("pending").EnumerateArray().ToDictionary(item => item.GetProperty("path").GetString()!);
        Assert.Equal(["/empty.txt", "/held.part", "/refused.txt", "/waiting.txt", "/writing.txt"], items.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("failed", items["/refused.txt"].GetProperty("state").GetString());
        Assert.Contains("invalid data", ErrorOf(status, "/refused.txt"), StringComparison.Ordinal);
        Assert.Contains(items["/waiting.txt"].GetProperty("state").GetString(), (string[])["waiting", "sent"]);
        Assert.Contains("503", ErrorOf(status, "/waiting.txt"), StringComparison.Ordinal);
        Assert.Equal("held", items["/held.part"].GetProperty("state").GetString());
        Assert.Equal("local", items["/empty.txt"].GetProperty("state").GetString());
        Assert.Equal("writing", items["/writing.txt"].GetProperty("state").GetString());
        Assert.Equal(10, items["/writing.txt"].GetProperty("bytes").GetInt64());
        Assert.Equal((4, 25), (status.GetProperty("notDurableFiles").GetInt32(), status.GetProperty("notDurableBytes").GetInt32()));
        Assert.Equal((3, 15), (status.GetProperty("pendingCount").GetInt32(), status.GetProperty("pendingBytes").GetInt32()));
        Assert.Equal((1, 1), (status.GetProperty("writingCount").GetInt32(), status.GetProperty("localCount").GetInt32()));
        foreach (string path in items.Keys)
            Assert.Contains(path, shown.Output, StringComparison.Ordinal);
        Assert.Contains("4 files (25 B) not in the library", shown.Output, StringComparison.Ordinal);
        retry.AssertOk();
        Assert.Equal((int)ExitCode.KeptLocally, umount.ExitCode);
        foreach (string path in (string[])["/waiting.txt", "/refused.txt", "/held.part", "/writing.txt"])
            Assert.Contains(path, umount.Error, StringComparison.Ordinal);
        Assert.Contains("imagekitfs recover", umount.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Watching_shows_each_change_and_ends_with_a_signal()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        Process watch = sandbox.Start(Sandbox.Executable, "status", mnt, "--watch");
        await Sandbox.WaitForLineAsync(watch, "0 files (0 B) not in the library");

        File.WriteAllText(Path.Combine(mnt, "empty.txt"), "");
        await Sandbox.WaitForLineAsync(watch, "local: placeholder /empty.txt");
        StopSignals.SendTerminate(watch.Id);

        Assert.Equal(0, await Sandbox.EndAsync(watch));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task Watching_into_a_pipe_is_a_line_for_each_change_and_as_JSON_an_array_a_line()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        Process lines = sandbox.Start(Sandbox.Executable, "status", "--watch", mnt);
        Process json = sandbox.Start(Sandbox.Executable, "status", mnt, "--watch", "200ms", "--json");
        await Sandbox.WaitForLineAsync(lines, "0 files (0 B) not in the library");
        JsonElement before = JsonDocument.Parse((await json.StandardOutput.ReadLineAsync())!).RootElement;
        File.WriteAllText(Path.Combine(mnt, "empty.txt"), "");

        string change = await Sandbox.WaitForLineAsync(lines, "local: placeholder /empty.txt");
        JsonElement after = JsonDocument.Parse(await Sandbox.WaitForLineAsync(json, "\"localCount\":1")).RootElement;
        StopSignals.SendTerminate(lines.Id);
        StopSignals.SendTerminate(json.Id);

        Assert.Equal((0, 0), (await Sandbox.EndAsync(lines), await Sandbox.EndAsync(json)));
        Assert.Matches($"^[0-9:]{{8}}Z {mnt}: local: placeholder", change);
        Assert.DoesNotContain("local: placeholder", await lines.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal((0, 1), (LocalCount(before), LocalCount(after)));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();

        static int LocalCount(JsonElement reports) => reports[0].GetProperty("status").GetProperty("localCount").GetInt32();
    }

    [SkippableFact]
    public async Task Watching_on_a_terminal_draws_one_screen_over_another_until_Ctrl_C()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        sandbox.Environment["TERM"] = "xterm";
        Process terminal = sandbox.StartTerminal("-qefc", $"stty rows 40 cols 150; {Sandbox.Executable} status {mnt} --watch 200ms; echo ended with $?", "/dev/null");

        await Sandbox.WaitForLineAsync(terminal, "Mount point");
        await Sandbox.WaitForLineAsync(terminal, "Ctrl-C ends");
        string redrawn = await Sandbox.WaitForLineAsync(terminal, "Mount point");
        await terminal.StandardInput.WriteAsync('\u0003');
        await terminal.StandardInput.FlushAsync();

        await Sandbox.WaitForLineAsync(terminal, "ended with 0");
        Assert.DoesNotContain("\u001b[2J", redrawn, StringComparison.Ordinal);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("10ms")]
    public async Task Watching_faster_than_anyone_reads_is_refused(string interval)
    {
        await using Sandbox sandbox = new();

        (await sandbox.RunAsync("status", "--watch", interval)).AssertFailed(ExitCode.Usage, "--watch takes a time");
    }

    private static string? ErrorOf(JsonElement status, string path) => status.GetProperty("pending").EnumerateArray()
        .Where(item => item.GetProperty("path").GetString() == path && item.TryGetProperty("error", out JsonElement _))
        .Select(item => item.GetProperty("error").GetString()).SingleOrDefault();

    private static async Task<JsonElement> UntilAsync(Sandbox sandbox, string mountPoint, Func<JsonElement, bool> isReached)
    {
        using CancellationTokenSource hang = new(TimeSpan.FromMinutes(2));
        while (true)
        {
            JsonElement status = await MountTests.StatusOfAsync(sandbox, mountPoint);
            if (isReached(status))
                return status;
            await Task.Delay(TimeSpan.FromMilliseconds(50), hang.Token);
        }
    }
}
