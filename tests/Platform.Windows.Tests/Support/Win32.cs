namespace ImageKitFs.Platform.Windows.Tests.Support;

/// <summary>What a program may do with what it opens, as the driver passes it on.</summary>
[Flags]
internal enum Access : uint
{
    None = 0,
    ReadData = 0x1,
    WriteData = 0x2,
    AppendData = 0x4,
    ReadAttributes = 0x80,
    WriteAttributes = 0x100,
    Delete = 0x10000,
    Synchronize = 0x100000,
    Read = ReadData | ReadAttributes | Synchronize,
    Write = WriteData | AppendData | WriteAttributes | Synchronize,
    Append = AppendData | WriteAttributes | Synchronize,
    ReadWrite = Read | Write,
}

/// <summary>What others may do meanwhile.</summary>
[Flags]
internal enum Share
{
    None = 0,
    Read = 1,
    Write = 2,
    Delete = 4,
    All = Read | Write | Delete,
}

/// <summary>dwCreationDisposition of CreateFile.</summary>
internal enum Disposition
{
    CreateNew = 1,
    CreateAlways,
    OpenExisting,
    OpenAlways,
    TruncateExisting,
}

/// <summary>One row of a directory listing.</summary>
internal readonly record struct ListedName(string Name, FileInfoFields Info);

/// <summary>A status that a test did not expect.</summary>
internal sealed class StatusException(string what, int status) : Exception($"{what}: 0x{status:X8}")
{
    internal int Status { get; } = status;
}
