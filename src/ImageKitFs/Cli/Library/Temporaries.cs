namespace ImageKitFs.Cli.Library;

/// <summary>Files that are being written beside their targets. What is left of them is taken away when the command ends, however it ends.</summary>
internal sealed class Temporaries : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);
    private int _last;

    /// <summary>A name of our own beside a target.</summary>
    public string Beside(string target)
    {
        lock (_lock)
        {
            // Not made from the target's name: that may be as long as names can be.
            string file = Path.Combine(Path.GetDirectoryName(target)!, $".imagekitfs-{Environment.ProcessId}-{++_last}.part");
            _files.Add(file);
            return file;
        }
    }

    /// <summary>Takes one away, if it is still there.</summary>
    public void Remove(string file)
    {
        lock (_lock)
            _files.Remove(file);
        Delete(file);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (string file in _files)
                Delete(file);
            _files.Clear();
        }
    }

    private static void Delete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its folder went away or became read-only meanwhile: nothing can be done about it here.
        }
    }
}
