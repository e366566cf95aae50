namespace ImageKitFs.Core.Engine;

/// <summary>A file or folder that is brought, or kept, on this machine: one line of `pin --list`, and the progress of `warm`.</summary>
/// <param name="Path">As the user sees it, from the mount's root.</param>
/// <param name="IsPinned">Kept for good; else brought once.</param>
/// <param name="State">listing, fetching, done, failed (some files are not here), stopped.</param>
/// <param name="Files">Files found so far.</param>
/// <param name="DoneFiles">Those that are wholly here.</param>
/// <param name="Bytes">Of all of them.</param>
/// <param name="DoneBytes">Of what is here.</param>
/// <param name="FailedFiles">How many could not be fetched.</param>
/// <param name="Error">Why the last of them could not; null when none failed.</param>
public sealed record LocalCopyItem(
    string Path, bool IsPinned, string State, int Files, int DoneFiles, long Bytes, long DoneBytes, int FailedFiles, string? Error)
{
    /// <summary>True when nothing more happens by itself.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsOver => State is "done" or "failed" or "stopped";
}
