using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Spool;

/// <summary>What lies below the layers of a file: one clean version of it, the one it was opened with. Never another version's bytes.</summary>
/// <remarks>The stack that is given one owns it and disposes it when the last read in flight has ended.</remarks>
internal interface IBaseContent : IDisposable
{
    /// <summary>Bytes in this version; does not change.</summary>
    long Size { get; }

    /// <summary>True when reading needs no network: every byte is on the local disk and stays there while this is open.</summary>
    bool IsLocal { get; }

    /// <summary>Reads at <paramref name="offset"/>; 0 bytes only at or past the end. Safe to call concurrently.</summary>
    ValueTask<FsResult<int>> ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct);
}
