using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ImageKitFs.Cli.Interop;

/// <summary>
/// Standard output for a file's bytes. The runtime's own stream keeps a lock while it writes: with a reader that has stopped reading, nothing could be said on
/// standard error either.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class OutputStream : Stream
{
    private const int StandardOutput = 1;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">It takes no more.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = SystemCalls.Write(StandardOutput, buffer, (nuint)buffer.Length);
            if (written >= 0)
                buffer = buffer[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var errno && errno != SystemCalls.EINTR)
                throw new IOException($"cannot write to standard output: {Marshal.GetPInvokeErrorMessage(errno)}");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
