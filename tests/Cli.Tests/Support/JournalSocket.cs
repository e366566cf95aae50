using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace ImageKitFs.Cli.Tests.Support;

/// <summary>Stands in for the journal's socket, and reads its protocol strictly.</summary>
internal sealed class JournalSocket : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public JournalSocket(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
    }

    public string Path { get; }

    /// <summary>The fields of the next event.</summary>
    public async Task<Dictionary<string, string>> ReceiveAsync()
    {
        byte[] buffer = new byte[1 << 18];
        int length = await _socket.ReceiveAsync(buffer, SocketFlags.None).WaitAsync(Hang);
        return Parse(buffer.AsSpan(0, length));
    }

    /// <summary>The fields of the first event that fits.</summary>
    public async Task<Dictionary<string, string>> ReceiveAsync(Func<Dictionary<string, string>, bool> fits)
    {
        while (true)
        {
            if (await ReceiveAsync() is var fields && fits(fields))
                return fields;
        }
    }

    public void Dispose() => _socket.Dispose();

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> datagram)
    {
        Dictionary<string, string> fields = [];
        while (!datagram.IsEmpty)
        {
            int end = datagram.IndexOfAny((byte)'=', (byte)'\n');
            string name = Encoding.ASCII.GetString(datagram[..end]);
            Assert.Matches("^[A-Z][A-Z0-9_]*$", name);
            bool isBinary = datagram[end] == '\n';
            datagram = datagram[(end + 1)..];
            int length = isBinary ? (int)BinaryPrimitives.ReadInt64LittleEndian(datagram) : datagram.IndexOf((byte)'\n');
            if (isBinary)
                datagram = datagram[sizeof(long)..];
            fields.Add(name, Encoding.UTF8.GetString(datagram[..length]));
            Assert.Equal((byte)'\n', datagram[length]);
            datagram = datagram[(length + 1)..];
        }

        return fields;
    }
}
