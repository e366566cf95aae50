using System.IO.Enumeration;
using ImageKitFs.Core.Direct;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Cli.Library;

/// <summary>A file of this machine, as it was when it was looked at.</summary>
internal sealed record LocalFile(string Path, long Size, Timestamp Modified)
{
    public string Name => System.IO.Path.GetFileName(Path);

    /// <exception cref="CliException">It is no file that can be read.</exception>
    public static LocalFile Of(string path)
    {
        try
        {
            FileInfo info = new(path);
            if (info.LinkTarget is not null && info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                info = target;
            if (!info.Exists)
                throw new CliException(ExitCode.Failed, $"cannot read {path}: there is no such file");
            return new LocalFile(path, info.Length, TimeOf(info));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot read {path}: {e.Message}", e);
        }
    }

    public static Timestamp TimeOf(FileSystemInfo info) => Timestamp.From(new DateTimeOffset(info.LastWriteTimeUtc, TimeSpan.Zero));

    public FileSource ToSource() => new(Size, Modified, Open);

    private FileStream Open()
    {
        try
        {
            return new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot read {Path}: {e.Message}", e);
        }
    }
}

/// <summary>What one local folder holds: files and folders, links to files as the files they lead to.</summary>
/// <param name="Files">Files, in ordinal order.</param>
/// <param name="Folders">Names of folders, in ordinal order; links to folders are not followed and not among them.</param>
/// <param name="Skipped">Names of what is neither: links to folders and broken links. Pipes, sockets and devices are files of no bytes, which nobody opens.</param>
internal sealed record LocalFolder(IReadOnlyList<LocalFile> Files, IReadOnlyList<string> Folders, IReadOnlyList<string> Skipped)
{
    /// <exception cref="CliException">It cannot be read.</exception>
    public static LocalFolder Read(string path)
    {
        List<LocalFile> files = [];
        List<string> folders = [];
        List<string> skipped = [];
        try
        {
            // Not the ready-made enumeration of paths: that one passes over what it may not look at.
            EnumerationOptions all = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
            FileSystemEnumerable<FileSystemInfo> entries = new(path, (ref FileSystemEntry entry) => entry.ToFileSystemInfo(), all);
            foreach (FileSystemInfo entry in entries)
            {
                FileSystemInfo what = entry.LinkTarget is null ? entry : entry.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target : entry;
                if (what is DirectoryInfo && what.LinkTarget is null)
                    folders.Add(entry.Name);
                else if (what is FileInfo { Exists: true } file && file.LinkTarget is null)
                    files.Add(new LocalFile(entry.FullName, file.Length, LocalFile.TimeOf(file)));
                else
                    skipped.Add(entry.Name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot read {path}: {e.Message}", e);
        }

        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        folders.Sort(StringComparer.Ordinal);
        return new LocalFolder(files, folders, skipped);
    }

    /// <summary>What a path of this machine names, patterns included where no shell has looked at them.</summary>
    /// <exception cref="CliException">Nothing of that name.</exception>
    public static IReadOnlyList<string> Expand(string path)
    {
        if (!Glob.IsPattern(path) || Path.Exists(path))
            return [path];
        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        string pattern = Path.GetFileName(path);
        string[] matched = Glob.IsPattern(folder) || !Directory.Exists(folder)
            ? []
            : [.. Directory.EnumerateFileSystemEntries(folder).Where(entry => Glob.Matches(pattern, Path.GetFileName(entry))).Order(StringComparer.Ordinal)];
        return matched.Length > 0 ? matched : throw new CliException(ExitCode.Failed, $"cannot read {path}: nothing matches it");
    }
}
