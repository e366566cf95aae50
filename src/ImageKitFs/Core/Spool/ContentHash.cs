using System.Buffers;
using System.IO.Hashing;
using ImageKitFs.Core.FileSystem;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Spool;

/// <summary>XxHash128 over a whole file, and XxHash3 over its blocks.</summary>
internal static class ContentHash
{
    // 256 KiB: fits the second-level cache, so hashing reads from there and not from memory.
    private const int BufferBytes = 256 * 1024;

    /// <summary>64 KiB, the block of the content cache: whose checksums come out of the same pass.</summary>
    public const int BlockBytes = 64 * 1024;

    public static readonly UInt128 Empty = XxHash128.HashToUInt128([]);

    /// <exception cref="IOException">The disk failed, or the file is shorter than <paramref name="size"/>.</exception>
    public static UInt128 Of(SafeFileHandle file, long size) => Of(file, size, out _);

    /// <inheritdoc cref="Of(SafeFileHandle, long)"/>
    /// <param name="file">The file.</param>
    /// <param name="size">Its length.</param>
    /// <param name="blocks">XxHash3 of each block of <see cref="BlockBytes"/>.</param>
    public static UInt128 Of(SafeFileHandle file, long size, out ulong[] blocks)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var hash = new XxHash128();
            blocks = new ulong[(size + BlockBytes - 1) / BlockBytes];
            for (long offset = 0; offset < size;)
            {
                Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(BufferBytes, size - offset));
                for (int filled = 0; filled < piece.Length;)
                {
                    int read = RandomAccess.Read(file, piece[filled..], offset + filled);
                    if (read == 0)
                        throw new EndOfStreamException("A spool file is shorter than it was.");
                    filled += read;
                }

                hash.Append(piece);
                for (int start = 0; start < piece.Length; start += BlockBytes)
                    blocks[(offset + start) / BlockBytes] = XxHash3.HashToUInt64(piece[start..Math.Min(piece.Length, start + BlockBytes)]);
                offset += piece.Length;
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
