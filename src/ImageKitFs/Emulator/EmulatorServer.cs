using System.Net;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace ImageKitFs.Emulator;

/// <summary>
/// A local stand-in for ImageKit.io: a real HTTP server on 127.0.0.1 that serves the management API (<c>/v1</c>, <c>/v2</c>), uploads
/// (<c>/api/v1/files/upload</c>) and delivery (<c>/demo/...</c>) on one origin.
/// </summary>
public sealed class EmulatorServer : IAsyncDisposable
{
    /// <summary>A client that holds a connection open does not keep the server from stopping.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromMilliseconds(500);

    private readonly Lock _configuring = new();
    private readonly MediaStore _store;
    private readonly RequestCounters _counters = new();
    private readonly WebApplication _app;
    private EmulatorOptions _options;
    private bool _isStopped;

    private EmulatorServer(EmulatorOptions options)
    {
        _options = options;
        TimeProvider time = options.TimeProvider;
        Faults = FaultPlan.Parse(string.Join('\n', options.Faults), options.Seed);
        _store = new MediaStore(() => Options);
        var origins = new ExternalOrigins(_store.Account, time, () => Options);
        var cdn = new Cdn(_store, origins, time, () => Options, () => UrlEndpoint);
        var rows = new RowJson(() => Options, () => UrlEndpoint);
        var routes = new EmulatorApp(
            new ApiRoutes(_store, cdn, rows, _counters, time, () => Options),
            new UploadRoute(_store, rows, time, () => Options),
            new DeliveryRoute(_store, cdn, time, () => Options),
            new AdminRoutes(_counters, Faults, Configure),
            _counters,
            Faults,
            time,
            () => Options);
        Store = new LibraryView(_store, origins);
        // Empty: the slim builder would watch the current folder and read configuration from it.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            // A stalled transfer is something that tests do on purpose.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestLineSize = 64 << 10;
            kestrel.Limits.MaxRequestBufferSize = 4 << 20;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        _app = builder.Build();
        _app.Run(routes.HandleAsync);
    }

    /// <summary>The options in force.</summary>
    public EmulatorOptions Options => Volatile.Read(ref _options);

    /// <summary>The origin: of the API, of uploads, and of delivery.</summary>
    public Uri BaseAddress { get; private set; } = new("http://127.0.0.1/");

    /// <summary>The delivery prefix, without a trailing slash.</summary>
    public string UrlEndpoint => BaseAddress.GetLeftPart(UriPartial.Authority) + "/" + Options.ImageKitId;

    /// <summary>The key that may do everything.</summary>
    public string PrivateKey => Options.PrivateKey;

    /// <summary>What was asked so far.</summary>
    public EmulatorStats Stats => _counters.Snapshot();

    /// <summary>The last requests, oldest first.</summary>
    public IReadOnlyList<LoggedRequest> Log => _counters.Log();

    /// <summary>What goes wrong on purpose.</summary>
    public FaultPlan Faults { get; }

    /// <summary>The library itself, past HTTP: what someone else would see and do.</summary>
    public LibraryView Store { get; }

    /// <summary>Starts a server; it answers when the task is done.</summary>
    /// <exception cref="FormatException">A fault rule is wrong.</exception>
    /// <exception cref="IOException">The port is taken, or the root cannot be used.</exception>
    public static async Task<EmulatorServer> StartAsync(EmulatorOptions options, CancellationToken cancellationToken = default)
    {
        var server = new EmulatorServer(options);
        try
        {
            await server._app.StartAsync(cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        string address = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.BaseAddress = new Uri(address + "/");
        return server;
    }

    /// <summary>Changes options while the server runs. Those said to be fixed stay as they were started with.</summary>
    public void Configure(Func<EmulatorOptions, EmulatorOptions> change)
    {
        lock (_configuring)
        {
            EmulatorOptions old = _options;
            Volatile.Write(ref _options, change(old) with { Port = old.Port, Root = old.Root, Synthetic = old.Synthetic, TimeProvider = old.TimeProvider, Seed = old.Seed, Faults = old.Faults });
        }
    }

    /// <summary>Forgets the counts and the log.</summary>
    public void ResetStats() => _counters.Reset();

    /// <summary>Stops listening; requests under way are cut off after a moment. What was acknowledged is on disk when the library has a root.</summary>
    public async Task StopAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        using var grace = new CancellationTokenSource(StopGrace);
        await _app.StopAsync(grace.Token);
        await _app.DisposeAsync();
        _store.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();
}
