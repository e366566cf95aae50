using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Core.Api;

/// <summary>From what came back to an <see cref="ApiError"/>: one line, with what to do where we know it, never with the key.</summary>
/// <remarks>Source: imagekit-api.md 1.3, 1.4, 4.3, 5, 6, 7. The "help" text is never looked at; "reason" and parts of "message" are.</remarks>
internal static class ApiErrors
{
    /// <summary>Enough for every documented message with a long path in it.</summary>
    private const int MaxMessageLength = 400;

    private const int MaxRequestIdLength = 100;

    /// <summary>A pause longer than a day is a wrong header.</summary>
    private const double MaxResetMilliseconds = 24 * 60 * 60 * 1000;

    /// <summary>
    /// A reply that is no success. MayHaveHappened is false for 4xx, which are definite, and <paramref name="isWrite"/> for the rest. ImageKit answers in JSON: a
    /// "bad request" or "not found" that is a page, or breaks off, says nothing about the library.
    /// </summary>
    public static ApiError From(int status, HttpResponseHeaders headers, ReadOnlySequence<byte> body, bool isWrite, SecretKey key)
    {
        string? message = null;
        string? details = null;
        string? reason = null;
        IReadOnlyList<string> missing = [];
        bool isObject = false;
        using (JsonDocument? document = ApiJson.TryParse(body))
        {
            if (document is { RootElement.ValueKind: JsonValueKind.Object })
            {
                isObject = true;
                message = ApiJson.ReadString(document.RootElement, "message");
                details = DetailsOf(document.RootElement);
                reason = ApiJson.ReadString(document.RootElement, "reason");
                missing = ApiJson.ReadStrings(document.RootElement, "missingFileIds");
            }
        }

        ApiErrorKind kind = KindOf(status, message ?? "", reason ?? "");
        if (!isObject && FirstByteOf(body) is ((byte)'<' or (byte)'{') && kind is (ApiErrorKind.BadRequest or ApiErrorKind.NotFound or ApiErrorKind.AlreadyExists or ApiErrorKind.Locked))
            kind = ApiErrorKind.BadReply;
        string text = string.IsNullOrWhiteSpace(message) ? $"The service answered {status} without a message." : message + details;
        return new ApiError(
            kind, status, OneLine(key.Redact(text)) + Advice(kind), reason is null ? null : OneLine(key.Redact(reason)), RequestIdOf(headers, key),
            MayHaveHappened: isWrite && (status is not (>= 400 and < 500) || kind == ApiErrorKind.BadReply))
        {
            MissingFileIds = missing,
        };
    }

    /// <summary>What a 400 about custom metadata says of each field, as words.</summary>
    private static string? DetailsOf(JsonElement reply)
    {
        if (!ApiJson.TryGet(reply, "errors", out JsonElement errors) || errors.ValueKind != JsonValueKind.Object)
            return null;
        return " " + string.Join("; ", errors.EnumerateObject().Select(field => $"{field.Name} {MetadataField.TextOf(field.Value)}"));
    }

    private static byte? FirstByteOf(ReadOnlySequence<byte> body)
    {
        SequenceReader<byte> reader = new(body);
        reader.AdvancePastAny((byte)' ', (byte)'\r', (byte)'\n', (byte)'\t');
        return reader.TryPeek(out byte first) ? first : null;
    }

    /// <summary>x-ik-requestid, else x-request-id, made safe to print; empty when there is none.</summary>
    public static string RequestIdOf(HttpResponseHeaders headers, SecretKey key)
    {
        if (!headers.TryGetValues("x-ik-requestid", out IEnumerable<string>? values) && !headers.TryGetValues("x-request-id", out values))
            return "";
        return OneLine(key.Redact(values.FirstOrDefault() ?? ""), MaxRequestIdLength);
    }

