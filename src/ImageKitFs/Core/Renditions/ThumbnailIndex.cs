using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Renditions;

/// <summary>From a thumbnail's name back to the file of a listing: hashes cannot be reversed, so all names of the folder are hashed once.</summary>
internal sealed class ThumbnailIndex
{
    private readonly UInt128[] _hashes;
    private readonly int[] _rows;

    public ThumbnailIndex(Listing listing)
    {
        Listing = listing;
        List<UInt128> hashes = new(listing.Count * 2);
        List<int> rows = new(listing.Count * 2);
        for (int i = 0; i < listing.Count; i++)
        {
            Row row = listing[i];
            if (row.Kind != FileKind.File)
                continue;
            string name = row.Name;
            if (ThumbnailSource.KindOf(row.Mime, name) == MediaKind.Other)
                continue;
            foreach (string uri in ThumbnailName.SharedUrisOf(name))
            {
                hashes.Add(ThumbnailName.HashOf(uri));
                rows.Add(i);
            }
        }

        _hashes = [.. hashes];
        _rows = [.. rows];
        Array.Sort(_hashes, _rows);
    }

    public Listing Listing { get; }

    /// <summary>The row of the file whose thumbnail has this name.</summary>
    public bool TryFind(UInt128 hash, out Row row)
    {
        int at = Array.BinarySearch(_hashes, hash);
        row = at >= 0 ? Listing[_rows[at]] : default;
        return at >= 0;
    }
}
