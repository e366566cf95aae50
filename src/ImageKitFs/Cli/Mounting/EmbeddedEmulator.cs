using ImageKitFs.Emulator;

namespace ImageKitFs.Cli.Mounting;

/// <summary>The local ImageKit inside a mount's own process, for `mount --emulator DIR` and `demo`. Gone with the mount, its library kept in DIR.</summary>
internal sealed class EmbeddedEmulator : IAsyncDisposable
{
    private readonly EmulatorServer _server;

    private EmbeddedEmulator(EmulatorServer server) => _server = server;

    /// <summary>`http://127.0.0.1:PORT`: serves both APIs.</summary>
    public string Origin => _server.BaseAddress.GetLeftPart(UriPartial.Authority);

    public string UrlEndpoint => _server.UrlEndpoint;

    /// <summary>Well known, opens nothing but this emulator.</summary>
    public string PrivateKey => _server.PrivateKey;

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
            SeedOnce(server);
        return new EmbeddedEmulator(server);
    }

    /// <summary>Sample pictures for a library that has nothing yet; seeding again would only add versions.</summary>
    public static void SeedOnce(EmulatorServer server)
    {
        if (server.Store.List().Count == 0)
            SampleMedia.Seed(server);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
