using System.Net.Http.Headers;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Core.Api;

/// <summary>What one class of requests did since the mount, and what it may send now.</summary>
/// <param name="Name">reads, writes, uploads or delivery.</param>
/// <param name="Requests">Requests sent, repeats included; operations without one are left out.</param>
/// <param name="FailedCalls">Calls that ended in an error.</param>
/// <param name="RateLimited">429 replies.</param>
/// <param name="IsCircuitOpen">The service did not answer the last requests: the next ones fail at once, but for one that probes.</param>
/// <param name="Gate">The token bucket and the pause.</param>
/// <param name="LastLimit">The last 429; null when there was none.</param>
/// <param name="AnswerTime">From each request to its answer, summed; to the head of it where a file is delivered.</param>
internal sealed record EndpointState(
    string Name, IReadOnlyDictionary<ApiOperation, long> Requests, long FailedCalls, long RateLimited, bool IsCircuitOpen, GateState Gate, RateLimitHit? LastLimit,
    TimeSpan AnswerTime);

/// <summary>A gate at one moment.</summary>
/// <param name="PausedUntil">In the past when the service asks for no pause.</param>
/// <param name="PerSecond">Tokens a second; 0 = no bucket.</param>
/// <param name="Burst">Tokens that a quiet gate holds.</param>
/// <param name="Tokens">Tokens now; null without a bucket.</param>
/// <param name="Waiting">Requests that wait for their turn.</param>
internal readonly record struct GateState(DateTimeOffset PausedUntil, double PerSecond, double Burst, double? Tokens, int Waiting);

/// <summary>A 429 and what it was for.</summary>
/// <param name="Pause">How long nothing of the class is sent.</param>
internal sealed record RateLimitHit(DateTimeOffset At, ApiOperation Operation, string Subject, string RequestId, RateLimitHeaders Headers, TimeSpan Pause);

/// <summary>X-RateLimit-Limit, -Interval and -Reset of a 429, as they came: several windows are separated by commas. Null: not sent.</summary>
internal sealed record RateLimitHeaders(string? Limit, string? Interval, string? Reset)
{
    public static readonly RateLimitHeaders None = new(null, null, null);

    // A header is the service's text: shown on terminals and in logs, so one line and short.
    private const int MaxLength = 60;

    /// <summary>Null for other replies.</summary>
    public static RateLimitHeaders? From(int status, HttpResponseHeaders headers, SecretKey key) =>
        status == 429 ? new RateLimitHeaders(Read(headers, "X-RateLimit-Limit", key), Read(headers, "X-RateLimit-Interval", key), Read(headers, "X-RateLimit-Reset", key)) : null;

    private static string? Read(HttpResponseHeaders headers, string name, SecretKey key) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? ApiErrors.OneLine(key.Redact(string.Join(',', values)), MaxLength) : null;
}
