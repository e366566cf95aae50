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
    public static Listing Build(
        string folder, long requestedAt, List<RowDraft> rows, bool isManyPages, Listing? previous, Func<string, bool, string> toLocal)
    {
        HashSet<ObjectId> ids = RemoveRepeats(rows);
        if (previous is not null)
        {
            CarryModified(CollectionsMarshal.AsSpan(rows), previous);
            if (isManyPages)
                KeepMissing(rows, ids, previous, toLocal);
        }
        Span<RowDraft> drafts = CollectionsMarshal.AsSpan(rows);
        LocalNames.Settle(drafts);
        return new Listing(folder, requestedAt, drafts);
    }

    /// <summary>Of rows with one id the first place and the last content stay: what was read later is newer.</summary>
    private static HashSet<ObjectId> RemoveRepeats(List<RowDraft> rows)
    {
        var ids = new HashSet<ObjectId>(rows.Count);
        Dictionary<ObjectId, int>? repeated = null;
        for (int i = 0; i < rows.Count; i++)
        {
            if (!ids.Add(rows[i].Id))
                (repeated ??= [])[rows[i].Id] = i;
        }
        if (repeated is null)
            return ids;

        var placed = new HashSet<ObjectId>(repeated.Count);
        int kept = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            RowDraft row = rows[i];
            if (repeated.TryGetValue(row.Id, out int newest))
            {
                if (!placed.Add(row.Id))
                    continue;
                row = rows[newest];
            }
            rows[kept++] = row;
        }
        rows.RemoveRange(kept, rows.Count - kept);
        return ids;
    }

    /// <summary>mtime belongs to a version: an updatedAt that moves without a new version moves ctime only.</summary>
    private static void CarryModified(Span<RowDraft> rows, Listing previous)
    {
        foreach (ref RowDraft row in rows)
        {
            if (row.Kind == FileKind.File && previous.TryFindId(row.Id, out Row known) && known.VersionObjectId == row.VersionId)
                row.Modified = known.Modified;
        }
    }

    /// <summary>Keeps rows that are missing for the first time, unless their name is listed with another id: then they were replaced.</summary>
    private static void KeepMissing(List<RowDraft> rows, HashSet<ObjectId> ids, Listing previous, Func<string, bool, string> toLocal)
    {
        List<Row>? missing = null;
        for (int i = 0; i < previous.Count; i++)
        {
            Row row = previous[i];
            if (!row.IsUnconfirmed && !ids.Contains(row.ObjectId))
                (missing ??= []).Add(row);
        }
        if (missing is null)
            return;

        var listed = new HashSet<(string, FileKind)>(rows.Count);
        foreach (ref readonly RowDraft row in CollectionsMarshal.AsSpan(rows))
            listed.Add((row.RemoteName, row.Kind));
        foreach (Row row in missing)
        {
            if (!listed.Contains((row.RemoteName, row.Kind)))
                rows.Add(RowDraft.Unconfirmed(row, toLocal));
        }
    }
}
