using ImageKitFs.Cli.Tests.Support;
using ImageKitFs.Cli.Tests.Telemetry;

namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>A real mount sends its metrics to an OpenTelemetry collector when it is told of one, and has nothing to do with it otherwise.</summary>
public sealed class OtlpTests
{
    [SkippableTheory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task A_collector_gets_the_metrics_of_a_mount(string protocol)
    {
        KernelDevice.Require();
        await using CollectorStandIn collector = await CollectorStandIn.StartAsync(isGrpc: protocol == "grpc");
        await using Sandbox sandbox = new();
        sandbox.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address;
        sandbox.Environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
        sandbox.Environment["OTEL_EXPORTER_OTLP_HEADERS"] = "x-team=media";
        sandbox.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "200";
        sandbox.Environment["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=test";
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        File.WriteAllText(Path.Combine(mnt, "a.txt"), "a");
        await collector.ReceiveAsync();
        await collector.ReceiveAsync();

        Export export = await collector.ReceiveAsync();
        string maps = await MapsAsync(sandbox, mnt);
        PrometheusFile metrics = new(File.ReadAllText(Path.Combine(mnt, ".imagekit/metrics")));
        (await sandbox.RunAsync("umount", mnt)).AssertOk();

        Assert.Equal(protocol == "grpc" ? "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" : "/v1/metrics", export.Path);
        Assert.Equal("media", export.Headers["x-team"]);
        Assert.Equal("imagekitfs", export.Scope);
        Assert.Equal("imagekitfs", export.Resource["service.name"]);
        Assert.Equal(CommandTree.Version, export.Resource["service.version"]);
        Assert.Equal(mnt, export.Resource["imagekitfs.mount_point"]);
        Assert.Equal("test", export.Resource["deployment.environment"]);
        Assert.Contains("imagekitfs.requests", export.Metrics);
        Assert.Contains("OpenTelemetry", maps, StringComparison.Ordinal);
        // The same instruments: what has a series there has one here, by the same name but for the unit.
        Assert.All(export.Metrics, name => Assert.Contains(metrics.Types.Keys, family => family.StartsWith(name.Replace('.', '_'), StringComparison.Ordinal)));
    }

    [SkippableFact]
    public async Task Without_a_collector_nothing_of_it_is_loaded()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        string mnt = sandbox.Folder("mnt");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"))).AssertOk();
        Assert.NotEmpty(File.ReadAllText(Path.Combine(mnt, ".imagekit/metrics")));

        string maps = await MapsAsync(sandbox, mnt);

        Assert.Contains("imagekitfs.dll", maps, StringComparison.Ordinal);
        Assert.DoesNotContain("OpenTelemetry", maps, StringComparison.Ordinal);
        (await sandbox.RunAsync("umount", mnt)).AssertOk();
    }

    [SkippableFact]
    public async Task A_collector_that_is_away_is_told_once_and_costs_the_mount_nothing()
    {
        KernelDevice.Require();
        await using CollectorStandIn collector = await CollectorStandIn.StartAsync(isGrpc: false);
        collector.Status = 400;
        await using Sandbox sandbox = new();
        sandbox.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address;
        sandbox.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "100";
        string mnt = sandbox.Folder("mnt");
        string log = sandbox.Path("mount.log");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"), "--log-file", log)).AssertOk();
        for (int i = 0; i < 4; i++)
            await collector.ReceiveAsync();
        collector.Status = 200;
        for (int i = 0; i < 3; i++)
            await collector.ReceiveAsync();
        (await sandbox.RunAsync("umount", mnt)).AssertOk();

        string[] told = [.. File.ReadAllLines(log).Where(line => line.Contains("Metrics ", StringComparison.Ordinal))];
        Assert.Equal(2, told.Length);
        Assert.True(told[0].Contains("it answered 400", StringComparison.Ordinal), told[0]);
        Assert.Contains("are sent to", told[1], StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "not a url")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon")]
    public async Task A_setting_that_makes_no_sense_is_told_and_the_mount_goes_on(string variable, string value)
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        sandbox.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1";
        sandbox.Environment[variable] = value;
        string mnt = sandbox.Folder("mnt");
        string log = sandbox.Path("mount.log");
        (await sandbox.RunAsync("mount", mnt, "--emulator", sandbox.Path("library"), "--log-file", log)).AssertOk();
        (await sandbox.RunAsync("umount", mnt)).AssertOk();

        Assert.Single(File.ReadAllLines(log), line => line.Contains(variable, StringComparison.Ordinal));
    }

    private static async Task<string> MapsAsync(Sandbox sandbox, string mnt)
    {
        int server = (await MountTests.StatusOfAsync(sandbox, mnt)).GetProperty("processId").GetInt32();
        return File.ReadAllText($"/proc/{server}/maps");
    }
}
