using System.Buffers;
using ImageKitFs.Core.Streams;

namespace ImageKitFs.Core.Direct;

/// <summary>Takes bytes and compares them with those of another stream; ends at the first that differs.</summary>
internal sealed class ComparingStream(Stream other) : WritingStream
{
    /// <exception cref="DifferentException">They differ.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        byte[] expected = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            int read = other.ReadAtLeast(expected.AsSpan(0, buffer.Length), buffer.Length, throwOnEndOfStream: false);
            if (!buffer.SequenceEqual(expected.AsSpan(0, read)))
                throw new DifferentException();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(expected);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            other.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The bytes are not the same.</summary>
    internal sealed class DifferentException : Exception;
}
