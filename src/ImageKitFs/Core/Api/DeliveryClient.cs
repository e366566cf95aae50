using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Names;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Api;

/// <summary>Reads originals and renditions from the delivery URL (imagekit-api.md 9). Never sends the API key; the key only signs.</summary>
/// <remarks>
/// Accounts can refuse unsigned URLs (401, 403) or explicit transformations (400). Then the request is repeated signed, and, for a 400, without "tr" at
/// last; what worked is remembered. Without "tr" the service may send other bytes than the original: the caller's check of length and ETag decides.
/// </remarks>
internal sealed class DeliveryClient : IMediaDelivery, IDisposable
{
    private readonly Uri _endpoint;
    private readonly ApiTuning _tuning;
    private readonly TimeProvider _time;
    private readonly ApiCounters _counters;
    private readonly HttpMessageInvoker _invoker;
    private readonly EndpointClass _class;
    private readonly UrlSigner _signer;
    private readonly SecretKey _key;
    private volatile UrlForm _form = UrlForm.Unsigned;

    public DeliveryClient(
        ImageKitEndpoints endpoints, SecretKey key, HttpMessageHandler handler, ApiTuning tuning, TimeProvider time, ApiCounters counters, ILogger logger)
    {
        _endpoint = endpoints.Delivery;
        _key = key;
        _tuning = tuning;
        _time = time;
        _counters = counters;
        _invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        _signer = new UrlSigner(endpoints.Delivery, key);
        _class = new EndpointClass("delivery", perSecond: 0, burst: 0, tuning, time, counters, logger);
    }

    /// <summary>How URLs are made, from the ordinary form to the last resort.</summary>
    private enum UrlForm
    {
        /// <summary>Signed only when the file is private.</summary>
        Unsigned,

        /// <summary>Always signed.</summary>
        Signed,

        /// <summary>Signed, without a transformation.</summary>
        SignedPlain,
    }

    public async ValueTask<ApiResult<DeliveryReply>> OpenAsync(DeliveryRequest request, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.Offset);
        if (request.Transformation is null)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(request.Length);
        UrlForm form = _form;
        ApiResult<DeliveryReply> result = await OpenAsync(request, form, ct);
        ApiError? first = result.Error;
        while (result.Error is { } error && NextForm(form, error, request) is { } next)
        {
            form = next;
            result = await OpenAsync(request, form, ct);
            if (result.Ok)
                _form = form;
        }

        // That the service does not make one of this file, or of these words, is an answer.
        if (request.Transformation is not null && first is { Kind: ApiErrorKind.NotFound or ApiErrorKind.BadRequest or ApiErrorKind.TooLarge })
            return result.Ok ? result : first;

