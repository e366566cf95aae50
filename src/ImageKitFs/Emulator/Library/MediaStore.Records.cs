using System.Globalization;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Library;

/// <content>The library as records of the log, and back.</content>
internal sealed partial class MediaStore
{
    private void Save(FolderNode folder) => _log?.Append(new JsonObject
    {
        ["op"] = "folder",
        ["id"] = folder.Id,
        ["parent"] = folder.Parent!.Id,
        ["name"] = folder.Name,
        ["seq"] = folder.Sequence,
        ["created"] = Time(folder.CreatedAt),
        ["updated"] = Time(folder.UpdatedAt),
    });

    private void Save(FileNode file) => _log?.Append(new JsonObject
    {
        ["op"] = "file",
        ["id"] = file.Id,
        ["parent"] = file.Parent!.Id,
        ["name"] = file.Name,
        ["seq"] = file.Sequence,
        ["created"] = Time(file.CreatedAt),
        ["current"] = file.Current.Id,
        ["last"] = file.LastNumber,
        ["versions"] = new JsonArray([.. file.Versions.Select(ToRecord)]),
    });

    private void Save(BulkJob job) => _log?.Append(new JsonObject
    {
        ["op"] = "job",
        ["id"] = job.Id,
        ["type"] = (int)job.Type,
        ["source"] = job.Source,
        ["target"] = job.Target,
        ["started"] = Time(job.StartedAt),
        ["due"] = Time(job.DueAt),
        ["versions"] = job.IncludeVersions,
        ["v2"] = job.IsV2,
        ["done"] = job.IsDone,
    });

    private void SaveGone(string kind, string id) => _log?.Append(new JsonObject { ["op"] = kind, ["id"] = id, ["gone"] = true });

    private void SaveAccountRecord(JsonObject record)
    {
        lock (_gate)
        {
            _log?.Append(record);
            _log?.Flush();
        }
    }

    private static JsonNode ToRecord(FileVersion version) => new JsonObject
    {
        ["id"] = version.Id,
        ["n"] = version.Number,
        ["blob"] = version.Blob.Key,
        ["mime"] = version.Media.Mime,
        ["image"] = version.Media.IsImage,
        ["w"] = version.Media.Width,
        ["h"] = version.Media.Height,
        ["alpha"] = version.Media.HasAlpha,
        ["tags"] = version.Tags is { } tags ? new JsonArray([.. tags.Select(tag => (JsonNode)tag)]) : null,
        ["ai"] = version.AiTags?.DeepClone(),
        ["meta"] = version.CustomMetadata?.DeepClone(),
        ["xywh"] = version.CustomCoordinates,
        ["text"] = version.Description,
        ["private"] = version.IsPrivate,
        ["published"] = version.IsPublished,
        ["uploaded"] = Time(version.UploadedAt),
        ["updated"] = Time(version.UpdatedAt),
    };

    private void Load(IReadOnlyList<JsonObject> records, FolderBlobStore blobs)
    {
        Dictionary<string, FolderNode> folders = _allFolders.Nodes.ToDictionary(folder => folder.Id, StringComparer.Ordinal);
        folders[_root.Id] = _root;
        LoadFolders(records, folders);
        foreach (JsonObject record in records)
        {
            string id = (string)record["id"]!;
            switch ((string)record["op"]!)
            {
                case "file":
                    LoadFile(record, id, folders, blobs);
                    break;
                case "job":
                    LoadJob(record, id);
                    break;
                case "folder":
                    break;
                default:
                    Account.Load(record);
                    break;
            }
        }

        blobs.Sweep(_files.Values.SelectMany(file => file.Versions).Select(version => version.Blob.Key!).ToHashSet(StringComparer.Ordinal));
        _running.AddRange(_jobs.Values.Where(job => !job.IsDone));
    }

