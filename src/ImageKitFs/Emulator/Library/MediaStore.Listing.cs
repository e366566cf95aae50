namespace ImageKitFs.Emulator.Library;

/// <summary>How rows are ordered.</summary>
internal enum SortKey
{
    /// <summary>Creation, which is also what RELEVANCE falls back to.</summary>
    Created,

    /// <summary>Name, by code unit.</summary>
    Name,

    /// <summary>Last change.</summary>
    Updated,

    /// <summary>Height.</summary>
    Height,

    /// <summary>Width.</summary>
    Width,

    /// <summary>Size.</summary>
    Size,
}

/// <summary>One row: a folder, a file as its current version, or an older version.</summary>
internal readonly record struct Row(Node Node, FileVersion? Version)
{
    /// <summary>True for a version that is not current.</summary>
    public bool IsOlderVersion => Version is not null && !ReferenceEquals(Version, ((FileNode)Node).Current);
}

/// <summary>A list call.</summary>
internal sealed record ListRequest
{
    /// <summary>One folder, or null for the whole library.</summary>
    public string? Path { get; init; }

    /// <summary>Rows of files.</summary>
    public bool Files { get; init; }

    /// <summary>Rows of folders.</summary>
    public bool Folders { get; init; }

    /// <summary>Rows of older versions.</summary>
    public bool OlderVersions { get; init; }

    /// <summary>Rows left out at the start.</summary>
    public int Skip { get; init; }

    /// <summary>The most rows.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>The order.</summary>
    public SortKey Sort { get; init; }

    /// <summary>From high to low.</summary>
    public bool Descending { get; init; }

    /// <summary>Which rows; null for all.</summary>
    public Func<Row, bool>? Filter { get; init; }
}

/// <content>Listings.</content>
internal sealed partial class MediaStore
{
    /// <summary>Shows the rows of a page, in order.</summary>
    public void List(ListRequest request, Action<Row> show) => Enter(() =>
    {
        IReadOnlyDictionary<string, Node?>? lagging = _lag.Current();
        foreach (Row row in lagging is null ? Page(request) : LaggingPage(request, lagging))
            show(row);
        _lag.CountCall();
    });

    /// <summary>Shows every file and folder by path, without lag.</summary>
    public IReadOnlyList<T> Everything<T>(Func<Node, T> show) => Enter(() =>
    {
        MergedRows rows = RowsOf(new ListRequest { Files = true, Folders = true }, folder: null);
        return (IReadOnlyList<T>)[.. rows.From(0).OrderBy(node => node.Path, StringComparer.Ordinal).Select(show)];
    });

    /// <summary>True for a file or folder.</summary>
    public bool Exists(string path) => Enter(() => FindFile(path) is not null || FindFolder(path) is not null);

    private IEnumerable<Row> Page(ListRequest request)
    {
        FolderNode? folder = request.Path is null ? null : FindFolder(request.Path);
        if (request.Path is not null && folder is null)
            return [];
        MergedRows rows = RowsOf(request, folder);
        bool isPlain = request.Filter is null && !request.OlderVersions && request.Sort == SortKey.Created;
        if (!isPlain)
            return Arrange(request, rows.From(0)).Skip(request.Skip).Take(request.Limit);
        if (!request.Descending)
            return rows.From(request.Skip).Take(request.Limit).Select(ToRow);
        int end = Math.Max(0, rows.Count - request.Skip);
        int start = Math.Max(0, end - request.Limit);
        return rows.From(start).Take(end - start).Reverse().Select(ToRow);
    }

    private IEnumerable<Row> LaggingPage(ListRequest request, IReadOnlyDictionary<string, Node?> lagging)
    {
        string? path = request.Path is null ? null : "/" + string.Join('/', NameRules.Split(request.Path));
        FolderNode? folder = path is null ? null : FindFolder(path);
        IEnumerable<Node> present = path is not null && folder is null ? [] : RowsOf(request, folder).From(0);
        IEnumerable<Node> shown = present
            .Where(node => !lagging.ContainsKey(node.Id))
            .Concat(lagging.Values.OfType<Node>()
                .Where(node => (path is null || node.ParentPath == path) && (node is FolderNode ? request.Folders : request.Files || request.OlderVersions)))
            .OrderBy(node => node.Sequence);
        return Arrange(request, shown).Skip(request.Skip).Take(request.Limit);
    }

    private MergedRows RowsOf(ListRequest request, FolderNode? folder)
    {
        List<IRowSource> sources = [];
        if (request.Folders)
            sources.Add(folder is null ? _allFolders : folder.Folders);
        if (request.Files || request.OlderVersions)
        {
            sources.Add(folder is null ? _allFiles : folder.Files);
            if (_synthetic is not null && (folder is null || folder.SyntheticIndex >= 0))
                sources.Add(folder is null ? _synthetic.All : _synthetic.Of(folder));
        }

        return new MergedRows(sources);
    }

    private static Row ToRow(Node node) => new(node, (node as FileNode)?.Current);

    // Filters in creation order; sorts only when another order is asked for. LINQ's sort keeps equal rows in creation order.
    private static IEnumerable<Row> Arrange(ListRequest request, IEnumerable<Node> nodes)
    {
        IEnumerable<Row> rows = nodes.SelectMany(node => Expand(request, node));
        if (request.Filter is { } filter)
            rows = rows.Where(filter);
        if (request.Sort == SortKey.Name)
            return request.Descending ? rows.OrderByDescending(row => row.Node.Name, StringComparer.Ordinal) : rows.OrderBy(row => row.Node.Name, StringComparer.Ordinal);
        if (request.Sort == SortKey.Created)
            return request.Descending ? rows.Reverse() : rows;
        return request.Descending ? rows.OrderByDescending(row => KeyOf(row, request.Sort)) : rows.OrderBy(row => KeyOf(row, request.Sort));
    }

    private static IEnumerable<Row> Expand(ListRequest request, Node node)
    {
        if (node is not FileNode file)
        {
            yield return new Row(node, Version: null);
            yield break;
        }

        if (request.OlderVersions)
        {
            foreach (FileVersion version in file.Versions)
            {
                if (!ReferenceEquals(version, file.Current))
                    yield return new Row(file, version);
            }
        }

        if (request.Files)
            yield return new Row(file, file.Current);
    }

    private static long KeyOf(Row row, SortKey key) => key switch
    {
        SortKey.Updated => (row.Version?.UpdatedAt ?? row.Node.UpdatedAt).Ticks,
        SortKey.Height => row.Version?.Media.Height ?? -1,
        SortKey.Width => row.Version?.Media.Width ?? -1,
        SortKey.Size => row.Version?.Blob.Length ?? -1,
        SortKey.Created or SortKey.Name => row.Node.Sequence,
    };
}
