namespace ImageKitFs.Core.Engine;

/// <summary>Tells a walk through a folder's renditions from a look at one of them. Safe from any thread.</summary>
internal sealed class AheadPattern
{
    /// <summary>Programs skip what they do not show, and ask from several threads.</summary>
    private const int Stride = 8;

    private readonly Lock _lock = new();
    private int _last = int.MinValue / 2;

    /// <summary>A row of the listing was asked for.</summary>
    /// <returns>True when one shortly before or behind it was the last.</returns>
    public bool IsWalk(int row)
    {
        lock (_lock)
        {
            bool isNear = Math.Abs((long)row - _last) is > 0 and <= Stride;
            _last = row;
            return isNear;
        }
    }
}
