using System.Buffers;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Content;

/// <summary>Finds what an earlier process left in the cache folder, and deletes there what cannot be used.</summary>
internal static class CacheScan
{
    /// <returns>Least recently used first.</returns>
    public static List<CacheSlot> Run(string root, int blockSize)
    {
        List<(DateTime LastUse, CacheSlot Slot)> found = [];
        foreach (string directory in Directory.EnumerateDirectories(root))
        {
            if (IsOurs(Path.GetFileName(directory)))
                ScanDirectory(root, directory, blockSize, found);
        }

        found.Sort(static (a, b) => a.LastUse.CompareTo(b.LastUse));
        return found.ConvertAll(static item => item.Slot);
    }

    private static bool IsOurs(string name) =>
        name.Length == 2 && char.IsAsciiHexDigitLower(name[0]) && char.IsAsciiHexDigitLower(name[1]);

    private static void ScanDirectory(string root, string directory, int blockSize, List<(DateTime LastUse, CacheSlot Slot)> found)
    {
        foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles())
        {
            string stem = Path.GetFileNameWithoutExtension(file.Name);
            if (file.Extension == StoreFiles.DataExtension)
            {
                if (!File.Exists(Path.ChangeExtension(file.FullName, StoreFiles.MapExtension)))
                    DiskFile.TryDelete(file.FullName);
            }
            else if (file.Extension == StoreFiles.TemporaryExtension)
            {
                DiskFile.TryDelete(file.FullName);
            }
            else if (file.Extension == StoreFiles.MapExtension && UInt128.TryParse(stem, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 name))
            {
                if (TryRead(file, blockSize, name) is { } slot)
                    found.Add((file.LastWriteTimeUtc, slot));
                else
                    StoreFiles.Of(root, name).Delete();
            }
        }
    }

    private static CacheSlot? TryRead(FileInfo map, int blockSize, UInt128 name)
    {
        byte[]? buffer = null;
        try
        {
            FileInfo data = new(Path.ChangeExtension(map.FullName, StoreFiles.DataExtension));
            if (!data.Exists || map.Length > int.MaxValue)
                return null;
            buffer = ArrayPool<byte>.Shared.Rent((int)map.Length);
            using SafeFileHandle handle = File.OpenHandle(map.FullName);
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, DiskFile.ReadFully(handle, buffer.AsSpan(0, (int)map.Length), 0));
            if (!MapFormat.TryReadHeader(bytes, out MapHeader header) || header.BlockSize != blockSize)
                return null;
            long stored = BlockStore.StoredBytes(bytes, header);
            if (stored == 0)
                return null;
            long mapBytes = MapFormat.FileBytes(new BlockLayout(header.Size, blockSize).Count);
            return new CacheSlot(name, header.Size)
            {
                Charge = stored + mapBytes,
                HasFiles = true,
                IsComplete = stored == header.Size && data.Length >= header.Size,
            };
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            return null;
        }
        finally
        {
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
