using System.Buffers;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Content;

/// <summary>Fetches ranges of one version and makes sure that they are of that version, whatever caches, renames and broken connections do.</summary>
/// <remarks>
/// A reply whose length or identity is not the version's: once more past the caches, then where the locator finds the version, then
/// <see cref="FsError.Remote"/>. A 404: where the locator finds it, at most twice, then <see cref="FsError.Stale"/>. A reply that breaks off: the rest is
/// asked for again. Safe to use for several ranges at once.
/// </remarks>
internal sealed class RangedReader(ContentKey key, long size, IMediaDelivery delivery, TimeProvider time, ILogger logger, ContentCounters counters)
{
    private const int BodyBufferBytes = 64 << 10;

    /// <summary>Four times again without a single new block between: more would only lengthen an outage for the reader.</summary>
    private const int MaxFruitless = 5;

    /// <summary>One that took its whole deadline: twice again.</summary>
    private const int TimeoutWeight = 2;

    /// <summary>One that the client has repeated already: once again, twelve sends in all.</summary>
    private const int RepeatedWeight = 3;

    private const int MaxLookups = 2;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private VersionIdentity? _identity;
    private (DeliveryTarget Located, DeliveryTarget Used, int Round)? _detour;

    /// <summary>True after replies of two identities were met and none could be had that agrees: what is cached may be the wrong one and is dropped with the last holder.</summary>
    public bool IsSuspect { get; private set; }

    /// <summary>Takes over what an earlier process learnt; the first to say it wins.</summary>
    public void Recall(VersionIdentity identity)
    {
        lock (_gate)
            _identity ??= identity;
    }

    /// <summary>Fills <paramref name="sink"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">The sink's disk refused; also the other kinds of <see cref="DiskFile.IsDiskFailure"/>.</exception>
    public async Task<FsError> FetchAsync(IContentLocator locator, RangeSink sink, CancellationToken ct)
    {
        FsResult<DeliveryTarget> located = await locator.LocateAsync(0, ct);
        if (!located.Ok)
            return located.Error;
        Route route = StartingAt(located.Value);
        int fruitless = 0;
        while (true)
        {
            long before = sink.Next;
            Attempt attempt = await TryAsync(route, sink, ct);
            if (sink.IsDone)
            {
                Remember(located.Value, route);
                return FsError.None;
            }

            switch (attempt.Kind)
            {
                case AttemptKind.BrokeOff:
                    fruitless = (sink.Next > before ? 0 : fruitless) + attempt.Weight;
                    ContentLog.BrokeOff(logger, key.FileId, key.VersionId, attempt.Why);
                    if (fruitless >= MaxFruitless)
                    {
                        Tell(route, attempt);
                        return attempt.Error;
                    }

                    await Task.Delay(FirstBackoff * (1 << (fruitless - 1)), time, ct);
                    break;

                case AttemptKind.OtherBytes or AttemptKind.OtherVersion when route.Rejections == 0:
                    // A cache may hold an older object under our buster: ask past it.
                    route = route with { Round = route.Round + 1, Rejections = 1 };
                    break;

                case AttemptKind.OtherBytes or AttemptKind.OtherVersion when route.Rejections > 1 || route.Lookups >= MaxLookups:
                    IsSuspect |= attempt.Kind == AttemptKind.OtherVersion;
                    ContentLog.WrongBytes(logger, key.FileId, key.VersionId, route.Target.RemotePath, attempt.Why);
                    return FsError.Remote;

                case AttemptKind.NotThere when route.Lookups >= MaxLookups:
                    return FsError.Stale;

                case AttemptKind.OtherBytes or AttemptKind.OtherVersion or AttemptKind.NotThere:
                    FsResult<DeliveryTarget> found = await locator.LocateAsync(route.Lookups + 1, ct);
                    if (!found.Ok)
                        return found.Error;
                    int rejections = attempt.Kind == AttemptKind.NotThere ? route.Rejections : route.Rejections + 1;
                    route = new Route(found.Value, route.Round + 1, route.Lookups + 1, rejections);
                    break;

                default:
                    Tell(route, attempt);
                    return attempt.Error;
            }
        }
    }

    private void Tell(Route route, Attempt attempt)
    {
        if (attempt.IsTold)
            return;
        if (attempt.Kind == AttemptKind.BrokeOff)
            delivery.BrokeOff(route.Target.RemotePath, attempt.Why);
        else
            ContentLog.NotRead(logger, route.Target.RemotePath, attempt.Why);
    }

