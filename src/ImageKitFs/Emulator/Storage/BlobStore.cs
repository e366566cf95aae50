namespace ImageKitFs.Emulator.Storage;

/// <summary>Where bytes of uploads go.</summary>
internal abstract class BlobStore
{
    /// <summary>Starts storing bytes that come in pieces.</summary>
    public abstract BlobWriter Create();

    /// <summary>Stores bytes at hand.</summary>
    public Blob Store(ReadOnlySpan<byte> bytes)
    {
        using BlobWriter writer = Create();
        writer.Write(bytes);
        return writer.Commit();
    }
}

/// <summary>Takes one blob's bytes. Disposed without <see cref="Commit"/>, nothing remains.</summary>
internal abstract class BlobWriter : IDisposable
{
    /// <summary>Bytes so far.</summary>
    public abstract long Length { get; }

    /// <summary>Adds bytes.</summary>
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>The finished blob, on disk when the store is.</summary>
    public abstract Blob Commit();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Bytes in memory, gone with the process.</summary>
internal sealed class MemoryBlobStore : BlobStore
{
    /// <inheritdoc/>
    public override BlobWriter Create() => new Writer();

    private sealed class Writer : BlobWriter
    {
        private readonly MemoryStream _bytes = new();

        public override long Length => _bytes.Length;

        public override void Write(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public override Blob Commit() => new MemoryBlob(_bytes.ToArray());

        public override void Dispose() => _bytes.Dispose();
    }
}

/// <summary>Bytes in files below a folder, one per blob, spooled in <c>incoming</c> and renamed into <c>blobs</c>.</summary>
internal sealed class FolderBlobStore : BlobStore
{
    private readonly string _blobs;
    private readonly string _incoming;

    /// <summary>Opens or makes the folder; what an earlier process left half received is deleted.</summary>
    public FolderBlobStore(string root)
    {
        _blobs = Path.Combine(root, "blobs");
        _incoming = Path.Combine(root, "incoming");
        Directory.CreateDirectory(_blobs);
        if (Directory.Exists(_incoming))
            Directory.Delete(_incoming, recursive: true);
        Directory.CreateDirectory(_incoming);
    }

    /// <inheritdoc/>
    public override BlobWriter Create() => new Writer(this, Guid.NewGuid().ToString("N"));

    /// <summary>A blob of an earlier run, or null when its file is missing or has another length.</summary>
    public Blob? Find(string key)
    {
        var file = new FileInfo(FileOf(key));
        return file.Exists ? new FileBlob(key, file.FullName, file.Length) : null;
    }

    /// <summary>Deletes the files that no version names: uploads whose record was not written before a crash.</summary>
    public void Sweep(IReadOnlySet<string> known)
    {
        foreach (string file in Directory.EnumerateFiles(_blobs, "*", SearchOption.AllDirectories).ToList())
        {
            if (!known.Contains(Path.GetFileName(file)))
                File.Delete(file);
        }
    }

    private string FileOf(string key) => Path.Combine(_blobs, key[..2], key);

    private sealed class Writer(FolderBlobStore store, string key) : BlobWriter
    {
        private readonly string _spool = Path.Combine(store._incoming, key);
        private FileStream? _file = new(Path.Combine(store._incoming, key), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        private long _length;

        public override long Length => _length;

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            _file!.Write(bytes);
            _length += bytes.Length;
        }

        // A crash before the rename leaves a file in incoming, after it a blob without a record: the next start deletes either.
        public override Blob Commit()
        {
            _file!.Flush(flushToDisk: true);
            _file.Dispose();
            _file = null;
            string place = store.FileOf(key);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(_spool, place);
            return new FileBlob(key, place, _length);
        }

        public override void Dispose()
        {
            if (_file is null)
                return;
            _file.Dispose();
            File.Delete(_spool);
        }
    }
}
