using System.Collections.Concurrent;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Renditions;

/// <summary>Renditions, asked for once and kept in the content cache: under its limits, across restarts, readable without a network.</summary>
/// <remarks>
/// How large a rendition is only its bytes tell, so it is fetched whole before its size is given. One fetch serves all who wait for it, and goes on when they
/// go away. Safe from any thread.
/// </remarks>
internal sealed class RenditionCache : IAsyncDisposable
{
    /// <summary>A rendition passes through memory: what is larger than any picture is refused.</summary>
    private const int MaxBytes = 32 << 20;

    /// <summary>Transfers side by side that somebody waits for; each may need <see cref="MaxBytes"/>.</summary>
    private const int MaxFetches = 24;

    /// <summary>Of these, transfers that nobody waits for yet: 1000 thumbnails, read one after another at 50 ms each, in 3 s.</summary>
    private const int MaxAhead = 16;

    /// <summary>Remembered refusals; beyond that all are forgotten, and asked for again.</summary>
    private const int MaxRefused = 10_000;

    /// <summary>The service may make a rendition later that it could not make a moment ago (video, propagation).</summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromMinutes(10);

    private readonly ContentCache _content;
    private readonly IMediaDelivery _delivery;
    private readonly string _incoming;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<ContentKey, Lazy<Task<FsResult<Fetched>>>> _flights = new();
    private readonly ConcurrentDictionary<ContentKey, Refused> _refused = new();
    private readonly SemaphoreSlim _fetches = new(MaxFetches);
    private readonly SemaphoreSlim _ahead = new(MaxAhead);
    private readonly CancellationTokenSource _closing = new();
    private long _files;

    /// <param name="content">Keeps what was fetched.</param>
    /// <param name="delivery">Where it comes from.</param>
    /// <param name="incoming">A folder of its own, on the cache's disk: a rendition is written there before the cache takes it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public RenditionCache(ContentCache content, IMediaDelivery delivery, string incoming, TimeProvider time, ILogger log)
    {
        _content = content;
        _delivery = delivery;
        _incoming = incoming;
        _time = time;
        _log = log;
        Empty(incoming);
    }

    /// <summary>The size of a rendition, which is local from now on where the cache has room.</summary>
    /// <returns>
    /// NotFound: the service has none of this file. InvalidArgument: it does not take the transformation. TooLarge: the file is too large for it, or the
    /// rendition for us. AccessDenied, Throttled, TimedOut, Remote as for any read.
    /// </returns>
    public async ValueTask<FsResult<long>> SizeOfAsync(Rendition rendition, CancellationToken ct)
    {
        if (_content.TryFindComplete(rendition.Key, out long size))
            return size;
        FsResult<Fetched> fetched = await GetAsync(rendition, ct);
        return fetched.Ok ? fetched.Value.Size : fetched.Error;
    }

    /// <summary>Opens a rendition. Errors as <see cref="SizeOfAsync"/>.</summary>
    public async ValueTask<FsResult<RenditionContent>> OpenAsync(Rendition rendition, CancellationToken ct)
    {
        if (_content.TryFindComplete(rendition.Key, out long size))
            return new RenditionContent(_content.Acquire(rendition.Key, size, Nowhere.Instance));
        FsResult<Fetched> fetched = await GetAsync(rendition, ct);
        if (!fetched.Ok)
            return fetched.Error;
        return fetched.Value.Bytes is { } bytes
            ? new RenditionContent(bytes)
            : new RenditionContent(_content.Acquire(rendition.Key, fetched.Value.Size, Nowhere.Instance));
    }

    /// <summary>What the cache has of it turned out to be broken: the next one to ask fetches it again.</summary>
    public void Drop(Rendition rendition) => _content.Remove(rendition.Key);

