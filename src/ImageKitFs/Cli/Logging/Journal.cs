using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>systemd's journal, spoken to in its own protocol (systemd.io, "Native Journal Protocol"): one datagram an event, one field for each thing it says.</summary>
internal sealed class Journal : IDisposable
{
    /// <summary>For tests alone: stands in for the journal's socket.</summary>
    public const string SocketVariable = "IMAGEKITFS_JOURNAL_SOCKET";

    private const string DefaultSocket = "/run/systemd/journal/socket";

    /// <summary>A datagram of this size passes every default limit of socket buffers (208 KiB), with room for the other fields.</summary>
    private const int LongestMessage = 32 * 1024;

    // A journal that is busy for longer loses lines to standard error, but holds nobody up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = (int)Patience.TotalMilliseconds };
    private readonly UnixDomainSocketEndPoint _address;
    private readonly string _mountPoint;

    /// <param name="socketPath">Where the journal listens.</param>
    /// <param name="mountPoint">Said with every event, so that several mounts can be told apart.</param>
    public Journal(string socketPath, string mountPoint)
    {
        _address = new UnixDomainSocketEndPoint(socketPath);
        _mountPoint = mountPoint;
    }

    public static string SocketPath(Func<string, string?> environment) => environment(SocketVariable) is { Length: > 0 } path ? path : DefaultSocket;

    /// <summary>True when standard error is the journal's: JOURNAL_STREAM has its inode (systemd.exec(5)).</summary>
    public static bool HasStandardError(Func<string, string?> environment)
    {
        if (!OperatingSystem.IsLinux() || environment("JOURNAL_STREAM")?.Split(':') is not [_, { Length: > 0 } inode])
            return false;
        try
        {
            return new FileInfo("/proc/self/fd/2").LinkTarget == $"socket:[{inode}]";
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The number that syslog(3) has for a level.</summary>
    public static int PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    /// <returns>False when the journal did not take it.</returns>
    public bool TryWrite(LogRecord record)
    {
        byte[] datagram = Encode(record);
        lock (_lock)
        {
            try
            {
                return _socket.SendTo(datagram, _address) == datagram.Length;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private byte[] Encode(LogRecord record)
    {
        MemoryStream datagram = new();
        string message = LogText.MessageOf(record);
        Write("MESSAGE", message.Length > LongestMessage ? message[..LongestMessage] : message);
        Write("PRIORITY", PriorityOf(record.Level).ToString(CultureInfo.InvariantCulture));
        Write("SYSLOG_IDENTIFIER", "imagekitfs");
        Write("IMAGEKITFS_MOUNT", _mountPoint);
        Write("IMAGEKITFS_CATEGORY", record.Category);
        Write("IMAGEKITFS_EVENT", record.Event.Name);
        Write("IMAGEKITFS_PATH", record.Path);
        Write("IMAGEKITFS_OPERATION", record.Operation);
        Write("IMAGEKITFS_ERRNO", record.Errno);
        Write("IMAGEKITFS_REQUEST_ID", record.RequestId);
        Write("IMAGEKITFS_STACK", record.Exception?.StackTrace);
        return datagram.ToArray();

        void Write(string name, string? value)
        {
            if (value is null)
                return;
            byte[] text = Encoding.UTF8.GetBytes(value);
            datagram.Write(Encoding.ASCII.GetBytes(name));
            if (!text.AsSpan().Contains((byte)'\n'))
            {
                datagram.WriteByte((byte)'=');
            }
            else
            {
                // A value of several lines comes with its length, 64 bits, little-endian.
                datagram.WriteByte((byte)'\n');
                Span<byte> length = stackalloc byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
                datagram.Write(length);
            }

            datagram.Write(text);
            datagram.WriteByte((byte)'\n');
        }
    }
}
