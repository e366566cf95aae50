namespace ImageKitFs.Core.Api;

/// <summary>Why a request got no reply.</summary>
public enum ProbeFailure
{
    /// <summary>It got one.</summary>
    None,

    /// <summary>The host's name is not known to DNS.</summary>
    NameNotFound,

    /// <summary>No connection: refused, no route, or no network.</summary>
    NotConnected,

    /// <summary>A connection, but no trusted certificate.</summary>
    NotTrusted,

    /// <summary>The proxy did not let it through.</summary>
    ProxyRefused,

    /// <summary>Nothing within the time that was allowed.</summary>
    TimedOut,

    /// <summary>The connection ended before the reply.</summary>
    Broken,

    /// <summary>Not sent: plain http to another machine.</summary>
    NotAllowed,
}

/// <summary>What came back for one request, whatever its status. Holds no key; what the service said is one line each.</summary>
public sealed class ProbeReply : IDisposable
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);
    private readonly IDisposable? _owner;

    internal ProbeReply(Uri uri, ProbeFailure failure, string words, TimeSpan elapsed)
    {
        Uri = uri;
        Failure = failure;
        Message = words;
        Elapsed = elapsed;
    }

    internal ProbeReply(Uri uri, HttpResponseMessage response, Func<string, string> clean, TimeSpan elapsed, DateTimeOffset receivedAt, IDisposable? owner)
    {
        Uri = uri;
        ReceivedAt = receivedAt;
        Status = (int)response.StatusCode;
        Elapsed = elapsed;
        Date = response.Headers.Date;
        ContentLength = response.Content.Headers.ContentLength;
        LastModified = response.Content.Headers.LastModified;
        _owner = owner;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
            _headers[name] = clean(string.Join(", ", values));
    }

    /// <summary>What was asked; its query may hold a signature.</summary>
    public Uri Uri { get; }

    /// <summary>Why there is no reply; None when there is one.</summary>
    public ProbeFailure Failure { get; }

    /// <summary>The HTTP status; 0 without a reply.</summary>
    public int Status { get; }

    /// <summary>The service's message, or what failed; one line, may be empty.</summary>
    public string Message { get; internal set; } = "";

    /// <summary>The service's number of this request, for its support; empty when it gave none.</summary>
    public string RequestId => Header("x-ik-requestid") ?? Header("x-request-id") ?? Header("x-amz-cf-id") ?? "";

    /// <summary>The service's clock, in whole seconds.</summary>
    public DateTimeOffset? Date { get; }

    /// <summary>When its head came, by this machine's clock.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>From sending to the head of the reply.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Bytes that the body is to have.</summary>
    public long? ContentLength { get; }

    /// <summary>When the file was changed.</summary>
    public DateTimeOffset? LastModified { get; }

    /// <summary>The body of an API reply.</summary>
    public ReadOnlyMemory<byte> Body { get; internal set; }

    /// <summary>The body of a delivery reply, not read yet. Reads throw IOException when the connection breaks, TimeoutException when nothing comes.</summary>
    public Stream Content { get; internal set; } = Stream.Null;

    /// <summary>True for 200 to 299.</summary>
    public bool Ok => Status is >= 200 and < 300;

    /// <summary>A header on one line, or null.</summary>
    public string? Header(string name) => _headers.GetValueOrDefault(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        Content.Dispose();
        _owner?.Dispose();
    }
}
