using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ImageKitFs.Cli.Tests.Telemetry;

/// <summary>What one export said.</summary>
/// <param name="Path">The request's path.</param>
/// <param name="Headers">The request's headers, names in lower case.</param>
/// <param name="Resource">Attributes of the resource.</param>
/// <param name="Scope">The meter's name.</param>
/// <param name="Metrics">Names of the metrics.</param>
internal sealed record Export(
    string Path, IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Resource, string Scope, IReadOnlySet<string> Metrics);

/// <summary>Stands in for an OpenTelemetry collector on loopback: takes OTLP by http/protobuf or by gRPC.</summary>
internal sealed class CollectorStandIn : IAsyncDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private readonly WebApplication _server;
    private readonly Channel<Export> _exports = Channel.CreateUnbounded<Export>();

    private CollectorStandIn(WebApplication server) => _server = server;

    public string Address => _server.Urls.Single();

    /// <summary>The status of the next answers.</summary>
    public int Status { get; set; } = 200;

    public static async Task<CollectorStandIn> StartAsync(bool isGrpc)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        WebApplication server = builder.Build();
        CollectorStandIn collector = new(server);
        server.Run(context => collector.AnswerAsync(context, isGrpc));
        await server.StartAsync();
        return collector;
    }

    /// <summary>The next export.</summary>
    public async Task<Export> ReceiveAsync() => await _exports.Reader.ReadAsync().AsTask().WaitAsync(Hang);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, bool isGrpc)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        byte[] message = body.ToArray();
        // gRPC: a byte that says "not compressed", four of length, the message.
        Export export = Read(context.Request, isGrpc ? message.AsMemory(5) : message);
        context.Response.StatusCode = Status;
        if (isGrpc)
        {
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
        else
        {
            context.Response.ContentType = "application/x-protobuf";
        }

        _exports.Writer.TryWrite(export);
    }

    // opentelemetry/proto/collector/metrics/v1: request{1: resource_metrics{1: resource{1: attributes}, 2: scope_metrics{1: scope{1: name}, 2: metrics{1: name}}}}.
    private static Export Read(HttpRequest request, ReadOnlyMemory<byte> message)
    {
        ProtoFields resourceMetrics = Assert.Single(new ProtoFields(message).Messages(1));
        ProtoFields scopeMetrics = Assert.Single(resourceMetrics.Messages(2));
        return new Export(
            request.Path.Value!,
            request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString(), StringComparer.Ordinal),
            resourceMetrics.Messages(1).Single().Messages(1).ToDictionary(attribute => attribute.Text(1), attribute => attribute.Messages(2).Single().Text(1), StringComparer.Ordinal),
            scopeMetrics.Messages(1).Single().Text(1),
            scopeMetrics.Messages(2).Select(metric => metric.Text(1)).ToHashSet(StringComparer.Ordinal));
    }
}
