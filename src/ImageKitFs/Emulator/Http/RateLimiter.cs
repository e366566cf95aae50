using System.Globalization;

namespace ImageKitFs.Emulator.Http;

/// <summary>The token buckets of U22.</summary>
internal sealed class RateLimiter(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (double Tokens, long At)> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes a token; null when the call may go on, else the 429.</summary>
    public Reply? Take(string kind, bool isWrite, EmulatorOptions options)
    {
        if (!options.RateLimits)
            return null;
        int rate = isWrite ? options.WritesPerSecond : options.ReadsPerSecond;
        int burst = isWrite ? options.WriteBurst : options.ReadBurst;
        string bucket = options.RateLimitPerEndpoint ? kind : isWrite ? "write" : "read";
        long now = time.GetTimestamp();
        double missing;
        lock (_gate)
        {
            (double tokens, long at) = _buckets.GetValueOrDefault(bucket, (burst, now));
            tokens = Math.Min(burst, tokens + (time.GetElapsedTime(at, now).TotalSeconds * rate));
            missing = 1 - tokens;
            _buckets[bucket] = (missing <= 0 ? tokens - 1 : tokens, now);
        }

        return missing <= 0 ? null : Refused(rate, (int)Math.Ceiling(missing / rate * 1000));
    }

    /// <summary>The 429 with its headers, times in milliseconds.</summary>
    public static Reply Refused(int limit, int resetMilliseconds)
    {
        Reply reply = Reply.Error(429, "Too many requests. Please try again after some time.");
        reply.Headers.Add(("X-RateLimit-Limit", limit.ToString(CultureInfo.InvariantCulture)));
        reply.Headers.Add(("X-RateLimit-Interval", "1000"));
        reply.Headers.Add(("X-RateLimit-Reset", resetMilliseconds.ToString(CultureInfo.InvariantCulture)));
        return reply;
    }
}
