namespace ImageKitFs.Core.Spool;

/// <summary>Something that reads in flight keep open: it is disposed when its owner and the last of them have let go.</summary>
/// <remarks>The first reference belongs to whoever made it. Only a holder of a reference may add one, so the count never rises from 0.</remarks>
internal sealed class Pinned<T>(T value)
    where T : IDisposable
{
    private int _references = 1;

    public T Value { get; } = value;

    public Pinned<T> Pin()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    public void Unpin()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            Value.Dispose();
    }
}
