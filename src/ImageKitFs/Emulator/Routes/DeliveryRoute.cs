using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Storage;
using Microsoft.AspNetCore.Http;

namespace ImageKitFs.Emulator.Routes;

/// <summary>Delivery (section 9): <c>GET</c> and <c>HEAD</c> below the ImageKit id.</summary>
internal sealed class DeliveryRoute(MediaStore store, Cdn cdn, TimeProvider time, Func<EmulatorOptions> options)
{
    private const string CacheControl = "public, s-maxage=31536000, max-age=31536000, must-revalidate";

    /// <summary>The limit on the input of image processing; originals have none.</summary>
    private const long MaxProcessedImage = 40 << 20;

    /// <summary>Compressed in memory: larger texts go out as they are.</summary>
    private const long MaxCompressed = 64 << 20;

    private static readonly string[] Compressible =
    [
        "application/javascript", "text/css", "image/svg+xml", "application/json", "application/pdf", "video/mp4", "text/plain", "text/html",
        "application/vnd.apple.mpegurl", "video/mp2t",
    ];

    /// <summary>Answers a request whose raw target behind the id is <paramref name="relative"/>, without a leading slash.</summary>
    public Reply Answer(HttpRequest request, string relative)
    {
        EmulatorOptions now = options();
        if (request.Method is not ("GET" or "HEAD"))
            return Failed(405, "Method Not Allowed", error: null);
        (SignatureState signature, string unsigned) = UrlSignature.Check(relative, now.PrivateKey, time.GetUtcNow() + now.ClockSkew);
        if (signature == SignatureState.Invalid || (signature == SignatureState.Absent && now.RestrictUnsignedUrls))
            return Failed(401, "Unauthorized", error: null);

        int question = relative.IndexOf('?', StringComparison.Ordinal);
        DeliveryPath path = DeliveryPath.Parse(question < 0 ? relative : relative[..question], store.Account.UrlPrefixes);
        string? transformation = Query(request, "tr") ?? path.Transformation;
        if (now.RestrictUnnamedTransformations && transformation is not null && !IsNamed(transformation) && signature != SignatureState.Valid)
            return Failed(400, "Bad Request", "Unnamed transformations are restricted for this account");

        string url = "/" + (now.CdnIgnoresSignature ? unsigned : relative);
        if (cdn.Find(url, path, Query(request, "ik-obj-version"), out string originError) is not { } found)
            return Failed(404, "Not Found", originError.Length > 0 ? $"{originError} - The origin could not be read" : "ENOENT - The requested file does not exist");
        FileVersion version = found.Entry.Version;
        if (version.IsPrivate && signature != SignatureState.Valid && !IsNamed(transformation))
        {
            version.Blob.Release();
            return Failed(now.PrivateIs403 ? 403 : 401, now.PrivateIs403 ? "Forbidden" : "Unauthorized", error: null);
        }

        bool isOriginal = transformation?.Split(',', ':').Contains("orig-true", StringComparer.Ordinal) == true;
        bool isAltered = !isOriginal
            && ((version.Media.IsImage && (transformation is not null || !now.ServeOriginalImages)) || (version.Media.IsVideo && (now.AlterVideos || path.IsFrame)));
        if (isAltered && version.Media.IsImage && version.Blob.Length > MaxProcessedImage)
        {
            version.Blob.Release();
            return Failed(400, "Bad Request", "ELIMIT - The input image exceeds the size limit");
        }

        cdn.Keep(url, found.Entry);
        string alteration = isAltered ? transformation ?? "auto" : "";
        (Blob body, string mime) = isAltered ? Rendition.Of(version.Blob, version.Media, alteration, path.IsFrame) : (version.Blob, version.Media.Mime);
        return Deliver(request, found.Entry, body, mime, alteration, found.IsHit);
    }

    private static string? Query(HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues values) && values.Count > 0 ? values[0] : null;

    private static bool IsNamed(string? transformation) => transformation?.StartsWith("n-", StringComparison.Ordinal) == true;

    // The header says why; the body never does.
    private static Reply Failed(int status, string text, string? error)
    {
        Reply reply = Reply.OfText(status, text, "text/plain; charset=utf-8");
        if (error is not null)
            reply.Headers.Add(("ik-error", error));
        return reply;
    }

