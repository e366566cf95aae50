using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Faults;
using ImageKitFs.Emulator.Storage;
using Microsoft.AspNetCore.Http;

namespace ImageKitFs.Emulator.Http;

/// <summary>Sends replies, and spoils those that a fault says to spoil.</summary>
internal static class ReplyWriter
{
    private const int ChunkSize = 64 << 10;
    private const int DripSize = 64;

    /// <summary>The reply that a fault puts in the place of another; null when the connection is to be cut.</summary>
    public static Reply? Instead(FaultAction fault) => fault.Kind switch
    {
        FaultKind.Status => Reply.Error(fault.Status, fault.Message ?? $"Injected fault with status {fault.Status}."),
        FaultKind.Html => Reply.OfText(fault.Status, $"<html><head><title>{fault.Status}</title></head><body><h1>{(HttpStatusCode)fault.Status}</h1></body></html>", "text/html"),
        FaultKind.Empty => Reply.Empty(fault.Status),
        FaultKind.Throttle => RateLimiter.Refused(limit: 40, fault.Amount),
        _ => null,
    };

    /// <summary>What a fault makes of a finished reply.</summary>
    public static Reply Spoil(Reply reply, FaultAction? fault)
    {
        switch (fault?.Kind)
        {
            case FaultKind.Malformed:
                byte[] body = reply.ReadBody();
                return With(reply, reply.Status, [.. body[..Math.Max(0, body.Length - 1)], .. ",:{"u8], reply.ContentType ?? Reply.Json);
            case FaultKind.Rows when reply.Status == 200 && JsonNode.Parse(reply.ReadBody()) is JsonArray rows:
                HostileRows.MixInto(rows);
                return Reply.Of(200, rows);
            case FaultKind.Partial when reply.Status == 200 && JsonNode.Parse(reply.ReadBody()) is JsonObject json:
                return Partial(json) ?? reply;
            case FaultKind.NoRange when reply.Status == 206:
                return new Reply(200, reply.Body, reply.ContentType) { Headers = [.. reply.Headers.Where(header => header.Name != "Content-Range")], Sent = reply.Sent };
            case FaultKind.WrongRange when reply.Status == 206:
                string range = string.Create(CultureInfo.InvariantCulture, $"bytes {reply.Offset}-{reply.Offset + reply.Length - 1}/{reply.Body!.Length + 1}");
                return new Reply(206, reply.Body, reply.ContentType)
                {
                    Headers = [.. reply.Headers.Where(header => header.Name != "Content-Range"), ("Content-Range", range)],
                    Sent = reply.Sent,
                    Offset = reply.Offset,
                    Length = reply.Length,
                };
            default:
                return reply;
        }
    }

    /// <summary>Sends a reply; gives back how many bytes of body went out.</summary>
    public static async Task<long> SendAsync(HttpContext http, Reply reply, FaultAction? fault, Pace pace, TimeProvider time)
    {
        HttpResponse response = http.Response;
        response.StatusCode = reply.Status;
        if (reply.ContentType is not null)
            response.ContentType = reply.ContentType;
        foreach ((string name, string value) in reply.Headers)
            response.Headers[name] = value;
        bool hasBody = reply.Status is not (204 or 304);
        if (hasBody && fault?.Kind != FaultKind.Extra)
            response.ContentLength = reply.Length;
        if (!hasBody || HttpMethods.IsHead(http.Request.Method))
            return 0;

        CancellationToken ct = http.RequestAborted;
        long cut = fault?.Kind == FaultKind.Truncate ? Math.Min(fault.Amount >= 0 ? fault.Amount : reply.Length / 2, reply.Length) : reply.Length;
        long stall = fault?.Kind == FaultKind.StallBody ? reply.Length / 2 : -1;
        int chunk = fault?.Kind == FaultKind.Drip ? DripSize : ChunkSize;
        long sent = 0;
        using IBlobReader? reader = reply.Length == 0 ? null : reply.Body!.Open();
        while (sent < cut)
        {
            int wanted = (int)Math.Min(chunk, cut - sent);
            if (sent < stall)
                wanted = (int)Math.Min(wanted, stall - sent);
            int read = reader!.Read(reply.Offset + sent, response.BodyWriter.GetSpan(wanted)[..wanted]);
            if (read == 0)
                break;
            response.BodyWriter.Advance(read);
            await response.BodyWriter.FlushAsync(ct);
            sent += read;
            await pace.AfterAsync(read, ct);
            if (sent == stall || fault?.Kind == FaultKind.Drip)
                await Task.Delay(TimeSpan.FromMilliseconds(fault!.Amount), time, ct);
        }

        if (fault?.Kind == FaultKind.Truncate)
            http.Abort();
        else if (fault?.Kind == FaultKind.Extra)
            await response.Body.WriteAsync(new byte[fault.Amount], ct);
        return sent;
    }

    private static Reply With(Reply reply, int status, byte[] body, string contentType) =>
        new(status, new MemoryBlob(body), contentType) { Headers = reply.Headers, Sent = reply.Sent };

    // The last file of the list failed.
    private static Reply? Partial(JsonObject json)
    {
        if ((json["successfullyDeletedFileIds"] ?? json["successfullyUpdatedFileIds"]) is not JsonArray { Count: > 0 } done)
            return null;
        string last = (string)done[^1]!;
        done.RemoveAt(done.Count - 1);
        json["errors"] = new JsonArray(new JsonObject { ["fileId"] = last, ["error"] = "Error updating or deleting this file." });
        return Reply.Of(207, json);
    }
}
