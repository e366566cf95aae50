using ImageKitFs.Core.Api;
using ImageKitFs.Core.Names;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Tree;

/// <summary>
/// Lists folders before they are opened. Once children of one folder are opened in turn (find, ls -R, du, rsync), the next ones are listed side by side; when
/// that would cost more requests than listing the whole library, the library is listed whole, and who walks waits for that.
/// </summary>
/// <remarks>Safe from any thread. How large the library is shows one request for a single row far down the whole list. Source: design.md section 3.</remarks>
internal sealed class WalkAhead : IDisposable
{
    /// <summary>With fewer folders to come, asking how large the library is costs more than it may save.</summary>
    private const int MinFolders = 16;

    /// <summary>Folders of many pages count as such after so many of them: the first may be exceptions.</summary>
    private const int TrustedSamples = 4;

    private const int PagesOfFirstSamples = 2;

    /// <summary>A walk remembers the folders it is in; a tree is rarely deeper.</summary>
    private const int MaxWalks = 64;

    /// <summary>A tenth of a million: some 70 MB of replies were read.</summary>
    private const int ManyRows = 100_000;

    /// <summary>A whole listing that is out of date for half of the walk still saves requests.</summary>
    private const int TtlsOfWalk = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Walk> _walks = [];
    private readonly LinkedList<string> _byUse = [];
    private readonly Queue<string> _queue = new();
    private readonly HashSet<string> _queued = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly DirectoryTree _tree;
    private readonly IMediaLibrary _library;
    private readonly Func<string, bool, string> _toLocal;
    private readonly TreeOptions _options;
    private readonly ILogger _logger;
    private Survey? _survey;
    private int _active;

    /// <summary>The library has more rows than this.</summary>
    private long _moreThan;

    /// <summary>How many it had when it was last listed whole; 0 when it never was.</summary>
    private int _rows;

    public WalkAhead(DirectoryTree tree, IMediaLibrary library, Func<string, bool, string> toLocal, TreeOptions options, ILogger logger)
    {
        _tree = tree;
        _library = library;
        _toLocal = toLocal;
        _options = options;
        _logger = logger;
    }

    /// <summary>A folder is being read by a program.</summary>
    /// <param name="folder">Remote path.</param>
    /// <param name="isFresh">It needs no request.</param>
    public void Opened(string folder, bool isFresh)
    {
        if (RemotePath.IsRoot(folder) || folder == _options.Root)
            return;
        string parent = RemotePath.Parent(folder);
        if (!_tree.TryPeek(parent, out Listing listing, out _))
            return;
        lock (_lock)
        {
            Walk walk = WalkIn(parent, listing);
            if (walk.Last is { } last && last != folder && _tree.TryPeek(last, out Listing seen, out TimeSpan freshFor) && freshFor > TimeSpan.Zero)
            {
                walk.Saw(seen, _options.PageSize);
                walk.Spent(_options.Ttl - freshFor);
            }

            walk.Opened(folder, IsWithinWalk(parent));
            if (!walk.IsWalking || _survey is not null)
                return;
            if (!isFresh && ShouldSurvey(parent, walk, out int skip, out int expected))
            {
                var survey = new Survey(CancellationTokenSource.CreateLinkedTokenSource(_stop.Token));
                _survey = survey;
                survey.Done = Task.Run(() => SurveyAsync(survey, walk, skip, expected));
                return;
            }

            Enqueue(walk);
        }
    }

    /// <summary>Waits for the listing of the whole library, when one is under way that a walk through this folder's parent has asked for.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled. The last one to give up ends the listing.</exception>
    public async ValueTask WaitAsync(string folder, CancellationToken ct)
    {
        Survey? survey;
        lock (_lock)
        {
            if (!IsCovered(folder))
                return;
            survey = _survey!;
            survey.Waiters++;
        }

        try
        {
            await survey.Done.WaitAsync(ct);
        }
        finally
        {
            bool isLast;
            lock (_lock)
                isLast = --survey.Waiters == 0;
            if (isLast && ct.IsCancellationRequested)
                await survey.Stop.CancelAsync();
        }
    }

    /// <summary>Lists a folder that nobody waits for.</summary>
    public void Refresh(string folder)
    {
        lock (_lock)
        {
            if (_queued.Add(folder))
                _queue.Enqueue(folder);
            Pump();
        }
    }

    /// <summary>True while a listing of the whole library is under way that will bring this folder.</summary>
    public bool Covers(string folder)
    {
        lock (_lock)
            return IsCovered(folder);
    }

    public void Dispose()
    {
        lock (_lock)
            _queue.Clear();
        _stop.Cancel();
    }

    private bool IsCovered(string folder) =>
        _survey is not null && !RemotePath.IsRoot(folder) && _walks.TryGetValue(RemotePath.Parent(folder), out Walk? walk) && walk.IsWalking;

    private bool IsWithinWalk(string folder) =>
        !RemotePath.IsRoot(folder) && _walks.TryGetValue(RemotePath.Parent(folder), out Walk? outer) && outer.IsWalking;

    private Walk WalkIn(string parent, Listing listing)
    {
        if (_walks.TryGetValue(parent, out Walk? known))
        {
            _byUse.Remove(parent);
            _byUse.AddFirst(parent);
            if (known.IsOf(listing))
                return known;
        }
        else
        {
            _byUse.AddFirst(parent);
        }

        var walk = new Walk(listing);
        if (known is not null)
            walk.Continue(known);
        _walks[parent] = walk;
        if (_byUse.Count > MaxWalks)
        {
            _walks.Remove(_byUse.Last!.Value);
            _byUse.RemoveLast();
        }

        return walk;
    }

