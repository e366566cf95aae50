using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ImageKitFs.Emulator.Faults;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Routes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ImageKitFs.Emulator.Http;

/// <summary>Takes each request through latency, counting, faults, keys, limits, its route, and out again.</summary>
internal sealed class EmulatorApp(
    ApiRoutes api, UploadRoute uploads, DeliveryRoute delivery, AdminRoutes admin, RequestCounters counters, FaultPlan faults, TimeProvider time, Func<EmulatorOptions> options)
{
    private readonly RateLimiter _limiter = new(time);

    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        string[] segments = (http.Request.Path.Value ?? "/").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is [var first, ..] && first.StartsWith("__", StringComparison.Ordinal))
        {
            await ReplyWriter.SendAsync(http, await admin.AnswerAsync(http.Request), fault: null, new Pace(0, time), time);
            return;
        }

        long start = Stopwatch.GetTimestamp();
        EmulatorOptions now = options();
        if (now.ClockSkew != TimeSpan.Zero)
            http.Response.Headers.Date = (time.GetUtcNow() + now.ClockSkew).ToString("R", CultureInfo.InvariantCulture);
        var call = new Call(http, target, segments, now.ImageKitId, api);
        counters.Count(call.Kind);
        counters.AddIn(http.Request.ContentLength ?? 0);
        int status = 0;
        Reply? reply = null;
        try
        {
            if (now.Latency > TimeSpan.Zero)
                await Task.Delay(now.Latency, time, http.RequestAborted);
            FaultAction? fault = null;
            (reply, fault) = await AnswerAsync(call, now);
            if (fault is { Kind: FaultKind.Reset } || reply is null)
            {
                http.Abort();
                return;
            }

            if (call.Kind != EndpointKind.Delivery)
                AddApiHeaders(http.Response, reply, call.Method);
            reply = ReplyWriter.Spoil(reply, fault);
            status = reply.Status;
            await DrainAsync(http.Request);
            counters.AddOut(call.Kind, await ReplyWriter.SendAsync(http, reply, fault, new Pace(now.BytesPerSecond, time), time), reply.IsRendition);
        }
        catch (OperationCanceledException)
        {
            // The client went away, or the server is stopping.
        }
        catch (IOException)
        {
            // As above, noticed while writing.
        }
        finally
        {
            reply?.Sent?.Invoke();
            counters.Remember(new LoggedRequest(call.Method, target, call.Kind, status, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
        }
    }

    private async Task<(Reply? Reply, FaultAction? Fault)> AnswerAsync(Call call, EmulatorOptions now)
    {
        FaultAction? fault = null;
        try
        {
            string? body = call.Request is null ? null : await call.Request.ReadBodyAsync();
            string? subject = call.Kind == EndpointKind.Upload ? null : Uri.UnescapeDataString(call.Target) + body;
            fault = faults.Take(call.Kind, subject);
            if (fault is { Kind: FaultKind.Stall })
                await Task.Delay(TimeSpan.FromMilliseconds(fault.Amount), time, call.Http.RequestAborted);
            if (IsBefore(fault))
                return (ReplyWriter.Instead(fault!), fault);
            Reply? reply;
            (reply, fault) = await EffectAsync(call, fault, now);
            if (reply is null)
                return (ReplyWriter.Instead(fault!), fault);
            if (fault is not { IsAfter: true })
                return (reply, fault);
            reply.Sent?.Invoke();
            return (ReplyWriter.Instead(fault), fault);
        }
        catch (Refusal refusal)
        {
            return (Reply.Error(refusal), fault is { IsAfter: true } ? null : fault);
        }
    }

    private async Task<(Reply? Reply, FaultAction? Fault)> EffectAsync(Call call, FaultAction? fault, EmulatorOptions now)
    {
        if (call.Kind == EndpointKind.Delivery)
            return (delivery.Answer(call.Http.Request, call.Target[(now.ImageKitId.Length + 2)..]), fault);
        if (call.Kind == EndpointKind.Upload)
        {
            (Reply? reply, FaultAction? own) = await uploads.AnswerAsync(
                call.Http.Request, call.IsV2, path => fault ?? faults.Take(EndpointKind.Upload, path, onlyAboutPaths: true), call.Http.RequestAborted);
            if (own is { Kind: FaultKind.Stall } && !ReferenceEquals(own, fault))
                await Task.Delay(TimeSpan.FromMilliseconds(own.Amount), time, call.Http.RequestAborted);
            return (reply, own);
        }

        if (call.Route is not { } route)
            return (Reply.Error(404, "The requested endpoint does not exist."), fault);
        KeyCheck.Require(call.Http.Request.Headers.Authorization, route.IsWrite, now);
        if (now.AccountApiForbidden && route.Kind is (EndpointKind.UrlEndpoints or EndpointKind.Origins))
            throw new Refusal(403, KeyCheck.NotAllowed);
        return (_limiter.Take(route.Kind, route.IsWrite, now) ?? AnswerBody(route, call.Request!), fault);
    }

    private static Reply AnswerBody(ApiRoute route, ApiRequest request)
    {
        try
        {
            return route.Answer(request);
        }
        catch (InvalidOperationException) when (request.Body.Count > 0)
        {
            // A member of the body was of another JSON type than its name demands.
            throw new Refusal(400, "Your request contains a parameter of the wrong type.");
        }
    }

    private static bool IsBefore(FaultAction? fault) =>
        fault is { IsAfter: false, Kind: FaultKind.Status or FaultKind.Html or FaultKind.Empty or FaultKind.Throttle or FaultKind.Reset };

    // Section 1.5.
    private static void AddApiHeaders(HttpResponse response, Reply reply, string method)
    {
        string id = Guid.NewGuid().ToString();
        response.Headers["access-control-allow-origin"] = "*";
        response.Headers["x-ik-requestid"] = id;
        response.Headers["x-request-id"] = id;
        if (method == "GET" && reply.Body is not null)
        {
            byte[] body = reply.ReadBody();
            response.Headers.ETag = $"W/\"{body.Length:x}-{Convert.ToBase64String(SHA1.HashData(body)).TrimEnd('=')}\"";
        }
    }

    // An early refusal would cut off a client that is still sending.
    private static async Task DrainAsync(HttpRequest request)
    {
        if (request.ContentLength is null && request.Headers.TransferEncoding.Count == 0)
            return;
        await request.Body.CopyToAsync(Stream.Null, request.HttpContext.RequestAborted);
    }
}
