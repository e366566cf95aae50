using System.Runtime.InteropServices;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Tree;

/// <summary>Makes a <see cref="Listing"/> of the rows that the service gave and of what the listing before knew.</summary>
internal static class ListingBuilder
{
    /// <summary>Builds a listing. <paramref name="rows"/> is used up.</summary>
    /// <param name="folder">Remote path.</param>
    /// <param name="requestedAt">When the first request was sent.</param>
    /// <param name="rows">In the order read; an id may occur more than once.</param>
    /// <param name="isManyPages">Several requests were needed: rows may have slipped between two pages, so one absence proves nothing.</param>
    /// <param name="previous">The listing before, if one is known.</param>
    /// <param name="toLocal">The name map.</param>
    public static Listing Build(string folder, long requestedAt, RowBlock rows, bool isManyPages, Listing? previous, Func<string, bool, string> toLocal)
    {
        RowIndex byId = IndexIds(rows, out int[]? newest);
        if (newest is not null)
        {
            rows = RemoveRepeats(rows, newest, toLocal);
            byId = IndexIds(rows, out _);
        }

        if (previous is not null)
        {
            CarryModified(rows, previous);
            if (isManyPages && KeepMissing(rows, byId, previous, toLocal))
                byId = IndexIds(rows, out _);
        }

        if (rows.HasUnshowable || !TryIndexNames(rows, out RowIndex byName))
        {
            RowDraft[] drafts = new RowDraft[rows.Count];
            for (int row = 0; row < drafts.Length; row++)
                drafts[row] = rows.ToDraft(row, toLocal);
            LocalNames.Settle(drafts);
            rows = RowBlock.Of(drafts);
            TryIndexNames(rows, out byName);
        }

        rows.Trim();
        return new Listing(folder, requestedAt, rows, byName, byId);
    }

    /// <summary>A listing of rows whose ids and names are known to be unique.</summary>
    public static Listing Restore(string folder, long requestedAt, RowBlock rows)
    {
        TryIndexNames(rows, out RowIndex byName);
        return new Listing(folder, requestedAt, rows, byName, IndexIds(rows, out _));
    }

    /// <returns>The row, or -1.</returns>
    public static int FindId(RowBlock rows, RowIndex byId, ObjectId id)
    {
        RowIndex.Candidates candidates = byId.Find(id.Hash());
        while (candidates.MoveNext())
        {
            if (rows.IdOf(candidates.Row) == id)
                return candidates.Row;
        }

        return -1;
    }

    /// <param name="rows">The rows.</param>
    /// <param name="newest">By row: the last one with the same id; null when all ids differ.</param>
    private static RowIndex IndexIds(RowBlock rows, out int[]? newest)
    {
        newest = null;
        RowIndex byId = new(rows.Count);
        for (int row = 0; row < rows.Count; row++)
        {
            ObjectId id = rows.IdOf(row);
            int first = FindId(rows, byId, id);
            if (first < 0)
            {
                byId.Add(id.Hash(), row);
                continue;
            }

            if (newest is null)
            {
                newest = new int[rows.Count];
                for (int i = 0; i < newest.Length; i++)
                    newest[i] = i;
            }

            newest[first] = row;
            newest[row] = -1;
        }

        return byId;
    }

    private static bool TryIndexNames(RowBlock rows, out RowIndex byName)
    {
        byName = new RowIndex(rows.Count);
        for (int row = 0; row < rows.Count; row++)
        {
            ReadOnlySpan<byte> name = rows.NameUtf8(row);
            uint hash = Listing.HashOf(name);
            RowIndex.Candidates candidates = byName.Find(hash);
            while (candidates.MoveNext())
            {
                if (rows.NameUtf8(candidates.Row).SequenceEqual(name))
                    return false;
            }

            byName.Add(hash, row);
        }

        return true;
    }

    /// <summary>Of rows with one id the first place and the last content stay: what was read later is newer.</summary>
    private static RowBlock RemoveRepeats(RowBlock rows, int[] newest, Func<string, bool, string> toLocal)
    {
        RowBlock unique = new();
        foreach (int row in newest)
        {
            if (row >= 0)
                unique.Add(rows.ToDraft(row, toLocal));
        }

        return unique;
    }

    /// <summary>mtime belongs to a version: an updatedAt that moves without a new version moves ctime only. A time that the account stores is what it says.</summary>
    private static void CarryModified(RowBlock rows, Listing previous)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            if (rows.KindOf(row) == FileKind.File && !rows.HasStoredTime(row) && previous.TryFindId(rows.IdOf(row), out Row known) && known.VersionObjectId == rows.VersionOf(row))
                rows.SetModified(row, known.Modified.UnixNanoseconds);
        }
    }

    /// <summary>Keeps rows that are missing for the first time, unless their name is listed with another id: then they were replaced.</summary>
    private static bool KeepMissing(RowBlock rows, RowIndex byId, Listing previous, Func<string, bool, string> toLocal)
    {
        List<RowDraft>? missing = null;
        for (int i = 0; i < previous.Count; i++)
        {
            Row row = previous[i];
            if (!row.IsUnconfirmed && FindId(rows, byId, row.ObjectId) < 0)
                (missing ??= []).Add(previous.Rows.ToDraft(i, toLocal) with { IsUnconfirmed = true });
        }

        if (missing is null)
            return false;

        var listed = new HashSet<(string, FileKind)>(rows.Count);
        for (int row = 0; row < rows.Count; row++)
            listed.Add((rows.RemoteNameOf(row), rows.KindOf(row)));
        bool isKept = false;
        foreach (ref readonly RowDraft draft in CollectionsMarshal.AsSpan(missing))
        {
            if (listed.Contains((draft.RemoteName, draft.Kind)))
                continue;
            rows.Add(draft);
            isKept = true;
        }

        return isKept;
    }
}