    /// <summary>Whether the whole library may be the cheaper way.</summary>
    /// <param name="parent">Where the walk is.</param>
    /// <param name="walk">Its children.</param>
    /// <param name="skip">When no row stands here, it is.</param>
    /// <param name="expectedRows">How many it may have then.</param>
    private bool ShouldSurvey(string parent, Walk walk, out int skip, out int expectedRows)
    {
        int folders = walk.Remaining + 1; // The one that is being opened waits as well.
        for (string at = parent; at != _options.Root && !RemotePath.IsRoot(at); at = RemotePath.Parent(at))
        {
            if (_walks.TryGetValue(RemotePath.Parent(at), out Walk? outer) && outer.IsWalking)
                folders += outer.Remaining;
        }

        Walk.Sample seen = walk.Seen;
        double pages = seen.Folders == 0 ? 1 : (double)seen.Pages / seen.Folders;
        if (seen.Folders < TrustedSamples)
            pages = Math.Min(pages, PagesOfFirstSamples);
        // The request that asks for the size must be saved too. Rows that would not be kept are not worth reading.
        double rows = Math.Min(((folders * pages) - 1) * (_options.PageSize - 1), _options.MaxCachedRows);
        skip = (int)rows;
        double each = seen.Folders == 0 ? 0 : (double)seen.Rows / seen.Folders;
        expectedRows = (int)Math.Min(_rows > 0 ? _rows : (each + 1) * walk.Count, rows);
        bool isInTime = walk.Pace == TimeSpan.MaxValue || walk.Pace * folders <= _options.Ttl * TtlsOfWalk;
        return folders >= MinFolders && skip > _moreThan && isInTime;
    }

    /// <summary>Never throws.</summary>
    private async Task SurveyAsync(Survey survey, Walk walk, int skip, int expectedRows)
    {
        try
        {
            if (await IsSmallerAsync(skip, survey.Stop.Token))
                await ListWholeAsync(expectedRows, survey.Stop.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody waits any more.
        }
        finally
        {
            lock (_lock)
            {
                _survey = null;
                Enqueue(walk);
            }
        }
    }

    private async ValueTask<bool> IsSmallerAsync(int rows, CancellationToken ct)
    {
        ApiResult<IReadOnlyList<LibraryRow>> probe = await _library.ListAsync(new ListQuery(Path: null, Skip: rows, Limit: 1), ct);
        if (!probe.Ok)
            return false;
        bool isSmaller = ((probe.Value as RowPage)?.SentRows ?? probe.Value.Count) == 0;
        if (!isSmaller)
        {
            lock (_lock)
                _moreThan = Math.Max(_moreThan, rows);
        }

        return isSmaller;
    }

    private async ValueTask ListWholeAsync(int expectedRows, CancellationToken ct)
    {
        int rows = await ReadWholeAsync(expectedRows, ct);
        // Once, after many times as much garbage as was kept: the collector would keep the room for more. By now the reader is garbage too.
        if (rows > ManyRows)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <returns>How many rows there are; 0 when nothing came of it.</returns>
    private async ValueTask<int> ReadWholeAsync(int expectedRows, CancellationToken ct)
    {
        var reader = new LibraryReader(_library, _options.Root, _toLocal, _options);
        WholeListing whole = _tree.BeginWhole();
        try
        {
            ApiResult<Dictionary<string, RowBlock>?> read = await reader.ReadAsync(expectedRows, ct);
            if (!read.Ok || read.Value is null)
            {
                TreeLog.NotListedWhole(_logger, read.Ok ? "it changed meanwhile" : read.Error.ToString());
                return 0;
            }

            lock (_lock)
                _rows = reader.Rows;
            _tree.Publish(whole, read.Value);
            TreeLog.ListedWhole(_logger, reader.Rows);
            return reader.Rows;
        }
        finally
        {
            _tree.EndWhole();
        }
    }

    /// <summary>Lists the next children ahead; with the lock held.</summary>
    private void Enqueue(Walk walk)
    {
        int mostAhead = walk.Pace == TimeSpan.MaxValue || walk.Pace <= TimeSpan.Zero ? int.MaxValue : (int)Math.Clamp(_options.Ttl / 2 / walk.Pace, 1, int.MaxValue);
        foreach (string folder in walk.TakeAhead(child => _tree.TryPeek(child, out _, out TimeSpan freshFor) && freshFor > TimeSpan.Zero, mostAhead))
        {
            if (_queued.Add(folder))
                _queue.Enqueue(folder);
        }

        Pump();
    }

    /// <summary>With the lock held.</summary>
    private void Pump()
    {
        while (_active < _options.MaxParallelPages && _queue.TryDequeue(out string? next))
        {
            _active++;
            _ = Task.Run(() => ListAsync(next));
        }
    }

    /// <summary>Never throws. One after the other, until none is left.</summary>
    private async Task ListAsync(string folder)
    {
        string? next = folder;
        while (next is not null)
        {
            try
            {
                await _tree.GetAsync(next, _stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                // The mount is ending.
            }
            catch (Exception bug)
            {
                TreeLog.NotListedAhead(_logger, next, bug);
            }

            lock (_lock)
            {
                _queued.Remove(next);
                if (!_queue.TryDequeue(out next))
                    _active--;
            }
        }
    }

    /// <summary>One listing of the whole library, with the question before it whether it is worth it.</summary>
    private sealed class Survey(CancellationTokenSource stop)
    {
        public CancellationTokenSource Stop { get; } = stop;

        public Task Done { get; set; } = Task.CompletedTask;

        public int Waiters { get; set; }
    }
}
