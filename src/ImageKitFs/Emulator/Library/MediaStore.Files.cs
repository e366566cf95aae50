using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Library;

/// <content>Calls on single files and on lists of file ids.</content>
internal sealed partial class MediaStore
{
    private const int MaxBulkDelete = 100;
    private const int MaxBulkTags = 50;

    /// <summary>Shows the current version's row.</summary>
    public T Details<T>(string fileId, Func<FileNode, T> show) => Enter(() => show(GetFileById(fileId)));

    /// <summary>Finds a file by path, or null.</summary>
    public T? Find<T>(string path, Func<FileNode, T> show)
        where T : class => Enter(() => FindFile(path) is { } file ? show(file) : null);

    /// <summary>The version that a path (and a version token) delivers, its bytes held for the caller; null when there is none.</summary>
    public (FileVersion Version, string Name)? Take(string path, string? token) => Enter<(FileVersion, string)?>(() =>
    {
        if (FindFile(path) is not { } file)
            return null;
        FileVersion? version = token is null ? file.Current : file.Versions.FirstOrDefault(version => version.Token == token);
        if (version is null)
            return null;
        version.Blob.Retain();
        return (version, file.Name);
    });

    /// <summary>Changes what is said about the current version.</summary>
    public T Update<T>(string fileId, Func<FileVersion, FileVersion> change, Func<FileNode, T> show) => Enter(() =>
    {
        FileNode file = GetFileById(fileId);
        FileVersion changed = change(file.Current);
        _lag.Before(file);
        file.Replace(file.Current, Options.PatchKeepsUpdatedAt ? changed : changed with { UpdatedAt = Now() });
        Save(file);
        return show(file);
    });

    /// <summary>Deletes a file with all versions.</summary>
    public void Delete(string fileId) => Enter(() => DeleteFile(GetFileById(fileId)));

    /// <summary>Deletes all of them, or none when one is missing.</summary>
    public void DeleteAll(IReadOnlyList<string> fileIds) => Enter(() =>
    {
        foreach (FileNode file in FindAll(fileIds, MaxBulkDelete, "fileIds cannot have more than 100 items."))
            DeleteFile(file);
    });

    /// <summary>Changes the tags of all of them, or of none when one is missing.</summary>
    public void UpdateAll(IReadOnlyList<string> fileIds, Func<FileVersion, FileVersion> change) => Enter(() =>
    {
        foreach (FileNode file in FindAll(fileIds, MaxBulkTags, "A maximum of 50 files can be edited at a time."))
        {
            _lag.Before(file);
            FileVersion changed = change(file.Current);
            file.Replace(file.Current, Options.PatchKeepsUpdatedAt ? changed : changed with { UpdatedAt = Now() });
            Save(file);
        }
    });

    /// <summary>Renames a file with all versions.</summary>
    public void Rename(string filePath, string newName, bool isV2) => Enter(() =>
    {
        FileNode file = FindFile(filePath)
            ?? throw new Refusal(404, $"No file found in media library at filePath {filePath}", "FILE_MISSING");
        string stored = NameRules.File(newName, isV2, Options);
        if (NameRules.IsDots(stored) || stored.Length == 0)
            throw Refusal.Invalid("INVALID_PARAMETER", "newFileName parameter is invalid.");
        if (stored == file.Name && !(Options.SameSanitisedNameIs409 && newName != file.Name))
            throw Refusal.Invalid("SAME_OLD_AND_NEW_NAME", "newFileName cannot be the same as its existing name.");
        if (FindFile(file.Parent!, stored) is not null || (Options.RefuseSharedNames && file.Parent!.Folders.Find(stored) is not null))
            throw new Refusal(409, $"File with name {stored} already exists at the same location.", "FILE_ALREADY_EXISTS");
        _lag.Before(file);
        Unlink(file);
        file.Name = stored;
        Link(file, file.Parent!);
        MoveUpdatedAt(file);
        Save(file);
    });

    /// <summary>Copies a file into a folder, onto the history of a file of its name there.</summary>
    public void Copy(string sourcePath, string destinationPath, bool includeVersions, bool isV2) => Enter(() =>
    {
        (FileNode source, FolderNode folder) = Resolve(sourcePath, destinationPath, isV2);
        IReadOnlyList<FileVersion> versions = includeVersions ? CurrentLast(source) : [source.Current];
        RequireRoom(FindFile(folder, source.Name), versions.Count);
        CopyInto(source, folder, versions);
    });

