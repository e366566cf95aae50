using ImageKitFs.Emulator;

namespace ImageKitFs.Cli.Mounting;

/// <summary>The local ImageKit inside a mount's own process, for `mount --emulator DIR` and `demo`. Gone with the mount, its library kept in DIR.</summary>
internal sealed class EmbeddedEmulator : IAsyncDisposable
{
    private readonly EmulatorServer _server;

    private EmbeddedEmulator(EmulatorServer server, EmulatorOptions options)
    {
        _server = server;
        PrivateKey = options.PrivateKey;
    }

    /// <summary>`http://127.0.0.1:PORT`: serves both APIs.</summary>
    public string Origin => _server.Origin.ToString().TrimEnd('/');

    public string UrlEndpoint => _server.UrlEndpoint.ToString().TrimEnd('/');

    /// <summary>Well known, opens nothing but this emulator.</summary>
    public string PrivateKey { get; }

    /// <summary>Null when the mount has an account.</summary>
    public static async Task<EmbeddedEmulator?> StartAsync(MountRequest request, CancellationToken ct)
    {
        if (request.EmulatorFolder is not { } folder)
            return null;
        EmulatorOptions options = new() { Root = folder };
        EmulatorServer server;
        try
        {
            Directory.CreateDirectory(folder);
            server = await EmulatorServer.StartAsync(options, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.CacheUnusable, $"the emulator cannot use {folder}: {e.Message}", e);
        }

        if (request.EmulatorSample)
            await SampleMedia.FillAsync(server, ct);
        return new EmbeddedEmulator(server, options);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
