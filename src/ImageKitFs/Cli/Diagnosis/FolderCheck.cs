using System.Globalization;
using ImageKitFs.Cli.Interop;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Whether a folder can hold copies, journal and unsent bytes: writable, with room, on a disk with locks and sparse files. Leaves nothing behind.</summary>
/// <param name="name">`cache` or `state`.</param>
/// <param name="folder">Need not be there yet.</param>
internal sealed class FolderCheck(string name, string folder) : ICheck
{
    // Below this a mount of ordinary pictures thrashes.
    private const long LittleRoom = 1L << 30;

    // A hole that every file system with sparse files keeps: far beyond any block size.
    private const long Hole = 8 << 20;

    public string Name => name;

    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        string? made = FirstMissing(folder);
        try
        {
            Directory.CreateDirectory(folder);
            return Task.FromResult<IReadOnlyList<Finding>>(Look(made is null ? folder : $"{folder} (not there yet, can be made)"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Task.FromResult<IReadOnlyList<Finding>>(
                [Finding.Fail(name, $"{folder} cannot be written: {e.Message.TrimEnd('.')}", "give --cache-dir a folder that you can write, or mend its permissions", ExitCode.CacheUnusable)]);
        }
        finally
        {
            if (made is not null && Directory.Exists(made) && !Directory.EnumerateFiles(made, "*", SearchOption.AllDirectories).Any())
                Directory.Delete(made, recursive: true);
        }
    }

    private List<Finding> Look(string shown)
    {
        List<Finding> findings = [];
        string file = Path.Combine(folder, $".doctor-{Environment.ProcessId}");
        try
        {
            using FileStream stream = new(file, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            stream.Seek(Hole, SeekOrigin.Begin);
            stream.WriteByte(1);
            stream.Flush(flushToDisk: true);
            long free = new DriveInfo(folder).AvailableFreeSpace;
            findings.Add(free < LittleRoom
                ? Finding.Warn(name, $"{shown}: only {Gigabytes(free)} free", "make room, or give --cache-dir a folder on a larger disk, and --cache-size what it may take")
                : Finding.Pass(name, $"{shown} can be written, {Gigabytes(free)} free"));
            if (!IsLocked(file))
                findings.Add(Finding.Warn(name, $"{folder} is on a file system without locks", "two mounts could use it at once and spoil it: give --cache-dir a folder on a local disk"));
            if (OperatingSystem.IsLinux() && SystemCalls.Seek(stream.SafeFileHandle, 0, SystemCalls.SEEK_HOLE) >= Hole)
                findings.Add(Finding.Warn(name, $"{folder} is on a file system without sparse files", "partly read files take their whole size there: give --cache-dir a folder on ext4, xfs, btrfs or tmpfs"));
        }
        finally
        {
            File.Delete(file);
        }

        return findings;
    }

    // Open already, and shared with nobody.
    private static bool IsLocked(string file)
    {
        try
        {
            using FileStream second = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static string? FirstMissing(string folder)
    {
        string? missing = null;
        for (string? at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            missing = at;
        return missing;
    }

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / (1 << 30):0.#} GiB");
}
