namespace ImageKitFs.Platform.Windows.Tests.Support;

/// <summary>A file object of the driver.</summary>
internal sealed class FakeHandle(string path, Access access, Share share, object? node, object? descriptor)
{
    internal string Path { get; set; } = path;

    internal Access Access { get; } = access;

    internal Share Share { get; } = share;

    internal object? Node { get; } = node;

    internal object? Descriptor { get; } = descriptor;

    internal bool DeleteOnClose { get; init; }

    internal bool IsDirectory { get; init; }

    internal bool HasWritten { get; set; }

    internal bool HasSetTime { get; set; }

    internal FileInfoFields Info { get; set; }
}