    private Reply Deliver(HttpRequest request, CdnEntry entry, Blob body, string mime, string alteration, bool isHit)
    {
        FileVersion version = entry.Version;
        string tag = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(version.Id + alteration)))[..32];
        string? encoding = EncodingFor(request, mime, body);
        string etag = encoding is null ? $"\"{tag}\"" : $"W/\"{tag}\"";
        // HTTP dates have seconds.
        var modified = DateTimeOffset.FromUnixTimeSeconds(version.UploadedAt.ToUnixTimeSeconds());
        List<(string, string)> headers =
        [
            ("Cache-Control", CacheControl),
            ("ETag", etag),
            ("Last-Modified", modified.ToString("R", CultureInfo.InvariantCulture)),
            ("Accept-Ranges", "bytes"),
            ("access-control-allow-origin", "*"),
            ("Server-Timing", ServerTiming(alteration.Length > 0)),
            ("x-cache", isHit ? "Hit from cloudfront" : "Miss from cloudfront"),
        ];
        if (isHit)
            headers.Add(("Age", ((long)(time.GetUtcNow() - entry.At).TotalSeconds).ToString(CultureInfo.InvariantCulture)));
        if (encoding is not null)
            headers.AddRange([("Content-Encoding", encoding), ("Vary", "Accept-Encoding")]);
        if (Query(request, "ik-attachment") == "true")
            headers.Add(("Content-Disposition", $"attachment; filename=\"{Uri.EscapeDataString(entry.Name)}\""));

        void Sent() => version.Blob.Release();
        if (IsUnchanged(request, etag, modified))
            return new Reply(304) { Headers = headers, Sent = Sent };
        if (encoding is not null)
            body = Compress(body, encoding);
        string type = mime.StartsWith("text/", StringComparison.Ordinal) ? mime + "; charset=utf-8" : mime;
        bool isRendition = alteration.Length > 0;
        if (options().IgnoreRange || !TryParseRange(request, etag, body.Length, out long from, out long to))
            return new Reply(200, body, type) { Headers = headers, Sent = Sent, IsRendition = isRendition };
        if (from >= body.Length)
        {
            headers.Add(("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes */{body.Length}")));
            return new Reply(416) { Headers = headers, Sent = Sent };
        }

        headers.Add(("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to}/{body.Length}")));
        return new Reply(206, body, type) { Headers = headers, Sent = Sent, IsRendition = isRendition, Offset = from, Length = to - from + 1 };
    }

    // As the service sends it; what the CDN took to the first byte holds the other two.
    private string ServerTiming(bool isAltered)
    {
        EmulatorOptions now = options();
        double transformation = isAltered ? now.ReportedTransformation.TotalMilliseconds : 0;
        double download = now.ReportedDownload.TotalMilliseconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"transformation;dur={transformation},download;dur={download},cdn-rid;desc=\"{Guid.NewGuid():N}\",cdn-downstream-fbl;dur={transformation + download + 1}");
    }

    private static bool IsUnchanged(HttpRequest request, string etag, DateTimeOffset modified)
    {
        string? known = request.Headers.IfNoneMatch;
        if (known is not null)
            return known == "*" || known.Split(',', StringSplitOptions.TrimEntries).Any(one => Opaque(one) == Opaque(etag));
        return DateTimeOffset.TryParse(request.Headers.IfModifiedSince, CultureInfo.InvariantCulture, out DateTimeOffset since) && modified <= since;
    }

    private static string Opaque(string etag) => etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag;

    // Only one range, and only with a start: suffix, several and malformed ranges are ignored, as the service does.
    private static bool TryParseRange(HttpRequest request, string etag, long length, out long from, out long to)
    {
        (from, to) = (0, length - 1);
        string? range = request.Headers.Range;
        if (range is null || !range.StartsWith("bytes=", StringComparison.Ordinal) || range.Contains(',', StringComparison.Ordinal))
            return false;
        string? condition = request.Headers["If-Range"];
        if (condition is not null && condition != etag)
            return false;
        string[] ends = range["bytes=".Length..].Split('-');
        if (ends.Length != 2 || !long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out from))
            return false;
        if (ends[1].Length == 0)
            return true;
        if (!long.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out to) || to < from)
            return false;
        to = Math.Min(to, length - 1);
        return true;
    }

    private string? EncodingFor(HttpRequest request, string mime, Blob body)
    {
        if (options().NoContentEncoding || body.Length > MaxCompressed || !Compressible.Contains(mime, StringComparer.Ordinal))
            return null;
        string[] accepted = [.. (request.Headers.AcceptEncoding.ToString()).Split(',', StringSplitOptions.TrimEntries)
            .Where(coding => !coding.EndsWith(";q=0", StringComparison.Ordinal))
            .Select(coding => coding.Split(';')[0])];
        return accepted.Contains("br", StringComparer.Ordinal) ? "br" : accepted.Contains("gzip", StringComparer.Ordinal) ? "gzip" : null;
    }

    private static MemoryBlob Compress(Blob body, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream packer = encoding == "br" ? new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true) : new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            packer.Write(body.ReadAll());
        return new MemoryBlob(packed.ToArray());
    }
}
