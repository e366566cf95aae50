using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Renditions;

/// <summary>The bytes of one rendition, open for reading: in the cache, or in memory where the cache had no room.</summary>
internal sealed class RenditionContent : IDisposable
{
    private readonly CachedContent? _cached;
    private readonly ReadaheadWindow? _window;
    private readonly byte[] _bytes = [];

    public RenditionContent(CachedContent cached)
    {
        _cached = cached;
        _window = new ReadaheadWindow();
        Size = cached.Size;
    }

    public RenditionContent(byte[] bytes)
    {
        _bytes = bytes;
        Size = bytes.Length;
    }

    public long Size { get; }

    /// <summary>Reads up to the buffer's length; fewer bytes only at the end.</summary>
    public ValueTask<FsResult<int>> ReadAsync(long offset, Memory<byte> buffer, CancellationToken ct)
    {
        if (_cached is not null)
            return _cached.ReadAsync(offset, buffer, _window!, ct);
        int count = (int)Math.Clamp(_bytes.Length - offset, 0, buffer.Length);
        _bytes.AsSpan((int)Math.Min(offset, _bytes.Length), count).CopyTo(buffer.Span);
        return new ValueTask<FsResult<int>>(count);
    }

    public void Dispose()
    {
        _window?.Dispose();
        _cached?.Dispose();
    }
}
