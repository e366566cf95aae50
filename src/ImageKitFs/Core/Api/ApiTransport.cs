using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Core.Api;

/// <summary>One request to one of the two APIs.</summary>
internal sealed record ApiCall(ApiOperation Operation, HttpMethod Method, Uri Uri)
{
    public bool IsWrite => Method != HttpMethod.Get;

    /// <summary>Longest success body that makes sense.</summary>
    public required int MaxReplyBytes { get; init; }

    /// <summary>How long the first byte of the reply may take after the request is out; null: the progress deadline.</summary>
    public TimeSpan? ReplyDeadline { get; init; }
}

/// <summary>A 2xx reply, read whole.</summary>
/// <param name="Body">Valid only while the value is made of it.</param>
internal sealed record ApiReply(int Status, ReadOnlySequence<byte> Body, string RequestId);

/// <summary>Sends one request with the key and reads its reply; repeats nothing. Network trouble comes back as an <see cref="ApiError"/>.</summary>
internal sealed class ApiTransport(SecretKey key, HttpMessageInvoker invoker, ApiTuning tuning, TimeProvider time, ApiCounters counters)
{
    private readonly AuthenticationHeaderValue _authorization = new("Basic", key.ToBasicParameter());

    /// <param name="call">What to send.</param>
    /// <param name="createContent">Makes the body; it gets the watch, to report progress to.</param>
    /// <param name="read">Makes the value of a 2xx reply; null when the reply is not what the documents promise.</param>
    /// <param name="ct">The caller's.</param>
    public async ValueTask<Attempt<T>> SendAsync<T>(
        ApiCall call, Func<ProgressWatch, TrackedContent>? createContent, Func<ApiReply, T?> read, CancellationToken ct)
        where T : class
    {
        if (!ImageKitEndpoints.IsAllowed(call.Uri))
            return new Attempt<T>(new ApiError(ApiErrorKind.Refused, 0, "The endpoint is plain http; the key is sent over https only, or to this machine."));

        using var watch = new ProgressWatch(tuning.ProgressDeadline, time, ct);
        using TrackedContent? content = createContent?.Invoke(watch);
        using var request = new HttpRequestMessage(call.Method, call.Uri)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = content,
        };
        request.Headers.Authorization = _authorization;
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (call.ReplyDeadline is { } deadline)
            watch.SetDeadline(deadline);

        bool hasReply = false;
        try
        {
            using HttpResponseMessage response = await invoker.SendAsync(request, watch.Token);
            hasReply = true;
            watch.SetDeadline(tuning.ProgressDeadline);
            return await ReadReplyAsync(call, response, read, watch);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            if (content is UploadContent { LocalFailure: { } local })
                local.Throw();
            bool mayHaveHappened = call.IsWrite && (hasReply || MayBeSent(e, content));
            return new Attempt<T>(Describe(e, call.Uri, watch, mayHaveHappened, ct));
        }
    }

    /// <summary>What an exception of the handler means, in words that hold no header and no query.</summary>
    public static ApiError Describe(Exception e, Uri uri, ProgressWatch watch, bool mayHaveHappened, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
            return new ApiError(ApiErrorKind.Canceled, 0, "The call was cancelled.", MayHaveHappened: mayHaveHappened);
        if (watch.IsExpired)
            return new ApiError(ApiErrorKind.TimedOut, 0, $"{uri.Host} made no progress within the deadline.", MayHaveHappened: mayHaveHappened);

        string why = e switch
        {
            HttpRequestException { InnerException: SocketException socket } => socket.SocketErrorCode.ToString(),
            HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
            { InnerException: SocketException socket } => socket.SocketErrorCode.ToString(),
            OperationCanceledException => "no connection in time",
            _ => "the connection broke",
        };
        return IsBeforeSending(e)
            ? new ApiError(ApiErrorKind.Unreachable, 0, $"Cannot reach {uri.Host}: {why}. Check the network and the endpoint.")
            : new ApiError(ApiErrorKind.Network, 0, $"The connection to {uri.Host} failed: {why}.", MayHaveHappened: mayHaveHappened);
    }

    private static bool MayBeSent(Exception e, TrackedContent? content) => content is null ? !IsBeforeSending(e) : content.IsWholeSent;

    // The handler's own connect deadline appears as a cancellation with a TimeoutException inside.
    private static bool IsBeforeSending(Exception e) => e is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    } or OperationCanceledException { InnerException: TimeoutException };

    private async ValueTask<Attempt<T>> ReadReplyAsync<T>(ApiCall call, HttpResponseMessage response, Func<ApiReply, T?> read, ProgressWatch watch)
        where T : class
    {
        int status = (int)response.StatusCode;
        string requestId = ApiErrors.RequestIdOf(response.Headers, key);
        if (!response.IsSuccessStatusCode)
        {
            ReadOnlySequence<byte> error = await ReadErrorBodyAsync(response, watch);
            return new Attempt<T>(ApiErrors.From(status, response.Headers, error, call.IsWrite, key)) { Reset = ApiErrors.ResetOf(response.Headers), Limits = RateLimitHeaders.From(status, response.Headers, key) };
        }

        if (response.Content.Headers.ContentEncoding.Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            return Bad("The reply is compressed, which was not asked for.");
        ReplyBody? body = await ReadBodyAsync(response, call.MaxReplyBytes, watch);
        if (body is null)
            return Bad($"The reply is longer than {call.MaxReplyBytes} bytes.");
        T? value = read(new ApiReply(status, body.Bytes, requestId));
        body.Return();
        return value is not null
            ? new Attempt<T>(value)
            : Bad($"The {status} reply is not what ImageKit documents; a proxy or captive portal may have answered.");

        Attempt<T> Bad(string message) =>
            new(new ApiError(ApiErrorKind.BadReply, status, message, RequestId: requestId, MayHaveHappened: call.IsWrite));
    }

    // The status is definite, whatever happens to the words behind it.
    private async ValueTask<ReadOnlySequence<byte>> ReadErrorBodyAsync(HttpResponseMessage response, ProgressWatch watch)
    {
        try
        {
            return (await ReadBodyAsync(response, tuning.MaxErrorBytes, watch))?.Bytes ?? default;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return default;
        }
    }

    /// <summary>Null when the body is longer than <paramref name="maxBytes"/>.</summary>
    private async ValueTask<ReplyBody?> ReadBodyAsync(HttpResponseMessage response, int maxBytes, ProgressWatch watch)
    {
        if (response.Content.Headers.ContentLength > maxBytes)
            return null;
        await using Stream stream = await response.Content.ReadAsStreamAsync(watch.Token);
        ReplyBody body = new();
        while (true)
        {
            int count = await stream.ReadAsync(body.Free(), watch.Token);
            if (count == 0)
                return body;
            watch.Touch();
            counters.Received(count);
            body.Advance(count);
            if (body.Length > maxBytes)
                return null;
        }
    }
}
