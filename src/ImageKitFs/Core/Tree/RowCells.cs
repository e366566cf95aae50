using System.Runtime.InteropServices;

namespace ImageKitFs.Core.Tree;

/// <summary>The fixed part of one row: what every row has, 72 bytes. What few rows have stands beside, in the <see cref="RowBlock"/>.</summary>
/// <remarks>Also the stored form (<see cref="ListingFormat"/>): a change of its fields is another version of that format.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct RowCells
{
    public long Size;

    /// <summary>Nanoseconds since 1970, as the next two.</summary>
    public long Modified;

    public long Changed;

    public long Born;

    public ulong IdHigh;

    public ulong VersionHigh;

    public uint IdLow;

    public uint VersionLow;

    public int VersionNumber;

    public int Width;

    public int Height;

    /// <summary>Where the row's names start: the local one, then the remote one if it differs. They end where the next row's start.</summary>
    public int NameStart;

    /// <summary>Bytes of the local name; it is a name of the port, so 255 at most.</summary>
    public byte NameLength;

    public RowFlags Flags;

    /// <summary>The place of the type in the block's table, from 1; 0 is "no type".</summary>
    public ushort Mime;
}
