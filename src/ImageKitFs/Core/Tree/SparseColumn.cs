namespace ImageKitFs.Core.Tree;

/// <summary>A column that few rows have. Filled in row order, then read from any thread.</summary>
internal sealed class SparseColumn<T>
    where T : class
{
    private readonly List<int> _rows = [];
    private readonly List<T> _values = [];

    public T? this[int row]
    {
        get
        {
            int found = _rows.BinarySearch(row);
            return found >= 0 ? _values[found] : null;
        }
    }

    public void Add(int row, T? value)
    {
        if (value is null)
            return;
        _rows.Add(row);
        _values.Add(value);
    }

    public void Trim()
    {
        _rows.TrimExcess();
        _values.TrimExcess();
    }
}
