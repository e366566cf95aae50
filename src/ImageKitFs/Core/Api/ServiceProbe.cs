using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Api;

/// <summary>Single requests to the service, each answered as it is: nothing is repeated, held back or interpreted, which is what a diagnosis needs.</summary>
/// <remarks>The connections are those of a mount: no redirects, no compression, the system's proxy but not for this machine. The key goes to the API only.</remarks>
public sealed class ServiceProbe : IDisposable
{
    /// <summary>A page of a thousand rows with embedded metadata; what is longer is no reply of the API.</summary>
    private const int MaxReplyBytes = 16 << 20;

    private readonly ImageKitEndpoints _endpoints;
    private readonly SecretKey _key;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly UrlSigner _signer;
    private readonly ApiCounters _counters = new();
    private readonly HttpMessageInvoker _invoker;

    /// <summary>Opens no connection yet.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="key">The private key.</param>
    /// <param name="patience">The longest wait for a reply, and for the next byte of a body.</param>
    /// <param name="time">The clock.</param>
    public ServiceProbe(ImageKitEndpoints endpoints, SecretKey key, TimeSpan patience, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        _endpoints = endpoints;
        _key = key;
        _patience = patience;
        _time = time;
        _signer = new UrlSigner(endpoints.Delivery, key);
        _invoker = new HttpMessageInvoker(ImageKitApi.CreateHandler());
    }

    /// <summary>One request to the management API.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="pathAndQuery">From `/v1` on, percent-encoded.</param>
    /// <param name="json">Its body, or null.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<ProbeReply> AskAsync(HttpMethod method, string pathAndQuery, string? json, CancellationToken ct)
    {
        Uri uri = new(_endpoints.Api.GetLeftPart(UriPartial.Authority) + pathAndQuery, AsWritten);
        using HttpRequestMessage request = new(method, uri);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", _key.ToBasicParameter());
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        ProbeReply reply = await SendAsync(request, uri, readsBody: true, ct);
        if (reply is { Failure: ProbeFailure.None, Ok: false })
            reply.Message = MessageOf(reply.Body);
        return reply;
    }

    /// <summary>One request to the delivery network, without the key.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="url">A whole URL, see <see cref="UrlOf"/>.</param>
    /// <param name="ct">Ends the wait for the head of the reply.</param>
    public Task<ProbeReply> FetchAsync(HttpMethod method, string url, CancellationToken ct)
    {
        Uri uri = new(url, AsWritten);
        return SendAsync(new HttpRequestMessage(method, uri), uri, readsBody: false, ct);
    }

    /// <summary>The delivery URL of a file.</summary>
    /// <param name="path">In the library or its attached storage, as stored, not encoded.</param>
    /// <param name="query">Without question mark, encoded; empty for none.</param>
    /// <param name="lifetime">Signed, and valid that long; null: not signed.</param>
    public string UrlOf(string path, string query, TimeSpan? lifetime)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(query);
        string relative = RemotePath.ToUrlPath(path.Trim('/')) + (query.Length > 0 ? "?" + query : "");
        return lifetime is { } valid
            ? _signer.Sign(relative, _time.GetUtcNow() + valid)
            : _endpoints.Delivery.OriginalString.TrimEnd('/') + "/" + relative;
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    // What is percent-encoded stays so: it may be signed.
    private static UriCreationOptions AsWritten => new() { DangerousDisablePathAndQueryCanonicalization = true };

    private async Task<ProbeReply> SendAsync(HttpRequestMessage request, Uri uri, bool readsBody, CancellationToken ct)
    {
        if (!ImageKitEndpoints.IsAllowed(uri))
            return new ProbeReply(uri, ProbeFailure.NotAllowed, "plain http is for this machine only", TimeSpan.Zero);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        using ProgressWatch watch = new(_patience, _time, ct);
        long begun = _time.GetTimestamp();
        HttpResponseMessage? response = null;
        try
        {
            response = await _invoker.SendAsync(request, watch.Token);
            ProbeReply reply = new(uri, response, text => ApiErrors.OneLine(_key.Redact(text)), _time.GetElapsedTime(begun), _time.GetUtcNow(), readsBody ? null : response);
            if (readsBody)
                reply.Body = await ReadAsync(response, watch);
            else
                reply.Content = new DeliveryStream(await response.Content.ReadAsStreamAsync(watch.Token), uri.Host, _patience, _time, _counters);
            response = readsBody ? response : null;
            return reply;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
            (ProbeFailure failure, string words) = watch.IsExpired ? (ProbeFailure.TimedOut, Overdue(uri)) : Describe(e, uri);
            return new ProbeReply(uri, failure, words, _time.GetElapsedTime(begun));
        }
        finally
        {
            response?.Dispose();
            request.Dispose();
        }
    }

    private string Overdue(Uri uri) =>
        string.Create(CultureInfo.InvariantCulture, $"{uri.Authority} did not answer within {_patience.TotalSeconds:0.#} s");

    private (ProbeFailure Failure, string Words) Describe(Exception e, Uri uri) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => (ProbeFailure.NameNotFound, $"the name {uri.Host} cannot be resolved"),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => (ProbeFailure.NotTrusted, $"no secure connection to {uri.Authority}: {Why(e)}"),
        HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => (ProbeFailure.ProxyRefused, $"the proxy does not lead to {uri.Authority}: {Why(e)}"),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => (ProbeFailure.NotConnected, $"{uri.Authority} cannot be connected to: {Why(e)}"),
        OperationCanceledException => (ProbeFailure.TimedOut, Overdue(uri)),
        _ => (ProbeFailure.Broken, $"the connection to {uri.Authority} broke: {Why(e)}"),
    };

    private string Why(Exception e)
    {
        Exception inner = e;
        while (inner is not SocketException && inner.InnerException is { } next)
            inner = next;
        return ApiErrors.OneLine(_key.Redact(inner.Message)).TrimEnd('.');
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, ProgressWatch watch)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(watch.Token);
        ArrayBufferWriter<byte> body = new();
        while (body.WrittenCount < MaxReplyBytes)
        {
            int count = await stream.ReadAsync(body.GetMemory(), watch.Token);
            if (count == 0)
                break;
            body.Advance(count);
        }

        return body.WrittenMemory;
    }

    private string MessageOf(ReadOnlyMemory<byte> body)
    {
        using JsonDocument? document = ApiJson.TryParse(new ReadOnlySequence<byte>(body));
        return document is { RootElement.ValueKind: JsonValueKind.Object } && ApiJson.ReadString(document.RootElement, "message") is { } message
            ? ApiErrors.OneLine(_key.Redact(message))
            : "";
    }
}
