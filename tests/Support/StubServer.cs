using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace ImageKitFs.Tests.Support;

/// <summary>A request as it came over the wire.</summary>
/// <param name="Line">"GET /path HTTP/1.1".</param>
/// <param name="Headers">Names in lower case.</param>
/// <param name="Body">Its first <see cref="StubServer.KeptBodyBytes"/> bytes.</param>
/// <param name="BodyLength">All of it that came.</param>
public sealed record StubRequest(string Line, IReadOnlyDictionary<string, string> Headers, byte[] Body, long BodyLength)
{
    public string Method => Line.Split(' ')[0];

    public string Target => Line.Split(' ')[1];
}

/// <summary>What the server does with its next request.</summary>
/// <param name="Bytes">Sent as they are.</param>
/// <param name="ReadBody">False: answers after the headers, without reading the body.</param>
/// <param name="Reset">Ends the connection with a reset instead of an orderly close.</param>
/// <param name="KeepOpen">Leaves the connection open for the next request.</param>
/// <param name="Stall">Says nothing more until the server is disposed.</param>
public sealed record StubStep(byte[] Bytes, bool ReadBody = true, bool Reset = false, bool KeepOpen = false, bool Stall = false)
{
    public static StubStep Reply(int status, string body = "", string headers = "") => new(
        Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {status} X\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}")), KeepOpen: true);

    public static StubStep Raw(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Takes the whole request, then resets.</summary>
    public static StubStep ResetAfterRequest { get; } = new([], Reset: true);
}

/// <summary>Speaks just enough HTTP over a loopback socket to be rude: resets, cut bodies, silence. Requests are answered by the steps, in order.</summary>
public sealed class StubServer : IAsyncDisposable
{
    /// <summary>Bodies are counted whole and kept up to here.</summary>
    public const int KeptBodyBytes = 1 << 20;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<StubStep> _steps = Channel.CreateUnbounded<StubStep>();
    private readonly List<StubRequest> _requests = [];
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private long _bytesReceived;

    public StubServer(params StubStep[] steps)
    {
        foreach (StubStep step in steps)
            _steps.Writer.TryWrite(step);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Origin => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"));

    /// <summary>Bytes of bodies that came so far.</summary>
    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    public IReadOnlyList<StubRequest> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        Task[] connections;
        lock (_connections)
            connections = [.. _connections];
        await Task.WhenAll(connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                lock (_connections)
                    _connections.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using Socket owned = socket;
        await using var output = new NetworkStream(socket);
        await using var stream = new BufferedStream(output, 64 << 10);
        try
        {
            while (await ReadHeadAsync(stream) is { } head)
            {
                StubStep step = await _steps.Reader.ReadAsync(_stop.Token);
                StubRequest request = head;
                if (step.ReadBody)
                    request = await ReadBodyAsync(stream, head);
                lock (_requests)
                    _requests.Add(request);
                await output.WriteAsync(step.Bytes, _stop.Token);
                if (step.Stall)
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                if (step.Reset)
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                if (!step.KeepOpen)
                    return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client went away, or the test is over.
        }
    }

    private async Task<StubRequest?> ReadHeadAsync(Stream stream)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
                return null;
            text.Append((char)one[0]);
        }

        string[] lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0].ToLowerInvariant(), p => p[1]);
        return new StubRequest(lines[0], headers, [], 0);
    }

    private async Task<StubRequest> ReadBodyAsync(Stream stream, StubRequest head)
    {
        long length = head.Headers.TryGetValue("content-length", out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
        using var kept = new MemoryStream();
        byte[] chunk = new byte[64 << 10];
        long got = 0;
        while (got < length)
        {
            int count = await stream.ReadAsync(chunk.AsMemory(0, (int)Math.Min(chunk.Length, length - got)), _stop.Token);
            if (count == 0)
                throw new IOException("The request body is short.");
            got += count;
            Interlocked.Add(ref _bytesReceived, count);
            if (kept.Length < KeptBodyBytes)
                kept.Write(chunk, 0, (int)Math.Min(count, KeptBodyBytes - kept.Length));
        }

        return head with { Body = kept.ToArray(), BodyLength = got };
    }
}
