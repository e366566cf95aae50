using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>Reads a whole folder through the port.</summary>
internal static class FolderReader
{
    /// <summary>Rows taken in one call: the engine holds its lock for that long.</summary>
    private const int RowsPerCall = 1024;

    /// <summary>Reads every local name, with attributes when asked. No references are held afterwards.</summary>
    internal static async ValueTask<FsResult<List<FolderRow>>> ReadAsync(IFileSystem fileSystem, InodeId folder, bool withAttributes, CancellationToken ct)
    {
        FsResult<Opened> opened = await fileSystem.OpenDirAsync(folder, ct);
        if (!opened.Ok)
            return opened.Error;
        try
        {
            Sink sink = new(withAttributes);
            do
            {
                sink.Begin();
                FsError error = await fileSystem.ReadDirAsync(folder, opened.Value.Handle, sink.Cookie, sink, ct);
                sink.GiveBack(fileSystem);
                if (error != FsError.None)
                    return error;
            }
            while (sink.IsFull);
            return sink.Rows;
        }
        finally
        {
            fileSystem.ReleaseDir(folder, opened.Value.Handle);
        }
    }

    private sealed class Sink(bool withAttributes) : IDirectorySink
    {
        private readonly List<InodeId> _referenced = [];
        private int _taken;

        internal List<FolderRow> Rows { get; } = [];

        internal ulong Cookie { get; private set; }

        internal bool IsFull { get; private set; }

        public bool WantsEntries => withAttributes;

        public bool TryAdd(in DirEntry entry, in Entry? node)
        {
            if (_taken == RowsPerCall)
            {
                IsFull = true;
                return false;
            }

            _taken++;
            Cookie = entry.NextCookie;
            if (node is { } known)
                _referenced.Add(known.Inode);
            if (entry.Name is not ("." or ".."))
                Rows.Add(new FolderRow(entry.Name, node?.Attr ?? default));
            return true;
        }

        internal void Begin()
        {
            _taken = 0;
            IsFull = false;
        }

        internal void GiveBack(IFileSystem fileSystem)
        {
            foreach (InodeId inode in _referenced)
                fileSystem.Forget(inode, count: 1);
            _referenced.Clear();
        }
    }
}

/// <summary>One name in a folder, by its local name.</summary>
internal readonly record struct FolderRow(string Local, Attr Attr);
