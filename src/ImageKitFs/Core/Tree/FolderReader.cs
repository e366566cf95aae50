using ImageKitFs.Core.Api;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Tree;

/// <summary>Reads one folder whole, page by page.</summary>
/// <remarks>
/// The service pages by offset, so a change made meanwhile shifts the rows: a delete would skip one, an insert repeat one. Pages therefore overlap by one row;
/// where the last row of a page is not the first of the next, reading goes back. The end is a page shorter than asked.
/// Source: imagekit-api.md 3.1.
/// </remarks>
internal sealed class FolderReader(IMediaLibrary library, Func<string, bool, string> toLocal, TreeOptions options, ILogger logger)
{
    /// <summary>Steps back before reading in turn: a folder that shifts more often than this is being rewritten.</summary>
    private const int MaxStepsBack = 8;

    private long _ignoredRows;

    /// <summary>Rows that were not shown because they are no direct child of the folder that was listed.</summary>
    public long IgnoredRows => Interlocked.Read(ref _ignoredRows);

    private int Stride => options.PageSize - 1;

    /// <param name="folder">Remote path.</param>
    /// <param name="expectedRows">How many rows it had the last time; says how many pages to ask for side by side.</param>
    public async ValueTask<ApiResult<FolderRows>> ReadAsync(string folder, int expectedRows, CancellationToken ct)
    {
        var pages = new List<Page>();
        int expectedPages = 1 + (Math.Max(0, expectedRows - 1) / Stride);
        int stepsBack = 0;
        int guess = 1;
        while (pages.Count == 0 || !pages[^1].IsLast)
        {
            int next = pages.Count;
            int width = 1;
            if (next > 0 && next < expectedPages)
            {
                width = Math.Min(expectedPages - next, options.MaxParallelPages);
            }
            else if (next > 0)
            {
                // The length is unknown: 1, 2, 4, ... so that at most as many requests are in vain as were needed.
                width = Math.Min(guess, options.MaxParallelPages);
                guess *= 2;
            }

            foreach (ApiResult<Page> read in await ReadSideBySideAsync(folder, next, width, ct))
            {
                if (!read.Ok)
                    return read.Error;
                if (pages.Count > 0 && pages[^1].LastId != read.Value.FirstId)
                {
                    if (++stepsBack > MaxStepsBack)
                        return await ReadInTurnAsync(folder, ct);
                    // The page before may be the one that changed: it is read again, and must then fit to its own predecessor.
                    pages.RemoveAt(pages.Count - 1);
                    guess = 1;
                    break;
                }
                pages.Add(read.Value);
                if (read.Value.IsLast)
                    break;
            }
        }
        return Join(pages);
    }

    /// <summary>The last resort: one page after the other from the start, taken as they come. The overlap still covers one delete per page.</summary>
    private async ValueTask<ApiResult<FolderRows>> ReadInTurnAsync(string folder, CancellationToken ct)
    {
        var pages = new List<Page>();
        while (pages.Count == 0 || !pages[^1].IsLast)
        {
            ApiResult<Page> read = await ReadPageAsync(folder, pages.Count, ct);
            if (!read.Ok)
                return read.Error;
            pages.Add(read.Value);
        }
        TreeLog.ReadInTurn(logger, folder, pages.Count);
        return Join(pages);
    }

    private static FolderRows Join(List<Page> pages)
    {
        if (pages.Count == 1)
            return new FolderRows(pages[0].Rows, IsManyPages: false);
        int count = 0;
        foreach (Page page in pages)
            count += page.Rows.Count;
        var rows = new List<RowDraft>(count);
        foreach (Page page in pages)
            rows.AddRange(page.Rows);
        return new FolderRows(rows, IsManyPages: true);
    }

    private async ValueTask<ApiResult<Page>[]> ReadSideBySideAsync(string folder, int first, int width, CancellationToken ct)
    {
        if (width == 1)
            return [await ReadPageAsync(folder, first, ct)];
        var reads = new Task<ApiResult<Page>>[width];
        for (int i = 0; i < width; i++)
            reads[i] = ReadPageAsync(folder, first + i, ct).AsTask();
        return await Task.WhenAll(reads);
    }

    private async ValueTask<ApiResult<Page>> ReadPageAsync(string folder, int number, CancellationToken ct)
    {
        ApiResult<IReadOnlyList<LibraryRow>> reply =
            await library.ListAsync(new ListQuery(folder, Skip: number * Stride, Limit: options.PageSize), ct);
        if (!reply.Ok)
            return reply.Error;

        IReadOnlyList<LibraryRow> listed = reply.Value;
        var rows = new List<RowDraft>(listed.Count);
        foreach (LibraryRow row in listed)
        {
            if (row.Kind == RowKind.FileVersion)
                continue;
            if (IsChild(folder, row))
                rows.Add(RowDraft.From(row, toLocal));
            else if (Interlocked.Increment(ref _ignoredRows) == 1)
                TreeLog.ForeignRow(logger, row.Path, folder);
        }
        return new Page(
            rows,
            FirstId: listed.Count > 0 ? listed[0].Id : null,
            LastId: listed.Count > 0 ? listed[^1].Id : null,
            // A row that the client dropped as unusable must not end the list.
            IsLast: (listed is RowPage page ? page.SentRows : listed.Count) < options.PageSize);
    }

    /// <summary>The path is the folder's, then one name: the row's own, whatever it holds, or any without a slash.</summary>
    private static bool IsChild(string folder, LibraryRow row)
    {
        ReadOnlySpan<char> name = row.Path;
        if (!name.StartsWith(folder, StringComparison.Ordinal))
            return false;
        name = name[(folder == "/" ? 0 : folder.Length)..];
        if (name.IsEmpty || name[0] != '/')
            return false;
        name = name[1..];
        return name.SequenceEqual(row.Name) || (!name.IsEmpty && !name.Contains('/'));
    }

    /// <summary>What one request gave.</summary>
    /// <param name="Rows">The rows that are shown.</param>
    /// <param name="FirstId">Of all rows; null for an empty page.</param>
    /// <param name="LastId">Of all rows; null for an empty page.</param>
    /// <param name="IsLast">Shorter than asked: the list ends here.</param>
    private sealed record Page(List<RowDraft> Rows, string? FirstId, string? LastId, bool IsLast);
}
