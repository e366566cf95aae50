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
    private readonly TimeSpan _maxPause;
    private double _tokens;
    private DateTimeOffset _filledAt;
    private DateTimeOffset _pausedUntil;
    private long _arrivals;

    /// <param name="perSecond">Tokens a second; 0 = no bucket, only pauses.</param>
    /// <param name="burst">Tokens that a quiet gate holds.</param>
    /// <param name="maxPause">Pauses that end later than this from now are not waited for.</param>
    /// <param name="time">The clock.</param>
    public RateGate(double perSecond, int burst, TimeSpan maxPause, TimeProvider time)
    {
        _perSecond = perSecond;
        _burst = burst;
        _tokens = burst;
        _maxPause = maxPause;
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

    /// <summary>Waits for a turn.</summary>
    /// <returns>False at once when the gate is paused for longer than anyone should wait.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; no turn was used.</exception>
    public ValueTask<bool> EnterAsync(GateLane lane, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(ct);
        Waiter waiter;
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            if (_pausedUntil - now > _maxPause)
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
    public void Pause(TimeSpan duration)
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            DateTimeOffset until = now + duration;
            if (until > _pausedUntil)
                _pausedUntil = until;

            // One token, so that the end of the pause lets the first caller through and the rest at the sustained rate.
            _tokens = 1;
            _filledAt = _pausedUntil > now ? _pausedUntil : now;
            while (_pausedUntil - now > _maxPause && _waiting.TryDequeue(out Waiter? waiter, out _))
                waiter.TryRelease(passed: false);
            Arm(now);
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
