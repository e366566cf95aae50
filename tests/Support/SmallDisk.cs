using System.Diagnostics;
using System.Globalization;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Tests.Support;

/// <summary>A file system of its own, small enough to be filled. Needs root, as every mount here does. Gone after disposal.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>True where a mount is possible at all.</summary>
    public static bool IsPossible => MountedLibrary.IsPossible;

    public string Path { get; }

    private string Ballast => At("ballast");

    public static SmallDisk Mount(long bytes, string? at = null)
    {
        string path = at is null ? Directory.CreateTempSubdirectory("imagekitfs-disk-").FullName : Directory.CreateDirectory(at).FullName;
        Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={bytes},mode=700"), "imagekitfs-test", path);
        return new SmallDisk(path);
    }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Takes all that is left, to the last block.</summary>
    public void Fill()
    {
        using FileStream ballast = new(Ballast, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true)
                ballast.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        Run("umount", "-l", Path);
        if (!Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error}");
    }
}
