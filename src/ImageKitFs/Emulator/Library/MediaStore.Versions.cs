namespace ImageKitFs.Emulator.Library;

/// <content>Calls on the versions of a file.</content>
internal sealed partial class MediaStore
{
    /// <summary>Shows all versions: the current one first, then from new to old.</summary>
    public IReadOnlyList<T> Versions<T>(string fileId, Func<FileNode, FileVersion, T> show) => Enter(() =>
    {
        FileNode file = GetFileById(fileId);
        return (IReadOnlyList<T>)[.. CurrentLast(file).Reverse().Select(version => show(file, version))];
    });

    /// <summary>Shows one version.</summary>
    public T Version<T>(string fileId, string versionId, Func<FileNode, FileVersion, T> show) => Enter(() =>
    {
        FileNode file = GetFileById(fileId);
        return show(file, GetVersion(file, versionId, "The requested file version does not exist."));
    });

    /// <summary>Deletes a version that is not current.</summary>
    public void DeleteVersion(string fileId, string versionId) => Enter(() =>
    {
        FileNode file = GetFileById(fileId);
        FileVersion version = GetVersion(file, versionId, "The requested asset does not exist.");
        if (ReferenceEquals(version, file.Current))
            throw new Refusal(400, "You cannot delete current version of a file.");
        _lag.Before(file);
        file.Versions = file.Versions.Remove(version);
        LetGo(version);
        Save(file);
    });

    /// <summary>Makes a version current; it keeps its id and number.</summary>
    public T Restore<T>(string fileId, string versionId, Func<FileNode, T> show) => Enter(() =>
    {
        FileNode file = GetFileById(fileId);
        FileVersion version = GetVersion(file, versionId, "The requested file version does not exist.");
        _lag.Before(file);
        file.Current = version;
        MoveUpdatedAt(file);
        Save(file);
        return show(file);
    });

    private FileVersion GetVersion(FileNode file, string versionId, string missing)
    {
        if (!ObjectIds.IsValid(versionId) && !Options.AnyIdFormat)
            throw new Refusal(400, "Your request contains invalid versionId parameter.");
        return file.Versions.FirstOrDefault(version => version.Id == versionId) ?? throw new Refusal(404, missing);
    }
}
