using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace ImageKitFs.Core.Api;

/// <summary>Requests that share a rate limit and a fate: reads, writes, uploads, delivery. Gate, circuit breaker and repeats around each request.</summary>
/// <remarks>
/// From the outside in: repeat, circuit breaker, gate, request. A 429 pauses the gate for all callers, and its repeat waits there, for a limited time in
/// all; other repeats wait with exponential backoff and jitter. An open circuit answers at once. What ails the class is logged once: <see cref="TroubleLog"/>.
/// </remarks>
internal sealed partial class EndpointClass : IDisposable
{
    /// <summary>After a deadline passed without progress the caller has waited half a minute: one repeat, no more.</summary>
    private const int MaxTimedOut = 2;

    private readonly string _name;
    private readonly ApiTuning _tuning;
    private readonly TimeProvider _time;
    private readonly ApiCounters _counters;
    private readonly ILogger _logger;
    private readonly RateGate _gate;
    private readonly TroubleLog _trouble;
    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly ResiliencePipeline _pipeline;
    private volatile ApiError? _lastOutage;
    private volatile RateLimitHit? _lastLimit;
    private readonly long[] _requests = new long[Enum.GetValues<ApiOperation>().Length];
    private long _answerTicks;
    private long _failedCalls;
    private long _rateLimited;

    public EndpointClass(string name, double perSecond, int burst, ApiTuning tuning, TimeProvider time, ApiCounters counters, ILogger logger)
    {
        _name = name;
        _tuning = tuning;
        _time = time;
        _counters = counters;
        _logger = logger;
        _gate = new RateGate(perSecond, burst, tuning.MaxThrottle, tuning.MaxThrottleRounds, time);
        _trouble = new TroubleLog(name, time, logger);
        _pipeline = Build();
    }

    /// <summary>When the service's last pause ends.</summary>
    public DateTimeOffset PausedUntil => _gate.PausedUntil;

    /// <summary>What it did and what it may send now.</summary>
    public EndpointState State => new(
        _name, RequestsByOperation(), Interlocked.Read(ref _failedCalls), Interlocked.Read(ref _rateLimited),
        _circuit.CircuitState is CircuitState.Open or CircuitState.HalfOpen, _gate.State, _lastLimit, TimeSpan.FromTicks(Interlocked.Read(ref _answerTicks)));

    public void Dispose() => _gate.Dispose();

    /// <summary>As <see cref="TryAsync"/>, and a failure is the call's last word: counted, and told where it concerns the class.</summary>
    /// <param name="operation">For counters and the log.</param>
    /// <param name="subject">What it works on, for the log: a path, or an id where that is all there is.</param>
    /// <param name="rule">What may be sent again.</param>
    /// <param name="lane">Whether it goes before others.</param>
    /// <param name="send">Sends once.</param>
    /// <param name="ct">The caller's.</param>
    public async ValueTask<ApiResult<T>> RunAsync<T>(
        ApiOperation operation, string subject, RepeatRule rule, GateLane lane, Func<CancellationToken, ValueTask<Attempt<T>>> send, CancellationToken ct)
    {
        ApiResult<T> result = await TryAsync(operation, subject, rule, lane, send, ct);
        return result.Ok ? result : Fail(operation, subject, result.Error);
    }

    /// <summary>A call ends in this error: counts it, and tells it unless it has been told.</summary>
    public ApiError Fail(ApiOperation operation, string subject, ApiError error)
    {
        if (error.Kind == ApiErrorKind.Canceled)
            return error;
        ApiError told = _trouble.Failed(operation, subject, error, out bool isNew);
        Interlocked.Increment(ref _failedCalls);
        _counters.Failed(new FailedCall(_time.GetUtcNow(), operation, subject, told) { HasLine = isNew });
        return told;
    }

    /// <summary>Sends by <paramref name="send"/>, as often as <paramref name="rule"/> allows, and says what came of it. MayHaveHappened covers every attempt.</summary>
    public async ValueTask<ApiResult<T>> TryAsync<T>(
        ApiOperation operation, string subject, RepeatRule rule, GateLane lane, Func<CancellationToken, ValueTask<Attempt<T>>> send, CancellationToken ct)
    {
        var call = new Call<T>(this, operation, subject, rule, lane, send);
        ApiError? error;
        try
        {
            Attempt<T> attempt = await _pipeline.ExecuteAsync(static (call, token) => call.SendAsync(token), call, ct);
            if (attempt.Error is null)
                return attempt.Value;
            error = attempt.Error;
        }
        catch (BrokenCircuitException)
        {
            error = call.LastError ?? new ApiError(
                _lastOutage?.Kind ?? ApiErrorKind.Server, 0, $"ImageKit did not answer the last requests ({_name}); it is asked again within {_tuning.BreakerPause.ToWords()}.");
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            error = new ApiError(ApiErrorKind.Canceled, 0, "The call was cancelled.");
        }

        return error with { MayHaveHappened = error.MayHaveHappened || call.MayHaveHappened };
    }

    private Dictionary<ApiOperation, long> RequestsByOperation()
    {
        Dictionary<ApiOperation, long> requests = [];
        for (int i = 0; i < _requests.Length; i++)
        {
            if (Interlocked.Read(ref _requests[i]) is var count and > 0)
                requests[(ApiOperation)i] = count;
        }

        return requests;
    }

