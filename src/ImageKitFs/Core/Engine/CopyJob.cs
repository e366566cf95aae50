using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>The progress of one fetch of a file or folder. Safe from any thread.</summary>
internal sealed class CopyJob(string path, bool isPinned, CancellationToken mount) : IDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(mount);
    private readonly Lock _lock = new();
    private string _state = "listing";
    private int _files;
    private int _doneFiles;
    private long _bytes;
    private long _doneBytes;
    private int _failedFiles;
    private string? _error;

    public string Path { get; } = path;

    public bool IsPinned { get; } = isPinned;

    public CancellationToken Stopping => _stop.Token;

    /// <summary>Ends when the job has.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    public LocalCopyItem Item
    {
        get
        {
            lock (_lock)
                return new LocalCopyItem(Path, IsPinned, _state, _files, _doneFiles, _bytes, _doneBytes, _failedFiles, _error);
        }
    }

    public void Stop() => _stop.Cancel();

    public void Found(long bytes)
    {
        lock (_lock)
        {
            _files++;
            _bytes += bytes;
        }
    }

    public void Fetching()
    {
        lock (_lock)
            _state = "fetching";
    }

    public void Progress(long bytes)
    {
        lock (_lock)
            _doneBytes += bytes;
    }

    public void Done()
    {
        lock (_lock)
            _doneFiles++;
    }

    /// <param name="path">What failed.</param>
    /// <param name="bytes">Of it, that were counted as done.</param>
    /// <param name="error">Why.</param>
    public void Failed(string path, long bytes, FsError error)
    {
        lock (_lock)
        {
            _failedFiles++;
            _doneBytes -= bytes;
            _error = $"{path}: {WordsFor(error)}";
        }
    }

    /// <summary>Of a pin, which is more than what this job went after.</summary>
    public void Counted((int Files, int DoneFiles, long Bytes, long DoneBytes) all)
    {
        lock (_lock)
            (_files, _doneFiles, _bytes, _doneBytes) = all;
    }

    /// <summary>What it was given is done.</summary>
    public void End()
    {
        lock (_lock)
            _state = _stop.IsCancellationRequested ? "stopped" : _failedFiles > 0 ? "failed" : "done";
    }

    public void Dispose() => _stop.Dispose();

    private static string WordsFor(FsError error) => error switch
    {
        FsError.NoSpace => "no room in the cache; mount with a larger --cache-size, or unpin something",
        FsError.NotFound or FsError.Stale => "not in the library any more",
        FsError.AccessDenied => "the service refused it",
        FsError.Throttled => "the service asks for a pause; try again",
        _ => $"could not be read ({error}); try again",
    };
}
