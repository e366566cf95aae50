using System.Runtime.InteropServices;
using System.Text;
using ImageKitFs.Platform.Linux.Interop;
using ImageKitFs.Platform.Linux.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Support;

/// <summary>One reply as the kernel would see it.</summary>
internal sealed record Reply(ulong Unique, int Error, byte[] Body)
{
    internal T As<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Body);
}

/// <summary>The kernel's side of a connection, over a socket pair that keeps message boundaries.</summary>
internal sealed class FakeKernel : IAsyncDisposable
{
    internal const uint AllFlags = 0x73fffffb;
    internal const uint AllFlags2 = 0x5fd;

    private const int SocketSeqPacket = 5;
    private const int ReceiveTimeoutSeconds = 20;

    private readonly FuseDeviceHandle _socket;
    private readonly byte[] _buffer = new byte[1 << 20];
    private ulong _nextUnique = 2;

    internal FakeKernel(MemoryFileSystem? fileSystem = null, TimeProvider? clock = null, ILogger? log = null, TimeSpan? requestLimit = null)
    {
        Span<int> pair = stackalloc int[2];
        Assert.Equal(0, Libc.SocketPair(Libc.AddressFamilyUnix, SocketSeqPacket | Libc.SocketCloseOnExec, 0, pair));
        _socket = new FuseDeviceHandle(pair[0]);
        SetReceiveTimeout(pair[0]);
        FileSystem = fileSystem ?? new MemoryFileSystem();
        Connection = new FuseConnection(
            new FuseDeviceHandle(pair[1]), FileSystem, log ?? NullLogger.Instance, clock ?? TimeProvider.System, requestLimit: requestLimit);
    }

    internal MemoryFileSystem FileSystem { get; }

    internal FuseConnection Connection { get; }

    /// <summary>A connection whose INIT has been answered as a current kernel would.</summary>
    internal static FakeKernel Started(
        MemoryFileSystem? fileSystem = null, TimeProvider? clock = null, ILogger? log = null, uint flags = AllFlags, uint flags2 = AllFlags2, TimeSpan? requestLimit = null)
    {
        FakeKernel kernel = new(fileSystem, clock, log, requestLimit);
        Assert.Equal(0, kernel.Init(7, 45, flags, flags2).Error);
        return kernel;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await Connection.Ended.WaitAsync(TimeSpan.FromSeconds(ReceiveTimeoutSeconds));
    }

    internal Reply Init(uint major, uint minor, uint flags, uint flags2 = 0) => Call(
        FuseOpcode.Init, 0, Bytes(new FuseInitIn { Major = major, Minor = minor, MaxReadahead = 128 << 10, Flags = flags, Flags2 = flags2 }));

    /// <summary>Sends a request and waits for its reply.</summary>
    internal Reply Call(FuseOpcode opcode, ulong node, params byte[][] body)
    {
        ulong unique = Send(opcode, node, body);
        Reply reply = Receive();
        Assert.Equal(unique, reply.Unique);
        return reply;
    }

    /// <summary>Sends a request.</summary>
    internal ulong Send(FuseOpcode opcode, ulong node, params byte[][] body)
    {
        ulong unique = NewUnique();
        SendAs(unique, opcode, node, body);
        return unique;
    }

    internal ulong NewUnique() => _nextUnique += 2;

    internal void SendAs(ulong unique, FuseOpcode opcode, ulong node, params byte[][] body)
    {
        byte[] payload = [.. body.SelectMany(static part => part)];
        SendRaw([
            .. Bytes(new FuseInHeader
            {
                Length = (uint)(FuseInHeader.Bytes + payload.Length),
                Opcode = opcode,
                Unique = unique,
                NodeId = node,
                Uid = 1000,
                Gid = 1001,
                Pid = 4242,
            }),
            .. payload,
        ]);
    }

    internal void SendRaw(byte[] message) => Assert.Equal(message.Length, (int)Libc.Write(_socket, message, (nuint)message.Length));

    /// <summary>Waits for the next message: a reply, or a notification with unique 0.</summary>
    internal Reply Receive()
    {
        int length = (int)Libc.Read(_socket, _buffer, (nuint)_buffer.Length);
        Assert.True(length >= FuseOutHeader.Bytes, $"no reply within {ReceiveTimeoutSeconds} s");
        FuseOutHeader header = MemoryMarshal.Read<FuseOutHeader>(_buffer);
        Assert.Equal((uint)length, header.Length);
        return new Reply(header.Unique, header.Unique == 0 ? header.Error : -header.Error, _buffer[FuseOutHeader.Bytes..length]);
    }

    /// <summary>Looks a name up below the root.</summary>
    internal ulong NodeOf(string name) => Call(FuseOpcode.Lookup, 1, Name(name)).As<FuseEntryOut>().NodeId;

    internal ulong OpenHandle(ulong node, uint flags = LinuxFlags.ReadWrite) =>
        Call(FuseOpcode.Open, node, Bytes(new FuseOpenIn { Flags = flags })).As<FuseOpenOut>().Handle;

    internal static byte[] Name(string name) => [.. Encoding.UTF8.GetBytes(name), 0];

    internal static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    // SO_RCVTIMEO: a missing reply fails the test instead of hanging it.
    private static void SetReceiveTimeout(int socket)
    {
        const int socketLevel = 1;
        const int receiveTimeout = 20;
        long[] timeval = [ReceiveTimeoutSeconds, 0];
        Assert.Equal(0, TestLibc.SetSocketOption(socket, socketLevel, receiveTimeout, MemoryMarshal.AsBytes<long>(timeval), 2 * sizeof(long)));
    }
}
