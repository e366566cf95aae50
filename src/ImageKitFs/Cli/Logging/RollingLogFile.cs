using System.Text;
using ImageKitFs.Cli.Interop;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Cli.Logging;

/// <summary>
/// A log on disk that never grows past a few files: `f`, `f.1`, `f.2`. Only the owner can read it. Others may rotate it too: a file that was moved away or
/// deleted is made anew before the next line, one that was cut is appended to.
/// </summary>
/// <remarks>Writing never fails the caller: a full disk costs log lines, not user operations.</remarks>
internal sealed class RollingLogFile : IDisposable
{
    /// <summary>10 MiB: about 80,000 lines, still opened by any editor.</summary>
    public const long DefaultMaxBytes = 10 << 20;

    /// <summary>Three files in all, so a log folder holds at most 30 MiB per mount.</summary>
    public const int Files = 3;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly long _maxBytes;
    private SafeFileHandle? _file;

    /// <exception cref="CliException">CacheUnusable: the file cannot be opened.</exception>
    public RollingLogFile(string path, long maxBytes = DefaultMaxBytes)
    {
        _path = path;
        _maxBytes = maxBytes;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _file = OpenAppending(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.CacheUnusable, $"cannot write the log file {path}: {e.Message}", e);
        }
    }

    /// <summary>Opens a log so that every write goes to its end, whoever else writes to it or cuts it.</summary>
    public static SafeFileHandle OpenAppending(string path)
    {
        if (OperatingSystem.IsLinux())
            return AppendingFile.Open(path);
        // A second reader or writer must not be refused by a lock: tail, a draining older mount.
        return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
    }

    public void WriteLine(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (_gate)
        {
            try
            {
                if (_file is null)
                    return;
                if (!IsStillThere(_file))
                    Reopen();
                long length = RandomAccess.GetLength(_file);
                if (length > 0 && length + bytes.Length > _maxBytes)
                {
                    Roll();
                    length = RandomAccess.GetLength(_file);
                }

                // On Linux the offset does not matter: the file was opened for appending.
                RandomAccess.Write(_file, bytes, length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Nowhere left to say it: the log is what failed.
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private bool IsStillThere(SafeFileHandle file) =>
        OperatingSystem.IsLinux() ? AppendingFile.IsAt(file, _path) : File.Exists(_path);

    /// <summary>What cannot be opened anew is written on to where it is: a line in a file that was moved is better than none.</summary>
    private void Reopen()
    {
        SafeFileHandle next;
        try
        {
            next = OpenAppending(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }

        _file!.Dispose();
        _file = next;
    }

    private void Roll()
    {
        for (int i = Files - 1; i >= 1; i--)
        {
            string newer = i == 1 ? _path : $"{_path}.{i - 1}";
            if (File.Exists(newer))
                File.Move(newer, $"{_path}.{i}", overwrite: true);
        }

        Reopen();
    }
}
