using System.Runtime.InteropServices;

namespace ImageKitFs.Platform.Linux.Interop;

/// <content>Receives a descriptor over a socket (SCM_RIGHTS), as fusermount3 sends it.</content>
internal static partial class Libc
{
    private const int MessageCloseOnExec = 0x40000000;
    private const int SocketLevel = 1;
    private const int ScmRights = 1;

    /// <summary>Waits for the descriptor that the other end sends.</summary>
    /// <returns>The descriptor, or null when the other end closed without sending one.</returns>
    internal static unsafe FuseDeviceHandle? ReceiveDescriptor(FuseDeviceHandle socket)
    {
        // The kernel writes through these pointers during the call only; all of it lives on this stack frame.
        byte payload = 0;
        IoVector vector = new() { Base = &payload, Length = 1 };
        ControlMessage control = default;
        MessageHeader header = new() { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(ControlMessage) };

        nint received;
        do
        {
            received = ReceiveMessage(socket, &header, MessageCloseOnExec);
        }
        while (received < 0 && LastError == Errno.EINTR);

        return received > 0 && header.ControlLength > 0 && control is { Level: SocketLevel, Type: ScmRights }
            ? new FuseDeviceHandle(control.Descriptor)
            : null;
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint ReceiveMessage(FuseDeviceHandle socket, MessageHeader* message, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 56)]
    internal unsafe struct MessageHeader
    {
        [FieldOffset(0)] public void* Name;
        [FieldOffset(8)] public uint NameLength;
        [FieldOffset(16)] public IoVector* Vectors;
        [FieldOffset(24)] public nuint VectorCount;
        [FieldOffset(32)] public void* Control;
        [FieldOffset(40)] public nuint ControlLength;
        [FieldOffset(48)] public int Flags;
    }

    /// <summary>struct cmsghdr with room for one descriptor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct ControlMessage
    {
        [FieldOffset(0)] public nuint Length;
        [FieldOffset(8)] public int Level;
        [FieldOffset(12)] public int Type;
        [FieldOffset(16)] public int Descriptor;
    }
}
