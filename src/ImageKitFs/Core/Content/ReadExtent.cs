namespace ImageKitFs.Core.Content;

/// <summary>How much of a file one handle has asked for from the start on. Not safe for several threads.</summary>
/// <remarks>The kernel may send the parts of one large read out of order: one stretch further on is remembered until the gap before it closes.</remarks>
internal sealed class ReadExtent
{
    private long _end;          // everything before it was asked for
    private long _furtherStart; // a stretch beyond that
    private long _furtherEnd;
    private bool _isFinished;

    /// <summary>Bytes, those asked for twice counted twice.</summary>
    public long Asked { get; private set; }

    public void Add(long start, long end)
    {
        Asked += end - start;
        if (start <= _end)
        {
            _end = Math.Max(_end, end);
        }
        else if (start <= _furtherEnd && end >= _furtherStart)
        {
            _furtherStart = Math.Min(_furtherStart, start);
            _furtherEnd = Math.Max(_furtherEnd, end);
        }
        else
        {
            (_furtherStart, _furtherEnd) = (start, end);
        }

        if (_furtherStart <= _end)
            _end = Math.Max(_end, _furtherEnd);
    }

    /// <summary>True once, when all up to <paramref name="size"/> was asked for.</summary>
    public bool TryFinish(long size)
    {
        if (_isFinished || _end < size)
            return false;
        return _isFinished = true;
    }
}
