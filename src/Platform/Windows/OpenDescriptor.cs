using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>One open of a file or folder: what only this handle knows.</summary>
internal sealed class OpenDescriptor(HandleId reader, bool isWriter)
{
    private int _isClosed;

    /// <summary>A handle of the port for reading alone, with a readahead of its own; none when reads go through the writer.</summary>
    internal HandleId Reader { get; } = reader;

    /// <summary>Counted among the node's writers.</summary>
    internal bool IsWriter { get; set; } = isWriter;

    /// <summary>Has written since the last commit. Guarded by the node.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>The write time that a program set through this handle: as on NTFS, later writes through it do not move it.</summary>
    internal TimeChange SetWriteTime { get; set; }

    /// <summary>Written after that.</summary>
    internal bool HasWrittenSince { get; set; }

    /// <summary>The listing that is being read.</summary>
    internal DirectoryPager? Pager { get; set; }

    /// <summary>True for the first caller only: Close must not count twice.</summary>
    internal bool TryClose() => Interlocked.Exchange(ref _isClosed, 1) == 0;
}
