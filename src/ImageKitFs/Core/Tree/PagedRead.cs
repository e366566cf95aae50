using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Tree;

/// <summary>Reads one list of the service whole, page by page: a folder, or the whole library.</summary>
/// <remarks>
/// The service pages by offset, so a change made meanwhile shifts the rows: a delete would skip one, an insert repeat one. Pages therefore overlap by one row;
/// where the last row of a page is not the first of the next, reading goes back. The end is a page shorter than asked.
/// The length is not told. A page far ahead is asked for first: when it has rows, all pages before it have, and they are read side by side, none in vain.
/// Source: imagekit-api.md 3.1.
/// </remarks>
/// <param name="folder">The folder, or null for the whole library.</param>
/// <param name="maxVain">How many requests past the end may be sent when so many pages were read.</param>
internal sealed class PagedRead(IMediaLibrary library, string? folder, TreeOptions options, Func<int, int> maxVain)
{
    /// <summary>Steps back before giving up: a list that shifts more often than this is being rewritten. A long one has more time to change.</summary>
    private const int MaxStepsBack = 8;

    private const int PagesPerStepBack = 20;

    private readonly Dictionary<int, ApiResult<Page>> _read = [];

    /// <summary>The last page that was read and fits, not handed on yet: the next one may show that it has changed.</summary>
    private Page? _held;

    /// <summary>A page that did not fit to its successor; what it had before its second reading begins is handed on.</summary>
    private Page? _doubted;

    /// <summary>The next page in order.</summary>
    private int _next;

    /// <summary>The last page that is known to have rows.</summary>
    private int _sure;

    /// <summary>The first page that is known to have none.</summary>
    private int _end = int.MaxValue;

    private int _reach;
    private int _vain;
    private int _stepsBack;
    private int _pages;

    private int Stride => options.PageSize - 1;

    /// <summary>More than one request was needed.</summary>
    public bool IsManyPages => _pages > 1;

    /// <param name="expectedRows">How many there may be; 0 when nothing is known.</param>
    /// <param name="take">Called once for each row in order; a row of a page that was read twice comes twice, the newer one later.</param>
    /// <param name="ct">Ends the reading.</param>
    /// <returns>False when the list kept changing, so that what was taken may lack rows.</returns>
    public async ValueTask<ApiResult<bool>> RunAsync(int expectedRows, Action<LibraryRow> take, CancellationToken ct)
    {
        int expectedLast = Math.Max(0, expectedRows - 1) / Stride;
        while (_held is not { IsLast: true })
        {
            await ReadGroupAsync(expectedLast, ct);
            int last = Math.Min(_sure, _next + options.MaxParallelPages - 1);
            for (int number = _next; number <= last; number++)
            {
                if (!_read.Remove(number, out ApiResult<Page> read))
                    break;
                if (!read.Ok)
                    return read.Error;
                if (!Fits(read.Value, number))
                {
                    if (_doubted is not null || ++_stepsBack > MaxStepsBack + (_pages / PagesPerStepBack))
                        return false;
                    StepBack();
                    break;
                }

                HandOn(read.Value, take);
                if (read.Value.IsLast)
                    break;
            }
        }

        Hand(_held, _held.Rows.Count, take);
        return true;
    }

    /// <summary>One page after the other from the start, taken as they come: for a list that never holds still. The overlap still covers one delete per page.</summary>
    public async ValueTask<ApiResult<int>> RunInTurnAsync(Action<LibraryRow> take, CancellationToken ct)
    {
        for (int number = 0; ; number++)
        {
            ApiResult<Page> read = await ReadPageAsync(number, ct);
            if (!read.Ok)
                return read.Error;
            Hand(read.Value, read.Value.Rows.Count, take);
            if (read.Value.IsLast)
                return number + 1;
        }
    }

