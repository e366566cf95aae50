using System.Net.Sockets;
using System.Text;

namespace ImageKitFs.Cli.Mounting;

/// <summary>sd_notify(3): tells systemd (Type=notify) that the mount answers, and that it is going away.</summary>
internal sealed class ServiceManager(string? notifySocket)
{
    public const string Ready = "READY=1";
    public const string Stopping = "STOPPING=1";

    /// <summary>Sends nothing where no service manager listens; a lost message is no reason to fail a mount.</summary>
    public void Notify(string state)
    {
        // A path, or "@name" for Linux's abstract space, whose first byte is NUL.
        if (notifySocket is not { Length: > 1 } address || address[0] is not ('/' or '@'))
            return;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address));
        }
        catch (SocketException)
        {
            // The manager is gone or its socket is full.
        }
    }
}
