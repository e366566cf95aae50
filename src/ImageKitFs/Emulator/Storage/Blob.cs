namespace ImageKitFs.Emulator.Storage;

/// <summary>Immutable bytes, shared by the versions that have them and by the CDN, freed when the last of them lets go.</summary>
internal abstract class Blob
{
    private int _references;

    /// <summary>How many bytes.</summary>
    public abstract long Length { get; }

    /// <summary>The name under which a restart finds the bytes; null when they do not outlive the process.</summary>
    public virtual string? Key => null;

    /// <summary>Opens the bytes. What was opened stays readable after the last release.</summary>
    public abstract IBlobReader Open();

    /// <summary>One more holder.</summary>
    public void Retain() => Interlocked.Increment(ref _references);

    /// <summary>One holder fewer; the last one frees the bytes.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            OnUnreferenced();
    }

    /// <summary>All bytes.</summary>
    public byte[] ReadAll()
    {
        byte[] all = new byte[Length];
        using IBlobReader reader = Open();
        int read = 0;
        while (read < all.Length)
        {
            int count = reader.Read(read, all.AsSpan(read));
            if (count == 0)
                throw new EndOfStreamException("a stored version is shorter than recorded");
            read += count;
        }

        return all;
    }

    /// <summary>Frees the bytes.</summary>
    protected virtual void OnUnreferenced()
    {
    }
}

/// <summary>Reads anywhere in a blob.</summary>
internal interface IBlobReader : IDisposable
{
    /// <summary>Reads up to the buffer's length at <paramref name="offset"/>; 0 at the end.</summary>
    int Read(long offset, Span<byte> buffer);
}

/// <summary>A blob in memory.</summary>
internal sealed class MemoryBlob(byte[] bytes) : Blob, IBlobReader
{
    /// <inheritdoc/>
    public override long Length => bytes.Length;

    /// <inheritdoc/>
    public override IBlobReader Open() => this;

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> buffer)
    {
        if (offset >= bytes.Length)
            return 0;
        int count = (int)Math.Min(buffer.Length, bytes.Length - offset);
        bytes.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }

    /// <summary>Nothing is held open.</summary>
    public void Dispose()
    {
    }
}

/// <summary>A blob in a file that the last release deletes.</summary>
internal sealed class FileBlob(string key, string file, long length) : Blob
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override string Key => key;

    /// <inheritdoc/>
    public override IBlobReader Open() => new Reader(File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    /// <inheritdoc/>
    protected override void OnUnreferenced() => File.Delete(file);

    private sealed class Reader(Microsoft.Win32.SafeHandles.SafeFileHandle handle) : IBlobReader
    {
        public int Read(long offset, Span<byte> buffer) => RandomAccess.Read(handle, buffer, offset);

        public void Dispose() => handle.Dispose();
    }
}

/// <summary>A blob with bytes put in at one place: how the emulator serves an image that is "the same, but not the original".</summary>
internal sealed class InsertedBlob(Blob original, long at, byte[] insertion) : Blob
{
    /// <inheritdoc/>
    public override long Length => original.Length + insertion.Length;

    /// <inheritdoc/>
    public override IBlobReader Open() => new Reader(original.Open(), at, insertion);

    private sealed class Reader(IBlobReader inner, long at, byte[] insertion) : IBlobReader
    {
        public int Read(long offset, Span<byte> buffer)
        {
            if (offset < at)
                return inner.Read(offset, buffer[..(int)Math.Min(buffer.Length, at - offset)]);
            if (offset >= at + insertion.Length)
                return inner.Read(offset - insertion.Length, buffer);
            int count = (int)Math.Min(buffer.Length, at + insertion.Length - offset);
            insertion.AsSpan((int)(offset - at), count).CopyTo(buffer);
            return count;
        }

        public void Dispose() => inner.Dispose();
    }
}
