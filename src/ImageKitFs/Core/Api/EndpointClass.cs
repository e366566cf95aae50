using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace ImageKitFs.Core.Api;

/// <summary>Requests that share a rate limit and a fate: reads, writes, uploads, delivery. Gate, circuit breaker and repeats around each request.</summary>
/// <remarks>
/// From the outside in: repeat, circuit breaker, gate, request. A 429 pauses the gate for all callers, and its repeat waits there; other repeats wait
/// with exponential backoff and jitter. An open circuit answers at once.
/// </remarks>
internal sealed partial class EndpointClass : IDisposable
{
    /// <summary>A call meets a 429 this often before it gives up; many callers share one pause, so one round is not enough.</summary>
    private const int MaxRateLimited = 10;

    /// <summary>After a deadline passed without progress the caller has waited half a minute: one repeat, no more.</summary>
    private const int MaxTimedOut = 2;

    private readonly string _name;
    private readonly ApiTuning _tuning;
    private readonly TimeProvider _time;
    private readonly ApiCounters _counters;
    private readonly ILogger _logger;
    private readonly RateGate _gate;
    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly ResiliencePipeline _pipeline;

    public EndpointClass(string name, double perSecond, int burst, ApiTuning tuning, TimeProvider time, ApiCounters counters, ILogger logger)
    {
        _name = name;
        _tuning = tuning;
        _time = time;
        _counters = counters;
        _logger = logger;
        _gate = new RateGate(perSecond, burst, tuning.MaxRatePause, time);
        _pipeline = Build();
    }

    /// <summary>When the service's last pause ends.</summary>
    public DateTimeOffset PausedUntil => _gate.PausedUntil;

    public void Dispose() => _gate.Dispose();

    /// <summary>Sends by <paramref name="send"/>, as often as <paramref name="rule"/> allows, and says what came of it. MayHaveHappened covers every attempt.</summary>
    public async ValueTask<ApiResult<T>> RunAsync<T>(
        ApiOperation operation, RepeatRule rule, GateLane lane, Func<CancellationToken, ValueTask<Attempt<T>>> send, CancellationToken ct)
    {
        var call = new Call<T>(this, operation, rule, lane, send);
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
                ApiErrorKind.Server, 0, $"ImageKit ({_name}) did not answer the last requests; trying again within {_tuning.BreakerPause.TotalSeconds:0} s.");
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            error = new ApiError(ApiErrorKind.Canceled, 0, "The call was cancelled.");
        }

        error = error with { MayHaveHappened = error.MayHaveHappened || call.MayHaveHappened };
        if (error.Kind != ApiErrorKind.Canceled)
            _counters.Failed(new LastApiError(_time.GetUtcNow(), operation, error));
        return error;
    }

    private ResiliencePipeline Build() => new ResiliencePipelineBuilder { TimeProvider = _time }
        .AddRetry(new RetryStrategyOptions
        {
            // The count that matters is kept per kind of failure, in Call.
            MaxRetryAttempts = _tuning.MaxAttempts + MaxRateLimited,
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
                LogOpened(_name, args.BreakDuration);
                return ValueTask.CompletedTask;
            },
            OnClosed = _ =>
            {
                LogClosed(_name);
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    [LoggerMessage(Level = LogLevel.Warning, Message = "ImageKit ({Name}) does not answer; failing fast for {Pause}, then one request probes")]
    private partial void LogOpened(string name, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Information, Message = "ImageKit ({Name}) answers again")]
    private partial void LogClosed(string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Rate limited by ImageKit ({Name}): {Operation} and its like wait {Pause} [request {RequestId}]")]
    private partial void LogRateLimited(string name, ApiOperation operation, TimeSpan pause, string requestId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Repeating {Operation} ({Name}) after: {Error}")]
    private partial void LogRepeat(string name, ApiOperation operation, ApiError error);

    private sealed class Call<T>(
        EndpointClass owner, ApiOperation operation, RepeatRule rule, GateLane lane, Func<CancellationToken, ValueTask<Attempt<T>>> send)
    {
        private int _failures;
        private int _timedOut;
        private int _rateLimited;

        public ApiError? LastError { get; private set; }

        /// <summary>True once any attempt may have taken effect.</summary>
        public bool MayHaveHappened { get; private set; }

        public async ValueTask<Attempt<T>> SendAsync(CancellationToken ct)
        {
            if (!await owner._gate.EnterAsync(lane, ct))
            {
                return new Attempt<T>(LastError ?? new ApiError(
                    ApiErrorKind.RateLimited, 429, $"ImageKit's rate limit asks to wait until {owner.PausedUntil:u}; try again then."));
            }

            owner._counters.Request(operation);
            if (LastError is not null)
                owner._counters.Repeat();
            Attempt<T> attempt = await send(ct);
            if (attempt.Error is { } error)
                Judge(attempt, error);
            return attempt;
        }

        private void Judge(Attempt attempt, ApiError error)
        {
            MayHaveHappened |= error.MayHaveHappened;
            LastError = error;
            if (error.Kind == ApiErrorKind.RateLimited)
                Pause(attempt.Reset, error);
            attempt.Repeat = ShouldRepeat(error, attempt.IsUnsent);
            if (attempt.Repeat)
                owner.LogRepeat(owner._name, operation, error);
        }

        private void Pause(TimeSpan? reset, ApiError error)
        {
            TimeSpan pause = reset ?? TimeSpan.FromTicks(
                Math.Min(owner._tuning.MaxRetryDelay.Ticks, owner._tuning.FirstRetryDelay.Ticks << Math.Min(_rateLimited, MaxRateLimited)));
            owner._counters.RateLimited();
            owner.LogRateLimited(owner._name, operation, pause, error.RequestId);
            owner._gate.Pause(pause);
        }

        private bool ShouldRepeat(ApiError error, bool isUnsent)
        {
            if (error.Kind == ApiErrorKind.RateLimited)
                return ++_rateLimited < MaxRateLimited;
            if (++_failures >= owner._tuning.MaxAttempts)
                return false;
            return error.Kind switch
            {
                ApiErrorKind.Network => rule == RepeatRule.Safe || (isUnsent && !MayHaveHappened),
                ApiErrorKind.Server => rule == RepeatRule.Safe && error.Status >= 500,
                ApiErrorKind.BadReply => rule == RepeatRule.Safe,
                ApiErrorKind.TimedOut => rule == RepeatRule.Safe && ++_timedOut < MaxTimedOut,
                _ => false,
            };
        }
    }
}
