using System.Globalization;
using ImageKitFs.Cli.Diagnosis;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Library;

/// <summary>What delivery says about a file of attached storage.</summary>
/// <param name="Path">As ImageKit knows it.</param>
/// <param name="Url">Where its original is delivered; not signed.</param>
/// <param name="Size">Bytes, when delivery says.</param>
/// <param name="ContentType">Its type, or null.</param>
/// <param name="LastModified">Its time, or null.</param>
/// <param name="ETag">Delivery's tag of this content, or null.</param>
internal sealed record OriginFileInfo(string Path, string Url, long? Size, string? ContentType, DateTimeOffset? LastModified, string? ETag);

/// <summary>
/// Files that ImageKit delivers and does not list, because they lie in storage attached to the account. They are reached by delivery URL alone:
/// they can be looked at and read, by exact path, and nothing else.
/// </summary>
internal sealed class OriginFile : IAsyncDisposable
{
    private const string Original = "tr=orig-true";

    private const int ChunkBytes = 1 << 20;

    /// <summary>The first fetch of a file waits for the origin.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan SignatureLifetime = TimeSpan.FromHours(1);

    /// <summary>Waited before what may pass by itself (5xx, 429, a broken connection) is tried again.</summary>
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(2)];

    private readonly EmbeddedEmulator? _emulator;
    private readonly ServiceProbe _service;
    private readonly TimeProvider _time;

    private OriginFile(EmbeddedEmulator? emulator, ServiceProbe service, TimeProvider time)
    {
        _emulator = emulator;
        _service = service;
        _time = time;
    }

    /// <param name="request">Which account.</param>
    /// <param name="ct">Ends the wait for the emulator, where one is named.</param>
    /// <exception cref="CliException">No account, or no key.</exception>
    public static async Task<OriginFile> OpenAsync(MountRequest request, CancellationToken ct)
    {
        EmbeddedEmulator? emulator = await EmbeddedEmulator.StartAsync(request, ct);
        return Open(emulator is null ? Account.Find(request) : Account.Of(emulator), emulator);
    }

    /// <param name="account">Whose delivery host is asked.</param>
    /// <param name="emulator">Ended with this; null for none.</param>
    public static OriginFile Open(Account account, EmbeddedEmulator? emulator = null) =>
        new(emulator, new ServiceProbe(account.Endpoints, account.Key, Patience, TimeProvider.System), TimeProvider.System);

    /// <summary>The URL of a file's original, for anybody when the file is public.</summary>
    public string UrlOf(string path) => _service.UrlOf(path, Original, lifetime: null);

    /// <summary>Looks at a file without reading it.</summary>
    /// <exception cref="CliException">It is not delivered; the message says why and what to do.</exception>
    public async Task<OriginFileInfo> HeadAsync(string path, CancellationToken ct)
    {
        using ProbeReply reply = await OpenAsync(HttpMethod.Head, path, ct);
        return Describe(path, reply);
    }

    /// <summary>Copies a file's bytes out.</summary>
    /// <exception cref="CliException">It is not delivered, or not whole.</exception>
    public async Task<OriginFileInfo> ReadAsync(string path, Stream target, CancellationToken ct)
    {
        using ProbeReply reply = await OpenAsync(HttpMethod.Get, path, ct);
        byte[] buffer = new byte[ChunkBytes];
        long at = 0;
        while (true)
        {
            int count;
            try
            {
                count = await reply.Content.ReadAsync(buffer, ct);
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                throw new CliException(ExitCode.NoNetwork, $"{Shown(path)} broke off after {at} bytes: {e.Message}", e);
            }

            if (count == 0)
                return Describe(path, reply) with { Size = at };
            await target.WriteAsync(buffer.AsMemory(0, count), ct);
            at += count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _service.Dispose();
        if (_emulator is not null)
            await _emulator.DisposeAsync();
    }

    // As a mount reads: unsigned, signed where the account wants that, and without words for a transformation where it allows none.
    private async Task<ProbeReply> OpenAsync(HttpMethod method, string path, CancellationToken ct)
    {
        if (path.Trim('/').Length == 0)
            throw new CliException(ExitCode.Usage, "/ is a folder; attached storage is reached file by file");
        ProbeReply reply = await SendAsync(method, UrlOf(path), ct);
        ProbeReply first = reply;
        if (reply.Status is 400 or 401 or 403)
            reply = await InsteadAsync(reply, Original);
        if (reply.Status == 400)
            reply = await InsteadAsync(reply, "");
        if (reply.Ok)
            return reply;
        reply.Dispose();
        DeliveryTrouble trouble = DeliveryTrouble.Of(first)!;
        string code = trouble.Code.Length > 0 ? $" ({trouble.Code})" : first.Status > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({first.Status})") : "";
        string id = first.RequestId.Length > 0 ? $" [request {first.RequestId}]" : "";
        throw new CliException(trouble.Exit, $"{Shown(path)}: {trouble.Cause}{code}; {trouble.Advice}{id}");

        Task<ProbeReply> InsteadAsync(ProbeReply refused, string query)
        {
            refused.Dispose();
            return SendAsync(method, _service.UrlOf(path, query, SignatureLifetime), ct);
        }
    }

    private async Task<ProbeReply> SendAsync(HttpMethod method, string url, CancellationToken ct)
    {
        for (int attempt = 0; ; attempt++)
        {
            ProbeReply reply = await _service.FetchAsync(method, url, ct);
            bool mayPass = reply.Status is 429 or >= 500 || reply.Failure is ProbeFailure.Broken or ProbeFailure.NotConnected;
            if (!mayPass || attempt == Pauses.Length)
                return reply;
            reply.Dispose();
            await Task.Delay(Pauses[attempt], _time, ct);
        }
    }

    private OriginFileInfo Describe(string path, ProbeReply reply) =>
        new(Shown(path), UrlOf(path), reply.ContentLength, reply.Header("Content-Type"), reply.LastModified, reply.Header("ETag"));

    private static string Shown(string path) => "/" + path.Trim('/');
}
