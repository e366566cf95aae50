using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Commands;

/// <summary>What `recover` did, for programs.</summary>
/// <param name="Folder">Where the copies are.</param>
/// <param name="Files">Each file that was to be taken out.</param>
/// <param name="StillWaiting">Files left alone because a mount will send them, or they stay here by rule.</param>
internal sealed record RecoverReport(string Folder, IReadOnlyList<RecoveredFile> Files, int StillWaiting);

/// <summary>One row of `recover`.</summary>
/// <param name="Path">As the user saw it, from the mount's root; null when nobody knows.</param>
/// <param name="Library">The URL endpoint, or what is known of it.</param>
/// <param name="Reason">Why it was kept.</param>
/// <param name="Error">What the service said last.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">The time that the file showed.</param>
/// <param name="Target">The copy; null when there is none.</param>
/// <param name="Problem">What is wrong with the copy, or why there is none.</param>
/// <param name="Removed">True when the original is gone from where it was kept.</param>
internal sealed record RecoveredFile(
    string? Path, string Library, KeptReason Reason, string? Error, long Size, DateTimeOffset Modified, string? Target, string? Problem, bool Removed);
