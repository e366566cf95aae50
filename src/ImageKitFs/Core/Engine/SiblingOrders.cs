using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>The files of one listing in each order in which programs go through a folder.</summary>
internal sealed class SiblingOrders
{
    private readonly int[][] _rows;   // of each order, by place
    private readonly int[][] _places; // of each order, by row; -1 for a folder

    private SiblingOrders(int[][] rows, int rowCount)
    {
        _rows = rows;
        _places = Array.ConvertAll(rows, order =>
        {
            int[] places = new int[rowCount];
            Array.Fill(places, -1);
            for (int place = 0; place < order.Length; place++)
                places[order[place]] = place;
            return places;
        });
    }

    /// <summary>As listed, which is how readdir gives them; by name, as a shell's `*` and rsync; by stat's number, as cp -r and find.</summary>
    public int Count => _rows.Length;

    /// <summary>Places in each order.</summary>
    public int Length => _rows[0].Length;

    /// <param name="listing">Of the folder.</param>
    /// <param name="inoOf">The number that stat shows for a row.</param>
    public static SiblingOrders Of(Listing listing, Func<int, ulong> inoOf)
    {
        List<int> files = new(listing.Count);
        for (int row = 0; row < listing.Count; row++)
        {
            if (listing.Rows.KindOf(row) == FileKind.File)
                files.Add(row);
        }

        int[] listed = [.. files];
        int[] byName = [.. files];
        Array.Sort(byName, (a, b) => listing[a].NameUtf8.SequenceCompareTo(listing[b].NameUtf8));
        int[] byNumber = [.. files];
        Array.Sort(Array.ConvertAll(byNumber, row => inoOf(row)), byNumber);
        return new SiblingOrders([listed, byName, byNumber], listing.Count);
    }

    public int RowAt(int order, int place) => _rows[order][place];

    public int PlaceOf(int order, int row) => _places[order][row];
}
