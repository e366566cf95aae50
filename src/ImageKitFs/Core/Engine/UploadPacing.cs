namespace ImageKitFs.Core.Engine;

/// <summary>
/// Keeps the uploads of one path apart, once the service has said that the file is updated too often. Paths of which it never said so are not slowed.
/// Safe from many threads.
/// </summary>
/// <remarks>The service's text and the lack of numbers: imagekit-api.md 4.3, U21.</remarks>
internal sealed class UploadPacing(TimeProvider time)
{
    public static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(15);

    /// <summary>As long as a flush waits for a paced upload at most.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(120);

    /// <summary>A file that was left alone for so long may be saved as often as any other again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pace> _paces = new(StringComparer.Ordinal);

    /// <summary>The service used its throttle text on an upload of the path.</summary>
    /// <returns>How long to leave it alone: longer each time.</returns>
    public TimeSpan Refused(string path)
    {
        lock (_lock)
        {
            Forget();
            TimeSpan interval = FirstInterval;
            if (_paces.TryGetValue(path, out Pace pace))
                interval = pace.Interval * 2 < LongestInterval ? pace.Interval * 2 : LongestInterval;
            _paces[path] = new Pace(interval, time.GetTimestamp());
            return interval;
        }
    }

    /// <summary>An upload of the path was stored; the next one keeps its distance, when the path is paced.</summary>
    public void Stored(string path)
    {
        lock (_lock)
        {
            Forget();
            if (_paces.TryGetValue(path, out Pace pace))
                _paces[path] = pace with { Since = time.GetTimestamp() };
        }
    }

    /// <summary>How long an upload of the path should still wait; zero when it may go.</summary>
    public TimeSpan WaitOf(string path)
    {
        lock (_lock)
        {
            if (!_paces.TryGetValue(path, out Pace pace))
                return TimeSpan.Zero;
            TimeSpan left = pace.Interval - time.GetElapsedTime(pace.Since);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public bool IsPaced(string path)
    {
        lock (_lock)
        {
            Forget();
            return _paces.ContainsKey(path);
        }
    }

    // Few paths are ever in here: looking at all of them costs nothing.
    private void Forget()
    {
        if (_paces.Count == 0)
            return;
        foreach (string path in _paces.Where(entry => time.GetElapsedTime(entry.Value.Since) >= Memory).Select(entry => entry.Key).ToArray())
            _paces.Remove(path);
    }

    /// <param name="Interval">Between two uploads.</param>
    /// <param name="Since">When the last one was answered.</param>
    private readonly record struct Pace(TimeSpan Interval, long Since);
}
