using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>What one pin keeps: the versions that the last listings of its folders showed. Guarded by its owner.</summary>
internal sealed class PinnedTree(Pin pin, ContentCache content)
{
    /// <summary>By folder, the sizes of what is kept.</summary>
    private readonly Dictionary<string, Dictionary<ContentKey, long>> _kept = new(StringComparer.Ordinal);

    public Pin Pin { get; } = pin;

    /// <summary>The folder from which it is walked.</summary>
    public string Root => Pin.IsFolder ? Pin.Remote : RemotePath.Parent(Pin.Remote);

    /// <summary>To be fetched by the job that is running, or by the next.</summary>
    public List<CopyFile> Files { get; } = [];

    /// <summary>To be listed by it.</summary>
    public List<string> Folders { get; } = [];

    /// <summary>A job of this pin is at work.</summary>
    public bool IsRunning { get; set; }

    /// <summary>How much is kept, and how much of it is here.</summary>
    public (int Files, int DoneFiles, long Bytes, long DoneBytes) Count()
    {
        (int files, int done, long bytes, long doneBytes) = (0, 0, 0L, 0L);
        foreach ((ContentKey key, long size) in _kept.Values.SelectMany(folder => folder))
        {
            bool isHere = content.IsComplete(key, size);
            files++;
            bytes += size;
            done += isHere ? 1 : 0;
            doneBytes += isHere ? size : 0;
        }

        return (files, done, bytes, doneBytes);
    }

    /// <summary>True once a folder's listing was taken.</summary>
    public bool Knows(string folder) => _kept.ContainsKey(folder);

    /// <summary>True when a folder's listing says something about what is pinned.</summary>
    public bool Covers(string folder) => folder == Root || (Pin.IsFolder && RemotePath.IsBelow(folder, Pin.Remote));

    /// <summary>Takes a folder's new listing: old versions may be evicted again, new ones not any more.</summary>
    /// <returns>What must be here now, and the folders below that were never seen.</returns>
    public (List<CopyFile> Files, List<string> NewFolders) Take(Listing listing)
    {
        Dictionary<ContentKey, long> now = [];
        List<CopyFile> files = [];
        List<string> newFolders = [];
        HashSet<string> folders = new(StringComparer.Ordinal);
        for (int i = 0; i < listing.Count; i++)
        {
            Row row = listing[i];
            string path = RemotePath.Combine(listing.Folder, row.RemoteName);
            if (!Pin.IsFolder && path != Pin.Remote)
                continue;
            if (row.Kind == FileKind.Directory)
            {
                folders.Add(path);
                if (!_kept.ContainsKey(path))
                    newFolders.Add(path);
                continue;
            }

            CopyFile file = CopyFile.Of(listing, row);
            if (now.TryAdd(file.Version.Key, file.Version.Size))
                files.Add(file);
        }

        foreach (ContentKey key in now.Keys)
            content.Keep(key);
        if (_kept.TryGetValue(listing.Folder, out Dictionary<ContentKey, long>? before))
        {
            foreach (ContentKey key in before.Keys.Where(key => !now.ContainsKey(key)))
                content.Unkeep(key);
        }

        _kept[listing.Folder] = now;
        foreach (string gone in _kept.Keys.Where(known => known != listing.Folder && RemotePath.Parent(known) == listing.Folder && !folders.Contains(known)).ToList())
            Release(gone);
        return (files, newFolders);
    }

    /// <summary>Everything may be evicted again.</summary>
    public void Release() => Release(Root);

    private void Release(string folder)
    {
        foreach (string below in _kept.Keys.Where(known => known == folder || RemotePath.IsBelow(known, folder)).ToList())
        {
            foreach (ContentKey key in _kept[below].Keys)
                content.Unkeep(key);
            _kept.Remove(below);
        }
    }
}
