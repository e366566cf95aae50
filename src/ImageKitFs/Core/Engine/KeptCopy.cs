using System.IO.Hashing;
using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>The copy of a kept file below a folder of the user's.</summary>
internal static class KeptCopy
{
    /// <summary>Where files without a name go, as fsck calls it.</summary>
    private const string Nameless = "lost+found";

    // The unit in which zeros are left out: a block of every usual file system.
    private const int BlockBytes = 4096;
    private const int BufferBytes = 1 << 20;

    /// <remarks>
    /// Written under a name of its own and renamed when it is durable: what has the file's name is whole. A crash before leaves a hidden file named for this
    /// program. A name that is taken gets a number; one whose bytes are the same already is the copy of an earlier run.
    /// </remarks>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static TakenFile Write(KeptFile file, Stream source, string folder)
    {
        string[] parts = file.Path?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [Nameless, Path.GetFileNameWithoutExtension(file.Source!)];
        string parent = Path.GetFullPath(folder);
        Directory.CreateDirectory(parent);
        foreach (string part in parts[..^1])
            parent = MakeFolder(parent, part);

        string temporary = Path.Combine(parent, $".imagekitfs-recover-{Guid.NewGuid():N}");
        try
        {
            (long size, UInt128 hash) = Copy(source, temporary, file.Modified);
            bool isSound = file.Layer is not { } layer || (layer.Size == size && (layer.FileName is null || layer.Hash == hash));
            string target = Place(temporary, parent, parts[^1], size, hash);
            FolderSync.Flush(parent);
            string? problem = !isSound ? "the disk changed its bytes since they were written"
                : file.Reason == KeptReason.Damaged ? "the disk had changed its bytes" : null;
            return new TakenFile(file, target, problem);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string MakeFolder(string parent, string name)
    {
        string path = Path.Combine(parent, name);
        for (int n = 2; File.Exists(path); n++)
            path = Path.Combine(parent, Numbered(name, n));
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path);
            FolderSync.Flush(parent);
        }

        return path;
    }

    private static (long Size, UInt128 Hash) Copy(Stream source, string target, DateTimeOffset modified)
    {
        XxHash128 hash = new();
        long size = 0;
        byte[] buffer = new byte[BufferBytes];
        using FileStream copy = new(target, FileMode.CreateNew, FileAccess.Write);
        while (source.ReadAtLeast(buffer, BufferBytes, throwOnEndOfStream: false) is var read and > 0)
        {
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, read);
            hash.Append(bytes);
            for (int at = 0; at < read; at += BlockBytes)
            {
                ReadOnlySpan<byte> block = bytes[at..Math.Min(read, at + BlockBytes)];
                if (block.ContainsAnyExcept((byte)0))
                {
                    copy.Position = size + at;
                    copy.Write(block);
                }
            }

            size += read;
        }

        copy.SetLength(size);
        copy.Flush();
        File.SetLastWriteTimeUtc(copy.SafeFileHandle, modified.UtcDateTime);
        copy.Flush(flushToDisk: true);
        return (size, hash.GetCurrentHashAsUInt128());
    }

    private static string Place(string temporary, string folder, string name, long size, UInt128 hash)
    {
        for (int n = 1; ; n++)
        {
            string target = Path.Combine(folder, n == 1 ? name : Numbered(name, n));
            if (File.Exists(target) && IsSame(target, size, hash))
                return target;
            if (Path.Exists(target))
                continue;
            try
            {
                File.Move(temporary, target, overwrite: false);
                return target;
            }
            catch (IOException) when (Path.Exists(target))
            {
                // Somebody was faster.
            }
        }
    }

    private static bool IsSame(string path, long size, UInt128 hash)
    {
        using var file = File.OpenHandle(path);
        return RandomAccess.GetLength(file) == size && ContentHash.Of(file, size) == hash;
    }

    // Before the extension, so that programs still know the file; cut where that makes the name too long for a disk.
    private static string Numbered(string name, int n)
    {
        string extension = Path.GetExtension(name);
        if (extension == name)
            extension = "";
        string stem = name[..^extension.Length];
        string numbered;
        do
        {
            numbered = $"{stem}_{n}{extension}";
            stem = stem[..^(stem.Length > 1 && char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        }
        while (Encoding.UTF8.GetByteCount(numbered) > EntryName.MaxBytes && stem.Length > 0);
        return numbered;
    }
}
