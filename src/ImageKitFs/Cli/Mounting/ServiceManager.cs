using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ImageKitFs.Cli.Mounting;

/// <summary>sd_notify(3): tells systemd (Type=notify) that the mount answers, goes on answering, and is going away.</summary>
/// <param name="notifySocket">NOTIFY_SOCKET; null: nobody listens.</param>
/// <param name="watchdogInterval">How often it wants to hear <see cref="Alive"/>; null: never. See <see cref="FromEnvironment"/>.</param>
internal sealed class ServiceManager(string? notifySocket, TimeSpan? watchdogInterval = null)
{
    public const string Ready = "READY=1";
    public const string Stopping = "STOPPING=1";
    public const string Alive = "WATCHDOG=1";

    /// <summary>Half of what it allows, as sd_watchdog_enabled(3) advises; null when it does not ask.</summary>
    public TimeSpan? WatchdogInterval => watchdogInterval;

    /// <param name="environment">Reads one variable.</param>
    /// <param name="processId">A watchdog may be meant for another process.</param>
    public static ServiceManager FromEnvironment(Func<string, string?> environment, int processId)
    {
        bool isOurs = environment("WATCHDOG_PID") is not { Length: > 0 } other || other == processId.ToString(CultureInfo.InvariantCulture);
        bool isAsked = long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0;
        return new ServiceManager(environment("NOTIFY_SOCKET"), isOurs && isAsked ? TimeSpan.FromMicroseconds(microseconds / 2) : null);
    }

    /// <summary>One line for `systemctl status`.</summary>
    public void Status(string line) => Notify("STATUS=" + line.ReplaceLineEndings(" "));

    /// <summary>Asks for more time to start or to stop, counted from now.</summary>
    public void NeedsMore(TimeSpan time) => Notify(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)time.TotalMicroseconds}"));

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