        // When no form worked, the ordinary one's answer says most.
        return result.Ok ? result : _class.Fail(ApiOperation.Delivery, request.RemotePath, first!);
    }

    public void BrokeOff(string remotePath, string why) => _class.Fail(ApiOperation.Delivery, remotePath, new ApiError(ApiErrorKind.Network, 0, why));

    /// <summary>What it did and may do.</summary>
    public EndpointState State => _class.State;

    public void Dispose()
    {
        _class.Dispose();
        _invoker.Dispose();
    }

    /// <summary>The URL for a request; what is percent-encoded here goes to the wire, and into the signature, as it is.</summary>
    internal string UrlOf(DeliveryRequest request, bool isSigned, bool isPlain = false)
    {
        var query = new List<string>(3);
        if (request.ObjectVersion is { } version)
            query.Add("ik-obj-version=" + Uri.EscapeDataString(version));
        if (!isPlain)
            query.Add("tr=" + (request.Transformation is { } wanted ? Uri.EscapeDataString(wanted) : "orig-true"));
        query.Add("updatedAt=" + Uri.EscapeDataString(request.CacheBuster));
        string relative = $"{RemotePath.ToUrlPath(request.RemotePath)}?{string.Join('&', query)}";
        return isSigned ? _signer.Sign(relative, Expiry()) : _endpoint.OriginalString.TrimEnd('/') + "/" + relative;
    }

    private static UrlForm? NextForm(UrlForm form, ApiError error, DeliveryRequest request) => (form, error.Status) switch
    {
        (UrlForm.Unsigned, 401 or 403) when !request.IsPrivate => UrlForm.Signed,
        // A rendition is nothing without its transformation.
        (UrlForm.Unsigned, 400) when error.Kind == ApiErrorKind.BadRequest && request.Transformation is not null => request.IsPrivate ? null : UrlForm.Signed,
        (UrlForm.Unsigned, 400) when error.Kind == ApiErrorKind.BadRequest => request.IsPrivate ? UrlForm.SignedPlain : UrlForm.Signed,
        (UrlForm.Signed, 400) when error.Kind == ApiErrorKind.BadRequest && request.Transformation is null => UrlForm.SignedPlain,
        _ => null,
    };

    // In steps of the lifetime, so that reads of one file share a URL, and with it the CDN's copy: valid for one to two lifetimes.
    private DateTimeOffset Expiry()
    {
        long step = (long)_tuning.SignatureLifetime.TotalSeconds;
        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        return DateTimeOffset.FromUnixTimeSeconds(((now / step) + 2) * step);
    }

    private ValueTask<ApiResult<DeliveryReply>> OpenAsync(DeliveryRequest request, UrlForm form, CancellationToken ct) =>
        _class.TryAsync(
            ApiOperation.Delivery, request.RemotePath, RepeatRule.Safe, GateLane.Ordinary,
            token => SendAsync(UrlOf(request, form != UrlForm.Unsigned || request.IsPrivate, form == UrlForm.SignedPlain && request.Transformation is null), request, mayRedirect: true, token), ct);

    private async ValueTask<Attempt<DeliveryReply>> SendAsync(string url, DeliveryRequest range, bool mayRedirect, CancellationToken ct)
    {
        var uri = new Uri(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        if (!ImageKitEndpoints.IsAllowed(uri))
            return new Attempt<DeliveryReply>(new ApiError(ApiErrorKind.Refused, 0, "The URL endpoint is plain http; use https."));

        using var watch = new ProgressWatch(_tuning.ProgressDeadline, _time, ct);
        using var request = new HttpRequestMessage(HttpMethod.Get, uri)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (range.Transformation is null)
        {
            request.Headers.TryAddWithoutValidation(
                "Range", string.Create(CultureInfo.InvariantCulture, $"bytes={range.Offset}-{range.Offset + range.Length - 1}"));
        }

        HttpResponseMessage? response = null;
        try
        {
            response = await _invoker.SendAsync(request, watch.Token);
            if (mayRedirect && RedirectOf(response, uri) is { } target)
                return await SendAsync(target, range, mayRedirect: false, ct);
            ApiError? error = Judge(response, uri);
            if (error is not null)
                return new Attempt<DeliveryReply>(error) { Reset = ApiErrors.ResetOf(response.Headers), Limits = RateLimitHeaders.From((int)response.StatusCode, response.Headers, _key) };

            DeliveryReply reply = await ToReplyAsync(response, uri, watch.Token);
            response = null; // the reply owns it now
            return new Attempt<DeliveryReply>(reply);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return new Attempt<DeliveryReply>(ApiTransport.Describe(e, uri, watch, mayHaveHappened: false, ct));
        }
        finally
        {
            response?.Dispose();
        }
    }

    private async ValueTask<DeliveryReply> ToReplyAsync(HttpResponseMessage response, Uri uri, CancellationToken ct)
    {
        HttpContentHeaders headers = response.Content.Headers;
        bool isPart = response.StatusCode == HttpStatusCode.PartialContent;
        ContentRangeHeaderValue? part = headers.ContentRange;
        var body = new DeliveryStream(await response.Content.ReadAsStreamAsync(ct), uri.Host, _tuning.ProgressDeadline, _time, _counters);
        return new DeliveryReply(
            (int)response.StatusCode, isPart ? part?.From : 0, isPart ? part?.Length : headers.ContentLength,
            response.Headers.ETag?.ToString(), headers.LastModified, body, response);
    }

    /// <summary>Null for a 200 or 206 that can be read as the file's bytes.</summary>
    private ApiError? Judge(HttpResponseMessage response, Uri uri)
    {
        int status = (int)response.StatusCode;
        string requestId = ApiErrors.RequestIdOf(response.Headers, _key);
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
        {
            // Ranges and lengths of an encoded body are not the file's.
            if (response.Content.Headers.ContentEncoding.Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
                return new ApiError(ApiErrorKind.BadReply, status, $"{uri.Host} sent compressed bytes, which were not asked for.", RequestId: requestId);
            // A body that cannot be the part it claims to be is not the file's either.
            if (response.Content.Headers is { ContentRange: { From: { } from, To: { } to }, ContentLength: { } length } && length != to - from + 1)
                return new ApiError(ApiErrorKind.BadReply, status, $"{uri.Host} sent {length} bytes as a part of {to - from + 1}.", RequestId: requestId);
            return response.Content.Headers.ContentType?.MediaType is "multipart/byteranges"
                ? new ApiError(ApiErrorKind.BadReply, status, $"{uri.Host} sent several ranges for one.", RequestId: requestId)
                : null;
        }

        string code = "";
        string detail = "";
        if (response.Headers.TryGetValues("ik-error", out IEnumerable<string>? values))
        {
            detail = ApiErrors.OneLine(_key.Redact(values.FirstOrDefault() ?? ""));
            code = detail.Split(' ', '-', ':')[0];
        }

        string message = detail.Length > 0 ? $"Delivery answered {status}: {detail}" : $"Delivery answered {status}.";
        ApiErrorKind kind = KindOf(status, code);
        return new ApiError(kind, status, message + Advice(kind), code.Length > 0 ? code : null, requestId);
    }

    // ik-error says more than the status: an origin that refuses is no missing file (imagekit-api.md 9.5, design.md 8).
    private static ApiErrorKind KindOf(int status, string code) => (status, code) switch
    {
        ( >= 500, _) => ApiErrorKind.Server,
        (_, "EACCES") => ApiErrorKind.Forbidden,
        (_, "ELIMIT") => ApiErrorKind.TooLarge,
        (_, "ECONNREFUSED" or "UNIDENTIFIED") => ApiErrorKind.Server,
        (401, _) => ApiErrorKind.Unauthorized,
        (403, _) => ApiErrorKind.Forbidden,
        (404 or 410, _) => ApiErrorKind.NotFound,
        (408, _) => ApiErrorKind.TimedOut,
        (429, _) => ApiErrorKind.RateLimited,
        // The file is shorter than listed, or a redirect led nowhere: not the bytes that were promised.
        (416 or < 400, _) => ApiErrorKind.BadReply,
        _ => ApiErrorKind.BadRequest,
    };

    private static string Advice(ApiErrorKind kind) => kind is ApiErrorKind.Unauthorized or ApiErrorKind.Forbidden
        ? " Check the private key, and the access rules of the file, its origin and the URL endpoint in the dashboard."
        : "";

    /// <summary>Where a redirect leads, when that is the same scheme, host and port; null otherwise.</summary>
    private static string? RedirectOf(HttpResponseMessage response, Uri from)
    {
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            return null;
        Uri target = location.IsAbsoluteUri ? location : new Uri(from, location);
        return target.Scheme == from.Scheme && target.Authority == from.Authority && target.UserInfo.Length == 0 ? target.AbsoluteUri : null;
    }
}
