using System.Buffers;

namespace ImageKitFs.Platform.Windows;

/// <summary>A buffer of the driver as Memory, which is what the port takes.</summary>
/// <remarks>
/// Sound because the memory is native, so the collector never moves it, and because the driver keeps it until the request is answered:
/// when the callback returns, or, after STATUS_PENDING, with the matching reply. Nothing here uses it later.
/// </remarks>
internal sealed unsafe class NativeBuffer(IntPtr address, uint length) : MemoryManager<byte>
{
    private readonly byte* _address = (byte*)address;
    private readonly int _length = checked((int)length);

    public override Span<byte> GetSpan() => new(_address, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_address + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
