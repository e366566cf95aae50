using System.Runtime.InteropServices;
using System.Text;
using FileInfo = Fsp.Interop.FileInfo;

namespace Fsp;

/// <summary>The records of a directory reading as the driver takes them: length (u16) at 0, FileInfo at 8, 24 bytes of padding, the name (UTF-16) at 104; each 8-aligned; a length of 0 ends the folder.</summary>
internal sealed class DirectoryBuffer
{
    internal const int InfoAt = 8;
    internal const int NameAt = 104;
    internal const int EndBytes = 2;
    internal const int Alignment = 8;

    private readonly IntPtr _buffer;
    private readonly uint _length;

    internal DirectoryBuffer(IntPtr buffer, uint length)
    {
        _buffer = buffer;
        _length = length;
    }

    internal uint Used { get; private set; }

    internal bool TryAdd(string name, in FileInfo info)
    {
        byte[] text = Encoding.Unicode.GetBytes(name);
        int size = NameAt + text.Length;
        uint aligned = (uint)((size + Alignment - 1) & ~(Alignment - 1));
        if (Used + aligned > _length)
            return false;
        IntPtr at = _buffer + (int)Used;
        Marshal.WriteInt16(at, (short)size);
        Marshal.StructureToPtr(info, at + InfoAt, fDeleteOld: false);
        Marshal.Copy(text, 0, at + NameAt, text.Length);
        Used += aligned;
        return true;
    }

    internal void End()
    {
        if (Used + EndBytes > _length)
            return;
        Marshal.WriteInt16(_buffer + (int)Used, 0);
        Used += EndBytes;
    }
}
