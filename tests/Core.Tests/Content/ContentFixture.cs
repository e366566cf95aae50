using System.Collections.Concurrent;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ImageKitFs.Core.Tests.Content;

/// <summary>A cache in a folder of its own over a <see cref="FakeDelivery"/>.</summary>
internal sealed class ContentFixture : IAsyncDisposable
{
    public const int Block = 64 << 10;

    public static readonly ContentKey Key = new("file1", "version1");

    private readonly TimeProvider? _clock;

    public ContentFixture(int size, ContentCacheOptions? options = null, TimeProvider? clock = null)
    {
        _clock = clock;
        Bytes = new byte[size];
        new Random(size).NextBytes(Bytes);
        Delivery = new FakeDelivery(Bytes);
        Options = options ?? new ContentCacheOptions { MinFreeFraction = 0 };
        Folder = Directory.CreateTempSubdirectory("ikfs-content-").FullName;
        Cache = Open();
    }

    public byte[] Bytes { get; }

    public FakeDelivery Delivery { get; }

    public ContentCacheOptions Options { get; set; }

    public string Folder { get; }

    public string CacheFolder => Path.Combine(Folder, "cache");

    public ContentCache Cache { get; private set; }

    public FakeLocator Locator { get; } = new();

    public InstantTime Time { get; } = new();

    public RecordingLogger Log { get; } = new();

    public string DataFile(ContentKey key) => StoreFiles.Of(CacheFolder, key.ToFileName()).Data;

    public CachedContent Acquire() => Cache.Acquire(Key, Bytes.Length, Locator);

    public CachedContent Acquire(string version) => Cache.Acquire(new ContentKey("file1", version), Bytes.Length, Locator);

    public async Task RestartAsync()
    {
        await Cache.DisposeAsync();
        Cache = Open();
    }

    /// <summary>Reads and compares; returns the error.</summary>
    public async Task<FsError> ReadAsync(CachedContent content, long offset, int length, ReadaheadWindow window, CancellationToken ct = default)
    {
        byte[] buffer = new byte[length];
        FsResult<int> read = await content.ReadAsync(offset, buffer, window, ct);
        if (!read.Ok)
            return read.Error;
        int expected = (int)Math.Clamp(Bytes.Length - offset, 0, length);
        Assert.Equal(expected, read.Value);
        Assert.True(buffer.AsSpan(0, expected).SequenceEqual(Bytes.AsSpan((int)Math.Min(offset, Bytes.Length), expected)), $"bytes differ in {offset}+{length}");
        return FsError.None;
    }

    public async Task ReadWholeAsync(CachedContent content, int step)
    {
        using ReadaheadWindow window = new();
        for (long offset = 0; offset < Bytes.Length; offset += step)
            Assert.Equal(FsError.None, await ReadAsync(content, offset, step, window));
    }

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    private ContentCache Open() => ContentCache.Open(CacheFolder, Options, Delivery, new CacheTrouble(CacheFolder, Log), _clock ?? Time, Log);
}

internal sealed class FakeLocator : IContentLocator
{
    public static readonly DeliveryTarget Start = new("/a/photo.jpg", null, IsPrivate: false);

    public ConcurrentQueue<int> Attempts { get; } = new();

    public Func<int, FsResult<DeliveryTarget>> Answer { get; set; } = _ => Start;

    public ValueTask<FsResult<DeliveryTarget>> LocateAsync(int attempt, CancellationToken ct)
    {
        Attempts.Enqueue(attempt);
        return new(Answer(attempt));
    }
}

/// <summary>Timers fire at once and move the clock by what they were asked to wait.</summary>
internal sealed class InstantTime : TimeProvider
{
    private long _ticks = new DateTime(2026, 11, 22, 0, 0, 0, DateTimeKind.Utc).Ticks;

    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Waits.Enqueue(dueTime);
            Advance(dueTime);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }

        return new Stopped();
    }

    private sealed class Stopped : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

internal sealed class RecordingLogger : ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

    public int CountOf(LogLevel level) => Lines.Count(line => line.Level == level);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((logLevel, formatter(state, exception)));
}
