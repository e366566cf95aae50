namespace ImageKitFs.Core.Tree;

/// <summary>A column that few rows have. Filled in row order, then read from any thread.</summary>
internal sealed class SparseColumn<T>
    where T : class
{
    private List<int>? _rows;
    private List<T>? _values;

    public int Count => _rows?.Count ?? 0;

    public T? this[int row]
    {
        get
        {
            if (_rows is null)
                return null;
            int found = _rows.BinarySearch(row);
            return found >= 0 ? _values![found] : null;
        }
    }

    /// <summary>The rows that have one, in order.</summary>
    public IEnumerable<(int Row, T Value)> All()
    {
        for (int i = 0; i < Count; i++)
            yield return (_rows![i], _values![i]);
    }

    public void Add(int row, T? value)
    {
        if (value is null)
            return;
        (_rows ??= []).Add(row);
        (_values ??= []).Add(value);
    }

    public void Trim()
    {
        _rows?.TrimExcess();
        _values?.TrimExcess();
    }
}
