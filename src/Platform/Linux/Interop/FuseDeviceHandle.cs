using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Platform.Linux.Interop;

/// <summary>A file descriptor of /dev/fuse that is, or will be, one mount; or a socket.</summary>
/// <remarks>The kernel ends the connection when the last copy is closed. A thread blocked in read keeps the descriptor open until it returns.</remarks>
internal sealed class FuseDeviceHandle : SafeHandleMinusOneIsInvalid
{
    public FuseDeviceHandle()
        : base(ownsHandle: true)
    {
    }

    internal FuseDeviceHandle(int descriptor)
        : this() => SetHandle(descriptor);

    /// <summary>The number, for a mount option or the environment of a child.</summary>
    internal int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
