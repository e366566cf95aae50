namespace ImageKitFs.Core.Tree;

/// <summary>One id a row, 12 bytes each; odd ids stand beside.</summary>
internal sealed class IdColumn(int count)
{
    private readonly ulong[] _high = new ulong[count];
    private readonly uint[] _low = new uint[count];
    private Dictionary<int, string>? _odd;

    public ObjectId this[int row]
    {
        get => ObjectId.FromParts(_high[row], _low[row], _odd?.GetValueOrDefault(row));
        set
        {
            _high[row] = value.High;
            _low[row] = value.Low;
            if (value.Odd is not null)
                (_odd ??= [])[row] = value.Odd;
        }
    }
}
