using System.Text;

namespace ImageKitFs.Cli.Logging;

/// <summary>A log on disk that never grows past a few files: `f`, `f.1`, `f.2`. Only the owner can read it.</summary>
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
    private FileStream? _stream;

    /// <exception cref="CliException">CacheUnusable: the file cannot be opened.</exception>
    public RollingLogFile(string path, long maxBytes = DefaultMaxBytes)
    {
        _path = path;
        _maxBytes = maxBytes;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _stream = Open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.CacheUnusable, $"cannot write the log file {path}: {e.Message}", e);
        }
    }

    public void WriteLine(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (_gate)
        {
            try
            {
                if (_stream is null)
                    return;
                if (_stream.Position > 0 && _stream.Position + bytes.Length > _maxBytes)
                    Roll();
                _stream.Write(bytes);
                _stream.Flush();
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
            _stream?.Dispose();
            _stream = null;
        }
    }

    private void Roll()
    {
        _stream?.Dispose();
        _stream = null;
        for (int i = Files - 1; i >= 1; i--)
        {
            string newer = i == 1 ? _path : $"{_path}.{i - 1}";
            if (File.Exists(newer))
                File.Move(newer, $"{_path}.{i}", overwrite: true);
        }

        _stream = Open();
    }

    private FileStream Open()
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            // A second reader or writer must not be refused by a lock: tail, logrotate, a draining older mount.
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(_path, options);
    }
}
