namespace ImageKitFs.Core.Tree;

/// <summary>Arrays of what a large library takes most room for.</summary>
/// <remarks>
/// They lie in the runtime's heap for pinned objects: the garbage that the ordinary heap lets pile up grows with what it keeps, by half as much again, and these
/// bytes would count there. They are neither moved nor scanned.
/// </remarks>
internal static class LongLived
{
    /// <summary>An array of zeros.</summary>
    public static T[] Zeros<T>(int length)
        where T : unmanaged => length == 0 ? [] : GC.AllocateArray<T>(length, pinned: true);

    /// <summary>The first elements of an array, in one of just that length.</summary>
    public static T[] Copy<T>(T[] array, int length)
        where T : unmanaged
    {
        if (length == 0)
            return [];
        T[] copy = GC.AllocateUninitializedArray<T>(length, pinned: true);
        array.AsSpan(0, length).CopyTo(copy);
        return copy;
    }
}
