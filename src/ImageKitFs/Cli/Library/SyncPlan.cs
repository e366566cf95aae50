using System.Collections.Concurrent;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>A file of the source, and what is known about its place in the target.</summary>
/// <param name="Path">Relative to both sides.</param>
/// <param name="Size">Bytes.</param>
/// <param name="IsThere">The target has a file of this name.</param>
/// <param name="IsSame">Whether that has the same bytes; sends nothing.</param>
/// <param name="Copy">Makes it so.</param>
internal sealed record SyncFile(string Path, long Size, bool IsThere, Func<Task<bool>> IsSame, Func<IProgress<long>, Task> Copy);

/// <summary>Something that the target has to have, or must not have.</summary>
internal sealed record SyncStep(string Path, Func<Task> Run);

/// <summary>The difference between two folders, wherever they lie. Built by one of the three ways that know both sides.</summary>
internal sealed class SyncPlan
{
    private readonly ConcurrentBag<SyncFile> _files = [];
    private readonly ConcurrentBag<SyncStep> _folders = [];
    private readonly ConcurrentBag<SyncStep> _extraFolders = [];
    private readonly ConcurrentBag<(string Path, LibraryEntry File)> _extraEntries = [];
    private readonly ConcurrentBag<SyncStep> _extraFiles = [];
    private volatile bool _isIncomplete;

    public IReadOnlyList<SyncFile> Files => [.. _files.OrderBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>Folders that are to be made because no file makes them.</summary>
    public IReadOnlyList<SyncStep> Folders => Ordered(_folders);

    /// <summary>Folders of the target that the source does not have; each goes with all that is in it.</summary>
    public IReadOnlyList<SyncStep> ExtraFolders => Ordered(_extraFolders);

    /// <summary>Local files of the target that the source does not have.</summary>
    public IReadOnlyList<SyncStep> ExtraFiles => Ordered(_extraFiles);

    /// <summary>Files of a target that is a library: they are deleted many at a time.</summary>
    public IReadOnlyList<(string Path, LibraryEntry File)> ExtraEntries => [.. _extraEntries.OrderBy(extra => extra.Path, StringComparer.Ordinal)];

    /// <summary>The source, or the target, could not be read whole: what seems to be too much may not be.</summary>
    public bool IsIncomplete => _isIncomplete;

    public void Add(SyncFile file) => _files.Add(file);

    public void AddFolder(SyncStep step) => _folders.Add(step);

    public void AddExtraFolder(SyncStep step) => _extraFolders.Add(step);

    public void AddExtra(SyncStep step) => _extraFiles.Add(step);

    public void AddExtra(string path, LibraryEntry file) => _extraEntries.Add((path, file));

    /// <summary>Something could not be looked at.</summary>
    public void MissPart() => _isIncomplete = true;

    private static List<SyncStep> Ordered(ConcurrentBag<SyncStep> steps) => [.. steps.OrderBy(step => step.Path, StringComparer.Ordinal)];
}