    private async ValueTask<Attempt> TryAsync(Route route, RangeSink sink, CancellationToken ct)
    {
        string buster = route.Round == 0 ? key.VersionId : $"{key.VersionId}-r{route.Round}";
        long offset = sink.Next;
        DeliveryRequest request = new(route.Target.RemotePath, route.Target.ObjectVersion, buster, offset, sink.End - offset, route.Target.IsPrivate);
        ApiResult<DeliveryReply> opened = await delivery.OpenAsync(request, ct);
        ct.ThrowIfCancellationRequested();
        if (!opened.Ok)
            return Attempt.Of(opened.Error);

        using DeliveryReply reply = opened.Value;
        if (WhatDiffers(reply, offset) is { } difference)
            return new Attempt(AttemptKind.OtherBytes, FsError.Remote, difference);
        if (WhoDiffers(VersionIdentity.Of(reply)) is { } other)
            return new Attempt(AttemptKind.OtherVersion, FsError.Remote, other);

        sink.Begin(reply.BodyOffset ?? 0, VersionIdentity.Of(reply));
        return await DrainAsync(reply.Body, sink, ct);
    }

    /// <summary>Null when the reply has the version's length and starts where it should.</summary>
    private string? WhatDiffers(DeliveryReply reply, long offset)
    {
        if (reply.TotalLength != size)
            return $"{reply.TotalLength?.ToString() ?? "unknown"} bytes where the library lists {size}";
        bool isWhole = reply.Status == 200;
        long start = reply.BodyOffset ?? (isWhole ? 0 : -1);
        if (start != (isWhole ? 0 : offset))
            return $"a body that starts at {start} where {offset} was asked for";
        return null;
    }

    private string? WhoDiffers(VersionIdentity identity)
    {
        lock (_gate)
        {
            _identity ??= identity;
            return _identity == identity ? null : _identity.Value.Difference(identity);
        }
    }

    private async ValueTask<Attempt> DrainAsync(Stream body, RangeSink sink, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BodyBufferBytes);
        try
        {
            while (!sink.IsDone)
            {
                int read;
                try
                {
                    read = await body.ReadAsync(buffer.AsMemory(0, BodyBufferBytes), ct);
                }
                catch (IOException e)
                {
                    return new Attempt(AttemptKind.BrokeOff, FsError.Remote, e.Message);
                }
                catch (TimeoutException e)
                {
                    return new Attempt(AttemptKind.BrokeOff, FsError.TimedOut, e.Message);
                }

                if (read == 0)
                    return new Attempt(AttemptKind.BrokeOff, FsError.Remote, "the body ended early");
                counters.Fetched(read);
                sink.Take(buffer.AsSpan(0, read));
            }

            return default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The way that worked before for the same answer of the locator, so that later ranges do not fail first.</summary>
    private Route StartingAt(DeliveryTarget located)
    {
        lock (_gate)
        {
            return _detour is { } detour && detour.Located == located
                ? new Route(detour.Used, detour.Round, Lookups: 0, Rejections: 0)
                : new Route(located, Round: 0, Lookups: 0, Rejections: 0);
        }
    }

    private void Remember(DeliveryTarget located, Route route)
    {
        lock (_gate)
            _detour = route.Round > 0 ? (located, route.Target, route.Round) : null;
    }

    private readonly record struct Route(DeliveryTarget Target, int Round, int Lookups, int Rejections);

    private enum AttemptKind
    {
        /// <summary>The reply brought what it should.</summary>
        Drained,

        /// <summary>Worth asking again for the rest.</summary>
        BrokeOff,

        /// <summary>Another length, or another place in the file.</summary>
        OtherBytes,

        /// <summary>Another ETag or Last-Modified.</summary>
        OtherVersion,

        NotThere,

        /// <summary>Asking again changes nothing.</summary>
        Failed,
    }

    private readonly record struct Attempt(AttemptKind Kind, FsError Error, string Why)
    {
        /// <summary>The log has a line about it.</summary>
        public bool IsTold { get; init; }

        /// <summary>How much of <see cref="MaxFruitless"/> it uses up.</summary>
        public int Weight { get; private init; } = Error == FsError.TimedOut ? TimeoutWeight : 1;

        public static Attempt Of(ApiError error) => KindOf(error) with { IsTold = error.IsTold, Weight = RepeatedWeight };

        private static Attempt KindOf(ApiError error) => error.Kind switch
        {
            ApiErrorKind.NotFound => new Attempt(AttemptKind.NotThere, FsError.Stale, error.Message),
            ApiErrorKind.Unauthorized or ApiErrorKind.Forbidden => new Attempt(AttemptKind.Failed, FsError.AccessDenied, error.Message),
            ApiErrorKind.RateLimited => new Attempt(AttemptKind.Failed, FsError.Throttled, error.Message),
            ApiErrorKind.TimedOut => new Attempt(AttemptKind.Failed, FsError.TimedOut, error.Message),
            ApiErrorKind.Server or ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.BadReply => new Attempt(AttemptKind.BrokeOff, FsError.Remote, error.Message),
            _ => new Attempt(AttemptKind.Failed, FsError.Remote, error.Message),
        };
    }
}