    /// <summary>Asks for the next pages that are known to exist and for one that may, side by side.</summary>
    private async ValueTask ReadGroupAsync(int expectedLast, CancellationToken ct)
    {
        int last = Math.Min(_sure, _next + options.MaxParallelPages - 1);
        int far = last == _sure ? ChooseFar(expectedLast) : -1;
        var numbers = new List<int>();
        for (int number = _next; number <= last; number++)
        {
            if (!_read.ContainsKey(number))
                numbers.Add(number);
        }

        if (far > _sure)
            numbers.Add(far);
        var reads = new Task<ApiResult<Page>>[numbers.Count];
        for (int i = 0; i < reads.Length; i++)
            reads[i] = ReadPageAsync(numbers[i], ct).AsTask();
        ApiResult<Page>[] pages = await Task.WhenAll(reads);
        for (int i = 0; i < pages.Length; i++)
        {
            if (numbers[i] <= _sure)
            {
                _read[numbers[i]] = pages[i];
            }
            else if (pages[i].Ok && pages[i].Value.SentRows > 0)
            {
                _read[far] = pages[i];
                _sure = far;
            }
            else
            {
                // An error there is no answer, and no reason to fail.
                _vain++;
                if (pages[i].Ok)
                    _end = Math.Min(_end, far);
            }
        }
    }

    /// <returns>A page beyond those known to have rows, or one of them for none.</returns>
    private int ChooseFar(int expectedLast)
    {
        if (_vain >= maxVain(_pages))
            return -1;
        if (_pages == 0)
            return expectedLast;
        // The last one expected is most often the last; of an unknown list, the second.
        if (_sure == Math.Max(1, expectedLast))
            return -1;
        if (_end != int.MaxValue)
            return _sure + Math.Max(1, (_end - _sure) / 2) is var middle && middle < _end ? middle : -1;
        _reach = Math.Min(Math.Max(2, _reach * 2), options.MaxParallelPages);
        return _sure + _reach;
    }

    /// <summary>The page begins with the row that the one before ended with, or with one that the first reading of it had.</summary>
    private bool Fits(Page page, int number)
    {
        if (_doubted is not null && number > 0)
            return page.IndexIn(_doubted) >= 0;
        // A row that the client dropped hides where a page begins or ends.
        return _held is null || _held.LastId == page.FirstId || !_held.IsComplete || !page.IsComplete;
    }

    /// <summary>The page before may be the one that changed: it is read again, and must then go on from what was handed on.</summary>
    private void StepBack()
    {
        _read.Clear();
        _doubted = _held;
        _held = null;
        _next--;
        _sure = _next;
        _end = int.MaxValue;
        _reach = 0;
    }

    private void HandOn(Page page, Action<LibraryRow> take)
    {
        if (_doubted is not null && _next > 0)
            Hand(_doubted, page.IndexIn(_doubted), take);
        _doubted = null;
        if (_held is not null)
        {
            // The row in both is taken from the later page.
            bool isOverlap = _held.LastId == page.FirstId && _held.Rows.Count > 0;
            Hand(_held, _held.Rows.Count - (isOverlap ? 1 : 0), take);
        }

        _held = page;
        _next++;
        _pages++;
        // A full page holds the first row of the next.
        if (!page.IsLast)
            _sure = Math.Max(_sure, _next);
    }

    private static void Hand(Page page, int count, Action<LibraryRow> take)
    {
        for (int i = 0; i < count; i++)
            take(page.Rows[i]);
    }

    private async ValueTask<ApiResult<Page>> ReadPageAsync(int number, CancellationToken ct)
    {
        ApiResult<IReadOnlyList<LibraryRow>> reply = await library.ListAsync(new ListQuery(folder, Skip: number * Stride, Limit: options.PageSize), ct);
        return reply.Ok ? new Page(reply.Value, (reply.Value as RowPage)?.SentRows ?? reply.Value.Count, options.PageSize) : reply.Error;
    }

    /// <summary>What one request gave.</summary>
    /// <param name="Rows">The usable rows.</param>
    /// <param name="SentRows">All rows of the reply: one that the client dropped must not end the list.</param>
    private sealed record Page(IReadOnlyList<LibraryRow> Rows, int SentRows, int PageSize)
    {
        public string? FirstId => Rows.Count > 0 ? Rows[0].Id : null;

        public string? LastId => Rows.Count > 0 ? Rows[^1].Id : null;

        /// <summary>Shorter than asked: the list ends here.</summary>
        public bool IsLast => SentRows < PageSize;

        public bool IsComplete => SentRows == Rows.Count;

        /// <summary>Where this page's first row stands in another, or -1.</summary>
        public int IndexIn(Page other)
        {
            for (int i = 0; i < other.Rows.Count; i++)
            {
                if (other.Rows[i].Id == FirstId)
                    return i;
            }

            return -1;
        }
    }
}
