namespace ImageKitFs.Core.Tree;

/// <summary>What two listings of one folder tell apart, by id.</summary>
/// <param name="Added">In the new one only.</param>
/// <param name="Removed">In the old one only.</param>
/// <param name="Changed">In both, with another name, version or attribute.</param>
internal sealed record ListingDiff(IReadOnlyList<Row> Added, IReadOnlyList<Row> Removed, IReadOnlyList<RowChange> Changed)
{
    public bool IsEmpty => Added.Count == 0 && Removed.Count == 0 && Changed.Count == 0;

    /// <summary>Compares in linear time; allocates for differences only.</summary>
    /// <param name="old">Null when nothing was known: everything is new.</param>
    public static ListingDiff Compare(Listing? old, Listing @new)
    {
        List<Row>? added = null;
        List<Row>? removed = null;
        List<RowChange>? changed = null;
        int common = 0;
        for (int i = 0; i < @new.Count; i++)
        {
            Row row = @new[i];
            if (old is null || !old.TryFindId(row.ObjectId, out Row before))
            {
                (added ??= []).Add(row);
                continue;
            }
            common++;
            var change = new RowChange(before, row);
            if (change.IsRenamed || change.IsNewVersion || change.HasNewAttributes)
                (changed ??= []).Add(change);
        }
        // Ids are unique in each: when all of the old ones were met, none is gone.
        for (int i = 0; old is not null && common < old.Count && i < old.Count; i++)
        {
            if (!@new.TryFindId(old[i].ObjectId, out _))
                (removed ??= []).Add(old[i]);
        }
        return new ListingDiff(added ?? [], removed ?? [], changed ?? (IReadOnlyList<RowChange>)[]);
    }
}

/// <summary>One object in two listings.</summary>
internal readonly record struct RowChange(Row Old, Row New)
{
    /// <summary>Shown under another name.</summary>
    public bool IsRenamed => !Old.NameUtf8.SequenceEqual(New.NameUtf8);

    /// <summary>Other bytes.</summary>
    public bool IsNewVersion => !Old.SameVersion(New) || Old.Size != New.Size || Old.Kind != New.Kind;

    /// <summary>Same bytes, but what stat or an attribute shows may differ.</summary>
    public bool HasNewAttributes => Old.Changed != New.Changed || Old.Modified != New.Modified || Old.IsPrivate != New.IsPrivate
        || Old.VersionNumber != New.VersionNumber;
}
