using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Tests.Spool;

/// <summary>A clean version in memory that counts what is read, can fail, and can be held up.</summary>
internal sealed class FakeBase(byte[] content, bool isLocal = false) : IBaseContent
{
    private int _reads;

    public long Size => content.Length;

    public bool IsLocal => isLocal;

    public int Reads => Volatile.Read(ref _reads);

    public bool IsDisposed { get; private set; }

    public FsError Failure { get; set; }

    /// <summary>Reads wait for it when set; they complete asynchronously.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Completes when the first read has begun.</summary>
    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>At most so many bytes per read.</summary>
    public int MaxRead { get; set; } = int.MaxValue;

    public async ValueTask<FsResult<int>> ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Interlocked.Increment(ref _reads);
        Started.TrySetResult();
        if (Gate is { } gate)
            await gate.Task.WaitAsync(ct);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Failure != FsError.None)
            return Failure;
        int count = (int)Math.Clamp(content.Length - offset, 0, Math.Min(buffer.Length, MaxRead));
        content.AsSpan((int)Math.Min(offset, content.Length), count).CopyTo(buffer.Span);
        return count;
    }

    public void Dispose() => IsDisposed = true;
}
