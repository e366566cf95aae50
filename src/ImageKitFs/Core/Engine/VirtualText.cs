namespace ImageKitFs.Core.Engine;

/// <summary>
/// A virtual file's text: made anew whenever it is opened, and kept for as long as it is open, so that the size that a program asks for is that of what it
/// reads. Safe from many threads.
/// </summary>
internal sealed class VirtualText(Func<byte[]> make)
{
    private readonly Lock _lock = new();
    private byte[] _text = [];
    private int _open;

    /// <summary>What stat shows: of what is open, else of a text made now.</summary>
    public long Size
    {
        get
        {
            lock (_lock)
            {
                if (_open > 0)
                    return _text.Length;
            }

            // Not under the lock: making it takes the volume's, which a caller may hold.
            return make().Length;
        }
    }

    public byte[] Open()
    {
        byte[] text = make();
        lock (_lock)
        {
            _open++;
            _text = text;
            return text;
        }
    }

    public void Close()
    {
        lock (_lock)
            _open--;
    }
}
