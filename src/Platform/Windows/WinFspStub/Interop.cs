using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fsp.Interop;

[StructLayout(LayoutKind.Sequential)]
public struct FileInfo
{
    public uint FileAttributes;
    public uint ReparseTag;
    public ulong AllocationSize;
    public ulong FileSize;
    public ulong CreationTime;
    public ulong LastAccessTime;
    public ulong LastWriteTime;
    public ulong ChangeTime;
    public ulong IndexNumber;
    public uint HardLinks;
    private uint _eaSize;

    public uint EaSize
    {
        get => _eaSize;
        set => _eaSize = value;
    }
}

[StructLayout(LayoutKind.Sequential)]
public struct VolumeInfo
{
    private const int LabelUnits = 32;

    public ulong TotalSize;
    public ulong FreeSize;
    private ushort _labelBytes;
    private Label _label;

    public void SetVolumeLabel(string Value)
    {
        int units = Math.Min(Value.Length, LabelUnits);
        Span<ushort> label = _label;
        for (int i = 0; i < units; i++)
            label[i] = Value[i];
        _labelBytes = (ushort)(units * sizeof(char));
    }

    internal readonly string GetVolumeLabel()
    {
        ReadOnlySpan<ushort> label = _label;
        return new string(MemoryMarshal.Cast<ushort, char>(label[..(_labelBytes / sizeof(char))]));
    }

    [InlineArray(LabelUnits)]
    private struct Label
    {
        private ushort _first;
    }
}

public enum NotifyAction : uint
{
    Added = 1,
    Removed = 2,
    Modified = 3,
    RenamedOldName = 4,
    RenamedNewName = 5,
    AddedStream = 6,
    RemovedStream = 7,
    ModifiedStream = 8,
    RemovedByDelete = 9,
    IdNotTunnelled = 10,
    TunnelledIdCollision = 11,
}

[Flags]
public enum NotifyFilter : uint
{
    None = 0x000,
    ChangeFileName = 0x001,
    ChangeDirName = 0x002,
    ChangeName = 0x003,
    ChangeAttributes = 0x004,
    ChangeSize = 0x008,
    ChangeLastWrite = 0x010,
    ChangeLastAccess = 0x020,
    ChangeCreation = 0x040,
    ChangeEa = 0x080,
    ChangeSecurity = 0x100,
    ChangeStreamName = 0x200,
    ChangeStreamSize = 0x400,
    ChangeStreamWrite = 0x800,
}

public struct NotifyInfo
{
    public string FileName;
    public NotifyAction Action;
    public NotifyFilter Filter;
}
