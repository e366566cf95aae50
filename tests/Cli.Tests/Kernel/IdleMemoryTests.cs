using System.Diagnostics;
using System.Globalization;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>What an idle mount keeps.</summary>
public sealed class IdleMemoryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task A_mount_that_has_nothing_to_do_gives_memory_back_and_works_on()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--synthetic", "2x50");
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt)).AssertOk();
        int server = (await MountTests.StatusOfAsync(sandbox, mnt)).GetProperty("processId").GetInt32();
        CliResult before = await sandbox.RunProgramAsync("/bin/bash", "-c", $"ls -lR {mnt} | wc -l");

        long started = Stopwatch.GetTimestamp();
        while (MemoryOf(server, "VmRSS") > MemoryOf(server, "VmHWM") - 4096)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, File.ReadAllText($"/proc/{server}/status"));
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        CliResult after = await sandbox.RunProgramAsync("/bin/bash", "-c", $"ls -lR {mnt} | wc -l; echo x > {mnt}/new.txt && cat {mnt}/new.txt");
        Assert.Equal(before.Output + "x\n", after.Output);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    /// <summary>kB.</summary>
    private static long MemoryOf(int process, string field) => File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith(field + ":", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();
}
