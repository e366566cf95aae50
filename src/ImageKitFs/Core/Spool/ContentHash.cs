using System.Buffers;
using System.IO.Hashing;
using ImageKitFs.Core.FileSystem;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Spool;

/// <summary>XxHash128 over a whole file.</summary>
internal static class ContentHash
{
    // 256 KiB: fits the second-level cache, so hashing reads from there and not from memory.
    private const int BufferBytes = 256 * 1024;

    public static readonly UInt128 Empty = XxHash128.HashToUInt128([]);

    /// <exception cref="IOException">The disk failed, or the file is shorter than <paramref name="size"/>.</exception>
    public static UInt128 Of(SafeFileHandle file, long size)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var hash = new XxHash128();
            for (long offset = 0; offset < size;)
            {
                int wanted = (int)Math.Min(BufferBytes, size - offset);
                int read = RandomAccess.Read(file, buffer.AsSpan(0, wanted), offset);
                if (read == 0)
                    throw new EndOfStreamException("A spool file is shorter than it was.");
                hash.Append(buffer.AsSpan(0, read));
                offset += read;
            }
            return hash.GetCurrentHashAsUInt128();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static async ValueTask<FsResult<UInt128>> OfAsync(IBaseContent content, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var hash = new XxHash128();
            for (long offset = 0; offset < content.Size;)
            {
                FsResult<int> read = await content.ReadAsync(offset, buffer.AsMemory(0, BufferBytes), ct);
                if (!read.Ok)
                    return read.Error;
                hash.Append(buffer.AsSpan(0, read.Value));
                offset += read.Value;
            }

            return hash.GetCurrentHashAsUInt128();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
