using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ImageKitFs.Core.Streams;

namespace ImageKitFs.Cli.Interop;

/// <summary>
/// Standard output for a file's bytes. The runtime's own stream keeps a lock while it writes: with a reader that has stopped reading, nothing could be said on
/// standard error either.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class OutputStream : WritingStream
{
    private const int StandardOutput = 1;

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
}
