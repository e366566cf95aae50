namespace ImageKitFs.Core.Tree;

/// <summary>The yes-or-no columns of a listing.</summary>
[Flags]
internal enum RowFlags : byte
{
    None = 0,
    Folder = 1,
    Private = 2,
    Unconfirmed = 4,
    StoredTime = 8,
}
