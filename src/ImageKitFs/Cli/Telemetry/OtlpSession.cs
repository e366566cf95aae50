using ImageKitFs.Core.Engine;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace ImageKitFs.Cli.Telemetry;

/// <summary>OpenTelemetry's own exporter over our meter. Interval, headers, timeout, certificates and further resource attributes are what its variables say.</summary>
internal sealed class OtlpSession : IDisposable
{
    /// <summary>What an unmount waits for a collector that does not answer.</summary>
    private const int LastWordMilliseconds = 2000;

    private readonly MeterProvider _provider;

    public OtlpSession(bool isGrpc, Uri collector, IReadOnlyDictionary<string, string> mount, string version, ILogger log)
    {
        CollectorWatch watch = new(collector, log);
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(MediaVolume.MeterName)
            // First our own, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES can say otherwise.
            .SetResourceBuilder(ResourceBuilder.CreateEmpty()
                .AddService("imagekitfs", serviceVersion: version)
                .AddAttributes(mount.Select(of => new KeyValuePair<string, object>(of.Key, of.Value)))
                .AddTelemetrySdk()
                .AddEnvironmentVariableDetector())
            .AddOtlpExporter(options =>
            {
                options.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
                options.HttpClientFactory = () => watch.CreateClient(TimeSpan.FromMilliseconds(options.TimeoutMilliseconds));
            })
            .Build();
    }

    public void Dispose()
    {
        _provider.Shutdown(LastWordMilliseconds);
        _provider.Dispose();
    }
}
