using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Direct;

/// <summary>Lists folders and finds paths by listings. Each folder is asked for once; who changes one says so.</summary>
/// <remarks>
/// A folder that is not there and an empty one look alike to the service (imagekit-api.md 3.1), so a path is taken at its word first: rows prove the folder.
/// Only when there are none, its parent is asked.
/// </remarks>
internal sealed class FolderLister(IMediaLibrary library, AccountNames names, VersionMemory memory)
{
    private static readonly TreeOptions Paging = new();

    private readonly ConcurrentDictionary<string, Lazy<Task<FolderView>>> _views = new(StringComparer.Ordinal);
    private volatile bool _hasSeenStoredTime;

    /// <summary>A row had a stored mtime: the account has the field.</summary>
    public bool HasSeenStoredTime => _hasSeenStoredTime;

    /// <summary>Null when the path is not in the library, or names a file.</summary>
    public async Task<FolderView?> FindFolderAsync(string path, CancellationToken ct)
    {
        if (RemotePath.IsRoot(path))
            return await ListAsync(RemotePath.Root, RemotePath.Root, ct);
        string? guess = names.RemoteFolderOf(path);
        FolderView? view = guess is null ? null : await ListAsync(path, guess, ct);
        if (view is { Entries.Count: > 0 })
            return view;
        if (await FindAsync(path, ct) is not { IsFolder: true } entry)
            return null;
        return entry.RemotePath == guess ? view : await ListAsync(path, entry.RemotePath, ct);
    }

    /// <summary>As <see cref="FindAsync"/>; a path that looks like a folder's is listed first, so that a folder that holds something costs one request.</summary>
    public async Task<LibraryEntry?> FindEitherAsync(string path, bool isLikelyFolder, CancellationToken ct)
    {
        if (isLikelyFolder && !RemotePath.IsRoot(path) && names.RemoteFolderOf(path) is { } guess && (await ListAsync(path, guess, ct)).Entries.Count > 0)
            return new LibraryEntry(path, guess, row: null, default, hasStoredTime: false);
        return await FindAsync(path, ct);
    }

    /// <summary>Null when the path is not in the library.</summary>
    public async Task<LibraryEntry?> FindAsync(string path, CancellationToken ct)
    {
        if (RemotePath.IsRoot(path))
            return new LibraryEntry(RemotePath.Root, RemotePath.Root, row: null, default, hasStoredTime: false);
        FolderView? parent = await FindFolderAsync(RemotePath.Parent(path), ct);
        return parent?.Find(RemotePath.Name(path));
    }

    /// <param name="path">As the user sees it.</param>
    /// <param name="remotePath">As the service has it.</param>
    /// <param name="ct">Ends the wait, for all who share it: one command has one.</param>
    public async Task<FolderView> ListAsync(string path, string remotePath, CancellationToken ct)
    {
        Lazy<Task<FolderView>> listing = _views.GetOrAdd(remotePath, key => new Lazy<Task<FolderView>>(() => FetchAsync(path, key, ct)));
        try
        {
            return await listing.Value;
        }
        catch
        {
            _views.TryRemove(new KeyValuePair<string, Lazy<Task<FolderView>>>(remotePath, listing));
            throw;
        }
    }

    /// <summary>The folder, or what lies below it, was changed.</summary>
    public void Forget(string remotePath)
    {
        foreach (string known in _views.Keys)
        {
            if (known == remotePath || RemotePath.IsBelow(known, remotePath))
                _views.TryRemove(known, out _);
        }
    }

    private async Task<FolderView> FetchAsync(string path, string remotePath, CancellationToken ct)
    {
        Dictionary<string, LibraryRow> rows = new(StringComparer.Ordinal);
        PagedRead read = new(library, remotePath, Paging, static pages => 1 + pages);
        ApiResult<bool> outcome = await read.RunAsync(expectedRows: 0, Take, ct);
        if (!outcome.Ok)
            throw LibraryException.Of(path, outcome.Error, ct);
        if (!outcome.Value)
        {
            // It kept changing: one page after the other, as they come.
            rows.Clear();
            ApiResult<int> inTurn = await read.RunInTurnAsync(Take, ct);
            if (!inTurn.Ok)
                throw LibraryException.Of(path, inTurn.Error, ct);
        }

        return new FolderView(path, remotePath, Named(path, remotePath, [.. rows.Values]));

        void Take(LibraryRow row)
        {
            if (row.Kind != RowKind.FileVersion && FolderReader.IsChild(remotePath, row))
                rows[row.Id] = row;
        }
    }

    private IEnumerable<LibraryEntry> Named(string path, string remotePath, IReadOnlyList<LibraryRow> rows)
    {
        List<RowDraft> drafts = [.. rows.Select(row => RowDraft.From(row, names.ToLocal))];
        LocalNames.Settle(CollectionsMarshal.AsSpan(drafts));
        for (int i = 0; i < rows.Count; i++)
            yield return EntryOf(path, remotePath, drafts[i], rows[i]);
    }

    private LibraryEntry EntryOf(string path, string remotePath, RowDraft draft, LibraryRow row)
    {
        _hasSeenStoredTime |= draft.HasStoredTime;
        Timestamp modified = draft.Modified;
        if (row.Kind == RowKind.File && !draft.HasStoredTime && memory.Find(row.Id, row.VersionId) is { } known && known.Size == row.Size)
            modified = known.Modified;
        return new LibraryEntry(RemotePath.Combine(path, draft.Name), RemotePath.Combine(remotePath, row.Name), row, modified, draft.HasStoredTime);
    }
}
