namespace ImageKitFs.Core.Api;

/// <summary>Lanes of a gate: a lower one goes first.</summary>
internal enum GateLane
{
    /// <summary>Someone may be waiting for it.</summary>
    Ordinary,

    /// <summary>Changes of details, which can always wait (design.md 5: deletes before PATCHes).</summary>
    Background,
}

/// <summary>What one endpoint class may send: a token bucket of ours, and the pauses that the service asks for. Callers of a lane pass in the order they came.</summary>
/// <remarks>
/// System.Threading.RateLimiting's buckets read the system's clock and know no pause that ends for all waiters in order; this one runs on the
/// <see cref="TimeProvider"/>. Safe to call from many threads.
/// </remarks>
internal sealed class RateGate : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Waiter, (GateLane Lane, long Arrival)> _waiting = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly double _perSecond;
    private readonly double _burst;
    private readonly TimeSpan _maxThrottle;
    private readonly int _maxRounds;
    private double _tokens;
    private DateTimeOffset _filledAt;
    private DateTimeOffset _pausedUntil;
    private DateTimeOffset? _throttledSince;
    private int _rounds;
    private bool _isExhausted;
    private long _arrivals;

    /// <param name="perSecond">Tokens a second; 0 = no bucket, only pauses.</param>
    /// <param name="burst">Tokens that a quiet gate holds.</param>
    /// <param name="maxThrottle">Pauses that end later than this after the first one are not waited for, until the service relents.</param>
    /// <param name="maxRounds">Nor are those after so many, one after the other.</param>
    /// <param name="time">The clock.</param>
    public RateGate(double perSecond, int burst, TimeSpan maxThrottle, int maxRounds, TimeProvider time)
    {
        _perSecond = perSecond;
        _burst = burst;
        _tokens = burst;
        _maxThrottle = maxThrottle;
        _maxRounds = maxRounds;
        _time = time;
        _filledAt = time.GetUtcNow();
        _timer = time.CreateTimer(static state => ((RateGate)state!).Pump(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When the service's last pause ends; in the past when there is none.</summary>
    public DateTimeOffset PausedUntil
    {
        get
        {
            lock (_lock)
                return _pausedUntil;
        }
    }

    /// <summary>What may be sent now.</summary>
    public GateState State
    {
        get
        {
            lock (_lock)
            {
                DateTimeOffset now = _time.GetUtcNow();
                Fill(now);
                return new GateState(_pausedUntil, _perSecond, _burst, _perSecond > 0 ? _tokens : null, _waiting.Count);
            }
        }
    }

    /// <summary>Waits for a turn.</summary>
    /// <returns>False, at once or as soon as it is known, when the pause is longer than anyone should wait.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; no turn was used.</exception>
    public ValueTask<bool> EnterAsync(GateLane lane, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(ct);
        Waiter waiter;
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            if (_isExhausted && now < _pausedUntil)
                return ValueTask.FromResult(false);
            if (_waiting.Count == 0 && TryTake(now))
                return ValueTask.FromResult(true);

            waiter = new Waiter();
            _waiting.Enqueue(waiter, (lane, _arrivals++));
            Arm(now);
        }

        return waiter.WaitAsync(ct);
    }

    /// <summary>The service said that nothing more may come for <paramref name="duration"/>: everyone waits, and no burst follows it.</summary>
    /// <returns>False when it has said so for too long: then nobody waits for this pause, those who did are sent away, and after it requests go one by one.</returns>
    public bool Pause(TimeSpan duration)
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            // What nobody asked for since is over.
            if (_throttledSince is null || now - _pausedUntil > _maxThrottle)
            {
                _throttledSince = now;
                _rounds = 0;
            }

            // Replies to requests that were on their way together are one round.
            if (now >= _pausedUntil)
                _rounds++;
            DateTimeOffset until = now + duration;
            if (until > _pausedUntil)
                _pausedUntil = until;
            _isExhausted = _rounds >= _maxRounds || _pausedUntil - _throttledSince > _maxThrottle;

            // One token, so that the end of the pause lets the first caller through and the rest at the sustained rate.
            _tokens = 1;
            _filledAt = _pausedUntil > now ? _pausedUntil : now;
            while (_isExhausted && _waiting.TryDequeue(out Waiter? waiter, out _))
                waiter.TryRelease(passed: false);
            Arm(now);
            return !_isExhausted;
        }
    }

    /// <summary>The service takes requests again: the next pause is the first.</summary>
    public void Relent()
    {
        lock (_lock)
        {
            _throttledSince = null;
            _isExhausted = false;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Pump()
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            while (_waiting.TryPeek(out Waiter? waiter, out _))
            {
                if (!waiter.IsDone)
                {
                    if (!TryTake(now))
                        break;
                    if (!waiter.TryRelease(passed: true))
                        _tokens++;
                }

                _waiting.Dequeue();
            }

            Arm(now);
        }
    }

    private bool TryTake(DateTimeOffset now)
    {
        if (now < _pausedUntil)
            return false;
        if (_perSecond <= 0)
            return true;
        Fill(now);
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }

    private void Fill(DateTimeOffset now)
    {
        if (now <= _filledAt)
            return;
        _tokens = Math.Min(_burst, _tokens + ((now - _filledAt).TotalSeconds * _perSecond));
        _filledAt = now;
    }

    // Called with the lock held: wakes Pump when the first waiter may pass.
    private void Arm(DateTimeOffset now)
    {
        if (_waiting.Count == 0)
            return;
        TimeSpan wait = _pausedUntil > now ? _pausedUntil - now : TimeSpan.Zero;
        if (_perSecond > 0 && _tokens < 1)
            wait += TimeSpan.FromSeconds((1 - _tokens) / _perSecond);

        // A timer counts whole milliseconds: rounded up, or it would fire too early and spin.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private sealed class Waiter
    {
        private readonly TaskCompletionSource<bool> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsDone => _turn.Task.IsCompleted;

        public bool TryRelease(bool passed) => _turn.TrySetResult(passed);

        public async ValueTask<bool> WaitAsync(CancellationToken ct)
        {
            await using CancellationTokenRegistration registration = ct.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), _turn);
            return await _turn.Task;
        }
    }
}
