using ImageKitFs.Core.Config;

namespace ImageKitFs.Core.Api;

/// <summary>Numbers of the HTTP side. The defaults are for the real service; tests change what they look at.</summary>
internal sealed record ApiTuning
{
    /// <summary>Sustained list, details, versions and job requests a second; 0 = no limit of ours. Published: 40 (imagekit-api.md 1.6).</summary>
    public double ReadsPerSecond { get; init; } = 40;

    public int ReadBurst { get; init; } = 100;

    /// <summary>Sustained changes a second, uploads exempt; 0 = no limit of ours. Published: 5.</summary>
    public double WritesPerSecond { get; init; } = 5;

    public int WriteBurst { get; init; } = 20;

    /// <summary>
    /// How long callers wait because of 429s in all, from the first until a request of the class succeeds again: ten seconds is what a person bears from `ls`.
    /// After that every call is one request at most, and none while the service's pause lasts; the engine's queue tries again later.
    /// </summary>
    public TimeSpan MaxThrottle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>429s in a row, one pause behind the other, after which nobody waits either: short pauses must not add up to a storm of requests.</summary>
    public int MaxThrottleRounds { get; init; } = 10;

    /// <summary>Sends of one request, the first included: where one in ten fails, one call in a million does.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>Of those, sends that found nobody to talk to: a network that is away is told of soon.</summary>
    public int MaxUnreachable { get; init; } = 4;

    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>No byte sent or received for this long ends an attempt (design.md 4).</summary>
    public TimeSpan ProgressDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the reply to an upload after its last byte, and to a folder delete: the service works before it answers.</summary>
    public TimeSpan SlowReplyDeadline { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>This many attempts of one class, all failed by network or 5xx within <see cref="BreakerWindow"/>, open its circuit.</summary>
    public int BreakerFailures { get; init; } = 10;

    public TimeSpan BreakerWindow { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an open circuit fails fast before one request probes.</summary>
    public TimeSpan BreakerPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A page of 1000 rows with embedded metadata is a few MiB; beyond this it is not a listing.</summary>
    public int MaxListingBytes { get; init; } = 64 << 20;

    /// <summary>An error that says more than this is a web page.</summary>
    public int MaxErrorBytes { get; init; } = 64 << 10;

    /// <summary>Lifetime of a signed URL at least: five minutes are needed, clocks are wrong by more.</summary>
    public TimeSpan SignatureLifetime { get; init; } = TimeSpan.FromHours(1);

    public static ApiTuning From(MountOptions options) => new()
    {
        ReadsPerSecond = options.ReadsPerSecond,
        WritesPerSecond = options.WritesPerSecond,
    };
}
