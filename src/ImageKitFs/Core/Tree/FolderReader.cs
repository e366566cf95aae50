using ImageKitFs.Core.Api;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Tree;

/// <summary>Reads one folder whole.</summary>
internal sealed class FolderReader(IMediaLibrary library, Func<string, bool, string> toLocal, TreeOptions options, ILogger logger)
{
    private long _ignoredRows;

    /// <summary>Rows that were not shown because they are no direct child of the folder that was listed.</summary>
    public long IgnoredRows => Interlocked.Read(ref _ignoredRows);

    /// <param name="folder">Remote path.</param>
    /// <param name="expectedRows">How many rows it had the last time; says which pages to ask for side by side.</param>
    public async ValueTask<ApiResult<FolderRows>> ReadAsync(string folder, int expectedRows, CancellationToken ct)
    {
        RowBlock rows = new();
        // As many in vain as were needed, so that a folder of unknown length is read in few round trips.
        var read = new PagedRead(library, folder, options, static pages => 1 + pages);
        ApiResult<bool> outcome = await read.RunAsync(expectedRows, Take, ct);
        if (!outcome.Ok)
            return outcome.Error;
        if (outcome.Value)
            return new FolderRows(rows, read.IsManyPages);

        rows = new RowBlock();
        ApiResult<int> inTurn = await read.RunInTurnAsync(Take, ct);
        if (!inTurn.Ok)
            return inTurn.Error;
        TreeLog.ReadInTurn(logger, folder, inTurn.Value);
        return new FolderRows(rows, IsManyPages: true);

        void Take(LibraryRow row)
        {
            if (row.Kind == RowKind.FileVersion)
                return;
            if (IsChild(folder, row))
                rows.Add(RowDraft.From(row, toLocal));
            else if (Interlocked.Increment(ref _ignoredRows) == 1)
                TreeLog.ForeignRow(logger, row.Path, folder);
        }
    }

    /// <summary>The path is the folder's, then one name: the row's own, whatever it holds, or any without a slash.</summary>
    public static bool IsChild(string folder, LibraryRow row)
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
}
