using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>What a real mount counts, read as a monitor reads it.</summary>
public sealed class MetricsTests
{
    [SkippableFact]
    public async Task The_metrics_of_a_small_workload_add_up_to_what_the_service_saw()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--synthetic", "2x3x40000", "--fault", "upload~refused=status:400:no", "--latency", "20");
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--commit", "close", "--commit-deadline", "2s")).AssertOk();
        CliResult work = await sandbox.RunProgramAsync(
            "/bin/bash", "-c", $"cd {mnt}; cat */* | wc -c; cat */* | wc -c; echo 12345 >new.txt; mv new.txt newer.txt; mkdir d; (echo x >refused.txt); true");
        Assert.Equal((int)ExitCode.ServiceFailed, (await sandbox.RunAsync("sync", mnt)).ExitCode);

        PrometheusFile metrics = new(File.ReadAllText(Path.Combine(mnt, ".imagekit/metrics")));
        JsonElement status = await MountTests.StatusOfAsync(sandbox, mnt);
        using HttpClient http = new();
        JsonElement stats = JsonDocument.Parse(await http.GetStringAsync(sandbox.Environment["IMAGEKIT_API_ENDPOINT"] + "/__stats")).RootElement;

        JsonElement byKind = stats.GetProperty("byKind");
        Assert.Equal(stats.GetProperty("total").GetInt64(), metrics.Sum("imagekitfs_requests_total"));
        Assert.Equal(byKind.GetProperty("list").GetInt64(), metrics.Sum("imagekitfs_requests_total", "operation=\"list\""));
        Assert.Equal(byKind.GetProperty("upload").GetInt64(), metrics.Sum("imagekitfs_requests_total", "class=\"uploads\""));
        Assert.Equal(byKind.GetProperty("delivery").GetInt64(), metrics.Sum("imagekitfs_requests_total", "class=\"delivery\""));
        Assert.Equal(stats.GetProperty("deliveryBytes").GetInt64(), metrics["imagekitfs_cache_fetched_bytes_total"]);
        // The second pass found everything here; kernels differ in what they ask for at once.
        Assert.Equal(status.GetProperty("cache").GetProperty("bytes").GetInt64(), metrics["imagekitfs_cache_size_bytes"]);
        Assert.True(metrics["imagekitfs_cache_reads_total{result=\"hit\"}"] >= 6, work.Output);
        Assert.Equal(1, metrics["imagekitfs_failed_changes"]);
        Assert.Equal((1, 2), (metrics["imagekitfs_not_durable_files"], metrics["imagekitfs_not_durable_size_bytes"]));
        Assert.True(metrics.Sum("imagekitfs_operations_failed_total", "errno=\"EIO\"") >= 1);
        Assert.True(metrics["imagekitfs_memory_resident_bytes"] > 1 << 20);
        Assert.True(metrics["imagekitfs_requests_answer_time_seconds_total{class=\"reads\"}"] >= 0.02 * byKind.GetProperty("list").GetInt64());
        Assert.Contains("answers take: reads ", (await sandbox.RunAsync("status", mnt)).Output, StringComparison.Ordinal);
        Assert.Equal(metrics.Sum("imagekitfs_requests_total"), status.GetProperty("traffic").GetProperty("requests").GetInt64());
        Assert.Equal(mnt, status.GetProperty("mountPoint").GetString());
        Assert.Contains(status.GetProperty("failedOperations").EnumerateArray(), failure =>
            failure.GetProperty("path").GetString() == "/refused.txt" && failure.GetProperty("errno").GetString() == "EIO" && failure.GetProperty("requestId").GetString()!.Length > 0);
        Assert.Equal((int)ExitCode.KeptLocally, (await sandbox.RunAsync("umount", mnt)).ExitCode);
    }

    [SkippableFact]
    public async Task Metrics_and_status_are_read_whole_by_whatever_reads_files()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();

        foreach (string name in (string[])["metrics", "status.json"])
        {
            string file = Path.Combine(mnt, ".imagekit", name);
            string script = $"""
                set -e
                cat {file} | tail -c 3 | od -c | head -1
                head -c 20 {file} | wc -c
                dd if={file} bs=7 status=none | wc -c
                python3 -c 'import os; f=open("{file}","rb"); n=os.fstat(f.fileno()).st_size; b=f.read(); assert n==len(b)>100, (n, len(b)); f.seek(50); assert f.read(9)==b[50:59]'
                cp {file} {sandbox.Path(name)}
                """;
            CliResult read = await sandbox.RunProgramAsync("/bin/bash", "-c", script);
            read.AssertOk();
            Assert.Equal("20", read.Output.Split('\n')[1].Trim());
        }

        _ = new PrometheusFile(File.ReadAllText(sandbox.Path("metrics")));
        _ = JsonDocument.Parse(File.ReadAllText(sandbox.Path("status.json")));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task Every_field_of_status_and_every_metric_is_documented()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--fault", "list~slow=throttle:50", "--fault", "upload~bad=status:500");
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--commit", "journal", "--drain-timeout", "1s")).AssertOk();
        Process work = sandbox.Start("/bin/bash", "-c", $"cd {mnt}; echo 1 >bad.txt; ls slow; : >empty; cat none; true");
        await Sandbox.EndAsync(work);
        string documented = Repository.ReadText("docs/OPERATIONS.md");
        JsonElement status = await MountTests.StatusOfAsync(sandbox, mnt);

        List<string> missing = [.. Names(status).Distinct(StringComparer.Ordinal).Where(name => !documented.Contains($"`{name}`", StringComparison.Ordinal))];
        missing.AddRange(new PrometheusFile(File.ReadAllText(Path.Combine(mnt, ".imagekit/metrics"))).Types.Keys
            .Where(name => !documented.Contains($"`{name}`", StringComparison.Ordinal)));

        Assert.Empty(missing);
        await sandbox.RunAsync("umount", mnt);
    }

    // Keys of `requests` and `operations` are names of operations, not fields.
    private static IEnumerable<string> Names(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(field =>
            (IEnumerable<string>)[field.Name, .. field.Name is "requests" or "operations" ? [] : Names(field.Value)]),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Names),
        _ => [],
    };
}