    // Nodes first, links second: a record may come before that of the folder it was moved into.
    private void LoadFolders(IReadOnlyList<JsonObject> records, Dictionary<string, FolderNode> folders)
    {
        List<JsonObject> present = [];
        foreach (JsonObject record in records.Where(record => (string?)record["op"] == "folder"))
        {
            string id = (string)record["id"]!;
            if (folders.TryGetValue(id, out FolderNode? known))
            {
                // A synthetic folder that was moved or deleted.
                known.Parent!.Folders.Remove(known);
                _allFolders.Remove(known);
                if (record["gone"] is null)
                {
                    known.Name = (string)record["name"]!;
                    present.Add(record);
                }
                else
                {
                    _storedBytes -= _synthetic!.Of(known).Count * _synthetic.FileSize;
                    _synthetic.RemoveFolder(known);
                }

                continue;
            }

            if (record["gone"] is not null)
                continue;
            folders.Add(id, new FolderNode { Id = id, Sequence = (long)record["seq"]!, Name = (string)record["name"]!, CreatedAt = Time(record["created"]) });
            present.Add(record);
        }

        foreach (JsonObject record in present)
        {
            FolderNode folder = folders[(string)record["id"]!];
            folder.Parent = folders[(string)record["parent"]!];
            folder.Touch(Time(record["updated"]));
            folder.Parent.Folders.Add(folder);
            _allFolders.Add(folder);
            _nextSequence = Math.Max(_nextSequence, folder.Sequence + 1);
        }
    }

    private void LoadFile(JsonObject record, string id, Dictionary<string, FolderNode> folders, FolderBlobStore blobs)
    {
        if (_synthetic?.FindId(id) is { } index and >= 0)
        {
            _synthetic.Remove(index);
            _storedBytes -= _synthetic.FileSize;
        }

        if (record["gone"] is not null || !folders.TryGetValue((string)record["parent"]!, out FolderNode? folder))
            return;
        FileVersion[] versions = [.. record["versions"]!.AsArray().Select(version => FromRecord(version!.AsObject(), blobs)).OfType<FileVersion>()];
        if (versions.Length == 0)
            return;
        foreach (FileVersion version in versions)
            Hold(version);
        var file = new FileNode
        {
            Id = id,
            Sequence = (long)record["seq"]!,
            Name = (string)record["name"]!,
            CreatedAt = Time(record["created"]),
            Versions = [.. versions],
            Current = versions.FirstOrDefault(version => version.Id == (string?)record["current"]) ?? versions[^1],
            LastNumber = (int)record["last"]!,
        };
        _nextSequence = Math.Max(_nextSequence, file.Sequence + 1);
        Link(file, folder);
    }

    private static FileVersion? FromRecord(JsonObject record, FolderBlobStore blobs)
    {
        string key = (string)record["blob"]!;
        Blob? blob = (Blob?)SyntheticBlob.FromKey(key) ?? blobs.Find(key);
        return blob is null ? null : new FileVersion
        {
            Id = (string)record["id"]!,
            Number = (int)record["n"]!,
            Blob = blob,
            Media = new MediaInfo((string)record["mime"]!, (bool)record["image"]!, (int?)record["w"], (int?)record["h"], (bool?)record["alpha"]),
            Tags = record["tags"] is JsonArray tags ? [.. tags.Select(tag => (string)tag!)] : null,
            AiTags = record["ai"]?.DeepClone().AsArray(),
            CustomMetadata = record["meta"]?.DeepClone().AsObject(),
            CustomCoordinates = (string?)record["xywh"],
            Description = (string?)record["text"],
            IsPrivate = (bool)record["private"]!,
            IsPublished = (bool)record["published"]!,
            UploadedAt = Time(record["uploaded"]),
            UpdatedAt = Time(record["updated"]),
        };
    }

    private void LoadJob(JsonObject record, string id) => _jobs.Add(id, new BulkJob
    {
        Id = id,
        Type = (JobType)(int)record["type"]!,
        Source = (string)record["source"]!,
        Target = (string)record["target"]!,
        StartedAt = Time(record["started"]),
        DueAt = Time(record["due"]),
        IncludeVersions = (bool)record["versions"]!,
        IsV2 = (bool)record["v2"]!,
        IsDone = (bool)record["done"]!,
    });

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(JsonNode? node) => DateTimeOffset.Parse((string)node!, CultureInfo.InvariantCulture);
}
