namespace ImageKitFs.Core.Api;

/// <summary>When a failed request may be sent again by the client itself.</summary>
internal enum RepeatRule
{
    /// <summary>Repeating changes nothing: reads, deletes by id, folder create, version delete and restore, details.</summary>
    Safe,

    /// <summary>
    /// Only when the first surely did not happen: no connection was made, or 429. A 503 is not in this list: a proxy also says it when the
    /// service behind it took the request and died. Uploads, renames, moves, copies, folder deletes (their proof of emptiness grows old).
    /// </summary>
    OnlyWhenNotDone,
}

/// <summary>One request and what became of it, as the retry and the circuit breaker see it.</summary>
internal abstract class Attempt(ApiError? error)
{
    public ApiError? Error { get; } = error;

    /// <summary>Decided by <see cref="EndpointClass"/>.</summary>
    public bool Repeat { get; set; }

    /// <summary>With a 429: how long the service wants to be left alone; null when it did not say.</summary>
    public TimeSpan? Reset { get; init; }

    /// <summary>With a 429: what the service said of its limits.</summary>
    public RateLimitHeaders? Limits { get; init; }

    /// <summary>True when the network or the service failed, not when it refused.</summary>
    public bool IsOutage => Error is { Kind: ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.TimedOut, Status: 0 } or { Kind: ApiErrorKind.Server, Status: >= 500 };

    public bool IsCanceled => Error is { Kind: ApiErrorKind.Canceled };
}

/// <summary>An <see cref="Attempt"/> that may hold a value.</summary>
internal sealed class Attempt<T> : Attempt
{
    private readonly T? _value;

    public Attempt(T value)
        : base(error: null) => _value = value;

    public Attempt(ApiError error)
        : base(error) => _value = default;

    public T Value => Error is null ? _value! : throw new InvalidOperationException("The attempt failed.");
}
