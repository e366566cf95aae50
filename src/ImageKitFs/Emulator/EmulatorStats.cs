using System.Collections.Concurrent;

namespace ImageKitFs.Emulator;

/// <summary>What was asked of the emulator up to one moment.</summary>
/// <param name="ByKind">Requests by <see cref="EndpointKind"/>, without kinds never asked.</param>
/// <param name="BytesIn">Bytes of request bodies.</param>
/// <param name="BytesOut">Bytes of reply bodies, delivery included.</param>
/// <param name="DeliveryBytes">Bytes of delivery bodies.</param>
public sealed record EmulatorStats(IReadOnlyDictionary<string, long> ByKind, long BytesIn, long BytesOut, long DeliveryBytes)
{
    /// <summary>Those of <see cref="DeliveryBytes"/> that were made by a transformation; the rest are of originals.</summary>
    public long RenditionBytes { get; init; }

    /// <summary>Bytes of delivery bodies that were stored files.</summary>
    public long OriginalBytes => DeliveryBytes - RenditionBytes;

    /// <summary>All requests.</summary>
    public long Total => ByKind.Values.Sum();

    /// <summary>Requests of one kind.</summary>
    public long Count(string kind) => ByKind.GetValueOrDefault(kind);
}

/// <summary>One request of the log.</summary>
public sealed record LoggedRequest(string Method, string Path, string Kind, int Status, double Milliseconds);

/// <summary>Counts requests and remembers the last ones.</summary>
internal sealed class RequestCounters
{
    /// <summary>Enough to see what a scenario did; little memory.</summary>
    private const int MaxLogged = 2000;

    private readonly ConcurrentQueue<LoggedRequest> _log = new();
    private ConcurrentDictionary<string, long> _byKind = new(StringComparer.Ordinal);
    private long _bytesIn;
    private long _bytesOut;
    private long _deliveryBytes;
    private long _renditionBytes;

    /// <summary>The counts now.</summary>
    public EmulatorStats Snapshot() =>
        new(new Dictionary<string, long>(_byKind, StringComparer.Ordinal), Interlocked.Read(ref _bytesIn), Interlocked.Read(ref _bytesOut), Interlocked.Read(ref _deliveryBytes))
        {
            RenditionBytes = Interlocked.Read(ref _renditionBytes),
        };

    /// <summary>The last requests, oldest first.</summary>
    public IReadOnlyList<LoggedRequest> Log() => [.. _log];

    /// <summary>Counts a request as it arrives.</summary>
    public void Count(string kind) => _byKind.AddOrUpdate(kind, 1, (_, count) => count + 1);

    /// <summary>Counts bytes of a request body.</summary>
    public void AddIn(long bytes) => Interlocked.Add(ref _bytesIn, bytes);

    /// <summary>Counts bytes of a reply body.</summary>
    public void AddOut(string kind, long bytes, bool isRendition)
    {
        Interlocked.Add(ref _bytesOut, bytes);
        if (kind == EndpointKind.Delivery)
            Interlocked.Add(ref _deliveryBytes, bytes);
        if (isRendition)
            Interlocked.Add(ref _renditionBytes, bytes);
    }

    /// <summary>Remembers an answered request; status 0 is a cut connection.</summary>
    public void Remember(LoggedRequest request)
    {
        _log.Enqueue(request);
        while (_log.Count > MaxLogged)
            _log.TryDequeue(out _);
    }

    /// <summary>Starts again from nothing.</summary>
    public void Reset()
    {
        _byKind = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        _log.Clear();
        Interlocked.Exchange(ref _bytesIn, 0);
        Interlocked.Exchange(ref _bytesOut, 0);
        Interlocked.Exchange(ref _deliveryBytes, 0);
        Interlocked.Exchange(ref _renditionBytes, 0);
    }
}
