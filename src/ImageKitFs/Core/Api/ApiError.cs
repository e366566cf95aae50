using System.Diagnostics.CodeAnalysis;

namespace ImageKitFs.Core.Api;

/// <summary>What the service said, or failed to say.</summary>
internal enum ApiErrorKind
{
    None = 0,

    /// <summary>A 400 that has no kind of its own.</summary>
    BadRequest,

    /// <summary>401, or 403 that speaks of keys or the account: never "missing".</summary>
    Unauthorized,

    /// <summary>403 for a key without the right to write.</summary>
    Forbidden,

    /// <summary>404.</summary>
    NotFound,

    /// <summary>409, or the upload's 400 "already exists".</summary>
    AlreadyExists,

    /// <summary>423: a folder job holds the path.</summary>
    Locked,

    /// <summary>The file is larger than the plan accepts.</summary>
    TooLarge,

    /// <summary>Storage or upload limit of the account.</summary>
    QuotaExceeded,

    /// <summary>The upload's 400 "too many requests to update the file recently".</summary>
    UpdateThrottled,

    /// <summary>The file has as many versions as it may have.</summary>
    VersionLimit,

    /// <summary>TOO_MANY_OBJECTS: a folder is too big for one call.</summary>
    TooManyObjects,

    /// <summary>429 past the retries.</summary>
    RateLimited,

    /// <summary>5xx past the retries.</summary>
    Server,

    /// <summary>No connection could be made, so nothing was sent: no network, no such host, refused, or not in time.</summary>
    Unreachable,

    /// <summary>The connection broke.</summary>
    Network,

    /// <summary>No progress within the deadline.</summary>
    TimedOut,

    /// <summary>A 2xx whose body is not what the documents promise (HTML, cut JSON, missing id).</summary>
    BadReply,

    /// <summary>The plain URL, or the key with it, was refused before anything was sent.</summary>
    Refused,

    /// <summary>The caller cancelled.</summary>
    Canceled,
}

/// <summary>Why a call has no value. Holds no secret and no URL query.</summary>
/// <param name="Kind">For decisions.</param>
/// <param name="Status">HTTP status, 0 when there was no reply.</param>
/// <param name="Message">The service's message, or ours; one line.</param>
/// <param name="Reason">The service's reason code, when it gave one.</param>
/// <param name="RequestId">x-ik-requestid, for support; empty when there was no reply.</param>
/// <param name="MayHaveHappened">True when the request may have taken effect all the same: it was sent, and no definite refusal came back.</param>
internal sealed record ApiError(
    ApiErrorKind Kind, int Status, string Message, string? Reason = null, string RequestId = "", bool MayHaveHappened = false)
{
    /// <summary>For bulk delete: ids that the service does not know.</summary>
    public IReadOnlyList<string> MissingFileIds { get; init; } = [];

    /// <summary>True when the log has a line for it already (<see cref="TroubleLog"/>): who passes it on says no more.</summary>
    public bool IsTold { get; init; }

    /// <summary>True when repeating later may work without anybody changing anything.</summary>
    public bool IsTransient => Kind is ApiErrorKind.RateLimited or ApiErrorKind.Server or ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.TimedOut
        or ApiErrorKind.BadReply or ApiErrorKind.UpdateThrottled or ApiErrorKind.Locked;

    public override string ToString() =>
        RequestId.Length == 0 ? $"{Kind} ({Status}): {Message}" : $"{Kind} ({Status}): {Message} [request {RequestId}]";
}

/// <summary>A value or an <see cref="ApiError"/>.</summary>
internal readonly struct ApiResult<T>
{
    private readonly T _value;

    private ApiResult(T value, ApiError? error)
    {
        _value = value;
        Error = error;
    }

    public ApiError? Error { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool Ok => Error is null;

    public T Value => Ok ? _value : throw new InvalidOperationException($"No value: {Error}");

    public static implicit operator ApiResult<T>(T value) => new(value, null);

    public static implicit operator ApiResult<T>(ApiError error) => new(default!, error);
}

/// <summary>Stands for "no value" in an <see cref="ApiResult{T}"/>.</summary>
internal readonly record struct Nothing;