    /// <summary>X-RateLimit-Reset: milliseconds (not seconds, not a date). Of several windows the longest counts. Null when absent or no number.</summary>
    public static TimeSpan? ResetOf(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues("X-RateLimit-Reset", out IEnumerable<string>? values))
            return null;
        double longest = -1;
        foreach (string value in values.SelectMany(v => v.Split(',')))
        {
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds) && double.IsFinite(milliseconds))
                longest = Math.Max(longest, milliseconds);
        }

        return longest < 0 ? null : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(longest), MaxResetMilliseconds));
    }

    /// <summary>One line without control characters, cut to a readable length. Redact first: a cut key is no longer found.</summary>
    public static string OneLine(string text, int maxLength = MaxMessageLength)
    {
        var line = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (char c in text)
        {
            if (line.Length == maxLength)
                break;
            bool isBlank = char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format;
            if (!isBlank)
                line.Append(c);
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }

        return line.ToString().TrimEnd();
    }

    private static ApiErrorKind KindOf(int status, string message, string reason) => status switch
    {
        400 => KindOfBadRequest(message, reason),
        401 => ApiErrorKind.Unauthorized,
        402 => ApiErrorKind.QuotaExceeded,
        403 => KindOfForbidden(message),
        404 or 410 => ApiErrorKind.NotFound,
        408 => ApiErrorKind.TimedOut,
        409 => ApiErrorKind.AlreadyExists,
        413 => ApiErrorKind.TooLarge,
        423 => ApiErrorKind.Locked,
        429 => ApiErrorKind.RateLimited,
        >= 400 and < 500 => ApiErrorKind.BadRequest,
        >= 500 => ApiErrorKind.Server,
        _ => ApiErrorKind.BadReply,
    };

    private static ApiErrorKind KindOfBadRequest(string message, string reason)
    {
        if (reason is "TOO_MANY_OBJECTS" || Says("nested assets"))
            return ApiErrorKind.TooManyObjects;
        if (reason is "VERSION_LIMIT_EXCEEDED" || Says("VERSION_LIMIT") || (Says("version") && (Says("limit") || Says("maximum") || Says("exceed"))))
            return ApiErrorKind.VersionLimit;
        if (reason is "FILE_ALREADY_EXISTS" || Says("already exists"))
            return ApiErrorKind.AlreadyExists;
        if (Says("file size exceeds"))
            return ApiErrorKind.TooLarge;
        if (Says("too many requests to update"))
            return ApiErrorKind.UpdateThrottled;
        return Says("upload limit exceeded") || SaysStorageIsFull(message) ? ApiErrorKind.QuotaExceeded : ApiErrorKind.BadRequest;

        bool Says(string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);
    }

    private static ApiErrorKind KindOfForbidden(string message)
    {
        if (Says("cannot be authenticated") || Says("expired") || Says("disabled"))
            return ApiErrorKind.Unauthorized;
        return Says("upload limit") || SaysStorageIsFull(message) ? ApiErrorKind.QuotaExceeded : ApiErrorKind.Forbidden;

        bool Says(string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);
    }

    private static bool SaysStorageIsFull(string message) =>
        (message.Contains("storage", StringComparison.OrdinalIgnoreCase) || message.Contains("quota", StringComparison.OrdinalIgnoreCase))
        && (message.Contains("limit", StringComparison.OrdinalIgnoreCase) || message.Contains("exceed", StringComparison.OrdinalIgnoreCase))
        && !message.Contains("extension", StringComparison.OrdinalIgnoreCase);

    private static string Advice(ApiErrorKind kind) => kind switch
    {
        ApiErrorKind.Unauthorized => " Check the private key and that the account is active.",
        ApiErrorKind.Forbidden => " The key may not do this: give it read and write rights in the dashboard.",
        ApiErrorKind.TooLarge => " The account's plan does not take files of this size.",
        ApiErrorKind.QuotaExceeded => " Free space or raise the account's plan.",
        _ => "",
    };
}
