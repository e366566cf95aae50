namespace ImageKitFs.Core.Tree;

/// <summary>All rows of one folder as read.</summary>
/// <param name="Rows">In the order read; an id may occur more than once.</param>
/// <param name="IsManyPages">More than one request was needed.</param>
internal readonly record struct FolderRows(RowBlock Rows, bool IsManyPages);
