using System.Net;
using ImageKitFs.Core.Config;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Api;

/// <summary>Both clients over one pool of connections, and what they count. Owns all of it.</summary>
internal sealed class ImageKitApi : IDisposable
{
    /// <summary>Sixteen uploads, ranges and sibling readahead side by side, with room; a browser's six would be the bottleneck.</summary>
    private const int ConnectionsPerHost = 64;

    /// <summary>Shorter than the idle time after which servers close, so that a write seldom meets a connection that is about to die.</summary>
    private static readonly TimeSpan IdleLifetime = TimeSpan.FromSeconds(20);

    /// <summary>Connections are renewed so that a change of address in DNS is noticed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(15);

    private readonly HttpMessageHandler _handler;

    private ImageKitApi(ImageKitEndpoints endpoints, SecretKey key, HttpMessageHandler handler, ApiTuning tuning, TimeProvider time, ILogger logger)
    {
        _handler = handler;
        Library = new ImageKitClient(endpoints, key, handler, tuning, time, Counters, logger);
        Delivery = new DeliveryClient(endpoints, key, handler, tuning, time, Counters, logger);
    }

    public ApiCounters Counters { get; } = new();

    public ImageKitClient Library { get; }

    public DeliveryClient Delivery { get; }

    /// <summary>All classes of requests, as they are now.</summary>
    public IReadOnlyList<EndpointState> Classes => [.. Library.Classes, Delivery.State];

    /// <param name="endpoints">Checked endpoints.</param>
    /// <param name="key">The private key.</param>
    /// <param name="tuning">Limits and deadlines.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets no secrets.</param>
    /// <param name="handler">Takes the place of the network; disposed with this object.</param>
    public static ImageKitApi Create(
        ImageKitEndpoints endpoints, SecretKey key, ApiTuning tuning, TimeProvider time, ILogger logger, HttpMessageHandler? handler = null) =>
        new(endpoints, key, handler ?? CreateHandler(), tuning, time, logger);

    public void Dispose()
    {
        Library.Dispose();
        Delivery.Dispose();
        _handler.Dispose();
    }

    // No redirects: they could carry the key to another host. No decompression: lengths must be those of the file. No cookies: nothing of us to keep.
    internal static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        MaxConnectionsPerServer = ConnectionsPerHost,
        PooledConnectionIdleTimeout = IdleLifetime,
        PooledConnectionLifetime = ConnectionLifetime,
        ConnectTimeout = ConnectDeadline,
        Proxy = new DirectToThisMachine(HttpClient.DefaultProxy),
    };

    // Plain http is allowed to this machine only; a proxy named in the environment would carry the key there and back in the clear.
    private sealed class DirectToThisMachine(IWebProxy proxy) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => proxy.Credentials;
            set => proxy.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => proxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || proxy.IsBypassed(host);
    }
}
