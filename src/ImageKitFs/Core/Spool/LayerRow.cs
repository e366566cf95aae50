using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Spool;

/// <summary>What the journal knows about a layer's file since it was made, so that recovery can say whose bytes they are.</summary>
/// <param name="FileName">Within the spool folder.</param>
/// <param name="Generation">The layer's.</param>
/// <param name="Path">The remote path the file had.</param>
/// <param name="Ino">Its st_ino.</param>
/// <param name="Created">When the layer was opened.</param>
internal sealed record LayerRow(string FileName, long Generation, string Path, ulong Ino, Timestamp Created);
