using ImageKitFs.Core.Api;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Tree;

/// <summary>Reads the rows of all folders at once: 1000 a request, however many folders they are in.</summary>
/// <param name="library">The service.</param>
/// <param name="root">Rows outside of this folder are not kept: they are not mounted.</param>
/// <param name="toLocal">The name map.</param>
/// <param name="options">How to page.</param>
internal sealed class LibraryReader(IMediaLibrary library, string root, Func<string, bool, string> toLocal, TreeOptions options)
{
    /// <summary>Requests in vain, one for each so many pages: this way of listing is chosen to save requests.</summary>
    private const int PagesPerVain = 50;

    private readonly Dictionary<string, RowBlock> _folders = [];
    private readonly IdFilter _ids = new();
    private bool _isTorn;

    /// <summary>Rows of the whole library, folders included.</summary>
    public int Rows => _ids.Count;

    /// <param name="expectedRows">How many there may be.</param>
    /// <returns>The rows by folder, a folder without any included; null when the library changed so that no one moment is shown.</returns>
    public async ValueTask<ApiResult<Dictionary<string, RowBlock>?>> ReadAsync(int expectedRows, CancellationToken ct)
    {
        BlockOf(root);
        var read = new PagedRead(library, folder: null, options, static pages => 1 + (pages / PagesPerVain));
        ApiResult<bool> outcome = await read.RunAsync(expectedRows, Take, ct);
        if (!outcome.Ok)
            return outcome.Error;
        return outcome.Value && !_isTorn ? _folders : (Dictionary<string, RowBlock>?)null;
    }

    private void Take(LibraryRow row)
    {
        if (row.Kind == RowKind.FileVersion)
            return;
        // Twice in one list: it moved while we read, so either sight of it may be the old one.
        _isTorn |= !_ids.Add(ObjectId.Parse(row.Id));
        if (row.Kind == RowKind.Folder && RemotePath.IsBelow(row.Path, root))
            BlockOf(row.Path);
        if (ParentOf(row) is { } parent && (parent == root || RemotePath.IsBelow(parent, root)))
            BlockOf(parent).Add(RowDraft.From(row, toLocal));
    }

    /// <summary>The path without the row's own name, whatever that holds; null for a path that is not absolute.</summary>
    private static string? ParentOf(LibraryRow row)
    {
        int end = row.Path.EndsWith(row.Name, StringComparison.Ordinal) ? row.Path.Length - row.Name.Length - 1 : row.Path.LastIndexOf('/');
        if (end < 0 || row.Path[end] != '/')
            return null;
        return end == 0 ? "/" : row.Path[..end];
    }

    private RowBlock BlockOf(string folder)
    {
        if (!_folders.TryGetValue(folder, out RowBlock? block))
            _folders.Add(folder, block = new RowBlock());
        return block;
    }
}