    /// <summary>Fetches a rendition that will be asked for soon, unless enough of that is going on.</summary>
    /// <returns>False when there was no room for it.</returns>
    public bool TryFetchAhead(Rendition rendition)
    {
        if (_closing.IsCancellationRequested || _content.TryFindComplete(rendition.Key, out _) || _flights.ContainsKey(rendition.Key) || IsRefused(rendition.Key, out _))
            return true;
        if (!_ahead.Wait(0))
            return false;
        _ = AheadAsync();
        return true;

        async Task AheadAsync()
        {
            try
            {
                await GetAsync(rendition, _closing.Token);
            }
            catch (OperationCanceledException)
            {
                // The mount ends.
            }
            finally
            {
                _ahead.Release();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        foreach (Lazy<Task<FsResult<Fetched>>> flight in _flights.Values)
            await flight.Value;
    }

    private async ValueTask<FsResult<Fetched>> GetAsync(Rendition rendition, CancellationToken ct)
    {
        ContentKey key = rendition.Key;
        if (IsRefused(key, out FsError refused))
            return refused;
        // On the pool: a caller may be the kernel's reader thread.
        Lazy<Task<FsResult<Fetched>>> flight = _flights.GetOrAdd(key, _ => new(() => Task.Run(() => RunAsync(rendition))));
        return await flight.Value.WaitAsync(ct);
    }

    private async Task<FsResult<Fetched>> RunAsync(Rendition rendition)
    {
        try
        {
            await _fetches.WaitAsync(_closing.Token);
            try
            {
                return await FetchAsync(rendition, _closing.Token);
            }
            finally
            {
                _fetches.Release();
            }
        }
        catch (OperationCanceledException)
        {
            return FsError.Interrupted;
        }
        catch (IOException e)
        {
            RenditionLog.NotRead(_log, rendition.DeliveryPath, rendition.Transformation, e.Message);
            return FsError.Remote;
        }
        catch (TimeoutException e)
        {
            RenditionLog.NotRead(_log, rendition.DeliveryPath, rendition.Transformation, e.Message);
            return FsError.TimedOut;
        }
        finally
        {
            _flights.TryRemove(rendition.Key, out _);
        }
    }

    private async ValueTask<FsResult<Fetched>> FetchAsync(Rendition rendition, CancellationToken ct)
    {
        if (_content.TryFindComplete(rendition.Key, out long known))
            return new Fetched(known, Bytes: null);
        DeliveryRequest request = new(rendition.DeliveryPath, rendition.ObjectVersion, rendition.VersionId, Offset: 0, Length: 0, rendition.IsPrivate)
        {
            Transformation = rendition.Transformation,
        };
        ApiResult<DeliveryReply> opened = await _delivery.OpenAsync(request, ct);
        ct.ThrowIfCancellationRequested();
        if (!opened.Ok)
            return Refuse(rendition, opened.Error);
        byte[]? bytes;
        using (DeliveryReply reply = opened.Value)
            bytes = await ReadAllAsync(reply, ct);
        if (bytes is null)
            return Refuse(rendition.Key, FsError.TooLarge);
        if (bytes.Length == 0 || (rendition.MustBePng && !PngText.IsPng(bytes)))
            return Refuse(rendition.Key, FsError.NotFound);
        return new Fetched(bytes.Length, TryKeep(rendition.Key, bytes) ? null : bytes);
    }

    /// <returns>Null when there is more than is taken.</returns>
    /// <exception cref="IOException">The connection broke, or the body is shorter than promised.</exception>
    private static async ValueTask<byte[]?> ReadAllAsync(DeliveryReply reply, CancellationToken ct)
    {
        if (reply.TotalLength > MaxBytes)
            return null;
        using MemoryStream body = new((int)(reply.TotalLength ?? 0));
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            for (int read; (read = await reply.Body.ReadAsync(buffer, ct)) > 0;)
            {
                if (body.Length + read > MaxBytes)
                    return null;
                body.Write(buffer, 0, read);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }

        return reply.TotalLength is { } promised && body.Length != promised
            ? throw new IOException($"{body.Length} bytes came where {promised} were promised")
            : body.ToArray();
    }

    private bool TryKeep(ContentKey key, byte[] bytes)
    {
        string file = Path.Combine(_incoming, Interlocked.Increment(ref _files).ToString(System.Globalization.CultureInfo.InvariantCulture));
        try
        {
            File.WriteAllBytes(file, bytes);
            if (_content.Adopt(key, bytes.Length, file, hash: null) == FsError.None)
                return true;
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            // A cache that cannot keep it costs the keeping only.
        }

        DiskFile.TryDelete(file);
        return false;
    }

    private FsError Refuse(Rendition rendition, ApiError error) => error.Kind switch
    {
        ApiErrorKind.NotFound => Refuse(rendition.Key, FsError.NotFound),
        ApiErrorKind.BadRequest => Refuse(rendition.Key, rendition.MustBePng ? FsError.NotFound : FsError.InvalidArgument),
        ApiErrorKind.TooLarge => Refuse(rendition.Key, rendition.MustBePng ? FsError.NotFound : FsError.TooLarge),
        ApiErrorKind.Unauthorized or ApiErrorKind.Forbidden => FsError.AccessDenied,
        ApiErrorKind.RateLimited => FsError.Throttled,
        ApiErrorKind.TimedOut => FsError.TimedOut,
        _ => FsError.Remote,
    };

    private FsError Refuse(ContentKey key, FsError error)
    {
        if (_refused.Count >= MaxRefused)
            _refused.Clear();
        _refused[key] = new Refused(error, _time.GetTimestamp());
        return error;
    }

    private bool IsRefused(ContentKey key, out FsError error)
    {
        error = FsError.None;
        if (!_refused.TryGetValue(key, out Refused? refused))
            return false;
        if (_time.GetElapsedTime(refused.Since) >= RefusedFor)
        {
            _refused.TryRemove(key, out _);
            return false;
        }

        error = refused.Error;
        return true;
    }

    private static void Empty(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            // Nothing can be kept then; reading goes on.
        }
    }

    /// <param name="Size">Bytes.</param>
    /// <param name="Bytes">Null when the cache has them.</param>
    private sealed record Fetched(long Size, byte[]? Bytes);

    private sealed record Refused(FsError Error, long Since);

    /// <summary>A range of a rendition cannot be asked for as one of a file can: whoever meets a hole in the cache fetches it whole.</summary>
    private sealed class Nowhere : IContentLocator
    {
        public static readonly Nowhere Instance = new();

        public ValueTask<FsResult<DeliveryTarget>> LocateAsync(int attempt, CancellationToken ct) => new(FsError.Stale);
    }
}
