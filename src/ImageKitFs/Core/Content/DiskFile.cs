using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Content;

/// <summary>Where a version lies in the cache folder: 256 folders by the first byte of the name's hash, so that none grows too long.</summary>
internal readonly record struct StoreFiles(string Directory, string Data, string Map)
{
    public const string DataExtension = ".data";
    public const string MapExtension = ".map";
    public const string TemporaryExtension = ".new";

    public static StoreFiles Of(string root, UInt128 name)
    {
        string text = name.ToString("x32");
        string directory = Path.Combine(root, text[..2]);
        string stem = Path.Combine(directory, text);
        return new StoreFiles(directory, stem + DataExtension, stem + MapExtension);
    }

    /// <summary>Best effort: what stays is found by the next start-up scan.</summary>
    public void Delete()
    {
        // The map goes first: a data file without one is nothing.
        DiskFile.TryDelete(Map);
        DiskFile.TryDelete(Data);
    }
}

/// <summary>Disk access as this room needs it.</summary>
internal static class DiskFile
{
    /// <summary>A broken, full or vanished disk, or a file closed meanwhile: reasons to read from the network instead.</summary>
    public static bool IsDiskFailure(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ObjectDisposedException;

    /// <returns>Bytes read; fewer than asked only at the end of the file.</returns>
    public static int ReadFully(SafeFileHandle file, Span<byte> destination, long offset)
    {
        int total = 0;
        while (total < destination.Length)
        {
            int read = RandomAccess.Read(file, destination[total..], offset + total);
            if (read == 0)
                break;
            total += read;
        }

        return total;
    }

    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            // Left for the next start-up scan.
        }
    }
}
