using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Content;

/// <summary>A counted hold on one version's bytes. Safe to use from several threads; dispose it once nothing of it is in use.</summary>
internal sealed class CachedContent : IDisposable
{
    private readonly ContentCache _cache;
    private readonly ContentEntry _entry;
    private readonly IContentLocator _locator;
    private int _disposed;

    public CachedContent(ContentCache cache, ContentEntry entry, IContentLocator locator)
    {
        _cache = cache;
        _entry = entry;
        _locator = locator;
    }

    public ContentKey Key => _entry.Key;

    public long Size => _entry.Layout.Size;

    /// <summary>True when every block is on the local disk.</summary>
    public bool IsComplete => _entry.IsComplete;

    /// <summary>Reads up to <paramref name="buffer"/>.Length bytes at <paramref name="offset"/>.</summary>
    /// <returns>Bytes read; fewer than asked only at the end of the file, 0 at or past it.</returns>
    /// <remarks>
    /// Completes at once when the bytes are on disk. Errors: Stale, the version is gone from the library; Remote, what arrived is not this version or the
    /// service failed; AccessDenied, Throttled, TimedOut as the service said; Interrupted when <paramref name="ct"/> ended the wait.
    /// The disk never makes a read fail: without it the bytes come from the network.
    /// </remarks>
    public ValueTask<FsResult<int>> ReadAsync(long offset, Memory<byte> buffer, ReadaheadWindow window, CancellationToken ct)
    {
        if (offset < 0)
            return new ValueTask<FsResult<int>>(FsError.InvalidArgument);
        if (offset >= Size || buffer.IsEmpty)
            return new ValueTask<FsResult<int>>(0);
        Memory<byte> wanted = buffer[..(int)Math.Min(buffer.Length, Size - offset)];
        bool isLocal = _entry.TryReadLocal(offset, wanted.Span);
        AheadPlan plan = window.OnRead(offset, wanted.Length, !isLocal, _entry.Layout, _cache.Options);
        if (isLocal)
        {
            _cache.Counters.Hit(wanted.Length);
            if (!plan.IsEmpty)
                _entry.ReadAhead(plan, window, _locator);
            return new ValueTask<FsResult<int>>(wanted.Length);
        }

        _cache.Counters.Miss(wanted.Length);
        return ct.IsCancellationRequested
            ? new ValueTask<FsResult<int>>(FsError.Interrupted)
            : _entry.ReadMissingAsync(offset, wanted, plan, window, _locator, ct);
    }

    /// <summary>Fetches every block that is not on disk.</summary>
    /// <returns>None when all are; NoSpace when the cache cannot hold them; else as <see cref="ReadAsync"/>.</returns>
    public Task<FsError> FetchAllAsync(CancellationToken ct) =>
        FetchAsync(Size, ct);

    /// <summary>As <see cref="FetchAllAsync"/>, for the blocks that start before <paramref name="limit"/>.</summary>
    public Task<FsError> FetchAsync(long limit, CancellationToken ct) =>
        Size == 0 ? Task.FromResult(FsError.None) : _entry.FetchAsync(Math.Min(limit, Size), _locator, ct);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _cache.Release(_entry);
    }
}
