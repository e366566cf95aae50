using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Search;

/// <summary>A parsed <c>searchQuery</c> (section 3.2).</summary>
internal sealed class SearchQuery
{
    private readonly Func<Row, bool> _matches;

    private SearchQuery(Func<Row, bool> matches, bool testsType)
    {
        _matches = matches;
        TestsType = testsType;
    }

    /// <summary>True when the query says itself which types it wants.</summary>
    public bool TestsType { get; }

    /// <summary>True for the rows that the query wants.</summary>
    public bool Matches(Row row) => _matches(row);

    /// <summary>Parses a query; one that is not in the language is refused.</summary>
    public static SearchQuery Parse(string text, DateTimeOffset now, EmulatorOptions options)
    {
        var fields = new RowFields(now, options);
        Func<Row, bool> matches = new QueryParser<Row>(text, fields.Comparison).Parse()
            ?? throw new Refusal(400, "Your request contains invalid value for searchQuery parameter.");
        return new SearchQuery(matches, fields.TestsType);
    }
}
