namespace ImageKitFs.Emulator.Library;

/// <content>
/// Folder jobs. Nothing runs in the background: a job takes effect under the lock of the first call after it is due, so all readers agree on
/// the moment and a test moves it with the clock.
/// </content>
internal sealed partial class MediaStore
{
    private readonly Dictionary<string, BulkJob> _jobs = new(StringComparer.Ordinal);

    // In the order of their start.
    private readonly List<BulkJob> _running = [];

    /// <summary>Starts copying or moving a folder into another.</summary>
    public string StartTransfer(JobType type, string sourcePath, string destinationPath, bool includeVersions, bool isV2) => Enter(() =>
    {
        string[] source = NameRules.Split(sourcePath);
        string[] destination = NameRules.Split(destinationPath);
        if (source.Length == 0)
            throw Refusal.Invalid("SOURCE_IS_ROOT", "sourceFolderPath cannot be root.");
        if (destination.Any(NameRules.IsDots))
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "'.' & '..' can not be used as folder-name");
        FolderNode folder = FindFolder(sourcePath)
            ?? throw new Refusal(404, $"No files & folder found at sourceFolderPath {sourcePath}", "NO_FILES_FOLDER");
        if (destination.SequenceEqual(source.SkipLast(1)))
            throw Refusal.Invalid("SAME_SOURCE_AND_DESTINATION", "sourceFolderPath and destinationPath is same");
        if (type == JobType.MoveFolder && destination.Length >= source.Length && destination.Take(source.Length).SequenceEqual(source))
            throw Refusal.Invalid("INVALID_DESTINATION_PATH", "This operation is not allowed because parent folder cannot be moved into child folder.");
        if (Options.RefuseEmptyFolderJobs && CountBelow(folder) == 0)
            throw new Refusal(404, $"No files & folder found at sourceFolderPath {sourcePath}", "NO_FILES_FOLDER");
        RequireManageable(folder);
        if (Options.RefuseMissingDestination && FindFolder(destinationPath) is null)
            throw Refusal.Invalid("INVALID_FOLDER_PATH", $"No folder found with destinationPath `{destinationPath}`.");
        RequireUnlocked(folder.Path, "A bulk job is running on given folder path, please try after sometime.");
        string target = "/" + string.Join('/', [.. destination, folder.Name]);
        RequireUnlocked(target, "Destination folder path is already locked. Please try after sometime.");
        return Start(type, folder, target, includeVersions, isV2, purge: null);
    });

    /// <summary>Starts renaming a folder.</summary>
    public string StartRename(string folderPath, string newName, bool purgeCache, bool isV2) => Enter(() =>
    {
        if (NameRules.Split(folderPath).Length == 0)
            throw Refusal.Invalid("INVALID_PARAMETER", "folderPath cannot be root.");
        if (NameRules.IsDots(newName))
            throw Refusal.Invalid("INVALID_FOLDER_PATH", "'.' & '..' can not be used as folder-name");
        FolderNode folder = FindFolder(folderPath) ?? throw new Refusal(404, "Source folder not found.");
        string stored = NameRules.Folder(newName, isV2, Options);
        if (stored == folder.Name && !(Options.SameSanitisedNameIs409 && newName != folder.Name))
            throw Refusal.Invalid("SAME_OLD_AND_NEW_NAME", "newFolderName cannot be the same as its existing name.");
        if (folder.Parent!.Folders.Find(stored) is not null)
            throw new Refusal(409, $"Folder with name {stored} already exists at the same location.", "FOLDER_ALREADY_EXISTS");
        RequireManageable(folder);
        RequireUnlocked(folder.Path, "A bulk job is running on given folder path, please try after sometime.");
        string target = folder.ParentPath == "/" ? "/" + stored : folder.ParentPath + "/" + stored;
        RequireUnlocked(target, "Destination folder path is already locked. Please try after sometime.");
        return Start(JobType.RenameFolder, folder, target, includeVersions: true, isV2, purgeCache ? StartPurge() : null);
    });

    /// <summary>Shows a job.</summary>
    public T Job<T>(string jobId, Func<BulkJob, T> show) => Enter(() =>
        show(_jobs.GetValueOrDefault(jobId) ?? throw new Refusal(404, "The requested job does not exist.")));

    private void RequireUnlocked(string path, string message)
    {
        if (!Options.NeverLocked && _running.Any(job => Overlap(job.Source, path) || Overlap(job.Target, path)))
            throw new Refusal(423, message);
    }

    private static bool Overlap(string a, string b) =>
        a == b || a.StartsWith(b + "/", StringComparison.Ordinal) || b.StartsWith(a + "/", StringComparison.Ordinal);

    private string Start(JobType type, FolderNode folder, string target, bool includeVersions, bool isV2, PurgeOutcome? purge)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var job = new BulkJob
        {
            Id = _ids.Next(),
            Type = type,
            Source = folder.Path,
            Target = target,
            StartedAt = now,
            DueAt = now + Options.JobDuration,
            IncludeVersions = includeVersions,
            IsV2 = isV2,
            PurgeRequestId = purge?.RequestId,
            PurgeFailed = purge is { RequestId: null },
            Files = Options.PartialJobs ? [.. FilesBelow(folder)] : null,
        };
        _jobs.Add(job.Id, job);
        _running.Add(job);
        Save(job);
        return job.Id;
    }

    private void Settle()
    {
        if (_running.Count == 0)
            return;
        DateTimeOffset now = _time.GetUtcNow();
        foreach (BulkJob job in _running.ToList())
        {
            if (job.DueAt <= now)
                Finish(job);
            else if (job.Files is { Count: > 0 } files)
                Arrive(job, (int)(files.Count * ((now - job.StartedAt) / (job.DueAt - job.StartedAt))));
        }
    }

    private void Finish(BulkJob job)
    {
        if (job.Type == JobType.CopyFolder && job.Files is { } files)
            Arrive(job, files.Count);
        if (FindFolder(job.Source) is { } source)
        {
            string[] target = NameRules.Split(job.Target);
            CopyPlan? plan = job is { Type: JobType.CopyFolder, Files: null } ? PlanCopy(source) : null;
            FolderNode parent = EnsureFolder(target[..^1], job.IsV2, creating: false);
            if (job.Type != JobType.CopyFolder)
                MoveTree(source, parent, target[^1]);
            else if (plan is not null)
                CopyTree(plan, parent, target[^1], job.IncludeVersions);
        }

        job.IsDone = true;
        _running.Remove(job);
        Save(job);
    }

    // Partial visibility: the first `count` files of the job are at their new place.
    private void Arrive(BulkJob job, int count)
    {
        for (; job.Arrived < count; job.Arrived++)
        {
            FileNode file = job.Files![job.Arrived];
            if (!_files.ContainsKey(file.Id) || !Overlap(job.Source, file.Path) || job.Source == file.Path)
                continue; // someone deleted or moved it meanwhile
            string[] place = NameRules.Split(job.Target + file.ParentPath[job.Source.Length..]);
            FolderNode folder = EnsureFolder(place, isV2: true, creating: false);
            IReadOnlyList<FileVersion> versions = job.IncludeVersions ? CurrentLast(file) : [file.Current];
            if (job.Type != JobType.CopyFolder && HasRoom(folder, file, file.Versions.Length))
                MoveInto(file, folder);
            else if (job.Type == JobType.CopyFolder && HasRoom(folder, file, versions.Count))
                CopyInto(file, folder, versions);
        }
    }
}
