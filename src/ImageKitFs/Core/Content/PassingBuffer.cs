using System.Numerics;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Content;

/// <summary>The range that one handle read last while its bytes could not be cached, so that small reads do not each cost a request.</summary>
/// <param name="turn">One read at a time; has no wait handle, so there is nothing to dispose.</param>
internal sealed class PassingBuffer(SemaphoreSlim turn)
{
    /// <summary>1 MiB: the largest single read of the kernel, and little enough for every open handle to have one.</summary>
    private const int MaxBytes = 1 << 20;

    private byte[] _bytes = [];
    private RangedReader? _reader; // whose bytes they are
    private long _start;
    private int _count;

    /// <summary>Fills <paramref name="destination"/>, from memory where it can.</summary>
    /// <param name="aheadTo">How far the reader is expected to go on.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<FsError> ReadAsync(
        RangedReader reader, IContentLocator locator, BlockLayout layout, long offset, Memory<byte> destination, long aheadTo, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            if (!Covers(reader, offset, destination.Length))
            {
                long from = layout.Start(layout.BlockAt(offset));
                long needed = layout.Start(layout.BlockCeiling(offset + destination.Length));
                if (needed - from > MaxBytes)
                    return await reader.FetchAsync(locator, new MemorySink(offset, destination), ct);
                FsError error = await FillAsync(reader, locator, from, (int)(Math.Clamp(aheadTo, needed, Math.Min(layout.Size, from + MaxBytes)) - from), ct);
                if (error != FsError.None)
                    return error;
            }

            _bytes.AsMemory((int)(offset - _start), destination.Length).CopyTo(destination);
            return FsError.None;
        }
        finally
        {
            turn.Release();
        }
    }

    private bool Covers(RangedReader reader, long offset, int length) =>
        _reader == reader && offset >= _start && offset + length <= _start + _count;

    private async ValueTask<FsError> FillAsync(RangedReader reader, IContentLocator locator, long from, int length, CancellationToken ct)
    {
        _reader = null; // until all of it has come
        if (_bytes.Length < length)
            _bytes = new byte[BitOperations.RoundUpToPowerOf2((uint)length)];
        FsError error = await reader.FetchAsync(locator, new MemorySink(from, _bytes.AsMemory(0, length)), ct);
        if (error == FsError.None)
            (_reader, _start, _count) = (reader, from, length);
        return error;
    }
}
