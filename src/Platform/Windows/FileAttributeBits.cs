namespace ImageKitFs.Platform.Windows;

/// <summary>FILE_ATTRIBUTE_* of winnt.h, as far as they mean something here.</summary>
internal static class FileAttributeBits
{
    internal const uint ReadOnly = 0x1;
    internal const uint Hidden = 0x2;
    internal const uint System = 0x4;
    internal const uint Directory = 0x10;
    internal const uint Archive = 0x20;
    internal const uint Normal = 0x80;
    internal const uint NotContentIndexed = 0x2000;

    /// <summary>INVALID_FILE_ATTRIBUTES: in SetBasicInfo, leave them as they are.</summary>
    internal const uint Unchanged = 0xFFFFFFFF;
}