    private ResiliencePipeline Build() => new ResiliencePipelineBuilder { TimeProvider = _time }
        .AddRetry(new RetryStrategyOptions
        {
            // The count that matters is kept per kind of failure, in Call.
            MaxRetryAttempts = _tuning.MaxAttempts + _tuning.MaxThrottleRounds,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = _tuning.FirstRetryDelay,
            MaxDelay = _tuning.MaxRetryDelay,
            ShouldHandle = static args => ValueTask.FromResult(args.Outcome.Result is Attempt { Repeat: true }),
            DelayGenerator = static args =>
                ValueTask.FromResult<TimeSpan?>(args.Outcome.Result is Attempt { Error.Kind: ApiErrorKind.RateLimited } ? TimeSpan.Zero : null),
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.9,
            MinimumThroughput = _tuning.BreakerFailures,
            SamplingDuration = _tuning.BreakerWindow,
            BreakDuration = _tuning.BreakerPause,
            StateProvider = _circuit,
            // A cancelled probe proves nothing, so it must not close the circuit.
            ShouldHandle = args => ValueTask.FromResult(
                args.Outcome.Result is Attempt { IsOutage: true }
                || (args.Outcome.Result is Attempt { IsCanceled: true } && _circuit.CircuitState == CircuitState.HalfOpen)),
            OnOpened = args =>
            {
                _counters.CircuitOpened();
                LogOpened(_name, args.BreakDuration.ToWords());
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    [LoggerMessage(Level = LogLevel.Debug, Message = "ImageKit does not answer ({Name}): failing fast for {Pause}, then one request probes")]
    private partial void LogOpened(string name, string pause);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Repeating {Operation} ({Name}) after: {Error}")]
    private partial void LogRepeat(string name, ApiOperation operation, ApiError error);

    private sealed class Call<T>(
        EndpointClass owner, ApiOperation operation, string subject, RepeatRule rule, GateLane lane, Func<CancellationToken, ValueTask<Attempt<T>>> send)
    {
        private int _failures;
        private int _timedOut;
        private int _throttled;
        private DateTimeOffset _throttledSince;

        public ApiError? LastError { get; private set; }

        /// <summary>True once any attempt may have taken effect.</summary>
        public bool MayHaveHappened { get; private set; }

        public async ValueTask<Attempt<T>> SendAsync(CancellationToken ct)
        {
            if (!await owner._gate.EnterAsync(lane, ct))
            {
                return new Attempt<T>(LastError ?? new ApiError(
                    ApiErrorKind.RateLimited, 429, $"ImageKit's rate limit asks for a pause of {(owner.PausedUntil - owner._time.GetUtcNow()).ToWords()} more."));
            }

            owner._counters.Request(operation);
            Interlocked.Increment(ref owner._requests[(int)operation]);
            if (LastError is not null)
                owner._counters.Repeat();
            long number = owner._trouble.Sending();
            long started = owner._time.GetTimestamp();
            Attempt<T> attempt = await send(ct);
            Interlocked.Add(ref owner._answerTicks, owner._time.GetElapsedTime(started).Ticks);
            if (attempt.Error is { } error)
                Judge(attempt, error);
            if (owner._trouble.Sent(number, attempt.Error))
                owner._gate.Relent();
            return attempt;
        }

        private void Judge(Attempt attempt, ApiError error)
        {
            MayHaveHappened |= error.MayHaveHappened;
            LastError = error;
            if (attempt.IsOutage)
                owner._lastOutage = error;
            attempt.Repeat = error.Kind == ApiErrorKind.RateLimited ? Pause(attempt, error) : ShouldRepeat(error);
            if (attempt.Repeat)
                owner.LogRepeat(owner._name, operation, error);
        }

        /// <summary>True when this call may wait for the end of the pause. Its own limit counts too: others may get through meanwhile, again and again.</summary>
        private bool Pause(Attempt attempt, ApiError error)
        {
            ApiTuning tuning = owner._tuning;
            TimeSpan pause = attempt.Reset ?? TimeSpan.FromTicks(
                Math.Min(tuning.MaxRetryDelay.Ticks, tuning.FirstRetryDelay.Ticks << Math.Min(_throttled, tuning.MaxThrottleRounds)));
            owner._counters.RateLimited();
            Interlocked.Increment(ref owner._rateLimited);
            owner._trouble.Throttled(operation, subject, pause, error.RequestId);
            DateTimeOffset now = owner._time.GetUtcNow();
            owner._lastLimit = new RateLimitHit(now, operation, subject, error.RequestId, attempt.Limits ?? RateLimitHeaders.None, pause);
            if (_throttled++ == 0)
                _throttledSince = now;
            bool isWorthIt = owner._gate.Pause(pause);
            return isWorthIt && _throttled < tuning.MaxThrottleRounds && now + pause - _throttledSince <= tuning.MaxThrottle;
        }

        private bool ShouldRepeat(ApiError error)
        {
            if (++_failures >= owner._tuning.MaxAttempts)
                return false;
            return error.Kind switch
            {
                ApiErrorKind.Unreachable => _failures < owner._tuning.MaxUnreachable && (rule == RepeatRule.Safe || !MayHaveHappened),
                ApiErrorKind.Network => rule == RepeatRule.Safe,
                ApiErrorKind.Server => rule == RepeatRule.Safe && error.Status >= 500,
                ApiErrorKind.BadReply => rule == RepeatRule.Safe,
                ApiErrorKind.TimedOut => rule == RepeatRule.Safe && ++_timedOut < MaxTimedOut,
                _ => false,
            };
        }
    }
}
