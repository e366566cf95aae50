using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using ImageKitFs.Cli.Interop;

namespace ImageKitFs.Cli.Profiles.Bus;

/// <summary>A connection to the session bus, for one call at a time; every wait ends. Not for many threads.</summary>
[SupportedOSPlatform("linux")]
internal sealed class BusConnection : IDisposable
{
    private const string Bus = "org.freedesktop.DBus";
    private const string BusPath = "/org/freedesktop/DBus";

    private const int LongestAuthLine = 512;

    private readonly Socket _socket;
    private readonly TimeSpan _patience;
    private readonly List<BusMessage> _signals = [];
    private uint _serial;

    private BusConnection(Socket socket, TimeSpan patience)
    {
        _socket = socket;
        _patience = patience;
    }

    /// <summary>Null when there is no session bus, or not one for this user.</summary>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="patience">The longest wait for a reply.</param>
    public static BusConnection? TryOpen(Func<string, string?> environment, TimeSpan patience)
    {
        foreach (string path in BusAddress.PathsOf(environment))
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            BusConnection connection = new(socket, patience);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                connection.Introduce();
                return connection;
            }
            catch (Exception e) when (e is SocketException or BusException or ArgumentException)
            {
                connection.Dispose();
            }
        }

        return null;
    }

    /// <summary>True when a service of that name runs, or would be started by a call.</summary>
    public bool Offers(string name) =>
        Call(Bus, BusPath, Bus, "NameHasOwner", "s", body => body.Text(name)).Read().Bool()
        || Call(Bus, BusPath, Bus, "ListActivatableNames", "", _ => { }).Read().Texts().Contains(name, StringComparer.Ordinal);

    /// <summary>One call and its reply.</summary>
    /// <exception cref="BusException">An error came back, or nothing in time.</exception>
    public BusMessage Call(string destination, string path, string @interface, string member, string signature, Action<BusWriter> write)
    {
        BusWriter body = new();
        write(body);
        uint serial = ++_serial;
        Send(BusMessage.Call(serial, destination, path, @interface, member, signature, body));
        BusMessage reply = WaitFor(message => message.ReplyTo == serial, _patience);
        return reply.Kind == BusMessageKind.Error ? throw new BusException($"{member} was refused: {reply.ErrorName}") : reply;
    }

    /// <summary>Asks to be told of a signal, does what makes it come, and waits for it.</summary>
    /// <param name="path">Who sends it.</param>
    /// <param name="interface">Its interface.</param>
    /// <param name="member">Its name.</param>
    /// <param name="cause">What makes it come.</param>
    /// <param name="patience">The longest wait: a person may be asked.</param>
    public BusMessage Await(string path, string @interface, string member, Action cause, TimeSpan patience)
    {
        string rule = $"type='signal',interface='{@interface}',member='{member}',path='{path}'";
        Call(Bus, BusPath, Bus, "AddMatch", "s", body => body.Text(rule));
        cause();
        return WaitFor(message => message.Kind == BusMessageKind.Signal && message.Path == path && message.Member == member, patience);
    }

    public void Dispose() => _socket.Dispose();

    // SASL EXTERNAL: the socket itself tells the bus who asks.
    private void Introduce()
    {
        string user = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(SystemCalls.GetEffectiveUser().ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Send([0, .. Encoding.ASCII.GetBytes($"AUTH EXTERNAL {user}\r\n")]);
        if (!ReadLine().StartsWith("OK ", StringComparison.Ordinal))
            throw new BusException("the session bus is not for this user");
        Send(Encoding.ASCII.GetBytes("BEGIN\r\n"));
        Call(Bus, BusPath, Bus, "Hello", "", _ => { });
    }

    private string ReadLine()
    {
        long begun = Stopwatch.GetTimestamp();
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (line.Length < LongestAuthLine)
        {
            Fill(one, begun, _patience);
            if (one[0] == '\n')
                return line.ToString();
            line.Append((char)one[0]);
        }

        throw new BusException("what answers is no bus");
    }

    private BusMessage WaitFor(Func<BusMessage, bool> wanted, TimeSpan patience)
    {
        // A signal may overtake the reply to the call that caused it.
        if (_signals.Find(signal => wanted(signal)) is { } early)
            return early;
        long begun = Stopwatch.GetTimestamp();
        byte[] header = new byte[BusMessage.FixedHeader];
        while (true)
        {
            Fill(header, begun, patience);
            byte[] rest = new byte[BusMessage.RestOf(header)];
            Fill(rest, begun, patience);
            BusMessage message = BusMessage.Parse([.. header, .. rest]);
            if (wanted(message))
                return message;
            if (message.Kind == BusMessageKind.Signal)
                _signals.Add(message);
        }
    }

    private void Send(byte[] message)
    {
        try
        {
            _socket.SendTimeout = (int)_patience.TotalMilliseconds;
            for (int sent = 0; sent < message.Length;)
                sent += _socket.Send(message.AsSpan(sent));
        }
        catch (SocketException e)
        {
            throw new BusException("the session bus does not listen", e);
        }
    }

    private void Fill(byte[] buffer, long begun, TimeSpan patience)
    {
        try
        {
            for (int read = 0; read < buffer.Length;)
            {
                double left = (patience - Stopwatch.GetElapsedTime(begun)).TotalMilliseconds;
                if (left < 1)
                    throw new BusException("no answer on the session bus in time");
                _socket.ReceiveTimeout = (int)left;
                int count = _socket.Receive(buffer.AsSpan(read));
                if (count == 0)
                    throw new BusException("the session bus ended the connection");
                read += count;
            }
        }
        catch (SocketException e)
        {
            throw new BusException("no answer on the session bus in time", e);
        }
    }
}
