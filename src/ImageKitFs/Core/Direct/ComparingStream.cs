using System.Buffers;

namespace ImageKitFs.Core.Direct;

/// <summary>Takes bytes and compares them with those of another stream; ends at the first that differs.</summary>
internal sealed class ComparingStream(Stream other) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            other.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The bytes are not the same.</summary>
    internal sealed class DifferentException : Exception;
}
