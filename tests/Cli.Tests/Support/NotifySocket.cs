using System.Net.Sockets;
using System.Text;

namespace ImageKitFs.Cli.Tests.Support;

/// <summary>Stands in for the service manager's socket.</summary>
internal sealed class NotifySocket : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public NotifySocket(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
    }

    public string Path { get; }

    /// <summary>Whether something was said that nobody has received.</summary>
    public bool HasMessage => _socket.Available > 0;

    public async Task<string> ReceiveAsync()
    {
        byte[] buffer = new byte[1024];
        int length = await _socket.ReceiveAsync(buffer, SocketFlags.None).WaitAsync(Hang);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    public void Dispose() => _socket.Dispose();
}
