namespace ImageKitFs.Emulator.Library;

/// <content>Creating and deleting folders, and what folder jobs do when they take effect.</content>
internal sealed partial class MediaStore
{
    /// <summary>Creates a folder and the missing ones above it; one that is there is left alone.</summary>
    public void CreateFolder(string name, string parentPath, bool isV2) => Enter(() =>
    {
        if (NameRules.IsDots(name))
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "'.' & '..' can not be used as folder-name");
        string stored = NameRules.Folder(name.Trim('/'), isV2, Options, creating: true);
        if (stored.Length == 0)
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "folderName parameter is invalid.");
        EnsureFolder([.. NameRules.Split(parentPath), stored], isV2, creating: true);
    });

    /// <summary>Deletes a folder and everything below it.</summary>
    public void DeleteFolder(string path) => Enter(() =>
    {
        FolderNode folder = FindFolder(path) ?? throw new Refusal(404, $"No folder found with folderPath `{path}`.", "FOLDER_NOT_FOUND");
        if (ReferenceEquals(folder, _root))
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "folderPath cannot be root.");
        RequireManageable(folder);
        RemoveTree(folder);
    });

    private void RequireManageable(FolderNode folder)
    {
        if (CountBelow(folder) > Options.MaxNestedObjects)
        {
            throw Refusal.Invalid("TOO_MANY_OBJECTS",
                $"Total nested assets (files, folders and file versions) are more than allowed limit of {Options.MaxNestedObjects} items.");
        }
    }

    private long CountBelow(FolderNode folder) =>
        folder.Files.Nodes.Sum(file => (long)file.Versions.Length)
        + (folder.SyntheticIndex < 0 ? 0 : _synthetic!.Of(folder).Count)
        + folder.Folders.Nodes.Sum(child => 1 + CountBelow(child));

    private static IEnumerable<FolderNode> FoldersBelow(FolderNode folder) => folder.Folders.Nodes.SelectMany(child => FoldersBelow(child).Prepend(child));

    private IEnumerable<FileNode> FilesBelow(FolderNode folder) => FoldersBelow(folder).Prepend(folder).SelectMany(at =>
    {
        MakeAllReal(at);
        return at.Files.Nodes;
    });

    private void MakeAllReal(FolderNode folder)
    {
        if (folder.SyntheticIndex < 0)
            return;
        foreach (Node row in new MergedRows(_synthetic!.Of(folder)).From(0).ToList())
            FindFileById(row.Id);
    }

    private void RemoveTree(FolderNode folder)
    {
        foreach (FolderNode child in folder.Folders.Nodes.ToList())
            RemoveTree(child);
        foreach (FileNode file in folder.Files.Nodes.ToList())
            DeleteFile(file);
        if (folder.SyntheticIndex >= 0)
        {
            _storedBytes -= _synthetic!.Of(folder).Count * _synthetic.FileSize;
            _synthetic.RemoveFolder(folder);
        }

        RemoveEmptied(folder);
    }

    private void RemoveEmptied(FolderNode folder)
    {
        _lag.Before(folder);
        folder.Parent!.Folders.Remove(folder);
        _allFolders.Remove(folder);
        SaveGone("folder", folder.Id);
    }

    // Listings that lag show the old paths of everything below.
    private void RememberTree(FolderNode folder)
    {
        if (Options.ListingLag <= TimeSpan.Zero && Options.ListingLagCalls <= 0)
            return;
        _lag.Before(folder);
        foreach (FolderNode child in FoldersBelow(folder))
            _lag.Before(child);
        foreach (FolderNode at in FoldersBelow(folder).Prepend(folder))
        {
            foreach (FileNode file in at.Files.Nodes)
                _lag.Before(file);
        }
    }

    private void Relink(FolderNode folder, FolderNode parent, string name)
    {
        RememberTree(folder);
        folder.Parent!.Folders.Remove(folder);
        folder.Name = name;
        folder.Parent = parent;
        parent.Folders.Add(folder);
        folder.Touch(Now());
        Save(folder);
    }

    /// <summary>Puts a folder at a path; what is there already is merged with it. Files that no longer fit stay where they are.</summary>
    private void MoveTree(FolderNode source, FolderNode parent, string name)
    {
        if (parent.Folders.Find(name) is not { } target)
        {
            Relink(source, parent, name);
            return;
        }

        foreach (FolderNode child in source.Folders.Nodes.ToList())
            MoveTree(child, target, child.Name);
        MakeAllReal(source);
        foreach (FileNode file in source.Files.Nodes.ToList())
        {
            if (HasRoom(target, file, file.Versions.Length))
                MoveInto(file, target);
        }

        if (source.Files.Count == 0 && source.Folders.Count == 0)
            RemoveEmptied(source);
    }

    // Taken before anything is made: the target may be below the source.
    private CopyPlan PlanCopy(FolderNode source)
    {
        MakeAllReal(source);
        return new CopyPlan([.. source.Files.Nodes], [.. source.Folders.Nodes.Select(child => (child.Name, PlanCopy(child)))]);
    }

    private void CopyTree(CopyPlan source, FolderNode parent, string name, bool includeVersions)
    {
        FolderNode target = parent.Folders.Find(name) ?? AddFolder(parent, name);
        foreach ((string childName, CopyPlan child) in source.Folders)
            CopyTree(child, target, childName, includeVersions);
        foreach (FileNode file in source.Files)
        {
            IReadOnlyList<FileVersion> versions = includeVersions ? CurrentLast(file) : [file.Current];
            if (HasRoom(target, file, versions.Count))
                CopyInto(file, target, versions);
        }
    }

    private bool HasRoom(FolderNode target, FileNode file, int versions) =>
        FindFile(target, file.Name) is not { } taken || taken.Versions.Length + versions <= Options.MaxVersions;

    private sealed record CopyPlan(IReadOnlyList<FileNode> Files, IReadOnlyList<(string Name, CopyPlan Plan)> Folders);
}
