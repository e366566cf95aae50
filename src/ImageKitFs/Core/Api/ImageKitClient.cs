using System.Buffers;
using System.Text.Json;
using ImageKitFs.Core.Config;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Api;

/// <summary>The management and upload API over HTTP.</summary>
/// <remarks>
/// Repeats, gates and circuit: <see cref="EndpointClass"/>, one for reads, writes and uploads each. What may be repeated: <see cref="RepeatRule"/>.
/// The handler is shared with delivery and is not disposed here.
/// </remarks>
internal sealed partial class ImageKitClient : IMediaLibrary, IDisposable
{
    /// <summary>Details, jobs and upload replies; embedded metadata may be large.</summary>
    private const int MaxRowBytes = 4 << 20;

    private static readonly object Done = new();

    private readonly ImageKitEndpoints _endpoints;
    private readonly ApiTuning _tuning;
    private readonly ApiCounters _counters;
    private readonly ILogger _logger;
    private readonly HttpMessageInvoker _invoker;
    private readonly ApiTransport _transport;
    private readonly EndpointClass _reads;
    private readonly EndpointClass _writes;
    private readonly EndpointClass _uploads;
    private int _hasDropped;

    public ImageKitClient(
        ImageKitEndpoints endpoints, SecretKey key, HttpMessageHandler handler, ApiTuning tuning, TimeProvider time, ApiCounters counters, ILogger logger)
    {
        _endpoints = endpoints;
        _tuning = tuning;
        _counters = counters;
        _logger = logger;
        _invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        _transport = new ApiTransport(key, _invoker, tuning, time, counters);
        _reads = new EndpointClass("reads", tuning.ReadsPerSecond, tuning.ReadBurst, tuning, time, counters, logger);
        _writes = new EndpointClass("writes", tuning.WritesPerSecond, tuning.WriteBurst, tuning, time, counters, logger);
        _uploads = new EndpointClass("uploads", perSecond: 0, burst: 0, tuning, time, counters, logger);
    }

    /// <summary>What each class of requests did and may do.</summary>
    public IReadOnlyList<EndpointState> Classes => [_reads.State, _writes.State, _uploads.State];

    public void Dispose()
    {
        _reads.Dispose();
        _writes.Dispose();
        _uploads.Dispose();
        _invoker.Dispose();
    }

    /// <param name="operation">What for.</param>
    /// <param name="subject">Its path or id, for the log.</param>
    /// <param name="pathAndQuery">Percent-encoded.</param>
    /// <param name="maxBytes">Longest reply that makes sense.</param>
    /// <param name="read">Null when the reply is not as documented.</param>
    /// <param name="ct">The caller's.</param>
    private ValueTask<ApiResult<T>> ReadAsync<T>(
        ApiOperation operation, string subject, string pathAndQuery, int maxBytes, Func<ApiReply, T?> read, CancellationToken ct)
        where T : class
    {
        var call = new ApiCall(operation, HttpMethod.Get, ApiUri(pathAndQuery)) { MaxReplyBytes = maxBytes };
        return _reads.RunAsync(operation, subject, RepeatRule.Safe, GateLane.Ordinary, token => _transport.SendAsync(call, null, read, token), ct);
    }

    private ValueTask<ApiResult<T>> WriteAsync<T>(
        ApiOperation operation, string subject, HttpMethod method, string path, ReadOnlyMemory<byte>? json, RepeatRule rule, Func<ApiReply, T?> read,
        CancellationToken ct, TimeSpan? replyDeadline = null)
        where T : class
    {
        var call = new ApiCall(operation, method, ApiUri(path)) { MaxReplyBytes = MaxRowBytes, ReplyDeadline = replyDeadline };
        GateLane lane = operation == ApiOperation.Patch ? GateLane.Background : GateLane.Ordinary;
        Func<ProgressWatch, TrackedContent>? content = json is { } body ? _ => new JsonBody(body) : null;
        return WatchRightsAsync(_writes.RunAsync(operation, subject, rule, lane, token => _transport.SendAsync(call, content, read, token), ct), ct);
    }

    /// <summary>A write whose reply holds nothing that is needed: any 2xx that is empty or JSON, 207 "could not purge" included. A web page is no reply.</summary>
    private async ValueTask<ApiResult<Nothing>> WriteAsync(
        ApiOperation operation, string subject, HttpMethod method, string path, ReadOnlyMemory<byte>? json, RepeatRule rule, CancellationToken ct,
        TimeSpan? replyDeadline = null)
    {
        ApiResult<object> result = await WriteAsync(
            operation, subject, method, path, json, rule, static reply => ApiJson.IsBlankOrJson(reply.Body) ? Done : null, ct, replyDeadline);
        return result.Ok ? default(Nothing) : result.Error;
    }

    /// <summary>A 404 after an attempt of our own that may have worked means that it did.</summary>
    private static ApiResult<Nothing> GoneIsDone(ApiResult<Nothing> result) =>
        result.Error is { Kind: ApiErrorKind.NotFound, MayHaveHappened: true } ? default(Nothing) : result;

    private Uri ApiUri(string pathAndQuery) => Join(_endpoints.Api, pathAndQuery);

    // As built: what is percent-encoded stays so.
    private static Uri Join(Uri origin, string pathAndQuery) =>
        new(origin.GetLeftPart(UriPartial.Authority) + pathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private static string FilePath(string fileId) => "/v1/files/" + Uri.EscapeDataString(fileId);

    private static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
