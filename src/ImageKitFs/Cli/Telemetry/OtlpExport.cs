using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Telemetry;

/// <summary>
/// Decides whether a mount sends its metrics by OTLP: as the OpenTelemetry specification says, when OTEL_EXPORTER_OTLP_ENDPOINT (or ..._METRICS_ENDPOINT) names
/// a collector. Nothing of OpenTelemetry is loaded otherwise.
/// </summary>
internal static partial class OtlpExport
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    private const int GrpcPort = 4317;

    /// <summary>Starts sending, on a timer of its own. Dispose it to send what there is a last time.</summary>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="mount">Attributes that tell this mount from others: name and value.</param>
    /// <param name="version">Of the program.</param>
    /// <param name="loggers">For what goes wrong; it never fails a mount.</param>
    /// <returns>Null when nothing is to be sent.</returns>
    public static IDisposable? Start(Func<string, string?> environment, IReadOnlyDictionary<string, string> mount, string version, ILoggerFactory loggers)
    {
        (string name, string? value) = environment(MetricsEndpoint) is { Length: > 0 } own ? (MetricsEndpoint, own) : (Endpoint, environment(Endpoint));
        if (string.IsNullOrWhiteSpace(value) || IsSet(environment("OTEL_SDK_DISABLED"), "true") || IsSet(environment("OTEL_METRICS_EXPORTER"), "none"))
            return null;
        ILogger log = loggers.CreateLogger("imagekitfs.telemetry");
        if (!Uri.TryCreate(value.Trim(), UriKind.Absolute, out Uri? collector) || collector.Scheme is not ("http" or "https"))
        {
            LogBadEndpoint(log, name);
            return null;
        }

        string protocol = environment("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL") is { Length: > 0 } of ? of : environment("OTEL_EXPORTER_OTLP_PROTOCOL") ?? "";
        bool? isGrpc = protocol.Trim() switch
        {
            "grpc" => true,
            "http/protobuf" => false,
            // The specification's default, but for the port that is registered for the other one.
            "" => collector.Port == GrpcPort,
            _ => null,
        };
        if (isGrpc is not { } grpc)
        {
            LogBadProtocol(log, protocol);
            return null;
        }

        return Connect(grpc, collector, mount, version, log);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    [SuppressMessage("Performance", "CA1859", Justification = "Apart, not inlined, and without its type in the signature: this is where the assemblies are loaded.")]
    private static IDisposable Connect(bool isGrpc, Uri collector, IReadOnlyDictionary<string, string> mount, string version, ILogger log) =>
        new OtlpSession(isGrpc, collector, mount, version, log);

    private static bool IsSet(string? value, string wanted) => string.Equals(value?.Trim(), wanted, StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(1, LogLevel.Warning, "{Variable} is not an http or https URL; no metrics are sent.")]
    private static partial void LogBadEndpoint(ILogger log, string variable);

    [LoggerMessage(2, LogLevel.Warning, "OTEL_EXPORTER_OTLP_PROTOCOL is '{Protocol}', not grpc or http/protobuf; no metrics are sent.")]
    private static partial void LogBadProtocol(ILogger log, string protocol);
}