    /// <summary>Moves a file into a folder, onto the history of a file of its name there.</summary>
    public void Move(string sourcePath, string destinationPath, bool isV2) => Enter(() =>
    {
        (FileNode source, FolderNode folder) = Resolve(sourcePath, destinationPath, isV2);
        RequireRoom(FindFile(folder, source.Name), source.Versions.Length);
        MoveInto(source, folder);
    });

    private (FileNode Source, FolderNode Folder) Resolve(string sourcePath, string destinationPath, bool isV2)
    {
        FileNode source = FindFile(sourcePath)
            ?? throw new Refusal(404, $"No file found with filePath `{sourcePath}`.", "SOURCE_FILE_MISSING");
        FolderNode folder = DestinationFolder(destinationPath, isV2);
        return ReferenceEquals(folder, source.Parent)
            ? throw Refusal.Invalid("SAME_SOURCE_AND_DESTINATION", "sourceFilePath and destinationPath is same")
            : (source, folder);
    }

    private FolderNode DestinationFolder(string path, bool isV2)
    {
        if (FindFolder(path) is { } folder)
            return folder;
        return Options.RefuseMissingDestination
            ? throw Refusal.Invalid("INVALID_FOLDER_PATH", $"No folder found with destinationPath `{path}`.")
            : EnsureFolder(NameRules.Split(path), isV2, creating: false);
    }

    private void RequireRoom(FileNode? destination, int added)
    {
        if (destination is not null && destination.Versions.Length + added > Options.MaxVersions)
            throw Refusal.Invalid("VERSION_LIMIT_EXCEEDED", $"A file cannot have more than {Options.MaxVersions} versions.");
    }

    private void CopyInto(FileNode source, FolderNode folder, IReadOnlyList<FileVersion> versions)
    {
        if (FindFile(folder, source.Name) is { } taken)
        {
            _lag.Before(taken);
            Append(taken, versions.Select(version => version with { UpdatedAt = Now() }), makeCurrent: !Options.MergeKeepsCurrent);
            Save(taken);
            return;
        }

        string id = _ids.Next();
        DateTimeOffset now = Now();
        FileVersion[] copies =
        [
            .. versions.Select((version, i) => version with { Id = i == 0 ? id : _ids.Next(), Number = i + 1, UpdatedAt = now, UploadedAt = now }),
        ];
        foreach (FileVersion version in copies)
            Hold(version);
        var copy = new FileNode
        {
            Id = id,
            Sequence = _nextSequence++,
            Name = source.Name,
            CreatedAt = now,
            Versions = [.. copies],
            Current = copies[^1],
            LastNumber = copies.Length,
        };
        _lag.Remember(id, before: null);
        Link(copy, folder);
        Save(copy);
    }

    private void MoveInto(FileNode source, FolderNode folder)
    {
        _lag.Before(source);
        if (FindFile(folder, source.Name) is { } taken)
        {
            _lag.Before(taken);
            IReadOnlyList<FileVersion> versions = CurrentLast(source);
            if (!Options.MovesKeepUpdatedAt)
                versions = [.. versions.SkipLast(1), versions[^1] with { UpdatedAt = Now() }];
            Append(taken, versions, makeCurrent: !Options.MergeKeepsCurrent);
            Save(taken);
            Unlink(source);
            foreach (FileVersion version in source.Versions)
                LetGo(version);
            SaveGone("file", source.Id);
            return;
        }

        Unlink(source);
        if (Options.MoveChangesFileId)
        {
            SaveGone("file", source.Id);
            string id = _ids.Next();
            if (source.Versions.FirstOrDefault(version => version.Id == source.Id) is { } first)
                source.Replace(first, first with { Id = id });
            source.Id = id;
            _lag.Remember(id, before: null);
        }

        Link(source, folder);
        MoveUpdatedAt(source);
        Save(source);
    }

    /// <summary>The versions in the order of their numbers, but for the current one, which comes last.</summary>
    private static IReadOnlyList<FileVersion> CurrentLast(FileNode file) => [.. file.Versions.Where(version => !ReferenceEquals(version, file.Current)), file.Current];

    private List<FileNode> FindAll(IReadOnlyList<string> fileIds, int most, string tooMany)
    {
        if (fileIds.Count > most)
            throw new Refusal(400, tooMany);
        List<FileNode> found = [];
        List<string> missing = [];
        foreach (string id in fileIds.Distinct(StringComparer.Ordinal))
        {
            if (FindFileById(id) is { } file)
                found.Add(file);
            else
                missing.Add(id);
        }

        if (missing.Count > 0)
        {
            throw new Refusal(404, "The requested file(s) does not exist.", extra: body =>
                body["missingFileIds"] = new JsonArray([.. missing.Select(id => (JsonNode)id)]));
        }

        return found;
    }
}
