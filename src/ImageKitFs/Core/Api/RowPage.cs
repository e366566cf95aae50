using System.Collections;

namespace ImageKitFs.Core.Api;

/// <summary>The usable rows of one reply, and how many the service sent.</summary>
/// <remarks>A page is the last one when <see cref="SentRows"/> is below the limit, not when fewer rows are usable: a dropped row must not end a listing.</remarks>
internal sealed class RowPage(IReadOnlyList<LibraryRow> rows, int sentRows) : IReadOnlyList<LibraryRow>
{
    /// <summary>Rows of the reply, the dropped ones included.</summary>
    public int SentRows { get; } = sentRows;

    public int Count => rows.Count;

    public LibraryRow this[int index] => rows[index];

    public IEnumerator<LibraryRow> GetEnumerator() => rows.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
